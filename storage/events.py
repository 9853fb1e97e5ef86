"""What happened to rules and to data: a row each, written before anyone is told, with all a message needs to say it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

TOLD, HELD = "told", "held"  # held: told when quiet hours end
#: What the chat has heard, hears when quiet hours end, or with the session that is caught up with.
HEARD = "(said IN ('told', 'held') OR said IS NULL)"
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Event:
    """One transition of one rule, or of the data of a series. `told`: what there is to say of it, as JSON values."""

    id: int
    chat: int
    session: date
    kind: str
    told: dict[str, Any]
    said: str | None = TOLD  # or HELD, or why not: "muted", "snoozed"; None while it waits


@dataclass(frozen=True)
class Happening:
    """An event to write: of a rule, or (`rule` None) of the data of a series."""

    rule: int | None
    chat: int
    kind: str
    told: dict[str, Any]
    series: str | None = None
    said: str | None = TOLD  # as in Event


def record_events(
    db: Database, session: date, happenings: Sequence[Happening], now: datetime
) -> list[tuple[int, Happening]]:
    """Write what happened on a session; (id, what) of each that was not written before. Call inside `writing()`."""
    if not happenings:
        return []
    first = db.conn.execute("SELECT coalesce(max(id), 0) + 1 FROM events").fetchone()[0]
    day, stamp = session.isoformat(), now.isoformat(timespec="seconds")
    db.conn.executemany(
        """INSERT INTO events (id, rule, chat, session, kind, told, created_at, series, said)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (rule, session, kind) DO NOTHING""",
        [
            (identity, one.rule, one.chat, day, one.kind, _ENCODE(one.told), stamp, one.series, one.said)
            for identity, one in enumerate(happenings, start=first)
        ],
    )
    written = {row[0] for row in db.conn.execute("SELECT id FROM events WHERE id >= ?", [first])}
    return [(identity, one) for identity, one in enumerate(happenings, start=first) if identity in written]


_COLUMNS = "id, chat, session, kind, told, said"


def _event(row: Sequence[Any]) -> Event:
    return Event(row[0], row[1], date.fromisoformat(row[2]), row[3], json.loads(row[4]), row[5])


def events_of(db: Database, chat: int, limit: int = 20, rule: int | None = None) -> list[Event]:
    """A chat's latest events, newest first; those of one rule where it is given."""
    rows = db.conn.execute(
        f"SELECT {_COLUMNS} FROM events WHERE chat = ? AND (? IS NULL OR rule = ?) "
        "ORDER BY session DESC, id DESC LIMIT ?",
        [chat, rule, rule, limit],
    )
    return [_event(row) for row in rows]


def by_ids(db: Database, chat: int, identities: Sequence[int]) -> list[Event]:
    """A chat's events of those ids, in that order; those that are gone are left out."""
    found = {}
    for identity in identities:
        row = db.conn.execute(
            f"SELECT {_COLUMNS} FROM events WHERE id = ? AND chat = ?", [identity, chat]
        ).fetchone()  # fmt: skip
        if row is not None:
            found[identity] = _event(row)
    return list(found.values())


def waiting(db: Database) -> dict[int, list[Event]]:
    """By chat, the events that wait to be told together with the session that is caught up with, oldest first."""
    rows = db.conn.execute(f"SELECT {_COLUMNS} FROM events WHERE said IS NULL ORDER BY chat, session, id").fetchall()
    out: dict[int, list[Event]] = {}
    for row in rows:
        out.setdefault(row[1], []).append(_event(row))
    return out


def now_said(db: Database, identities: Sequence[int], said: str) -> None:
    """Write down what became of events."""
    db.conn.executemany("UPDATE events SET said = ? WHERE id = ?", [(said, identity) for identity in identities])


def announcement(db: Database, rule: int, since: date) -> int | None:
    """The event that made the episode since `since` known to the chat; None where nothing has."""
    row = db.conn.execute(
        f"""SELECT id FROM events WHERE rule = ? AND session >= ? AND kind IN ('fired', 'reminder') AND {HEARD}
            ORDER BY session, id LIMIT 1""",
        [rule, since.isoformat()],
    ).fetchone()
    return None if row is None else int(row[0])


def was_told_of(db: Database, chat: int, series: str, session: date) -> bool:
    """Whether the chat heard on `session` that a series has no data."""
    row = db.conn.execute(
        f"SELECT 1 FROM events WHERE chat = ? AND session = ? AND series = ? AND kind = 'no data' AND {HEARD}",
        [chat, session.isoformat(), series],
    ).fetchone()
    return row is not None


def unheard(db: Database, chat: int, said: str) -> list[Event]:
    """A chat's events that were not told for that reason, newest first."""
    rows = db.conn.execute(
        f"SELECT {_COLUMNS} FROM events WHERE chat = ? AND said = ? ORDER BY session DESC, id DESC", [chat, said]
    )
    return [_event(row) for row in rows]
