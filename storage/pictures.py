"""Pictures that messages of the outbox carry: drawn once, kept until Telegram has long had them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlite_utils import Database

KEPT = timedelta(days=7)


def keep_picture(db: Database, key: str, png: bytes, now: datetime) -> None:
    """Keep a picture, and delete those that no message can be waiting for any more."""
    db.conn.execute("DELETE FROM pictures WHERE made_at < ?", [(now - KEPT).isoformat()])
    db.conn.execute("INSERT OR REPLACE INTO pictures (key, png, made_at) VALUES (?, ?, ?)", [key, png, now.isoformat()])


def picture(db: Database, key: str) -> str | bytes | None:
    """Telegram's id of a picture, or its bytes where it was not uploaded yet; None where it is not kept."""
    row = db.conn.execute(
        "SELECT (SELECT file_id FROM file_ids WHERE key = ?), (SELECT png FROM pictures WHERE key = ?)", [key, key]
    ).fetchone()
    found: str | bytes | None = row[0] or row[1]
    return found
