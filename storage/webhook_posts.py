"""Events due to be posted to WEBHOOK_OUT_URL, one row each: the outbox of machines.

The events themselves are the queue: they are written in the transaction of what they tell, and `gather` takes those
that follow the last one taken. So none is lost by a kill, and none is posted that was rolled back.

pending → sending → sent, or failed (refused for a day of trying). A row is marked sent only on the receiver's word.
Rows of one stream (a rule; the data of a series, for one chat) leave one after the other, in order: a row waits until
the one before it is done with. Rows go with their events: what a chat erases is not posted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

AT_ONCE = 500  # events gathered in one transaction
VERSION = 1  # of the body

_CLAIMABLE = """webhook_posts AS due INDEXED BY webhook_posts_due
    WHERE state = 'pending' AND not_before <= ? AND NOT EXISTS (
        SELECT 1 FROM webhook_posts AS earlier WHERE earlier.stream = due.stream AND earlier.event < due.event
        AND earlier.state IN ('pending', 'sending'))"""


@dataclass(frozen=True)
class WebhookPost:
    """A post to send now. key: the same at every attempt."""

    event: int
    key: str
    body: str
    attempts: int  # this one included


@dataclass(frozen=True)
class Waiting:
    """How many posts are open, when the oldest was made, how many were given up, and when the last of these was."""

    open: int
    oldest: datetime | None
    failed: int
    last_failed: datetime | None = None


def begin(db: Database) -> None:
    """Post what happens from now on. Where posting was on before, it goes on where it was. Call inside `writing()`."""
    db.conn.execute(
        """INSERT OR IGNORE INTO webhook_gathered (only, through)
           SELECT 1, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)"""
    )


def end(db: Database) -> int:
    """Post nothing any more; how many events are not posted. Call inside `writing()`."""
    dropped = waiting(db).open
    db.conn.execute("DELETE FROM webhook_gathered")
    db.conn.execute("DELETE FROM webhook_posts WHERE state IN ('pending', 'sending')")
    return dropped


def in_use(db: Database) -> bool:
    """Whether events are being gathered, or posts of an earlier time are open."""
    row = db.conn.execute(
        "SELECT EXISTS (SELECT 1 FROM webhook_gathered) "
        "OR EXISTS (SELECT 1 FROM webhook_posts WHERE state IN ('pending', 'sending'))"
    ).fetchone()
    return bool(row[0])


def recover(db: Database, now: datetime) -> int:
    """At start: what a former process was posting may have arrived, and is posted again with its key; how many.

    The time since an open post was due does not count as tried: no process was there to post it.
    """
    for event, first, due in _tried(db):
        if (late := now - due) > timedelta(0):
            _set_first_tried(db, event, first + late)
    return db.conn.execute(
        "UPDATE webhook_posts SET state = 'pending', not_before = ? "
        "WHERE state IN ('pending', 'sending') AND state = 'sending'",  # the first is what the index holds
        [now.isoformat()],
    ).rowcount


def stood_still(db: Database, time: timedelta) -> None:
    """Nothing could be posted for that long: it does not count as tried. Call inside `writing()`."""
    for event, first, _ in _tried(db):
        _set_first_tried(db, event, first + time)


def _tried(db: Database) -> list[tuple[int, datetime, datetime]]:
    """Open posts that were tried: the event, when it was first tried, and when it was due to be tried again."""
    rows = db.conn.execute(
        "SELECT event, first_tried_at, not_before FROM webhook_posts "
        "WHERE state IN ('pending', 'sending') AND first_tried_at IS NOT NULL"
    ).fetchall()
    return [(event, datetime.fromisoformat(first), datetime.fromisoformat(due)) for event, first, due in rows]


def _set_first_tried(db: Database, event: int, first: datetime) -> None:
    db.conn.execute("UPDATE webhook_posts SET first_tried_at = ? WHERE event = ?", [first.isoformat(), event])


def tried_for(db: Database, post: WebhookPost, now: datetime) -> timedelta:
    """How long a post has been tried for; times without a process to post it do not count."""
    row = db.conn.execute("SELECT first_tried_at FROM webhook_posts WHERE event = ?", [post.event]).fetchone()
    return now - datetime.fromisoformat(row[0]) if row is not None and row[0] else timedelta(0)


def anything(db: Database, now: datetime) -> bool:
    """Whether there are events to gather, or a post may be claimed."""
    row = db.conn.execute(
        "SELECT EXISTS (SELECT 1 FROM events WHERE id > (SELECT through FROM webhook_gathered)) "
        f"OR EXISTS (SELECT 1 FROM {_CLAIMABLE})",
        [now.isoformat()],
    ).fetchone()
    return bool(row[0])


def gather(db: Database, now: datetime) -> int:
    """Make posts of up to `AT_ONCE` events that are not posts yet; how many events. Call inside `writing()`."""
    rows = db.conn.execute(
        "SELECT id, chat, event, status, created_at FROM events "
        "WHERE id > (SELECT through FROM webhook_gathered) ORDER BY id LIMIT ?",
        [AT_ONCE],
    ).fetchall()
    if not rows:
        return 0
    market = db.conn.execute("SELECT market FROM origin").fetchone()
    simulated = market is not None and market[0] == "sample"
    db.conn.executemany(
        """INSERT INTO webhook_posts (event, chat, key, stream, body, state, not_before, created_at, error)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""",
        [_row(row, now, simulated=simulated) for row in rows],
    )
    db.conn.execute("UPDATE webhook_gathered SET through = ?", [rows[-1][0]])
    return len(rows)


def _row(row: Sequence[Any], now: datetime, *, simulated: bool) -> tuple[Any, ...]:
    """The columns of an event's post. An event that cannot be read is given up at once and holds up nothing."""
    identity, chat, event, status, created_at = row
    # Of the content alone: an event that a restored back-up makes again has its key again, another one has another.
    key = hashlib.sha256(f"{chat}\n{event}".encode()).hexdigest()[:32]
    stamp = now.isoformat()
    try:
        document = json.loads(event)
        rule = document.get("rule")
        stream = f"rule {rule}" if rule is not None else f"{_data_of(chat)}{document.get('series')}"
        body = {
            "id": key,
            "type": f"alert.{document['kind'].replace(' ', '_')}",
            "timestamp": created_at,
            "version": VERSION,
            "simulated": simulated,
            "chat": chat,
            "status": status,
            "data": document,
        }
    except (ValueError, KeyError, AttributeError) as error:
        why = f"the event cannot be read: {type(error).__name__}"
        return identity, chat, key, f"event {identity}", None, "failed", stamp, stamp, why
    return identity, chat, key, stream, json.dumps(body, ensure_ascii=False), "pending", stamp, stamp, None


def claim(db: Database, now: datetime, most: int, longest: timedelta) -> list[WebhookPost]:
    """Claim up to `most` posts that are due, one a stream, those that are due for longest first.

    A post that is due later than `longest` from now is due now: the clock was put back. Call inside `writing()`.
    """
    if most <= 0:
        return []
    stamp = now.isoformat()
    db.conn.execute(
        "UPDATE webhook_posts SET not_before = ? WHERE state = 'pending' AND not_before > ?",
        [stamp, (now + longest).isoformat()],
    )
    rows = db.conn.execute(
        f"SELECT event, key, body, attempts FROM {_CLAIMABLE} ORDER BY not_before, event LIMIT ?",
        [stamp, most],
    ).fetchall()
    db.conn.executemany(
        "UPDATE webhook_posts SET state = 'sending', attempts = attempts + 1, "
        "first_tried_at = coalesce(first_tried_at, ?) WHERE event = ?",
        [(stamp, row[0]) for row in rows],
    )
    return [WebhookPost(event, key, body, attempts + 1) for event, key, body, attempts in rows]


def mark_sent(db: Database, posts: Iterable[WebhookPost], now: datetime) -> None:
    """The receiver said so. The body is dropped: the event has it."""
    stamp = now.isoformat(timespec="milliseconds")
    db.conn.executemany(
        "UPDATE webhook_posts SET state = 'sent', sent_at = ?, body = NULL, error = NULL WHERE event = ?",
        [(stamp, post.event) for post in posts],
    )


def mark_again(db: Database, post: WebhookPost, not_before: datetime, why: str) -> None:
    """Post again from `not_before` on."""
    db.conn.execute(
        "UPDATE webhook_posts SET state = 'pending', not_before = ?, error = ? WHERE event = ?",
        [not_before.isoformat(), why, post.event],
    )


def mark_failed(db: Database, post: WebhookPost, now: datetime, why: str) -> None:
    """Given up; the next of its stream may leave. Its `not_before` says from now on when that was."""
    db.conn.execute(
        "UPDATE webhook_posts SET state = 'failed', not_before = ?, error = ? WHERE event = ?",
        [now.isoformat(), why, post.event],
    )


def move(db: Database, old: int, new: int) -> None:
    """Move the posts of a chat to a new id: what is still to be posted says the new one. Call inside `writing()`."""
    db.conn.execute(
        """UPDATE webhook_posts SET chat = :new,
               body = CASE WHEN json_valid(body) THEN json_set(body, '$.chat', :new) ELSE body END,
               stream = CASE WHEN stream LIKE :old_data || '%'
                   THEN :new_data || substr(stream, length(:old_data) + 1) ELSE stream END
           WHERE chat = :old""",
        {"old": old, "new": new, "old_data": _data_of(old), "new_data": _data_of(new)},
    )


def _data_of(chat: int) -> str:
    """What the streams of a chat's series without data begin with."""
    return f"data {chat} "


def waiting(db: Database) -> Waiting:
    """What is open, events that are not gathered yet included, and what was given up."""
    count, oldest = db.conn.execute(
        """SELECT count(*), min(created_at) FROM (
               SELECT created_at FROM webhook_posts WHERE state IN ('pending', 'sending')
               UNION ALL SELECT created_at FROM events WHERE id > (SELECT through FROM webhook_gathered))"""
    ).fetchone()
    failed, last_failed = db.conn.execute(
        "SELECT count(*), max(not_before) FROM webhook_posts WHERE state = 'failed'"
    ).fetchone()
    oldest, last_failed = (datetime.fromisoformat(one) if one else None for one in (oldest, last_failed))
    return Waiting(count, oldest, failed, last_failed)
