"""Checking the chain: which entry, figure, event or text was changed by hand, the one recorded first before others."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain
from typing import Any

from sqlite_utils import Database

from alerts.metrics.catalog import catalog
from storage.chain import EVENT, FIGURE, MESSAGE, Entry, digest, entries, figure_digest, leaves, written


class What(StrEnum):
    """What does not agree with the chain."""

    ENTRY = "entry"  # an entry itself, or one before it is gone
    NOT_SEALED_HERE = "session"  # a sealed session without an entry
    FIGURE = "figure"
    FIGURE_GONE = "figure gone"
    FIGURE_ADDED = "figure added"
    EVENT = "event"
    EVENT_ADDED = "event added"
    EVENTS_GONE = "events gone"  # more than erasure and pruning account for
    MESSAGE = "message"
    MESSAGE_ADDED = "message added"
    MESSAGES_GONE = "messages gone"


@dataclass(frozen=True)
class Finding:
    """Something that was changed by hand. entry: where it was recorded, None for what no entry has.

    name: of a figure the metric, of an event or message its id. count: of rows that are gone.
    """

    what: What
    entry: int | None
    session: str | None = None
    name: str = ""
    count: int = 1


@dataclass(frozen=True)
class Chain:
    """The chain as it was checked.

    since: the last session that had been sealed before the chain began, None in a new file. gone_…: chained rows that
    were erased or pruned. anchored: whether the chain has the hash that was asked for; None where none was.
    """

    entries: int
    head: str
    begun_at: str | None
    since: date | None
    sessions: int
    figures: int
    events: int
    messages: int
    gone_events: int
    gone_messages: int
    findings: tuple[Finding, ...]
    anchored: bool | None = None


@dataclass
class _Walk:
    """What the entries say, gathered from the first to the last."""

    findings: list[Finding]
    figures: dict[tuple[str, str], tuple[str, int]]  # (session, metric): digest, entry
    events: dict[int, tuple[bytes, int]]  # id: digest, entry
    messages: dict[int, tuple[bytes, int]]
    sealed: set[str]
    hashes: list[str]
    start: Entry | None = None
    last: Entry | None = None
    gone_events: int = 0
    gone_messages: int = 0


def check_chain(db: Database, anchor: str | None = None) -> Chain:
    """Recompute every hash and digest. anchor: a hash that was noted earlier, or its beginning. Reads alone.

    Call inside one read transaction where others write meanwhile.
    """
    walk = _walk(entries(db))
    found = [*walk.findings, *_sessions(db, walk), *_figures(db, walk)]
    moved = _former_ids(db)
    found += _rows(db, "events", walk, moved)
    found += _rows(db, "outbox", walk, moved)
    start = walk.start
    return Chain(
        entries=len(walk.hashes),
        head=walk.hashes[-1] if walk.hashes else "",
        begun_at=start.recorded_at if start else None,
        since=date.fromisoformat(start.session) if start and start.session else None,
        sessions=len(walk.sealed),
        figures=len(walk.figures),
        events=len(walk.events),
        messages=len(walk.messages),
        gone_events=walk.gone_events,
        gone_messages=walk.gone_messages,
        findings=tuple(sorted(found, key=lambda one: (one.entry is None, one.entry or 0))),
        anchored=None if anchor is None else any(one.startswith(anchor.lower()) for one in walk.hashes),
    )


def changed_in(chain: Chain, session: date) -> set[tuple[What, str]]:
    """(what, name) of the findings of a session: what the chain says was changed by hand there."""
    return {(one.what, one.name) for one in chain.findings if one.session == session.isoformat()}


def _walk(chain: Iterable[Entry]) -> _Walk:
    walk = _Walk([], {}, {}, {}, set(), [])
    before, number = "", 0
    for entry in chain:
        number += 1
        if entry.number != number or entry.hash_after(before) != entry.hash or (number == 1) != (entry.kind == "start"):
            walk.findings.append(Finding(What.ENTRY, entry.number, entry.session, entry.kind))
            number = entry.number
        before = entry.hash
        walk.hashes.append(entry.hash)
        walk.start = walk.start or entry
        walk.last = entry
        walk.gone_events += entry.gone_events
        walk.gone_messages += entry.gone_messages
        if entry.kind == "unsealed" and entry.session:
            since = entry.session
            walk.sealed = {day for day in walk.sealed if day < since}
            walk.figures = {key: kept for key, kept in walk.figures.items() if key[0] < since}
        if entry.kind == "sealed" and entry.session:
            walk.sealed.add(entry.session)
        for session, digests in _document(entry.figures).items():
            for metric, one in digests.items():
                walk.figures[session, metric] = one, entry.number
        for known, packed in ((walk.events, entry.events), (walk.messages, entry.messages)):
            for identity, leaf in leaves(packed):
                known[identity] = leaf, entry.number
    return walk


def _document(figures: str) -> dict[str, dict[str, str]]:
    """The figures of an entry; none where they cannot be read, which its hash has told already."""
    try:
        found = json.loads(figures)
        return {session: dict(digests) for session, digests in found.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def _sessions(db: Database, walk: _Walk) -> list[Finding]:
    """Sessions that were sealed after the chain began, and that no entry has."""
    begun = walk.start.session or "" if walk.start else ""
    rows = db.conn.execute("SELECT session FROM sessions WHERE sealed_at IS NOT NULL AND session > ?", [begun])
    return [Finding(What.NOT_SEALED_HERE, None, day, day) for (day,) in rows if day not in walk.sealed]


def _figures(db: Database, walk: _Walk) -> list[Finding]:
    found, seen, known = [], set(), catalog()
    for row in db.conn.execute(f"SELECT {FIGURE} FROM figures WHERE backfilled = 0 ORDER BY session, metric"):
        session, metric = row[:2]
        kept = walk.figures.get((session, metric))
        if kept is None:
            if session in walk.sealed and metric in known:
                found.append(Finding(What.FIGURE_ADDED, None, session, metric))
            continue
        seen.add((session, metric))
        if figure_digest(row) != kept[0]:
            found.append(Finding(What.FIGURE, kept[1], session, metric))
    gone = [(key, entry) for key, (_, entry) in walk.figures.items() if key not in seen]
    return found + [Finding(What.FIGURE_GONE, entry, *key) for key, entry in gone]


def _former_ids(db: Database) -> dict[int, list[int]]:
    """By chat, the ids that it had before it became a supergroup: its rows were digested under one of them."""
    out: dict[int, list[int]] = {}
    for old, new in db.conn.execute("SELECT old, new FROM moved_chats"):
        out.setdefault(new, []).append(old)
    return out


def _rows(db: Database, table: str, walk: _Walk, moved: dict[int, list[int]]) -> list[Finding]:
    """Events or texts whose digest is another, that no entry has, or that are gone without a reason."""
    of_events = table == "events"
    known = walk.events if of_events else walk.messages
    changed, added, lost = (
        (What.EVENT, What.EVENT_ADDED, What.EVENTS_GONE) if of_events
        else (What.MESSAGE, What.MESSAGE_ADDED, What.MESSAGES_GONE)
    )  # fmt: skip
    begun = 0
    if walk.start is not None:
        begun = walk.start.events_through if of_events else walk.start.messages_through
    columns = EVENT if of_events else MESSAGE
    found, here = [], 0
    rows = db.conn.execute(
        f"SELECT id, chat, session, salt, {written(columns)} FROM {table} WHERE id > ? ORDER BY id", [begun]
    )
    for identity, chat, session, salt, content in rows:
        kept = known.get(identity)
        if kept is None:
            found.append(Finding(added, None, session, str(identity)))
            continue
        here += 1
        former = (_as_in(db, table, identity, one) for one in moved.get(chat, ()))
        if not _agrees(kept[0], salt, content, former):
            found.append(Finding(changed, kept[1], session, str(identity)))
    gone = walk.gone_events if of_events else walk.gone_messages
    if (missing := len(known) - here - gone) > 0:
        found.append(Finding(lost, None, count=missing))
    return found


def _as_in(db: Database, table: str, identity: int, chat: int) -> Any:
    """What would be written of a row if it were in another chat."""
    columns = EVENT if table == "events" else MESSAGE
    given = [str(chat) if one == "chat" else one for one in columns]
    return db.conn.execute(f"SELECT {written(given)} FROM {table} WHERE id = ?", [identity]).fetchone()[0]


def _agrees(kept: bytes, salt: Any, content: Any, former: Iterable[Any]) -> bool:
    """Whether the digest is that of a row, or of the row as it was in a former chat; its values may be damaged."""
    if not isinstance(salt, bytes) or len(salt) != len(kept):
        return False
    return any(isinstance(one, bytes) and digest(salt, one) == kept for one in chain((content,), former))
