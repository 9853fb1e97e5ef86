"""file_ids of pictures that Telegram already has, by their content."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database


def file_id(db: Database, key: str) -> str | None:
    """Telegram's id of the picture, or None if it was never uploaded."""
    row = db.conn.execute("SELECT file_id FROM file_ids WHERE key = ?", [key]).fetchone()
    return None if row is None else str(row[0])


def keep_file_id(db: Database, key: str, identity: str, now: datetime) -> None:
    """Store the id that Telegram gave to an uploaded picture."""
    db.conn.execute(
        "INSERT INTO file_ids (key, file_id, created_at) VALUES (?, ?, ?) "
        "ON CONFLICT (key) DO UPDATE SET file_id = excluded.file_id, created_at = excluded.created_at",
        [key, identity, now.isoformat(timespec="seconds")],
    )
