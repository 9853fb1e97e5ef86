"""Data gaps: which chats were told that a series has no data, one row for each chat and series until data return."""

from __future__ import annotations

from datetime import date

from sqlite_utils import Database

from storage.unreadable import OnUnreadable, raising, read_rows


def begin(db: Database, series: str, chat: int, session: date) -> bool:
    """Record that a chat is told. Returns whether that is new."""
    made = db.conn.execute(
        "INSERT INTO data_gaps (series, chat, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [series, chat, session.isoformat()],
    )
    return made.rowcount > 0


def open_series(db: Database) -> list[str]:
    """The series with an open data gap."""
    return [row[0] for row in db.conn.execute("SELECT DISTINCT series FROM data_gaps")]


def chats_with(db: Database, series: str) -> list[int]:
    """The chats with an open gap of the series."""
    return [row[0] for row in db.conn.execute("SELECT chat FROM data_gaps WHERE series = ?", [series])]


def end(db: Database, series: str, unreadable: OnUnreadable = raising) -> dict[int, date]:
    """Close the gap of a series. Returns the chats that were told, with the session of the gap."""
    rows = db.conn.execute("DELETE FROM data_gaps WHERE series = ? RETURNING chat, since", [series]).fetchall()
    return dict(read_rows(rows, lambda row: (row[0], date.fromisoformat(row[1])), 0, unreadable))
