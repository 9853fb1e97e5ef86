"""Digests: who wants one when, and which are due. Found by an index on the next due time, however many there are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlite_utils import Database

from alerts.digest_times import DigestTime

_COLUMNS = "chat, days, at, zone, families, due_at, reached"


@dataclass(frozen=True)
class ChatDigest:
    """A chat's digest. reached: the session of the last one, None before the first."""

    chat: int
    when: DigestTime
    families: tuple[str, ...]
    due_at: datetime
    reached: date | None


def digest_of(db: Database, chat: int) -> ChatDigest | None:
    """A chat's digest; None if it wants none."""
    row = db.conn.execute(f"SELECT {_COLUMNS} FROM digests WHERE chat = ?", [chat]).fetchone()
    return None if row is None else _digest(row)


def set_digest(db: Database, chat: int, when: DigestTime, families: Sequence[str], now: datetime) -> ChatDigest:
    """Give a chat a digest, or change it; the last one it had counts on. The chat must exist."""
    db.conn.execute(
        """INSERT INTO digests (chat, days, at, zone, families, due_at) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (chat) DO UPDATE SET days = excluded.days, at = excluded.at, zone = excluded.zone,
               families = excluded.families, due_at = excluded.due_at""",
        [
            chat,
            json.dumps(when.days),
            f"{when.at:%H:%M}",
            when.zone,
            json.dumps(list(families)),
            when.next_due(now).isoformat(),
        ],
    )
    made = digest_of(db, chat)
    assert made is not None
    return made


def set_families(db: Database, chat: int, families: Sequence[str]) -> None:
    """Choose what a chat's digest is about."""
    db.conn.execute("UPDATE digests SET families = ? WHERE chat = ?", [json.dumps(list(families)), chat])


def end_digest(db: Database, chat: int) -> bool:
    """End a chat's digest; whether there was one."""
    return db.conn.execute("DELETE FROM digests WHERE chat = ?", [chat]).rowcount > 0


def due_digests(db: Database, now: datetime, most: int) -> list[ChatDigest]:
    """Up to `most` digests that are due, the longest due first."""
    rows = db.conn.execute(
        f"SELECT {_COLUMNS} FROM digests WHERE due_at <= ? ORDER BY due_at LIMIT ?", [now.isoformat(), most]
    )
    return [_digest(row) for row in rows.fetchall()]


def put_off(db: Database, chat: int, due_at: datetime, reached: date | None) -> None:
    """Note when a chat's next digest is due, and the session that the last one reached."""
    db.conn.execute(
        "UPDATE digests SET due_at = ?, reached = coalesce(?, reached) WHERE chat = ?",
        [due_at.isoformat(), reached.isoformat() if reached else None, chat],
    )


def _digest(row: Sequence[str]) -> ChatDigest:
    chat, days, at, zone, families, due_at, reached = row
    return ChatDigest(
        chat=int(chat),
        when=DigestTime(tuple(json.loads(days)), time.fromisoformat(at), zone),
        families=tuple(json.loads(families)),
        due_at=datetime.fromisoformat(due_at),
        reached=date.fromisoformat(reached) if reached else None,
    )
