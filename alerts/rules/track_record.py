"""What followed an alert that was sent, and whether it went as the base rate shown with it says.

The lead is IWM's return less SPY's over the sessions after the alert, in percentage points, as in `base_rates`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from alerts.rules.base_rates import HORIZONS
from alerts.rules.event import LeadAfterFirings


class Unknown(StrEnum):
    """Why a lead is not known."""

    NOT_YET = "not yet"  # the session lies ahead of the last close held
    NO_CLOSE = "no close"  # IWM or SPY has none on the first or the last session


class Verdict(StrEnum):
    """Whether the lead after an alert had the sign of the median shown with it, after the horizon shown."""

    MISSED = "missed"
    AS_SHOWN = "as shown"
    NOT_YET = "not yet"
    NOT_KNOWN = "not known"  # closes are missing
    NOTHING_SHOWN = "nothing shown"  # too few earlier firings, or no base rate at all


class Leads:
    """Leads after any session, by the closes held now: later corrections count.

    sessions: consecutive, ascending. iwm, spy: their total-return closes, NaN if there is none.
    """

    def __init__(self, sessions: Sequence[date], iwm: Sequence[float], spy: Sequence[float]) -> None:
        self._at = {session: at for at, session in enumerate(sessions)}
        self._iwm, self._spy = iwm, spy
        self.through = sessions[-1] if sessions else None

    def after(self, session: date, horizon: int) -> float | Unknown:
        """The lead, in pp, over `horizon` sessions from the close of `session`."""
        at = self._at.get(session)
        if at is None:
            return Unknown.NOT_YET if self.through is None or session > self.through else Unknown.NO_CLOSE
        if at + horizon >= len(self._iwm):
            return Unknown.NOT_YET
        small, large = (100.0 * (closes[at + horizon] / closes[at] - 1.0) for closes in (self._iwm, self._spy))
        return Unknown.NO_CLOSE if math.isnan(small - large) else small - large

    def after_all(self, session: date) -> tuple[float | Unknown, ...]:
        """The leads over each of `HORIZONS`."""
        return tuple(self.after(session, horizon) for horizon in HORIZONS)


@dataclass(frozen=True)
class Judged:
    """An alert held against what its message showed. lead: after the horizon shown, pp; None where none was shown."""

    verdict: Verdict
    lead: float | None = None

    @property
    def known(self) -> bool:
        """Whether it went as shown, or not."""
        return self.verdict in (Verdict.MISSED, Verdict.AS_SHOWN)


def judge(leads: Leads, session: date, shown: LeadAfterFirings | None) -> Judged:
    """Hold the lead after an alert against the median that was shown: as shown on the same side of zero, else missed.

    A lead of exactly zero is on no side, so it is a miss; a median of exactly zero says nothing.
    """
    if shown is None or not shown.median:
        return Judged(Verdict.NOTHING_SHOWN)
    lead = leads.after(session, shown.horizon)
    if isinstance(lead, Unknown):
        return Judged(Verdict.NOT_YET if lead is Unknown.NOT_YET else Verdict.NOT_KNOWN)
    return Judged(Verdict.AS_SHOWN if lead * shown.median > 0 else Verdict.MISSED, lead)


def chance_of_miss(shown: LeadAfterFirings) -> float | None:
    """The share, 0 to 1, of the earlier firings that would have been misses; None where it was not shown.

    Below a negative median, leads of exactly zero would be misses too; `above` does not tell them from those below.
    """
    if shown.median is None or shown.above is None:
        return None
    return 1.0 - shown.above if shown.median > 0 else shown.above
