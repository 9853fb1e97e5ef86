"""What happened to rules and to data: a row each, written before anyone is told, with all a message needs to say it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database


@dataclass(frozen=True)
class Event:
    """One transition of one rule, or of the data of a series. `told`: what there is to say of it, as JSON values."""

    id: int
    chat: int
    session: date
    kind: str
    told: dict[str, Any]


def record_event(
    db: Database,
    rule: int | None,
    chat: int,
    session: date,
    kind: str,
    told: dict[str, Any],
    now: datetime,
    series: str | None = None,
) -> int | None:
    """Write an event of a rule, or (`rule` None) of a series; its id, or None where the rule had that one already."""
    row = db.conn.execute(
        """INSERT INTO events (rule, chat, session, kind, told, created_at, series) VALUES (?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (rule, session, kind) DO NOTHING RETURNING id""",
        [
            rule,
            chat,
            session.isoformat(),
            kind,
            json.dumps(told, ensure_ascii=False),
            now.isoformat(timespec="seconds"),
            series,
        ],
    ).fetchone()
    return None if row is None else int(row[0])


def events_of(db: Database, chat: int, limit: int = 20) -> list[Event]:
    """A chat's latest events, newest first."""
    rows = db.conn.execute(
        "SELECT id, chat, session, kind, told FROM events WHERE chat = ? ORDER BY session DESC, id DESC LIMIT ?",
        [chat, limit],
    )
    return [Event(row[0], row[1], date.fromisoformat(row[2]), row[3], json.loads(row[4])) for row in rows]
