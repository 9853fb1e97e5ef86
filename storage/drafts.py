"""Lines that were previewed and not saved yet, where they do not fit into a button; kept for a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

KEPT = timedelta(days=7)


@dataclass(frozen=True)
class Draft:
    """A line, and the id of the rule that it is to be written over."""

    line: str
    replaces: int | None


def add_draft(db: Database, chat: int, draft: Draft, now: datetime) -> int:
    """Keep a draft, and drop those of more than a week ago; its id."""
    db.conn.execute("DELETE FROM drafts WHERE created_at < ?", [(now - KEPT).isoformat(timespec="seconds")])
    made = db.conn.execute(
        "INSERT INTO drafts (chat, line, replaces, created_at) VALUES (?, ?, ?, ?) RETURNING id",
        [chat, draft.line, draft.replaces, now.isoformat(timespec="seconds")],
    ).fetchone()
    return int(made[0])


def draft_of(db: Database, chat: int, identity: int) -> Draft | None:
    """A chat's draft; None where it is gone, or another chat's."""
    row = db.conn.execute("SELECT line, replaces FROM drafts WHERE chat = ? AND id = ?", [chat, identity]).fetchone()
    return None if row is None else Draft(*row)


def forget_drafts(db: Database, chat: int) -> None:
    """Drop all of a chat's."""
    db.conn.execute("DELETE FROM drafts WHERE chat = ?", [chat])
