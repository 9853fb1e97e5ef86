"""What a chat wants to hear when: subscribed, muted, quiet hours."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from sqlite_utils import Database

from alerts.quiet_hours import Quiet


@dataclass(frozen=True)
class Hearing:
    """A chat's wishes; `zone` is kept where quiet hours ended, for the next ones."""

    subscribed: bool
    muted: bool = False
    quiet: Quiet | None = None
    zone: str | None = None


NOBODY = Hearing(subscribed=False)


def hearing(db: Database, chat: int) -> Hearing:
    """A chat's wishes; those of nobody where we know nothing of it."""
    return hearings(db, [chat]).get(chat, NOBODY)


def hearings(db: Database, chats: Iterable[int]) -> dict[int, Hearing]:
    """The wishes of chats, by id; those we know nothing of are left out."""
    rows = db.conn.execute(
        """SELECT id, subscribed_at, muted, quiet_from, quiet_to, zone, quiet_silent FROM chats
           WHERE id IN (SELECT value FROM json_each(?))""",
        [json.dumps(list(chats))],
    )
    return {row[0]: _hearing(*row[1:]) for row in rows}


def _hearing(
    subscribed: str | None, muted: int, start: str | None, end: str, zone: str | None, silent: int
) -> Hearing:  # fmt: skip
    quiet = Quiet(time.fromisoformat(start), time.fromisoformat(end), zone, bool(silent)) if start and zone else None
    return Hearing(subscribed is not None, bool(muted), quiet, zone)


def mute(db: Database, chat: int, muted: bool, now: datetime) -> bool:
    """Mute a chat, or end that; whether it changed anything."""
    _known(db, chat, now)
    return db.conn.execute(
        "UPDATE chats SET muted = ? WHERE id = ? AND muted <> ?", [int(muted), chat, int(muted)]
    ).rowcount > 0  # fmt: skip


def set_quiet(db: Database, chat: int, quiet: Quiet | None, now: datetime) -> None:
    """Keep a chat's quiet hours, or none."""
    _known(db, chat, now)
    if quiet is None:
        db.conn.execute("UPDATE chats SET quiet_from = NULL, quiet_to = NULL WHERE id = ?", [chat])
        return
    db.conn.execute(
        "UPDATE chats SET quiet_from = ?, quiet_to = ?, zone = ?, quiet_silent = ? WHERE id = ?",
        [f"{quiet.start:%H:%M}", f"{quiet.end:%H:%M}", quiet.zone, int(quiet.silent), chat],
    )


def _known(db: Database, chat: int, now: datetime) -> None:
    db.conn.execute(
        "INSERT OR IGNORE INTO chats (id, created_at) VALUES (?, ?)", [chat, now.isoformat(timespec="seconds")]
    )
