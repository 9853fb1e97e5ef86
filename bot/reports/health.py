"""How the program is doing, as its database tells it: for /status, the doctor, and /metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlite_utils import Database

from alerts.market.sessions import last_complete_session, sessions_between
from storage import outbox, source_failures, statistics, webhook_posts
from storage.source_failures import SourceFailure
from storage.statistics import Backlog, SessionCoverage
from storage.webhook_posts import Waiting

GRACE = timedelta(hours=1)  # after a close, before its session counts as behind
RECENT = 5  # sessions looked back on


@dataclass(frozen=True)
class Health:
    """behind: complete sessions that are not sealed; None before the first one is. sessions: the last, newest first.
    messages: by state of the outbox. transitions: by kind, of the last sealed session."""

    behind: int | None
    sessions: tuple[SessionCoverage, ...]
    sealed: date | None
    backlog: Backlog
    messages: dict[str, int]
    totals: dict[str, int]
    transitions: dict[str, int]
    failing: tuple[SourceFailure, ...]
    posts: Waiting  # to WEBHOOK_OUT_URL

    @property
    def last(self) -> SessionCoverage | None:
        return self.sessions[0] if self.sessions else None


def health(db: Database, now: datetime) -> Health:
    """The state at `now`."""
    recent = tuple(statistics.recent_sessions(db, RECENT))
    sealed = next((one.session for one in recent if one.sealed), None)
    behind = None
    if sealed is not None:
        complete = last_complete_session(now, GRACE)
        behind = len([day for day in sessions_between(sealed, complete) if day > sealed]) if complete > sealed else 0
    return Health(
        behind=behind,
        sessions=recent,
        sealed=sealed,
        backlog=statistics.backlog(db, now),
        messages=outbox.counts(db),
        totals=statistics.totals(db),
        transitions=statistics.transitions(db, sealed) if sealed else {},
        failing=tuple(source_failures.source_failures(db)),
        posts=webhook_posts.waiting(db),
    )
