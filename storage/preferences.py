"""When chats are notified: subscribed, muted, quiet hours."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from alerts.quiet_hours import Quiet
from storage.unreadable import OnUnreadable, raising, read_rows


@dataclass(frozen=True)
class ChatPreferences:
    """When a chat is notified; `zone` is kept where quiet hours ended, for the next ones. muted_until: None of a chat
    that is muted until it ends that itself."""

    subscribed: bool
    muted: bool = False
    quiet: Quiet | None = None
    zone: str | None = None
    muted_until: datetime | None = None


UNKNOWN_CHAT = ChatPreferences(subscribed=False)


def preferences_of(db: Database, chat: int) -> ChatPreferences:
    """A chat's preferences; those of an unsubscribed chat where it is unknown."""
    return preferences_of_chats(db, [chat]).get(chat, UNKNOWN_CHAT)


def preferences_of_chats(
    db: Database, chats: Iterable[int], unreadable: OnUnreadable = raising
) -> dict[int, ChatPreferences]:  # fmt: skip
    """The preferences of chats, by id; unknown chats are left out.

    A chat whose quiet hours cannot be read has none, where `unreadable` returns.
    """
    rows = db.conn.execute(
        """SELECT id, subscribed_at, muted, quiet_from, quiet_to, zone, quiet_silent, muted_until FROM chats
           WHERE id IN (SELECT value FROM json_each(?))""",
        [json.dumps(list(chats))],
    )
    return dict(read_rows(rows, lambda row: (row[0], _readable(row, unreadable)), 0, unreadable))


def _readable(row: tuple[Any, ...], unreadable: OnUnreadable) -> ChatPreferences:
    chat, subscribed, muted, *quiet, until = row
    ends = datetime.fromisoformat(until) if until else None
    try:
        found = _preferences(subscribed is not None, muted, *quiet)
        return found if ends is None else replace(found, muted_until=ends)
    except Exception as error:  # noqa: BLE001 – it goes to `unreadable`
        unreadable(chat, error)
        return ChatPreferences(subscribed is not None, bool(muted), muted_until=ends)


@lru_cache(maxsize=1024)  # most chats have the same
def _preferences(
    subscribed: bool, muted: int, start: str | None, end: str, zone: str | None, silent: int
) -> ChatPreferences:  # fmt: skip
    quiet = Quiet(time.fromisoformat(start), time.fromisoformat(end), zone, bool(silent)) if start and zone else None
    if quiet is not None:
        ZoneInfo(quiet.zone)  # raises an error for a zone that this system does not know
    return ChatPreferences(subscribed, bool(muted), quiet, zone)


def mute(db: Database, chat: int, muted: bool, now: datetime, until: datetime | None = None) -> bool:
    """Mute a chat, until a moment where one is given, or end that; whether it changed anything."""
    add_chat(db, chat, now)
    ends = until.isoformat(timespec="seconds") if until and muted else None
    return db.conn.execute(
        "UPDATE chats SET muted = ?, muted_until = ? WHERE id = ? AND (muted <> ? OR muted_until IS NOT ?)",
        [int(muted), ends, chat, int(muted), ends],
    ).rowcount > 0  # fmt: skip


def is_dark(db: Database, chat: int) -> bool:
    """Whether a chat wants dark pictures; an unknown one does not."""
    row = db.conn.execute("SELECT dark FROM chats WHERE id = ?", [chat]).fetchone()
    return bool(row and row[0])


def set_dark(db: Database, chat: int, dark: bool, now: datetime) -> None:
    """Keep whether a chat wants dark pictures."""
    add_chat(db, chat, now)
    db.conn.execute("UPDATE chats SET dark = ? WHERE id = ?", [int(dark), chat])


def mutes_over(db: Database, now: datetime, most: int) -> list[int]:
    """Up to `most` chats whose mute has ended by `now`, the longest over first."""
    rows = db.conn.execute(
        "SELECT id FROM chats WHERE muted_until <= ? ORDER BY muted_until LIMIT ?",
        [now.isoformat(timespec="seconds"), most],
    )
    return [row[0] for row in rows.fetchall()]


def set_quiet(db: Database, chat: int, quiet: Quiet | None, now: datetime) -> None:
    """Keep a chat's quiet hours, or none."""
    add_chat(db, chat, now)
    if quiet is None:
        db.conn.execute("UPDATE chats SET quiet_from = NULL, quiet_to = NULL WHERE id = ?", [chat])
        return
    db.conn.execute(
        "UPDATE chats SET quiet_from = ?, quiet_to = ?, zone = ?, quiet_silent = ? WHERE id = ?",
        [f"{quiet.start:%H:%M}", f"{quiet.end:%H:%M}", quiet.zone, int(quiet.silent), chat],
    )


def add_chat(db: Database, chat: int, since: datetime) -> None:
    """Add a chat that is not stored yet, not subscribed, with no preferences; one that is stored stays as it is."""
    db.conn.execute(
        "INSERT OR IGNORE INTO chats (id, created_at) VALUES (?, ?)", [chat, since.isoformat(timespec="seconds")]
    )
