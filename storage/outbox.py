"""Messages due, one row each, unique by (chat, session, kind, part).

pending → sending → sent, or unknown (the answer was lost: sent again, saying so), failed (Telegram refused it for
good), withdrawn (the chat left). A row is marked sent only on Telegram's word. A chat's messages leave one after the
other, in order: a row waits until the one before it is done with.

Where a session has messages for thousands of chats, their rows have no text yet: whoever claims one makes its text of
the events that it names, and stores it (`write_texts`) in the same transaction, before it is sent. A repeat sends that.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlite_utils import Database

from storage.bulk import insert_rows
from storage.chain import append_texts
from storage.preferences import add_chat
from storage.track_record import record_messages

#: The kinds of messages that tell a session's events: what was there at first, and what followed with its inputs.
ALERTS = {False: "alert", True: "alert that follows"}


@dataclass(frozen=True)
class Due:
    """A message to send now."""

    id: int
    chat: int
    text: str  # "": not made yet
    maybe_repeat: bool  # an earlier attempt may have arrived
    attempts: int  # this one included
    reply_to: int | None  # the message of the chat that it answers
    keyboard: str | None = None  # inline buttons, as Telegram's JSON
    silent: bool = False  # arrives without a sound
    topic: int | None = None  # of a forum: where its group hears now
    channel: bool = False
    picture: str | None = None  # its key; the text is its caption


@dataclass(frozen=True)
class Sent:
    """Telegram took a message."""

    id: int
    message_id: int


@dataclass(frozen=True)
class Outgoing:
    """A message to put into the outbox, in as many parts as it has texts.

    texts: [""] of one whose text is made when it is claimed. keyboard: inline buttons under the last part, as
    Telegram's JSON. picture: the key of the picture of which the first
    part is the caption. not_before: the message, and all that follow it in
    its chat, wait until then.
    """

    chat: int
    texts: Sequence[str]
    events: Sequence[int] = ()
    reply_to: int | None = None
    keyboard: str | None = None
    not_before: datetime | None = None
    silent: bool = False
    picture: str | None = None


def enqueue(db: Database, session: date, kind: str, messages: Iterable[Outgoing], now: datetime) -> None:
    """Put messages of one kind about one session into the outbox; what is there already stays."""
    day, stamp = session.isoformat(), now.isoformat(timespec="seconds")
    insert_rows(
        db,
        """INSERT INTO outbox (chat, session, kind, part, events, text, state, created_at, reply_to, keyboard,
                               not_before, silent, picture, salt)
           VALUES {rows} ON CONFLICT (chat, session, kind, part) DO NOTHING""",
        "(?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, randomblob(16))",
        [
            (
                one.chat,
                day,
                kind,
                part,
                f"[{', '.join(map(str, one.events))}]",
                text,
                stamp,
                one.reply_to,
                one.keyboard if part == len(one.texts) else None,
                one.not_before.isoformat() if one.not_before else None,
                int(one.silent),
                one.picture if part == 1 else None,
            )
            for one in messages
            for part, text in enumerate(one.texts, start=1)
        ],
    )


@dataclass(frozen=True)
class Unwritten:
    """A message whose text is not made yet. What it is made of is read when it is asked for: one row may be damaged."""

    id: int
    chat: int
    follows: bool  # it tells what had waited for its figures
    stored_session: str
    stored_events: str  # a JSON array

    @property
    def session(self) -> date:
        """The session that it tells. Raises ValueError or TypeError for a damaged row."""
        return date.fromisoformat(self.stored_session)

    @property
    def events(self) -> tuple[int, ...]:
        """The ids of its events, in their order. Raises ValueError or TypeError for a damaged row."""
        return tuple(json.loads(self.stored_events))


@dataclass(frozen=True)
class Written:
    """The text made of it, with its buttons and the message that it answers."""

    id: int
    text: str
    keyboard: str | None
    reply_to: int | None


def unwritten(db: Database, identities: Sequence[int]) -> list[Unwritten]:
    """Of these messages those whose text is not made yet."""
    rows = db.conn.execute(
        """SELECT id, chat, kind, session, events FROM outbox
           WHERE id IN (SELECT value FROM json_each(?)) AND text = '' ORDER BY id""",
        [json.dumps(list(identities))],
    ).fetchall()
    return [
        Unwritten(identity, chat, kind.startswith(ALERTS[True]), session, events)
        for identity, chat, kind, session, events in rows
    ]


def write_texts(db: Database, written: Sequence[Written]) -> None:
    """Store the texts of messages that had none. Call inside `writing()`."""
    db.conn.executemany(
        "UPDATE outbox SET text = ?, keyboard = ?, reply_to = ? WHERE id = ? AND text = ''",
        [(one.text, one.keyboard, one.reply_to, one.id) for one in written],
    )
    append_texts(db, [one.id for one in written])


def message_telling(db: Database, chat: int, event: int, since: date) -> int | None:
    """Telegram's id of the first part of the message, of `since` or later, that told a chat of an event."""
    row = db.conn.execute(
        """SELECT message_id FROM outbox WHERE chat = ? AND session >= ? AND part = 1 AND kind LIKE 'alert%'
           AND EXISTS (SELECT 1 FROM json_each(iif(json_valid(outbox.events), outbox.events, '[]')) WHERE value = ?)
           ORDER BY id LIMIT 1""",
        [chat, since.isoformat(), event],
    ).fetchone()
    return None if row is None else row[0]


def events_told(db: Database, chat: int, session: date, kind: str) -> list[int]:
    """The ids of the events that a message tells, in its order; none where there is no such message."""
    row = db.conn.execute(
        "SELECT events FROM outbox WHERE chat = ? AND session = ? AND kind = ? AND part = 1",
        [chat, session.isoformat(), kind],
    ).fetchone()
    return [] if row is None else [int(event) for event in json.loads(row[0])]


@dataclass(frozen=True)
class StoredText:
    """A part of a message in the outbox. events: the ids of those that the whole message tells, in its order."""

    id: int
    chat: int
    kind: str
    part: int
    text: str
    events: tuple[int, ...]


def alerts_of(db: Database, session: date) -> list[StoredText]:
    """The texts of a session's alerts that are kept, message by message and part by part."""
    rows = db.conn.execute(
        "SELECT id, chat, kind, part, text, events FROM outbox WHERE session = ? AND kind LIKE 'alert%' "
        "ORDER BY chat, kind, part",
        [session.isoformat()],
    )
    return [StoredText(identity, chat, kind, part, text, _ids(told)) for identity, chat, kind, part, text, told in rows]


def _ids(told: str) -> tuple[int, ...]:
    """The ids of a stored array; none of one that cannot be read."""
    try:
        return tuple(map(int, json.loads(told)))
    except (ValueError, TypeError):
        return ()


_DUE = """id, due.chat, text, maybe_repeat, attempts, reply_to, keyboard, silent, picture,
          (SELECT topic FROM groups WHERE groups.chat = due.chat),
          coalesce((SELECT channel FROM groups WHERE groups.chat = due.chat), 0)"""
_FIRST = """NOT EXISTS (SELECT 1 FROM outbox AS earlier WHERE earlier.chat = due.chat AND earlier.id < due.id
                        AND earlier.state IN ('pending', 'sending', 'unknown'))"""


def claim(db: Database, now: datetime, most: int, *, resting: Collection[int] = ()) -> list[Due]:
    """Claim up to `most` messages that are due, the ones to be sent again first, then the oldest.

    One a chat at most, none of a chat that is `resting`, or that has an earlier message open. Call inside `writing()`.
    """
    if most <= 0:
        return []
    found: list[Due] = []
    for index, where, given in (
        (
            "outbox_again",
            "state IN ('pending', 'unknown') AND not_before IS NOT NULL AND not_before <= ?",
            [now.isoformat()],
        ),
        ("outbox_fresh", "state = 'pending' AND not_before IS NULL", []),
    ):
        rows = db.conn.execute(
            f"SELECT {_DUE} FROM outbox AS due INDEXED BY {index} WHERE {where} AND {_FIRST} ORDER BY "
            + ("not_before, id" if given else "id"),
            given,
        )
        for row in rows:
            if len(found) == most:
                break
            if row[1] not in resting:
                found.append(_due(row))
        rows.close()
    db.conn.executemany(
        "UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ?", [(due.id,) for due in found]
    )
    return found


def _due(row: Sequence[Any]) -> Due:
    identity, chat, text, maybe_repeat, attempts, reply_to, keyboard, silent, picture, topic, channel = row
    return Due(
        identity, chat, text, bool(maybe_repeat), attempts + 1, reply_to, keyboard, bool(silent), topic, bool(channel),
        picture,
    )  # fmt: skip


def mark_sent(db: Database, sent: Sequence[Sent], now: datetime) -> None:
    """Telegram said so. The firings that the messages tell enter the track record."""
    stamp = now.isoformat(timespec="milliseconds")
    db.conn.executemany(
        "UPDATE outbox SET state = 'sent', message_id = ?, sent_at = ?, error = NULL WHERE id = ?",
        [(one.message_id, stamp, one.id) for one in sent],
    )
    db.conn.execute(
        """UPDATE groups SET refused_since = NULL WHERE refused_since IS NOT NULL
           AND chat IN (SELECT chat FROM outbox WHERE id IN (SELECT value FROM json_each(?)))""",
        [json.dumps([one.id for one in sent])],
    )
    record_messages(db, [one.id for one in sent])


def mark_again(db: Database, identity: int, not_before: datetime, why: str, *, maybe_repeat: bool) -> None:
    """Send again from `not_before` on: it did not arrive, or (`maybe_repeat`) nobody knows whether it did."""
    db.conn.execute(
        """UPDATE outbox SET state = ?, not_before = ?, error = ?, maybe_repeat = max(maybe_repeat, ?) WHERE id = ?""",
        ["unknown" if maybe_repeat else "pending", not_before.isoformat(), why, int(maybe_repeat), identity],
    )


def mark_failed(db: Database, identity: int, why: str) -> None:
    """Telegram refused it for good; `why` in its words."""
    db.conn.execute("UPDATE outbox SET state = 'failed', error = ? WHERE id = ?", [why, identity])


def mark_withdrawn(db: Database, identity: int, why: str) -> None:
    """Nobody is there to hear it."""
    db.conn.execute("UPDATE outbox SET state = 'withdrawn', error = ? WHERE id = ?", [why, identity])


def recover(db: Database, now: datetime) -> int:
    """At start: what a former process was sending may have arrived; how many such messages there are."""
    return db.conn.execute(
        "UPDATE outbox SET state = 'unknown', maybe_repeat = 1, not_before = ? WHERE state = 'sending'",
        [now.isoformat()],
    ).rowcount


def limit_delays(db: Database, now: datetime, longest: timedelta) -> int:
    """Bring delays that a wrong clock has set back to what they were meant to be; how many there were.

    A repeat that is due later than `longest` from `now` is due now. A message that a clock ahead of `now` put here is
    held for as long as it was to be held then.
    """
    stamp = now.isoformat()
    moved: int = db.conn.execute(
        "UPDATE outbox SET not_before = ? WHERE state IN ('pending', 'unknown') AND not_before > ? AND attempts > 0",
        [stamp, (now + longest).isoformat()],
    ).rowcount
    held = db.conn.execute(
        """SELECT id, not_before, created_at FROM outbox WHERE state IN ('pending', 'unknown') AND not_before > ?
           AND attempts = 0 AND created_at > ?""",
        [stamp, stamp],
    ).fetchall()
    for identity, until, created in held:
        delay = datetime.fromisoformat(until) - datetime.fromisoformat(created)
        db.conn.execute("UPDATE outbox SET not_before = ? WHERE id = ?", [(now + delay).isoformat(), identity])
    return moved + len(held)


def tell_operators(db: Database, chats: Sequence[int], kind: str, text: str, now: datetime) -> None:
    """Put a notice for each operator into the outbox; the same `kind` once a day."""
    for chat in chats:
        add_chat(db, chat, now)
        enqueue(db, now.date(), f"operator {kind}", [Outgoing(chat, [text])], now)


def counts(db: Database) -> dict[str, int]:
    """How many messages stand in each state."""
    return dict(db.conn.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall())
