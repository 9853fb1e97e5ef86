"""The exchange's calendar: which days are sessions, when they close, and which comes next.

Sessions are New York Stock Exchange sessions (XNYS), early closes and unscheduled closures included; a session is
named by its date. Source: exchange_calendars, and closures.toml for closures it may not know yet.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
_FIRST_YEAR = 1999
_LAST_YEAR = 2027  # at least
_FIRST_SESSION = date(1999, 1, 4)


@lru_cache(maxsize=2)
def _calendar(first_year: int, last_year: int) -> Any:
    import exchange_calendars  # takes half a second, so import it once and late

    return exchange_calendars.get_calendar("XNYS", start=f"{first_year}-01-01", end=f"{last_year}-12-31")


def _spanning(day: date) -> Any:
    """A calendar that covers `day` and the year after it."""
    if day.year < _FIRST_YEAR:
        raise ValueError(f"{day}: the calendar starts in {_FIRST_YEAR}")
    return _calendar(_FIRST_YEAR, max(day.year + 1, _LAST_YEAR))


@lru_cache(maxsize=2)
def _sessions(last_year: int) -> list[date]:
    """All sessions from the start of the calendar to the end of a year."""
    days = _calendar(_FIRST_YEAR, last_year).sessions.to_numpy().astype("datetime64[D]").tolist()
    return [day for day in days if day not in closures()]


@lru_cache(maxsize=1)
def closures() -> dict[date, str]:
    """Unscheduled closures by day, with the reason."""
    text = resources.files("alerts.market").joinpath("closures.toml").read_text(encoding="utf-8")
    return {entry["day"]: entry["why"] for entry in tomllib.loads(text)["closure"]}


def read_calendar(day: date) -> None:
    """Read the calendar of `day` and the year after it, which takes a second the first time and nothing later."""
    _spanning(day)
    sessions_between(day, day)


def sessions_between(start: date, end: date) -> list[date]:
    """The sessions from `start` to `end`, both included, ascending; the calendar starts in 1999."""
    start = max(start, _FIRST_SESSION)
    if end < start:
        return []
    held = _sessions(max(end.year + 1, _LAST_YEAR))
    return held[bisect_left(held, start) : bisect_right(held, end)]


def is_session(day: date) -> bool:
    """Whether the exchange opens on `day`."""
    return day not in closures() and bool(_spanning(day).is_session(str(day)))


def close_of(session: date) -> datetime:
    """When `session` closes, in UTC; early closes included. Raises ValueError if `session` is not a session."""
    if not is_session(session):
        raise ValueError(f"{session} is no NYSE session")
    moment: datetime = _spanning(session).session_close(str(session)).to_pydatetime()
    return moment


def last_complete_session(now: datetime, settle: timedelta = timedelta(0)) -> date:
    """The latest session that closed at least `settle` before `now` (a moment with a time zone)."""
    today = now.astimezone(NEW_YORK).date()
    for session in reversed(sessions_between(today - timedelta(days=14), today)):
        if close_of(session) + settle <= now:
            return session
    raise ValueError(f"no session in the fourteen days before {today}")


def seal_deadline(session: date) -> datetime:
    """When `session` is sealed with the data that has arrived: 09:00 New York time on the next session."""
    return datetime.combine(next_session(session), time(9), NEW_YORK)


def next_session(after: date) -> date:
    """The first session later than `after`."""
    return sessions_between(after + timedelta(days=1), after + timedelta(days=14))[0]


def previous_sessions(before: date, count: int) -> list[date]:
    """The `count` sessions before `before`, ascending; fewer at the start of the calendar."""
    start = max(before - timedelta(days=int(count * 1.6) + 14), date(_FIRST_YEAR, 1, 1))
    found = sessions_between(start, before - timedelta(days=1))
    return found[len(found) - count :] if len(found) > count else found
