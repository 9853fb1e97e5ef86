"""The half-yearly ranks: when companies are ranked, when the ranks come into force, and who is in which segment. Pure.

Ranks are taken on the closes of the last session of April and of October, and apply from the fourth Friday of June and
of December. Index houses rank twice a year since 2026; one rule serves all years. Bands around the borders keep a
company from changing sides with every ranking; they look back `REMEMBERED` rank days and no further, so that members
do not depend on where a history begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd

from alerts.market.sessions import sessions_between

#: Rank borders between segments, and how far past a border a member may be without changing segment.
SEGMENTS = ("large", "mid", "small")
BAND = 150
REMEMBERED = 4  # rank days before a season's own that its bands look back to
_LAST_RANKS = np.array([500, 1_000, 3_000])
_FIRST_KEPT = np.array([1, *(_LAST_RANKS[:-1] - BAND + 1)])  # the first rank at which a member of a segment stays


@dataclass(frozen=True, order=True)
class Season:
    """Half a year of membership, named by the month of its rank day: 2025-04 is in force from June to December."""

    year: int
    month: int  # 4 or 10

    @staticmethod
    def named(name: str) -> Season:
        """The season of "2025-04"."""
        return Season(int(name[:4]), int(name[5:7]))

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}"

    @property
    def ranked_on(self) -> date:
        """The session whose closes rank the companies: the last one of April or October."""
        last_day = 30 if self.month == 4 else 31
        return sessions_between(date(self.year, self.month, 20), date(self.year, self.month, last_day))[-1]

    @property
    def in_force(self) -> date:
        """The day from which the ranks apply: the fourth Friday of June or December."""
        first = date(self.year, self.month + 2, 1)
        return first + timedelta(days=(4 - first.weekday()) % 7 + 21)

    @property
    def before(self) -> Season:
        """The season before."""
        return Season(self.year, 4) if self.month == 10 else Season(self.year - 1, 10)

    @property
    def remembered(self) -> list[Season]:
        """The seasons whose rank days decide this one's members: those that its bands look back to, and itself."""
        found = [self]
        for _ in range(REMEMBERED):
            found.append(found[-1].before)
        return found[::-1]


@lru_cache(maxsize=10_000)
def season_on(session: date) -> Season:
    """The season in force on `session`."""
    season = Season(session.year, 10)
    while session < season.in_force:
        season = season.before
    return season


def seasons_between(start: date, end: date) -> list[Season]:
    """The seasons in force from `start` to `end`, ascending."""
    found = [season_on(end)]
    while found[-1] > season_on(start):
        found.append(found[-1].before)
    return found[::-1]


def rank_days(start: date, end: date) -> list[date]:
    """The rank days from `start` to `end`, ascending; the calendar begins in 1999."""
    found = []
    season = Season(end.year, 10)
    while season.year > 1999 and season.ranked_on >= start:
        found.append(season.ranked_on)
        season = season.before
    return [day for day in reversed(found) if day <= end]


def first_ranked(session: date) -> date:
    """The earliest rank day on which the members of `session` depend."""
    return season_on(session).remembered[0].ranked_on


def banded(market_values: Sequence[pd.Series]) -> pd.DataFrame:
    """Rank and segment by the last of several rank days, as `segments` gives them, with bands from those before it.

    `market_values`: one series for each rank day, ascending, as for `segments`. The first is placed by plain rank.
    """
    ranked = segments(market_values[0])
    for value in market_values[1:]:
        ranked = segments(value, ranked["segment"])
    return ranked


def segments(market_value: pd.Series, previous: pd.Series | None = None) -> pd.DataFrame:
    """Rank and segment of each company: index symbol, by rank; columns rank (int), segment (large, mid, small or None).

    `market_value`: US dollars by symbol; companies without one have no rank and no row. `previous`: the segment so far,
    by symbol; None or absent for new companies. A member keeps its segment while its rank is within `BAND` of a border
    of that segment. Beyond the band, and for new companies, the borders decide. Equal values rank by symbol.
    """
    known = market_value[np.isfinite(market_value.to_numpy(dtype=float))]
    order = np.lexsort((known.index.astype(str), -known.to_numpy(dtype=float)))
    symbols = known.index[order]
    ranks = np.arange(1, len(symbols) + 1)
    found = np.searchsorted(_LAST_RANKS, ranks)  # the segment's place in SEGMENTS, by the borders alone
    if previous is not None:
        held = pd.Index(SEGMENTS).get_indexer(pd.Index(previous.reindex(symbols)))
        first, last = _FIRST_KEPT[held], _LAST_RANKS[held] + BAND
        found = np.where((held >= 0) & (first <= ranks) & (ranks <= last), held, found)
    names = np.array([*SEGMENTS, None], dtype=object)[found]
    return pd.DataFrame({"rank": ranks, "segment": pd.Series(names, index=symbols, dtype=object)}, index=symbols)
