"""What a chat calls its own: its lists, its series, and the symbols that are known here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from alerts.metrics.catalog import catalog
from alerts.metrics.symbols import LIST_METRICS, owner_of
from alerts.rules.names import normalise, with_symbols_marked

_NOBODY = 0  # an owner that no chat has


@dataclass(frozen=True)
class OwnNames:
    """lists, series: names with the owner that their ids carry. symbols: known however they are written."""

    lists: Mapping[str, int] = field(default_factory=dict)
    series: Mapping[str, int] = field(default_factory=dict)
    symbols: frozenset[str] = frozenset()

    @property
    def owners(self) -> frozenset[int]:
        return frozenset((*self.lists.values(), *self.series.values()))

    def full(self, text: str) -> str:
        """The text with the whole ids of what the chat calls its own: "breadth.above_50d.mybanks@7 > 60".

        An id that carries another chat's owner names nothing.
        """
        text = _OWNED.sub(lambda found: found[0] if int(found[1]) in self.owners else f"@{_NOBODY}", text)
        text = _SERIES.sub(lambda found: self._with_owner(found, self.series), text)
        text = _LIST_ID.sub(lambda found: self._with_owner(found, self.lists), text)
        for name, owner in self.lists.items():
            pattern = re.compile(rf"(?<![\w.@-]){re.escape(name)} ({_aliases()})(?![\w-])", re.IGNORECASE)
            text = pattern.sub(partial(_list_metric, f"{name}@{owner}"), text)
        return with_symbols_marked(text, self.symbols)

    def whole(self, identity: str) -> str | None:
        """The id with its owner of a metric whose id a button carries; None where it is another chat's."""
        owner = owner_of(identity)
        if owner is not None:
            return identity if owner in self.owners else None
        for pattern, owners in ((_SERIES, self.series), (_LIST_ID, self.lists)):
            if found := pattern.fullmatch(identity):
                return self._with_owner(found, owners)
        return identity

    def _with_owner(self, found: re.Match[str], owners: Mapping[str, int]) -> str:
        owner = owners.get(found[1].casefold())
        return found[0] if owner is None else f"{found[0].casefold()}@{owner}"


NO_NAMES = OwnNames()
_OWNED = re.compile(r"@(\d+)")
_SERIES = re.compile(r"(?<![\w.])import\.([a-z0-9][a-z0-9_-]{0,39})(?![\w@-])", re.IGNORECASE)
_LIST_ID = re.compile(
    rf"(?<![\w.])breadth\.(?:{'|'.join(LIST_METRICS)})\.([a-z][a-z0-9_-]{{1,19}})(?![\w@-])", re.IGNORECASE
)


def _by_alias() -> dict[str, str]:
    """What is typed for a metric of lists, without the segment → its id without it."""
    out = {}
    for name in LIST_METRICS:
        for alias in catalog()[f"breadth.{name}.all"].aliases:
            out[normalise(alias.removeprefix("all "))] = f"breadth.{name}"
    return out


def _aliases() -> str:
    """Longest first, so that "above 50" is not read in "above 50d"."""
    return "|".join(re.escape(one) for one in sorted(_by_alias(), key=len, reverse=True))


def _list_metric(owned: str, found: re.Match[str]) -> str:
    return f"{_by_alias()[normalise(found[1])]}.{owned}"
