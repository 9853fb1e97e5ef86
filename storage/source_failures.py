"""Source failures: since when a source fails, and why. One row while the failure lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database


@dataclass(frozen=True)
class Trouble:
    """A failing source."""

    source: str
    since: datetime
    why: str


def begin(db: Database, source: str, why: str, now: datetime) -> bool:
    """Record that `source` fails. Returns whether that is new."""
    cursor = db.conn.execute(
        "INSERT INTO troubles (source, since, why) VALUES (?, ?, ?) ON CONFLICT (source) DO NOTHING",
        [source, now.isoformat(timespec="seconds"), why],
    )
    return cursor.rowcount > 0


def end(db: Database, source: str) -> Trouble | None:
    """Record that `source` works. Returns the failure that ended, if there was one."""
    found = next((trouble for trouble in troubles(db) if trouble.source == source), None)
    if found is not None:
        db.conn.execute("DELETE FROM troubles WHERE source = ?", [source])
    return found


def troubles(db: Database) -> list[Trouble]:
    """Current failures, the oldest first."""
    rows = db.conn.execute("SELECT source, since, why FROM troubles ORDER BY since, source")
    return [Trouble(source, datetime.fromisoformat(since), why) for source, since, why in rows]
