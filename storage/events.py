"""What happened to rules and to data: a row each, written before anyone is told, with all a message needs to say it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Event:
    """One transition of one rule, or of the data of a series. `told`: what there is to say of it, as JSON values."""

    id: int
    chat: int
    session: date
    kind: str
    told: dict[str, Any]


@dataclass(frozen=True)
class Happening:
    """An event to write: of a rule, or (`rule` None) of the data of a series."""

    rule: int | None
    chat: int
    kind: str
    told: dict[str, Any]
    series: str | None = None


def record_events(
    db: Database, session: date, happenings: Sequence[Happening], now: datetime
) -> list[tuple[int, Happening]]:
    """Write what happened on a session; (id, what) of each that was not written before. Call inside `writing()`."""
    if not happenings:
        return []
    first = db.conn.execute("SELECT coalesce(max(id), 0) + 1 FROM events").fetchone()[0]
    day, stamp = session.isoformat(), now.isoformat(timespec="seconds")
    db.conn.executemany(
        """INSERT INTO events (id, rule, chat, session, kind, told, created_at, series) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (rule, session, kind) DO NOTHING""",
        [
            (identity, one.rule, one.chat, day, one.kind, _ENCODE(one.told), stamp, one.series)
            for identity, one in enumerate(happenings, start=first)
        ],
    )
    written = {row[0] for row in db.conn.execute("SELECT id FROM events WHERE id >= ?", [first])}
    return [(identity, one) for identity, one in enumerate(happenings, start=first) if identity in written]


def events_of(db: Database, chat: int, limit: int = 20) -> list[Event]:
    """A chat's latest events, newest first."""
    rows = db.conn.execute(
        "SELECT id, chat, session, kind, told FROM events WHERE chat = ? ORDER BY session DESC, id DESC LIMIT ?",
        [chat, limit],
    )
    return [Event(row[0], row[1], date.fromisoformat(row[2]), row[3], json.loads(row[4])) for row in rows]
