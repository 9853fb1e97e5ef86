"""Which listings are companies. Pure.

A census has listings: two classes of one company, preferreds, units, funds. `companies` reduces them to one row for
each company and says why every other listing is excluded. How companies rank stands in seasons.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from alerts.market.eligibility import ineligible_reason

_CLASS_WORDS = re.compile(
    r"\b(?:class|cla|cl|series|ser)\b(?: [a-z0-9]\b)?|\b(?:common|ordinary|capital) (?:stock|shares?)\b|"
    r"\b(?:non-?voting|voting)(?: shares?)?\b"
)
_ONE_SPELLING = {
    "incorporated": "inc", "corporation": "corp", "company": "co", "companies": "cos", "limited": "ltd", "&": "and",
}  # fmt: skip
_COPIED = (
    "name", "exchange", "industry", "price", "previous_close", "average_50d", "average_200d", "high_52w", "low_52w",
    "market_value", "volume", "eps_forward", "eps_trailing", "book_value", "ev_ebit", "first_trade",
)  # fmt: skip


@dataclass(frozen=True)
class Companies:
    """The companies of a census, largest first, and every other listing with the reason why it is excluded.

    ``frame``, indexed by the symbol of the listing that represents the company: name, symbols (tuple of all merged
    listings), exchange, industry, price, previous_close, average_50d, average_200d, high_52w, low_52w,
    market_value (of all classes), shares_all (market_value/price), volume, eps_forward, eps_trailing,
    book_value, ev_ebit, first_trade (of the oldest listing).
    ``excluded``: symbol, name, reason.
    """

    session: date
    frame: pd.DataFrame
    excluded: pd.DataFrame


def companies(quotes: pd.DataFrame, known: Collection[str] = ()) -> Companies:
    """The companies among the listings of a census; its session is the most frequent one among them.

    Listings belong to one company if their names agree without class words, and either a name had class words or the
    symbols resemble each other (GOOG GOOGL, BRK-A BRK-B); the second test is needed because two banks may share a name.
    The listing that represented the company before (one of `known`) still does; otherwise the most traded one, then the
    one with the larger market value, then the first by symbol. A market value already counts all classes, so it is
    taken from that listing alone. Raises ValueError if `quotes` is empty.
    """
    if quotes.empty:
        raise ValueError("a census without lines has no companies")
    session = quotes["session"].mode().iloc[0]
    reasons = ineligible_reason(quotes).to_numpy(dtype=object, copy=True)
    for position, reason in _unusable(quotes, session).items():
        reasons[position] = reasons[position] or reason
    eligible = np.array([reason is None for reason in reasons], dtype=bool)

    lines = quotes[eligible]
    order = np.lexsort(
        (
            lines.index.astype(str),
            -lines["market_value"].to_numpy(),
            -lines["volume"].fillna(-1.0).to_numpy(),
            ~lines.index.isin(list(known)),
        )
    )
    lines = lines.iloc[order]
    leader = _leaders(lines)
    merged = pd.Series(reasons, index=quotes.index, dtype=object)
    for symbol, first in leader.items():
        if symbol != first:
            merged[symbol] = f"another class of {first}"

    excluded = merged[merged.notna()]
    return Companies(
        session=session.date(),
        frame=_frame(lines, leader),
        excluded=pd.DataFrame(
            {"symbol": excluded.index, "name": quotes.loc[excluded.index, "name"].to_numpy(), "reason": excluded.array}
        ),
    )


def without(counted: Companies, symbols: Collection[str]) -> Companies:
    """The same companies without those in `symbols`, whose quotes are held back."""
    return Companies(counted.session, counted.frame[~counted.frame.index.isin(list(symbols))], counted.excluded)


def as_of(counted: Companies, quotes: pd.DataFrame, session: date) -> Companies:
    """The same companies on an earlier session, by the quotes its census had for their lines; NaN where it had none."""
    at = quotes.index.get_indexer(counted.frame.index)
    columns = list(_COPIED)
    whole = (at >= 0).all()
    frame = quotes[columns].take(at) if whole else quotes[columns].reindex(counted.frame.index)
    frame["symbols"] = counted.frame["symbols"]
    frame["shares_all"] = frame["market_value"] / frame["price"]
    return Companies(session, frame, counted.excluded)


def _unusable(quotes: pd.DataFrame, session: pd.Timestamp) -> dict[int, str]:
    """Positions of the listings whose quotes cannot be used, with the reason."""
    price, value = (quotes[column].to_numpy(dtype=float) for column in ("price", "market_value"))
    found = {}
    for position in np.flatnonzero(~(np.isfinite(value) & (value > 0))):
        found[int(position)] = "no market value"
    for position in np.flatnonzero(~(np.isfinite(price) & (price > 0))):
        found[int(position)] = "no price"
    for position in np.flatnonzero((quotes["session"] != session).to_numpy()):
        found[int(position)] = f"not traded on {session:%Y-%m-%d}"
    return found


def _leaders(lines: pd.DataFrame) -> dict[str, str]:
    """The symbol that represents each listing; `lines`: most traded first."""
    groups: dict[str, list[tuple[str, bool]]] = {}  # plain name → its leaders, and whether class words were stripped
    leader: dict[str, str] = {}
    for symbol, name in zip(lines.index, lines["name"], strict=True):
        plain, had_class = _without_class(name) if isinstance(name, str) else ("", False)
        known = groups.setdefault(plain, [])
        match = next(
            (first for first, its in known if plain and (had_class or its or _alike(str(symbol), first))),
            None,
        )
        leader[symbol] = match or symbol
        if match is None:
            known.append((symbol, had_class))
    return leader


def plain_name(name: str) -> str:
    """The normalised name without class words, by which two listings are compared."""
    return _without_class(name)[0]


@lru_cache(maxsize=8_192)
def _without_class(name: str) -> tuple[str, bool]:
    """The normalised name without class words, and whether it had any."""
    lowered = re.sub(r"[^a-z0-9&\- ]+", "", name.lower().replace("/", " "))
    without = _CLASS_WORDS.sub(" ", lowered)
    words = [_ONE_SPELLING.get(word, word) for word in without.split() if word not in ("the", "-")]
    return " ".join(words), without != lowered


def _alike(one: str, other: str) -> bool:
    """Whether two symbols may belong to one company: equal up to a dash or a fifth letter, or one starts the other."""
    one, other = one.split("-")[0], other.split("-")[0]
    short, long = sorted((one, other), key=len)
    return long.startswith(short) or (len(one) == len(other) == 5 and one[:4] == other[:4])


def _frame(lines: pd.DataFrame, leader: dict[str, str]) -> pd.DataFrame:
    symbols: dict[str, list[str]] = {}
    for symbol, first in leader.items():
        symbols.setdefault(first, []).append(symbol)
    frame = lines.loc[list(symbols), list(_COPIED)].copy()
    frame["symbols"] = pd.Series({first: tuple(found) for first, found in symbols.items()}, dtype=object)
    frame["shares_all"] = frame["market_value"] / frame["price"]
    firsts = lines["first_trade"].groupby(pd.Series(leader)).min()
    frame["first_trade"] = firsts.reindex(frame.index)
    order = np.lexsort((frame.index.astype(str), -frame["market_value"].to_numpy()))
    return frame.iloc[order]
