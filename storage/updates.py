"""Telegram updates: those that wait for their answer survive a kill, those that were handled act once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

KEPT = 1_000  # handled ones; Telegram repeats only recent updates that were not confirmed


@dataclass(frozen=True)
class Waiting:
    """An update that was accepted and not answered yet. chat: None where it comes from none; content: its JSON."""

    id: int
    chat: int | None
    content: str


def keep_waiting(db: Database, rows: Sequence[Waiting], now: datetime) -> None:
    """Record updates that are going to be answered."""
    db.conn.executemany(
        "INSERT OR IGNORE INTO waiting_updates (id, chat, content, received_at) VALUES (?, ?, ?, ?)",
        [(row.id, row.chat, row.content, now.isoformat(timespec="seconds")) for row in rows],
    )


def waiting(db: Database) -> list[Waiting]:
    """The updates that wait for their answer, oldest first."""
    return [Waiting(*row) for row in db.conn.execute("SELECT id, chat, content FROM waiting_updates ORDER BY id")]


def forget_waiting(db: Database, chat: int) -> None:
    """Delete what waits of a chat."""
    db.conn.execute("DELETE FROM waiting_updates WHERE chat = ?", [chat])


def was_handled(db: Database, update: int) -> bool:
    """Whether the update was handled before."""
    return db.conn.execute("SELECT 1 FROM handled_updates WHERE id = ?", [update]).fetchone() is not None


def newest_handled(db: Database) -> int:
    """The newest handled update; 0 if there is none."""
    return int(db.conn.execute("SELECT coalesce(max(id), 0) FROM handled_updates").fetchone()[0])


def note_handled(db: Database, updates: Sequence[int], now: datetime) -> None:
    """Record that updates were handled: they wait no longer. Deletes very old records."""
    at = now.isoformat(timespec="seconds")
    db.conn.executemany(
        "INSERT OR IGNORE INTO handled_updates (id, handled_at) VALUES (?, ?)", [(update, at) for update in updates]
    )
    db.conn.executemany("DELETE FROM waiting_updates WHERE id = ?", [(update,) for update in updates])
    if any(update % 100 == 0 for update in updates):
        db.conn.execute("DELETE FROM handled_updates WHERE id < ?", [max(updates) - KEPT])
