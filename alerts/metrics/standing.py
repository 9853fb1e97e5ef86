"""Where a metric's value stands in its own history: its percentile, among how many observations, since when.

A daily metric has an observation a session. A slow one (weekly, monthly, quarterly) repeats its last observation until
the next, and a value that has not moved has not changed its percentile: observations are counted, not sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median

from alerts.metrics.catalog import Metric
from alerts.metrics.imported import Counted
from alerts.metrics.transforms import DAILY_MINIMUM, MONTHLY_MINIMUM, percentile

#: (session, value or None, date of the observation where it is another than the session), ascending by session.
Observed = tuple[date, float | None, date | None]

#: By frequency: what one observation is called, how many it takes before a percentile is given.
COUNTED = {
    "daily": ("sessions", DAILY_MINIMUM),
    "weekly": ("weeks", 156),
    "monthly": ("months", MONTHLY_MINIMUM),
    "quarterly": ("quarters", 12),
}
#: The longest usual step between observations, in days, of a series whose frequency nobody stated.
_STEPS = ((4.0, "daily"), (10.0, "weekly"), (45.0, "monthly"))


@dataclass(frozen=True)
class Standing:
    """`percentile` 0–100 of the last value among `count` observations, its own included; `since`: the first of them."""

    percentile: float | None  # None: withheld, for want of observations or of a value
    count: int
    since: date | None
    frequency: str

    @property
    def unit(self) -> str:
        """What is counted: "sessions", "months" …"""
        return COUNTED[self.frequency][0]

    @property
    def minimum(self) -> int:
        """How many observations a percentile takes."""
        return COUNTED[self.frequency][1]


def ordinal(value: float) -> str:
    """1st, 2nd, 21st, 88th: of a number rounded to a whole one."""
    whole = round(value)
    ending = "th" if whole % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(whole % 10, "th")
    return f"{whole}{ending}"


def record(percentile: float, count: int) -> str | None:
    """ "record low" or "record high" of a value below or above all `count` − 1 others; None of any other value."""
    alone = 50.0 / count + 1e-9  # the percentile of a value with none below it and none equal
    return "record low" if percentile <= alone else "record high" if percentile >= 100.0 - alone else None


def standing(of: Metric, past: Sequence[Observed]) -> Standing:
    """Where the last value of `past` stands."""
    frequency = of.frequency if of.unit else _frequency(past)
    values = [value for _, value, _ in past] if frequency == "daily" else _observations(past, frequency)
    found = percentile(values, COUNTED[frequency][1])
    since = next((session for session, value, _ in past if value is not None), None)
    return Standing(found.value, found.count, since, frequency)


def released(past: Sequence[Observed], frequency: str) -> Counted:
    """On which sessions an observation of a slow metric counts: the first on which it is the last one known."""
    sessions, known = [], set()
    for session, value, day in past:
        if value is not None and (key := _key(session, day, frequency)) not in known:
            known.add(key)
            sessions.append(session)
    return Counted(frozenset(sessions), COUNTED[frequency][1])


def _key(session: date, day: date | None, frequency: str) -> object:
    """What tells one observation from the next; the month, of a month's figure that came without its own date."""
    return day or ((session.year, session.month) if frequency == "monthly" else session)


def _observations(past: Sequence[Observed], frequency: str) -> list[float | None]:
    """One value an observation, the last known; the session's own value (or its absence) comes last."""
    by_day: dict[object, float | None] = {}
    for session, value, day in past:
        key = _key(session, day, frequency)
        if value is not None:
            by_day[key] = value
    values = list(by_day.values())
    return [*values, None] if past and past[-1][1] is None else values


def _frequency(past: Sequence[Observed]) -> str:
    """How often an imported series is observed, by the usual step between its observations."""
    days = sorted({day or session for session, _, day in past})
    steps = [(later - earlier).days for earlier, later in pairwise(days)]
    step = median(steps) if steps else 1.0
    return next((name for longest, name in _STEPS if step <= longest), "quarterly")
