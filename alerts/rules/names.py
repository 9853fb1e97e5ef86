"""Names that people type for metrics, and the nearest ones for an unknown name."""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import lru_cache

from alerts.metrics.catalog import IMPORTED, catalog
from alerts.rules.series import typed_name

_IMPORT = re.compile(rf"({IMPORTED.pattern})(?![a-z0-9_.-])")
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


def metric_named(text: str) -> str | None:
    """The id of the metric that `text` names by id, title or alias, else None."""
    plain = normalise(text)
    return plain if IMPORTED.fullmatch(plain) else _names().get(plain)


def metric_at_start(text: str) -> tuple[str, str, str] | None:
    """(id, name, rest) for the longest name at the start of normalised `text`, else None."""
    if found := _IMPORT.match(text):
        return found[1], found[1], text[found.end() :].strip()
    for name in _longest_first():
        if text.startswith(name) and not text[len(name) :][:1].isalnum():
            return _names()[name], name, text[len(name) :].strip()
    return None


def metric_of_extreme(name: str) -> str | None:
    """The metric that `name` means where a new high or low is asked for, if it means another elsewhere."""
    return next((metric_id for metric_id, entry in catalog().items() if name in entry.extremes), None)


def nearest(name: str, count: int = 2) -> tuple[str, ...]:
    """Known names similar to `name`, best first."""
    near = difflib.get_close_matches(name, [known for known in _names() if "." not in known], n=8, cutoff=0.45)
    out = dict.fromkeys(typed_name(catalog()[_names()[known]]) for known in near)
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
    for metric_id, entry in catalog().items():
        if entry.unit == "event" and entry.segment == "all":
            for name in entry.aliases:
                out.setdefault(normalise(name.removeprefix("all ")), metric_id)
    return out


@lru_cache(maxsize=1)
def _longest_first() -> list[str]:
    return sorted(_names(), key=len, reverse=True)
