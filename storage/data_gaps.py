"""Which chats were told that a series has no data, until they are told that it is back: one word a chat and series."""

from __future__ import annotations

from datetime import date

from sqlite_utils import Database


def begin(db: Database, series: str, chat: int, session: date) -> bool:
    """Note that a chat is told; whether it had not been."""
    made = db.conn.execute(
        "INSERT INTO silences (series, chat, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [series, chat, session.isoformat()],
    )
    return made.rowcount > 0


def open_series(db: Database) -> list[str]:
    """The series that somebody was told have no data."""
    return [row[0] for row in db.conn.execute("SELECT DISTINCT series FROM silences")]


def end(db: Database, series: str) -> dict[int, date]:
    """The chats that were told of a series, with the session they were told of; and forget that they were."""
    rows = db.conn.execute("DELETE FROM silences WHERE series = ? RETURNING chat, since", [series]).fetchall()
    return {chat: date.fromisoformat(since) for chat, since in rows}
