"""Previewed lines that are not saved yet and do not fit into a button; kept for a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

KEPT = timedelta(days=7)


@dataclass(frozen=True)
class Draft:
    """A line, and the id of the rule that it will replace, if any."""

    line: str
    replaces: int | None


def add_draft(db: Database, chat: int, draft: Draft, now: datetime) -> int:
    """Store a draft and delete those older than a week. Returns its id."""
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


def forget_drafts(db: Database, chat: int) -> None:
    """Delete all drafts of a chat."""
    db.conn.execute("DELETE FROM drafts WHERE chat = ?", [chat])
