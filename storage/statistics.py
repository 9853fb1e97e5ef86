"""What an operator asks of a database: how much of what is in it, and what waits. Reads alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlite_utils import Database

_OPEN = "state IN ('pending', 'sending', 'unknown')"


@dataclass(frozen=True)
class Backlog:
    """Messages that should leave now. held: messages that wait for a later time (quiet hours, retries)."""

    due: int
    oldest: datetime | None
    held: int


@dataclass(frozen=True)
class SessionCoverage:
    """One session's figures. coverage: the share of all companies behind `breadth.above_200d.all`, 0 to 1."""

    session: date
    sealed: bool
    lacking: str | None
    values: int
    figures: int
    coverage: float | None


@dataclass(frozen=True)
class ChatActivity:
    """A chat as its number alone, what it set, and when Telegram last took a message for it."""

    chat: int
    subscribed: bool
    muted: bool
    rules: int
    last_sent: datetime | None
    ended_why: str | None


def backlog(db: Database, now: datetime) -> Backlog:
    """What waits in the outbox at `now`."""
    due, oldest = db.conn.execute(
        f"SELECT count(*), min(coalesce(not_before, created_at)) FROM outbox WHERE {_OPEN} "
        "AND (not_before IS NULL OR not_before <= ?)",
        [now.isoformat()],
    ).fetchone()
    held = db.conn.execute(
        f"SELECT count(*) FROM outbox WHERE {_OPEN} AND not_before > ?", [now.isoformat()]
    ).fetchone()[0]
    return Backlog(due, datetime.fromisoformat(oldest) if oldest else None, held)


def recent_sessions(db: Database, count: int) -> list[SessionCoverage]:
    """The last sessions gathered as they closed, newest first."""
    rows = db.conn.execute(
        """SELECT session, sealed_at IS NOT NULL, lacking,
                  (SELECT count(value) FROM figures WHERE figures.session = sessions.session),
                  (SELECT count(*) FROM figures WHERE figures.session = sessions.session),
                  (SELECT coverage FROM figures
                   WHERE figures.session = sessions.session AND metric = 'breadth.above_200d.all')
           FROM sessions ORDER BY session DESC LIMIT ?""",
        [count],
    )
    return [SessionCoverage(date.fromisoformat(day), bool(sealed), *rest) for day, sealed, *rest in rows]


def totals(db: Database) -> dict[str, int]:
    """How many chats, subscribers, rules and events there are."""
    found = {}
    for name, query in (
        ("chats", "SELECT count(*) FROM chats"),
        ("subscribers", "SELECT count(*) FROM chats WHERE subscribed_at IS NOT NULL"),
        ("rules", "SELECT count(*) FROM rules"),
    ):
        found[name] = int(db.conn.execute(query).fetchone()[0])
    return found


def transitions(db: Database, session: date) -> dict[str, int]:
    """How many events of each kind a session has."""
    return dict(
        db.conn.execute("SELECT kind, count(*) FROM events WHERE session = ? GROUP BY kind", [session.isoformat()])
    )


def chat_activity(db: Database) -> list[ChatActivity]:
    """Every chat, the oldest first."""
    rows = db.conn.execute(
        """SELECT id, subscribed_at IS NOT NULL, muted, (SELECT count(*) FROM rules WHERE chat = chats.id),
                  (SELECT max(sent_at) FROM outbox WHERE chat = chats.id), ended_why
           FROM chats ORDER BY created_at, id"""
    )
    return [
        ChatActivity(chat, bool(subscribed), bool(muted), rules, datetime.fromisoformat(sent) if sent else None, why)
        for chat, subscribed, muted, rules, sent, why in rows
    ]


def last_fired(db: Database, chat: int | None = None) -> dict[int, date]:
    """By rule, the last session on which it fired."""
    rows = db.conn.execute(
        "SELECT rule, max(session) FROM events WHERE kind = 'fired' AND rule IS NOT NULL AND (? IS NULL OR chat = ?) "
        "GROUP BY rule",
        [chat, chat],
    )
    return {rule: date.fromisoformat(session) for rule, session in rows}


def damage(db: Database) -> list[str]:
    """What SQLite finds wrong with the file, in its words; nothing where it is sound."""
    said = [str(row[0]) for row in db.conn.execute("PRAGMA integrity_check(3)")]
    return [] if said == ["ok"] else said


def size(path: Path) -> int:
    """The bytes of the file and of what SQLite keeps beside it."""
    beside = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]
    return sum(file.stat().st_size for file in beside if file.exists())
