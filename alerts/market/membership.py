"""Who is a member on a session: the ranks in force, without those who are gone, with those who arrived large. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.market.departures import FastEntry
from alerts.market.seasons import Season, season_on

MEMBER_COLUMNS = ["segment", "market_value"]


@dataclass(frozen=True)
class Absence:
    """A company is gone from `begins` on, and a member again from `ends` on; None while it has not come back."""

    symbol: str
    begins: date
    ends: date | None
    reason: str

    def covers(self, session: date) -> bool:
        """Whether the company is gone on `session`."""
        return self.begins <= session and (self.ends is None or session < self.ends)


@dataclass(frozen=True)
class Ranks:
    """The ranks of a season: index symbol, `MEMBER_COLUMNS` (segment; US dollars when ranked). See `Reconstitution`."""

    season: Season
    frame: pd.DataFrame
    provisional: bool


@dataclass(frozen=True)
class Register:
    """Members over time. `ranks`: ascending; of a season that was never ranked, the last one before it applies."""

    ranks: Sequence[Ranks]
    absences: Sequence[Absence] = ()
    entries: Mapping[str, FastEntry] = field(default_factory=dict)

    def in_force(self, session: date) -> Ranks | None:
        """The ranks that apply on `session`; None where no company was ranked by then."""
        season = season_on(session)
        return next((ranks for ranks in reversed(self.ranks) if ranks.season <= season), None)

    def provisional(self, sessions: Sequence[date]) -> frozenset[date]:
        """Those of `sessions` on which the ranks in force were taken from a census, for want of closes."""
        return frozenset(day for day in sessions if (ranks := self.in_force(day)) is not None and ranks.provisional)

    def on(self, session: date) -> pd.DataFrame:
        """The members on `session`, by symbol: `MEMBER_COLUMNS`; market values are of the last ranks."""
        return self.by(session, self.in_force(session))

    def by(self, session: date, ranks: Ranks | None) -> pd.DataFrame:
        """The members on `session` if `ranks` were in force then; the first of a season has the ranks before it too."""
        frame = pd.DataFrame(columns=MEMBER_COLUMNS) if ranks is None else ranks.frame
        gone = {absence.symbol for absence in self.absences if absence.covers(session)}
        arrived = {
            symbol: {"segment": "large", "market_value": entry.market_value}
            for symbol, entry in self.entries.items()
            if ranks is not None and ranks.season.ranked_on < entry.listed <= entry.enters <= session
        }
        if arrived:
            more = pd.DataFrame.from_dict(arrived, orient="index")[MEMBER_COLUMNS]
            frame = pd.concat([frame.drop(index=list(arrived), errors="ignore"), more])
        return frame[~frame.index.isin(list(gone))] if gone else frame

    def symbols(self, sessions: Sequence[date]) -> list[str]:
        """Every company that is a member on one of `sessions`, in order."""
        found: set[Any] = set()
        for ranks in {id(ranks): ranks for day in sessions if (ranks := self.in_force(day)) is not None}.values():
            found.update(ranks.frame.index)
        return sorted(found | set(self.entries))

    def codes(self, sessions: Sequence[date], symbols: Sequence[str], codes: Mapping[str, int]) -> npt.NDArray[np.int8]:
        """(sessions, symbols): the code of the segment that a company is a member of, 0 where it is none."""
        changes = {one for absence in self.absences for one in (absence.begins, absence.ends) if one is not None}
        changes |= {entry.enters for entry in self.entries.values()}
        out = np.zeros((len(sessions), len(symbols)), dtype=np.int8)
        row: npt.NDArray[np.int8] | None = None
        before: date | None = None
        for at, day in enumerate(sessions):
            new = before is None or self.in_force(day) is not self.in_force(before)
            if row is None or new or any(before is not None and before < one <= day for one in changes):
                row = codes_of(self.on(day), symbols, codes)
            out[at], before = row, day
        return out


def codes_of(members: pd.DataFrame, symbols: Sequence[str], codes: Mapping[str, int]) -> npt.NDArray[np.int8]:
    """The code of the segment of each of `symbols`, 0 where it is no member."""
    held = members["segment"].to_dict()
    return np.array([codes.get(held.get(symbol, ""), 0) for symbol in symbols], dtype=np.int8)
