"""The chain: what was recorded, in hashes, each of which covers the one before it.

An entry is appended in the transaction that records what it covers:

    start      at the migration: what is older is not chained
    stored     events and texts (any transaction of `writing()` that stored some)
    worded     texts of messages that were stored without one, made before they are sent
    sealed     the figures of a session, and the events and texts stored with it
    corrected  figures of sealed sessions that were written over
    unsealed   sessions from one on are void, and so many events and texts went with them
    pruned     so many events and texts were deleted with age
    erased     so many were erased with their chat; which ones is not kept

A figure is digested as it is, an event or a text with a salt of 16 random bytes that its own row holds. With the row
the salt is erased, and the digest that stays in the chain tells nobody anything. Figures of what chats asked for or
brought (symbols, lists, series), and figures of a backfill, are not chained: they go, or are computed anew.
A migration that rewrites events, texts or figures of sealed sessions has to append their new digests.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from alerts.metrics.catalog import catalog

BYTES = 16  # of a digest and of a salt
FIGURE = (
    "session, metric, value, coverage, eligible, members, source, reason, notes, observed, by_former_members, "
    "fetched_at, corrected_at, was"
)
EVENT = ("id", "chat", "session", "kind", "event")
MESSAGE = ("id", "chat", "session", "part", "events", "text")
_STORED = "stored"  # an entry of its own for what a transaction stored
_LEAF = struct.Struct(f">q{BYTES}s")  # the id of a row, and its digest
_COLUMNS = (
    "number, kind, session, recorded_at, gone_events, gone_messages, events_through, messages_through, "
    "hash, figures, events, messages"
)


@dataclass(frozen=True)
class Entry:
    """An entry of the chain.

    recorded_at: ISO, None where that is not kept. gone_…: how many chained rows were deleted. …_through: the highest
    id that is covered so far. figures: JSON {session: {metric: digest}}. events, messages: `leaves` of both.
    """

    number: int
    kind: str
    session: str | None
    recorded_at: str | None
    gone_events: int
    gone_messages: int
    events_through: int
    messages_through: int
    hash: str
    figures: str
    events: bytes
    messages: bytes

    def hash_after(self, before: str) -> str:
        """The hash that the entry has after one whose hash is `before`: SHA-256, in hexadecimal digits."""
        head = [before, self.number, self.kind, self.session, self.recorded_at, self.gone_events, self.gone_messages]
        head += [self.events_through, self.messages_through, self.figures, len(self.events)]
        found = hashlib.sha256(json.dumps(head).encode())
        found.update(self.events)
        found.update(self.messages)
        return found.hexdigest()


@dataclass(frozen=True)
class Head:
    """The end of the chain."""

    number: int
    hash: str
    events_through: int
    messages_through: int


def written(columns: Sequence[str]) -> str:
    """SQL of what is digested of a row: each value after its length, so that no two rows are written alike.

    It is put together by SQLite because a session may have tens of thousands of rows; by ||, which, unlike its printf,
    takes what comes after a character 0, too.
    """
    values = " || ".join([f"length({one}) || ':' || {one}" for one in columns])
    return f"CAST({values} AS BLOB)"


def digest(salt: bytes, content: bytes) -> bytes:
    """The digest of what is `written` of a row."""
    return hashlib.blake2b(content, digest_size=BYTES, salt=salt).digest()


def figure_digest(row: Sequence[Any]) -> str:
    """The digest of a row of `FIGURE` columns."""
    return hashlib.blake2b(json.dumps(row).encode(), digest_size=BYTES).hexdigest()


def leaves(packed: bytes) -> Iterable[tuple[int, bytes]]:
    """The (id, digest) pairs of an entry; of a damaged one those that are whole."""
    return _LEAF.iter_unpack(packed[: len(packed) // _LEAF.size * _LEAF.size])


def head(db: Database) -> Head:
    """The end of the chain."""
    row = db.conn.execute(
        "SELECT number, hash, events_through, messages_through FROM chain ORDER BY number DESC LIMIT 1"
    ).fetchone()
    return Head(*row) if row else Head(0, "", 0, 0)  # without any entry only where they were deleted by hand


def entries(db: Database) -> Iterable[Entry]:
    """All entries, from the first on."""
    for row in db.conn.execute(f"SELECT {_COLUMNS} FROM chain ORDER BY number"):
        yield Entry(*row)


@dataclass(frozen=True)
class _New:
    """What an entry says, before it has a number and a hash."""

    kind: str
    session: str | None = None
    recorded_at: str | None = None
    figures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    gone_events: int = 0
    gone_messages: int = 0
    worded: Sequence[int] = ()  # the ids of messages that were chained without a text, and have one now


def append_start(db: Database) -> None:
    """Begin the chain, which covers nothing that is there."""
    events, messages = (
        db.conn.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?", [table]).fetchone()[0]
        for table in ("events", "outbox")
    )
    session, now = db.conn.execute(
        "SELECT max(session), strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now') FROM sessions WHERE sealed_at IS NOT NULL"
    ).fetchone()
    _insert(db, Head(0, "", events, messages), _New("start", session, now))


def append_stored(db: Database) -> None:
    """Append the events and texts that were stored since the last entry, if there are any."""
    end = head(db)
    events, messages = db.conn.execute("SELECT (SELECT max(id) FROM events), (SELECT max(id) FROM outbox)").fetchone()
    if (events or 0) > end.events_through or (messages or 0) > end.messages_through:
        _append(db, _New(_STORED))


def append_texts(db: Database, messages: Sequence[int]) -> None:
    """Append the texts, by the ids of their messages, that were made since the messages were chained."""
    if messages:
        _append(db, _New("worded", worded=messages))


def append_session(db: Database, session: date, now: datetime) -> None:
    """Append a session that is sealed: its figures, and the events and texts that were stored with it."""
    day = session.isoformat()
    rows = db.conn.execute(f"SELECT {FIGURE} FROM figures WHERE session = ? AND backfilled = 0", [day])
    _append(db, _New("sealed", day, now.isoformat(timespec="seconds"), {day: _digests(rows)}))


def append_corrections(db: Database, corrected: Iterable[tuple[date, str]], now: datetime) -> None:
    """Append figures, by (session, metric), that were written over; those of sessions that are not sealed are not."""
    found: dict[str, dict[str, str]] = {}
    for session, metric in corrected:
        rows = db.conn.execute(
            f"SELECT {FIGURE} FROM figures WHERE session = ? AND metric = ? AND backfilled = 0 "
            "AND session IN (SELECT session FROM sessions WHERE sealed_at IS NOT NULL)",
            [session.isoformat(), metric],
        )
        if made := _digests(rows):
            found.setdefault(session.isoformat(), {}).update(made)
    if found:
        _append(db, _New("corrected", None, now.isoformat(timespec="seconds"), found))


def append_gone(
    db: Database, kind: str, events: int, messages: int, *, session: date | None = None, now: datetime | None = None
) -> None:
    """Append that so many chained events and texts were deleted; `unsealed`: all sessions from `session` on, too."""
    if events or messages or session:
        stamp = now.isoformat(timespec="seconds") if now else None
        day = session.isoformat() if session else None
        _append(db, _New(kind, day, stamp, gone_events=events, gone_messages=messages))


def chained_rows(db: Database, table: str, where: str, given: Sequence[Any]) -> int:
    """How many rows of `events` or `outbox` that a condition holds of have a digest in the chain."""
    rows = db.conn.execute(f"SELECT count(*) FROM {table} WHERE salt IS NOT NULL AND {where}", given)
    return int(rows.fetchone()[0])


def _digests(rows: Iterable[Sequence[Any]]) -> dict[str, str]:
    known = catalog()
    return {row[1]: figure_digest(row) for row in sorted(rows, key=lambda row: row[1]) if row[1] in known}


def _append(db: Database, new: _New) -> None:
    """Append an entry, with the events and texts that were stored since the last one."""
    end = head(db)
    events = _new_leaves(db, "events", EVENT, end.events_through)
    messages = _new_leaves(db, "outbox", MESSAGE, end.messages_through)
    end = replace(
        end, events_through=_last(events, end.events_through), messages_through=_last(messages, end.messages_through)
    )
    if new.kind == _STORED:
        if not events and not messages:  # such as rows that were written by hand
            return
        stamp = db.conn.execute(
            "SELECT max(created_at) FROM (SELECT created_at FROM events WHERE id = ? "
            "UNION ALL SELECT created_at FROM outbox WHERE id = ?)",
            [end.events_through, end.messages_through],
        ).fetchone()[0]
        new = replace(new, recorded_at=stamp)
    worded = _worded_leaves(db, new.worded) if new.worded else b""
    _insert(db, end, new, events, worded + messages)


def _worded_leaves(db: Database, identities: Sequence[int]) -> bytes:
    where = "id IN (SELECT value FROM json_each(?))"
    return _leaves(db, "outbox", MESSAGE, where, json.dumps(identities))


def _new_leaves(db: Database, table: str, columns: Sequence[str], through: int) -> bytes:
    return _leaves(db, table, columns, "id > ?", through)


def _leaves(db: Database, table: str, columns: Sequence[str], where: str, given: object) -> bytes:
    rows = db.conn.execute(
        f"SELECT id, salt, {written(columns)} FROM {table} WHERE {where} AND salt IS NOT NULL ORDER BY id", [given]
    )
    return b"".join([_LEAF.pack(identity, digest(salt, content)) for identity, salt, content in rows])


def _last(packed: bytes, otherwise: int) -> int:
    """The id of the last leaf."""
    return int(_LEAF.unpack(packed[-_LEAF.size :])[0]) if packed else otherwise


def _insert(db: Database, end: Head, new: _New, events: bytes = b"", messages: bytes = b"") -> None:
    """Write the entry after `end`, whose …_through are those of the new entry."""
    made = Entry(
        end.number + 1, new.kind, new.session, new.recorded_at, new.gone_events, new.gone_messages,
        end.events_through, end.messages_through, "", json.dumps(new.figures), events, messages,
    )  # fmt: skip
    made = replace(made, hash=made.hash_after(end.hash))
    db.conn.execute(
        f"INSERT INTO chain ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [getattr(made, one.name) for one in fields(made)],
    )
