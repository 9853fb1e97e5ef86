"""Which chats are let in where the bot is not open to anybody: by an operator's invitation."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlite_utils import Database

VALID = timedelta(days=14)


def is_let_in(db: Database, ids: Collection[int]) -> bool:
    """Whether one of these chats was let in."""
    marks = ", ".join("?" * len(ids))
    return db.conn.execute(f"SELECT 1 FROM admitted WHERE chat IN ({marks}) LIMIT 1", list(ids)).fetchone() is not None


def invite(db: Database, uses: int, now: datetime) -> str:
    """A new invitation's code, which lets in as many chats as it has `uses`, for `VALID`."""
    code = secrets.token_urlsafe(12)
    db.conn.execute("DELETE FROM invitations WHERE expires_at <= ? OR uses < 1", [now.isoformat()])
    db.conn.execute("INSERT INTO invitations VALUES (?, ?, ?)", [code, uses, (now + VALID).isoformat()])
    return code


def use_invitation(db: Database, code: str, chat: int, now: datetime) -> bool:
    """Let a chat in by an invitation; whether it is in now. A chat that is in uses nothing up."""
    if is_let_in(db, [chat]):
        return True
    used = db.conn.execute(
        "UPDATE invitations SET uses = uses - 1 WHERE code = ? AND uses > 0 AND expires_at > ?", [code, now.isoformat()]
    ).rowcount
    if used:
        let_in(db, chat, now)
    return used > 0


def let_in(db: Database, chat: int, now: datetime) -> None:
    """Let a chat in."""
    db.conn.execute(
        "INSERT OR IGNORE INTO admitted (chat, since) VALUES (?, ?)", [chat, now.isoformat(timespec="seconds")]
    )


def let_in_all_known(db: Database, now: datetime) -> None:
    """Let in every chat that uses the bot: those that came before invitations were asked for."""
    db.conn.execute(
        "INSERT OR IGNORE INTO admitted (chat, since) SELECT id, ? FROM chats", [now.isoformat(timespec="seconds")]
    )


def forget(db: Database, chat: int) -> None:
    """Erase that a chat was let in."""
    db.conn.execute("DELETE FROM admitted WHERE chat = ?", [chat])
