"""How old the figures are, and what is still coming: said wherever they are shown."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlite_utils import Database

from alerts.market.sessions import NEW_YORK, last_complete_session, sessions_between
from bot.formatting import short_day
from storage import companies, figures, source_failures

GRACE = timedelta(hours=1)  # after a close, before its figures are missed


def freshness(db: Database, now: datetime) -> tuple[str, ...]:
    """Lines to put under the date, plain text; none where all is as it should be."""
    session = figures.last_session(db)
    return () if session is None else (*_behind(db, session, now), *_filling(db))


def _behind(db: Database, session: date, now: datetime) -> tuple[str, ...]:
    missed = [day for day in sessions_between(session, last_complete_session(now, GRACE)) if day > session]
    if not missed:
        return ()
    late = f"⏳ {len(missed)} session{'s' if len(missed) > 1 else ''} behind: {short_day(missed[-1])} has closed."
    for trouble in source_failures.troubles(db)[:1]:
        since = trouble.since.astimezone(NEW_YORK)
        late += f" No {trouble.source} since {short_day(since.date())}, {since:%H:%M} New York time."
    return (late,)


def _filling(db: Database) -> tuple[str, ...]:
    have, total = companies.histories(db)
    if not have or companies.filled(db):
        return ()
    return (f"The history is being filled: {have:,} of {total:,} companies so far.",)
