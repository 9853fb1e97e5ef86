"""Sources that fail: since when, and why. One row for as long as the failure lasts.

This machine's clock is one of them where it is off, under a name that begins with CLOCK.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

CLOCK = "clock"


@dataclass(frozen=True)
class SourceFailure:
    """A source that fails."""

    source: str
    since: datetime
    why: str


def begin(db: Database, failure: SourceFailure) -> bool:
    """Record a failure; whether it is new. One that is recorded already keeps its beginning and its reason."""
    cursor = db.conn.execute(
        "INSERT INTO source_failures (source, since, why) VALUES (?, ?, ?) ON CONFLICT (source) DO NOTHING",
        [failure.source, failure.since.isoformat(timespec="seconds"), failure.why],
    )
    return cursor.rowcount > 0


def end(db: Database, source: str) -> SourceFailure | None:
    """Record that a source works; the failure that ended, None where there was none."""
    row = db.conn.execute(
        "DELETE FROM source_failures WHERE source = ? RETURNING source, since, why", [source]
    ).fetchone()
    return None if row is None else _failure(*row)


def source_failures(db: Database) -> list[SourceFailure]:
    """The failures that last, the longest first."""
    rows = db.conn.execute("SELECT source, since, why FROM source_failures ORDER BY since, source")
    return [_failure(*row) for row in rows]


def _failure(source: str, since: str, why: str) -> SourceFailure:
    return SourceFailure(source, datetime.fromisoformat(since), why)
