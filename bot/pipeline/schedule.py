"""When: after each close, and once more at the deadline. The only file that speaks to APScheduler.

The times are computed from the exchange's calendar, so early closes and holidays need no rule of their own, and a
process that was down finds the next one by itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from alerts.market.sessions import NEW_YORK, close_of, next_session, seal_deadline, sessions_between

SETTLE = timedelta(minutes=20)  # after the close, for the closing auction's prices to arrive
_HOURS = 12 * 3600  # a job that comes late by less than this still runs

Moment = Callable[[date], datetime]


def after_close(session: date) -> datetime:
    """When a session's figures may be fetched."""
    return close_of(session) + SETTLE


class EachSession(BaseTrigger):  # type: ignore[misc]  # apscheduler has no types
    """Fires once a session, at `moment(session)`."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The first moment later than the last firing and not before now."""
        today = now.astimezone(NEW_YORK).date()
        recent = sessions_between(today - timedelta(days=10), today)
        upcoming = [*recent, next_session(today)]
        while True:
            for session in upcoming:
                moment = self._moment(session)
                if moment >= now and (previous_fire_time is None or moment > previous_fire_time):
                    return moment
            upcoming = [next_session(upcoming[-1])]


def plan(scheduler: AsyncIOScheduler, refresh: Callable[[], Awaitable[None]]) -> None:
    """Refresh after each close, and at each session's deadline."""
    for name, moment in (("after the close", after_close), ("at the deadline", seal_deadline)):
        scheduler.add_job(
            refresh, EachSession(moment), id=name, name=f"refresh {name}",
            misfire_grace_time=_HOURS, coalesce=True, max_instances=1, replace_existing=True,
        )  # fmt: skip


def each_minute(scheduler: AsyncIOScheduler, look: Callable[[], Awaitable[None]]) -> None:
    """Look every minute for what is due in the database."""
    scheduler.add_job(
        look, "interval", minutes=1, id="each minute", name="digests and ends of mutes",
        misfire_grace_time=_HOURS, coalesce=True, max_instances=1, replace_existing=True,
    )  # fmt: skip


def again(scheduler: AsyncIOScheduler, refresh: Callable[[], Awaitable[None]], when: datetime) -> None:
    """Refresh once more at `when`: the last one did not get all it wanted."""
    scheduler.add_job(
        refresh, "date", run_date=when, id="again", name="refresh again",
        misfire_grace_time=_HOURS, coalesce=True, replace_existing=True,
    )  # fmt: skip


def hourly(scheduler: AsyncIOScheduler, look: Callable[[], Awaitable[None]], name: str) -> None:
    """Run `look` now and every hour from then on."""
    scheduler.add_job(
        look, "interval", hours=1, next_run_time=datetime.now(UTC), id=name, name=name,
        misfire_grace_time=_HOURS, coalesce=True, max_instances=1, replace_existing=True,
    )  # fmt: skip


def daily(scheduler: AsyncIOScheduler, look: Callable[[], Awaitable[None]], name: str) -> None:
    """Run `look` now and every 24 hours from then on."""
    scheduler.add_job(
        look, "interval", hours=24, next_run_time=datetime.now(UTC), id=name, name=name,
        misfire_grace_time=_HOURS, coalesce=True, max_instances=1, replace_existing=True,
    )  # fmt: skip
