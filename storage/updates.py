"""Handled Telegram updates, so that one that is delivered twice acts once."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

KEPT = 1_000  # Telegram repeats only recent updates that were not confirmed


def was_handled(db: Database, update: int) -> bool:
    """Whether the update was handled before."""
    return db.conn.execute("SELECT 1 FROM handled_updates WHERE id = ?", [update]).fetchone() is not None


def newest_handled(db: Database) -> int:
    """The newest handled update; 0 if there is none."""
    return int(db.conn.execute("SELECT coalesce(max(id), 0) FROM handled_updates").fetchone()[0])


def note_handled(db: Database, update: int, now: datetime) -> None:
    """Record that the update was handled, and delete very old records."""
    db.conn.execute(
        "INSERT OR IGNORE INTO handled_updates (id, handled_at) VALUES (?, ?)",
        [update, now.isoformat(timespec="seconds")],
    )
    if update % 100 == 0:
        db.conn.execute("DELETE FROM handled_updates WHERE id < ?", [update - KEPT])
