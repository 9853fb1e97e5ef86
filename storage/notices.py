"""Operators' notices: a text, kept from its preview on, and sent once."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database


def add_notice(db: Database, text: str, now: datetime) -> int:
    """Keep a notice that is not sent yet. Returns its id."""
    made = db.conn.execute(
        "INSERT INTO notices (text, created_at) VALUES (?, ?) RETURNING id", [text, now.isoformat(timespec="seconds")]
    ).fetchone()
    return int(made[0])


def take(db: Database, identity: int, now: datetime) -> str | None:
    """The text of a notice, which counts as sent from now on; None where it was sent before or is not there."""
    row = db.conn.execute(
        "UPDATE notices SET sent_at = ? WHERE id = ? AND sent_at IS NULL RETURNING text",
        [now.isoformat(timespec="seconds"), identity],
    ).fetchone()
    return None if row is None else str(row[0])
