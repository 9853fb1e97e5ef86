"""What happened to rules and to data: a row each, written before anyone is notified, with all that messages say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from alerts.rules.event import REACHES_CHAT, AlertEvent, EventStatus
from alerts.rules.state import Kind
from storage.bulk import insert_rows
from storage.unreadable import OnUnreadable, raising, read_rows

#: The chat has heard of it, or is about to.
_REACHES_CHAT = f"status IN ({', '.join(repr(status.value) for status in sorted(REACHES_CHAT))})"


@dataclass(frozen=True)
class NewEvent:
    """An event to write, and what becomes of it for its chat."""

    chat: int
    event: AlertEvent
    status: EventStatus = EventStatus.NOTIFIED


@dataclass(frozen=True)
class StoredEvent:
    """A row of `events`."""

    id: int
    chat: int
    event: AlertEvent
    status: EventStatus

    @property
    def kind(self) -> Kind:
        return self.event.kind

    @property
    def session(self) -> date:
        return self.event.session


def record_events(db: Database, new: Sequence[NewEvent], now: datetime) -> list[StoredEvent]:
    """Write events; those that were not written before, with their ids. Call inside `writing()`."""
    if not new:
        return []
    first = db.conn.execute(
        "SELECT 1 + max((SELECT coalesce(max(id), 0) FROM events), "
        "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0))"
    ).fetchone()[0]
    stored = [StoredEvent(identity, one.chat, one.event, one.status) for identity, one in enumerate(new, start=first)]
    stamp = now.isoformat(timespec="seconds")
    insert_rows(
        db,
        """INSERT INTO events (id, rule, chat, session, kind, event, created_at, series, status, salt)
           VALUES {rows} ON CONFLICT (rule, session, kind) DO NOTHING""",
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, randomblob(16))",
        [
            (
                one.id,
                rule.id if (rule := one.event.rule) else None,
                one.chat,
                one.event.session.isoformat(),
                str(one.event.kind),
                one.event.encoded(),
                stamp,
                gap.reading.series.key if (gap := one.event.gap) else None,
                str(one.status),
            )
            for one in stored
        ],
    )
    written = {row[0] for row in db.conn.execute("SELECT id FROM events WHERE id >= ?", [first])}
    return [one for one in stored if one.id in written]


_COLUMNS = "id, chat, event, status"


def _event(row: Sequence[Any]) -> StoredEvent:
    return StoredEvent(row[0], row[1], AlertEvent.from_json(json.loads(row[2])), EventStatus(row[3]))


def events_of(db: Database, chat: int, limit: int = 20, rule: int | None = None) -> list[StoredEvent]:
    """A chat's latest events, newest first; those of one rule where it is given."""
    rows = db.conn.execute(
        f"SELECT {_COLUMNS} FROM events WHERE chat = ? AND (? IS NULL OR rule = ?) "
        "ORDER BY session DESC, id DESC LIMIT ?",
        [chat, rule, rule, limit],
    )
    return [_event(row) for row in rows]


def fired_after(db: Database, chat: int, session: date) -> list[StoredEvent]:
    """A chat's firings of sessions later than `session` that it was told of, oldest first."""
    rows = db.conn.execute(
        f"SELECT {_COLUMNS} FROM events WHERE chat = ? AND session > ? AND kind = ? AND status IN (?, ?) "
        "ORDER BY session, id",
        [chat, session.isoformat(), Kind.FIRED.value, EventStatus.NOTIFIED.value, EventStatus.HELD.value],
    )
    return [_event(row) for row in rows]


def by_ids(
    db: Database, chat: int, identities: Sequence[int], unreadable: OnUnreadable = raising
) -> list[StoredEvent]:  # fmt: skip
    """A chat's events of those ids, in that order; those that are gone are left out."""
    rows = (
        db.conn.execute(f"SELECT {_COLUMNS} FROM events WHERE id = ? AND chat = ?", [identity, chat]).fetchone()
        for identity in dict.fromkeys(identities)
    )
    return read_rows(filter(None, rows), _event, 1, unreadable)


def waiting(db: Database, unreadable: OnUnreadable = raising) -> dict[int, list[StoredEvent]]:
    """By chat, the events that wait for the session that is caught up with, oldest first."""
    # Named, for the planner takes the order by chat from an index of all events.
    rows = db.conn.execute(
        f"SELECT {_COLUMNS} FROM events INDEXED BY events_waiting WHERE status = 'waiting' ORDER BY chat, session, id"
    ).fetchall()
    out: dict[int, list[StoredEvent]] = {}
    for event in read_rows(rows, _event, 1, unreadable):
        out.setdefault(event.chat, []).append(event)
    return out


def set_status(db: Database, identities: Sequence[int], status: EventStatus) -> None:
    """Write down what became of events."""
    db.conn.execute(
        "UPDATE events SET status = ? WHERE id IN (SELECT value FROM json_each(?))",
        [status.value, json.dumps(list(identities))],
    )


def firings(db: Database, identities: Sequence[int]) -> list[StoredEvent]:
    """The firings among the events of those ids, by id."""
    rows = db.conn.execute(
        f"SELECT {_COLUMNS} FROM events WHERE kind = 'fired' AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
        [json.dumps(list(identities))],
    )
    return [_event(row) for row in rows]


def announcement(db: Database, rule: int, since: date) -> int | None:
    """The event that made the episode since `since` known to the chat; None where nothing has."""
    row = db.conn.execute(
        f"""SELECT id FROM events WHERE rule = ? AND session >= ? AND kind IN ('fired', 'reminder') AND {_REACHES_CHAT}
            ORDER BY session, id LIMIT 1""",
        [rule, since.isoformat()],
    ).fetchone()
    return None if row is None else int(row[0])


def announced(db: Database, episodes: Mapping[int, date]) -> set[int]:
    """Of episodes, given as {rule: since}, the rules of those that `announcement` knows."""
    rows = db.conn.execute(
        f"""SELECT CAST(asked.key AS INTEGER) AS asked_rule FROM json_each(?) AS asked WHERE EXISTS (
                SELECT 1 FROM events WHERE rule = asked_rule AND session >= asked.value
                AND kind IN ('fired', 'reminder') AND {_REACHES_CHAT})""",
        [json.dumps({rule: since.isoformat() for rule, since in episodes.items()})],
    )
    return {row[0] for row in rows}


def last_firing(db: Database, rule: int, since: date) -> date | None:
    """The last session, of `since` or later, on which the rule fired or reminded, whether or not its chat was told."""
    row = db.conn.execute(
        "SELECT max(session) FROM events WHERE rule = ? AND session >= ? AND kind IN ('fired', 'reminder')",
        [rule, since.isoformat()],
    ).fetchone()
    return None if row[0] is None else date.fromisoformat(row[0])


def knows_gap(db: Database, chat: int, series: str, session: date) -> bool:
    """Whether the chat was notified, on `session`, that a series has no data."""
    row = db.conn.execute(
        f"SELECT 1 FROM events WHERE chat = ? AND session = ? AND series = ? AND kind = 'no data' AND {_REACHES_CHAT}",
        [chat, session.isoformat(), series],
    ).fetchone()
    return row is not None


def with_status(db: Database, chat: int, status: EventStatus) -> list[StoredEvent]:
    """A chat's events of that status, newest first."""
    rows = db.conn.execute(
        f"SELECT {_COLUMNS} FROM events WHERE chat = ? AND status = ? ORDER BY session DESC, id DESC",
        [chat, status.value],
    )
    return [_event(row) for row in rows]


@dataclass(frozen=True)
class UnreadableEvent:
    """What the columns still say of an event whose content cannot be read. rule: None where it has none."""

    id: int
    rule: int | None
    kind: str


def on_session(db: Database, session: date) -> tuple[list[StoredEvent], list[UnreadableEvent]]:
    """The events of a session, of all chats, in the order in which they were written; and those that are unreadable."""
    found, unreadable = [], []
    rows = db.conn.execute(
        f"SELECT {_COLUMNS}, rule, kind FROM events WHERE session = ? ORDER BY id", [session.isoformat()]
    )
    for row in rows:
        try:
            found.append(_event(row))
        except Exception:  # noqa: BLE001 – whatever is in there, it is one row
            unreadable.append(UnreadableEvent(row[0], *row[-2:]))
    return found, unreadable
