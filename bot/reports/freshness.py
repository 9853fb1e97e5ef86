"""How old the figures are, and how much history is still being filled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlite_utils import Database

from alerts.market.sessions import last_complete_session, sessions_between
from storage import companies, figures, histories, source_failures
from storage.source_failures import SourceFailure

GRACE = timedelta(hours=1)  # after a close, before its figures count as missing


@dataclass(frozen=True)
class Freshness:
    """missed: sessions closed since the last one with figures, of which `latest` is the last. failing: the source that
    has failed longest, where sessions are missed. filled: (companies with a history, all), None where that is done;
    since: its first session where it is the second pass, with older closes, that is under way."""

    missed: int = 0
    latest: date | None = None
    failing: SourceFailure | None = None
    filled: tuple[int, int] | None = None
    since: date | None = None


def freshness(db: Database, now: datetime) -> Freshness:
    """How fresh the figures are at `now`; nothing is missed where there are no figures yet."""
    session = figures.last_session(db)
    if session is None:
        return Freshness()
    missed = [day for day in sessions_between(session, last_complete_session(now, GRACE)) if day > session]
    failed = (one for one in source_failures.source_failures(db) if not one.source.startswith(source_failures.CLOCK))
    failing = next(failed, None) if missed else None
    have, total = companies.histories(db)
    older, since = histories.count_older(db)
    filling = bool(have) and not companies.filled(db)
    filled = (older, total) if older else (have, total) if filling else None
    return Freshness(len(missed), missed[-1] if missed else None, failing, filled, since)
