"""Names that people type for metrics, and the nearest ones for an unknown name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from rapidfuzz import fuzz, process

from alerts.metrics.catalog import IMPORTED, catalog, metric
from alerts.metrics.symbols import CURRENCIES, LIST_ID, as_symbol, named_pairs, symbols_of
from alerts.rules.series import typed_name

_IMPORT = re.compile(rf"({IMPORTED.pattern}|{LIST_ID.pattern})(?![a-z0-9_.-])")
_SIDE = r"\$?\^?[a-z0-9][a-z0-9.=-]{0,14}"
_PAIR = re.compile(rf"(?:pair\.)?({_SIDE})/({_SIDE})")
_PRICE = re.compile(r"(?:\$|price\.|(?=\^))(\^?[a-z0-9][a-z0-9.=-]{0,14})(?![a-z0-9.=/-])")
#: What may follow a pair, or a symbol: a comparison, a trend, an extreme, a transform. "ev/ebit discont" is no pair.
_GOES_ON = re.compile(
    r"$|[<>≤≥=(]|\d|(?:is|at|on|a|new|makes|reaches|hits|rising|rises?|up|falling|falls?|down|above|below|over|under|cross"
    r"|crosses|inside|outside|within|between|more|less|greater|higher|lower|smaller|exceeds|not|no|goes|moves?|climbs?"
    r"|drops?|high|low|pct|percentile|percent|z|z-score|zscore|change|changes|average|avg|mean|and|was)\b"
)
_NO_SYMBOLS = frozenset(("large", "small", "all", "mid", "micro", "mega", "ev", "ebit", "p", "e", "a", "d", "pe"))
#: A symbol in capitals where a condition begins: "AAPL > 200", "VIX above 30 and QQQ rising 21d".
_CAPITALS = re.compile(r"(^\s*|\b(?:and|of)\s+|&\s*)(\^?[A-Z]{2,5}(?:[.-][A-Z]{1,2})?)(?=\s|[<>≤≥=]|$)(?!\s*/)")
_SIMILAR = 50.0  # of 100: "smal discont" for "valuation discount"; below it "dividends" would be "fed hike odds"
# Only windows become "50d": in "for 3 days", "keep 3 days", "remind every 5 days" the words stay.
_DAYS = re.compile(
    rf"({IMPORTED.pattern})|(?<!for )(?<!keep )(?<!every )\b(\d+)(?:-| )?(?:days?|d|dma|sessions?)\b(?!s)"
)


def normalise(text: str) -> str:
    """Lower case, plain minus and spaces, no control or direction marks; "50-day" and "50 days" as "50d"."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(" " if unicodedata.category(sign) in ("Cc", "Zs", "Zl", "Zp") else sign for sign in folded)
    plain = "".join(sign for sign in plain if unicodedata.category(sign) not in ("Cf", "Mn", "Cs"))
    plain = re.sub("[‐‑‒–—―−]", "-", plain).replace("’", "'")
    plain = re.sub(r"\s+", " ", plain).strip(" .")
    return _DAYS.sub(lambda found: found[1] or f"{found[2]}d", plain)


def with_symbols_marked(line: str, known: Collection[str] = ()) -> str:
    """The line as typed, with a dollar sign before each symbol in capitals that is no name: "$AAPL > 200".

    A line in capitals throughout is left as it is, unless it has one word: there capitals tell nothing.
    known: symbols that are marked however they are written.
    """
    words = re.findall(r"[A-Za-z]{2,}", line)
    shouted = len(words) > 1 and all(word.isupper() for word in words)

    def mark(found: re.Match[str]) -> str:
        rest = normalise(found.string[found.start(2) :])  # "IWM below its high" is a name
        named = any(rest.startswith(name) and not rest[len(name) :][:1].isalnum() for name in _longest_first())
        taken = named or (shouted and found[2].upper() not in known)
        return found[0] if taken else f"{found[1]}${found[2]}"

    marked = _CAPITALS.sub(mark, line)
    if not known:
        return marked
    return _LOWER.sub(lambda one: mark(one) if one[2].upper() in known else one[0], marked)


_LOWER = re.compile(r"(^\s*|\b(?:and|of)\s+|&\s*)([a-z]{1,5}(?:[.-][a-z]{1,2})?)(?=\s|[<>≤≥=]|$)(?!\s*/)")


def metric_named(text: str) -> str | None:
    """The id of the metric that `text` names by id, title or alias, or of a pair or price of symbols; else None."""
    plain = normalise(text)
    if IMPORTED.fullmatch(plain) or LIST_ID.fullmatch(plain):
        return plain
    if plain in _names():
        return _names()[plain]
    found = _symbols_at_start(plain) or _symbols_at_start(normalise(with_symbols_marked(text)))
    return found[0] if found is not None and not found[2] else None


def metric_at_start(text: str) -> tuple[str, str, str] | None:
    """(id, name, rest) for the longest name at the start of normalised `text`, else None."""
    if found := _IMPORT.match(text):
        return found[1], found[1], text[found.end() :].strip()
    symbols = _symbols_at_start(text)
    for name in _longest_first():
        if symbols is not None and len(name) < len(symbols[1]):
            break  # "rsp" in "rsp/xlf"
        if text.startswith(name) and not text[len(name) :][:1].isalnum():
            return _names()[name], name, text[len(name) :].strip()
    return symbols


def pair_of(first: str, second: str) -> str:
    """The metric of a ratio of two symbols: one of the catalogue where it has that ratio."""
    return _names().get(f"{first}/{second}".lower(), f"pair.{first}/{second}")


def price_of(symbol: str) -> str:
    """The metric of a symbol's close."""
    return f"price.{symbol}"


def _symbols_at_start(text: str) -> tuple[str, str, str] | None:
    """(id, name, rest) of a pair or a marked symbol at the start of normalised `text`, else None."""
    if found := _PAIR.match(text):
        first, second = as_symbol(found[1]), as_symbol(found[2])
        words = {found[1], found[2]} & _NO_SYMBOLS and not found[0].startswith("pair.")
        rest = text[found.end() :].strip()
        if first and second and not words and text[found.end() :][:1] in ("", " ", "<", ">", "≤", "≥", "="):
            return (pair_of(first, second), found[0], rest) if _GOES_ON.match(rest) else None
    if found := _PRICE.match(text):
        symbol = as_symbol(found[1])
        return (price_of(symbol), found[0], text[found.end() :].strip()) if symbol else None
    return None


def currencies_of(metric_id: str) -> tuple[str, ...]:
    """The two codes where a pair of symbols is a pair of currencies, such as EUR/USD; else nothing."""
    found = symbols_of(metric_id)
    return found if len(found) == 2 and set(found) <= CURRENCIES else ()


def metric_of_extreme(name: str) -> str | None:
    """The metric that `name` means where a new high or low is asked for, if it means another elsewhere."""
    return next((metric_id for metric_id, entry in catalog().items() if name in entry.extremes), None)


def nearest(name: str, count: int = 2) -> tuple[str, ...]:
    """Known names similar to `name`, best first; of equally similar ones, those with the same words first."""
    near = process.extract(name, _suggested(), scorer=fuzz.ratio, limit=8, score_cutoff=_SIMILAR)
    near.sort(key=lambda one: (one[1], fuzz.token_sort_ratio(name, one[0])), reverse=True)
    out = dict.fromkeys(typed_name(metric(_names()[known])) for known, _, _ in near)
    return tuple(out)[:count]


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Every name of a metric, normalised → its id. Aliases win over titles, earlier metrics over later ones."""
    out: dict[str, str] = {}
    for kind in ("id", "aliases", "title"):
        for metric_id, entry in catalog().items():
            found = {"id": (metric_id,), "aliases": entry.aliases, "title": (entry.title,)}[kind]
            for name in found:
                out.setdefault(normalise(name), metric_id)
    for metric_id in named_pairs():
        for name in (*metric(metric_id).aliases, metric(metric_id).title):
            out.setdefault(normalise(name), metric_id)
    for metric_id, entry in catalog().items():
        if entry.unit == "event" and entry.segment == "all":
            for name in entry.aliases:
                out.setdefault(normalise(name.removeprefix("all ")), metric_id)
    return out


@lru_cache(maxsize=1)
def _suggested() -> list[str]:
    """The names that people type: no ids."""
    return [name for name in _names() if "." not in name]


@lru_cache(maxsize=1)
def _longest_first() -> list[str]:
    return sorted(_names(), key=len, reverse=True)
