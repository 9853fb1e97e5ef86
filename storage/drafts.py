"""Rules that are being made: previewed lines that do not fit into a button, and what stands in an editor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

KEPT = timedelta(days=60)  # from the last touch


@dataclass(frozen=True)
class Draft:
    """A line, and the id of the rule that it will replace, if any."""

    line: str
    replaces: int | None


def add_draft(db: Database, chat: int, draft: Draft, now: datetime) -> int:
    """Store a draft and delete those that nobody touched for long. Returns its id."""
    db.conn.execute("DELETE FROM drafts WHERE created_at < ?", [(now - KEPT).isoformat(timespec="seconds")])
    made = db.conn.execute(
        "INSERT INTO drafts (chat, line, replaces, created_at) VALUES (?, ?, ?, ?) RETURNING id",
        [chat, draft.line, draft.replaces, now.isoformat(timespec="seconds")],
    ).fetchone()
    return int(made[0])


def draft_of(db: Database, chat: int, identity: int) -> Draft | None:
    """A chat's draft; None if it is gone or belongs to another chat."""
    row = db.conn.execute("SELECT line, replaces FROM drafts WHERE chat = ? AND id = ?", [chat, identity]).fetchone()
    return None if row is None else Draft(*row)


def revise_draft(db: Database, chat: int, identity: int, line: str, now: datetime) -> Draft | None:
    """Give a chat's draft another line; None if it is gone or belongs to another chat."""
    db.conn.execute(
        "UPDATE drafts SET line = ?, created_at = ? WHERE chat = ? AND id = ?",
        [line, now.isoformat(timespec="seconds"), chat, identity],
    )
    return draft_of(db, chat, identity)


def end_draft(db: Database, chat: int, identity: int) -> bool:
    """Delete a draft that was saved or given up; whether it was there."""
    return db.conn.execute("DELETE FROM drafts WHERE chat = ? AND id = ?", [chat, identity]).rowcount > 0


def forget_drafts(db: Database, chat: int) -> None:
    """Delete all drafts of a chat."""
    db.conn.execute("DELETE FROM drafts WHERE chat = ?", [chat])
