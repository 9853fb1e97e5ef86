"""Which sessions were gathered, and which are sealed: their rules have run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlite_utils import Database

from storage.chain import append_gone, append_session, chained_rows
from storage.figures import last_session


def note_gathered(db: Database, session: date, now: datetime, lacking: str | None) -> None:
    """Note that a session was gathered, and what it lacks."""
    db.conn.execute(
        "INSERT INTO sessions (session, gathered_at, lacking) VALUES (?, ?, ?) "
        "ON CONFLICT (session) DO UPDATE SET gathered_at = excluded.gathered_at, lacking = excluded.lacking",
        [session.isoformat(), now.isoformat(timespec="seconds"), lacking],
    )


def seal(db: Database, session: date, now: datetime) -> None:
    """Note that the session has been judged, and append it to the chain."""
    sealed = db.conn.execute(
        "UPDATE sessions SET sealed_at = ? WHERE session = ? AND sealed_at IS NULL",
        [now.isoformat(timespec="seconds"), session.isoformat()],
    )
    if sealed.rowcount:
        append_session(db, session, now)


def begin(db: Database, session: date, now: datetime) -> None:
    """Note that the rules that need nothing that is lacking have been evaluated."""
    db.conn.execute(
        "UPDATE sessions SET begun_at = ? WHERE session = ?", [now.isoformat(timespec="seconds"), session.isoformat()]
    )


def is_begun(db: Database, session: date) -> bool:
    """Whether a part of the session's rules has been evaluated."""
    row = db.conn.execute(
        "SELECT 1 FROM sessions WHERE session = ? AND begun_at IS NOT NULL", [session.isoformat()]
    ).fetchone()
    return row is not None


@dataclass(frozen=True)
class Unsealed:
    """What went with the seals of sessions: figures, events, and messages about them, of which some were sent."""

    sessions: tuple[date, ...]
    figures: int
    events: int
    messages: int
    sent: int


def sealed_from(db: Database, session: date) -> list[date]:
    """The sealed sessions from `session` on, ascending."""
    rows = db.conn.execute(
        "SELECT session FROM sessions WHERE session >= ? AND sealed_at IS NOT NULL ORDER BY session",
        [session.isoformat()],
    )
    return [date.fromisoformat(day) for (day,) in rows]


def unseal(db: Database, session: date) -> Unsealed:
    """Delete what `session` and all later ones left: seals, figures, events, messages, data gaps. Call in `writing()`.

    The states of rules are not touched (storage/rules.py: restart). Closes, companies and observations of economic
    series stay: they are facts, whoever asked for them.
    """
    since = [session.isoformat()]
    undone = sealed_from(db, session)
    sent = db.conn.execute(
        "SELECT count(*) FROM outbox WHERE session >= ? AND kind LIKE 'alert%' AND state IN ('sent', 'sending')", since
    ).fetchone()[0]
    chained = (
        chained_rows(db, "events", "session >= ?", since),
        chained_rows(db, "outbox", "session >= ? AND kind LIKE 'alert%'", since),
    )
    messages = db.conn.execute("DELETE FROM outbox WHERE session >= ? AND kind LIKE 'alert%'", since).rowcount
    events = db.conn.execute("DELETE FROM events WHERE session >= ?", since).rowcount
    figures = db.conn.execute("DELETE FROM figures WHERE session >= ?", since).rowcount
    db.conn.execute("DELETE FROM data_gaps WHERE since >= ?", since)
    db.conn.execute("DELETE FROM sessions WHERE session >= ?", since)
    db.conn.execute("UPDATE revision SET number = number + 1")
    append_gone(db, "unsealed", *chained, session=session)
    return Unsealed(tuple(undone), figures, events, messages, sent)


def is_sealed(db: Database, session: date) -> bool:
    """Whether the session's rules have run."""
    row = db.conn.execute(
        "SELECT 1 FROM sessions WHERE session = ? AND sealed_at IS NOT NULL", [session.isoformat()]
    ).fetchone()
    return row is not None


def last_sealed(db: Database) -> date | None:
    """The latest session whose rules have run."""
    row = db.conn.execute("SELECT max(session) FROM sessions WHERE sealed_at IS NOT NULL").fetchone()[0]
    return date.fromisoformat(row) if row else None


def last_judged(db: Database) -> date | None:
    """The session a rule made now has seen: the last sealed one; before any was, the last with figures."""
    return last_sealed(db) or last_session(db)


def first_gathered(db: Database) -> date | None:
    """The first session that was gathered as it closed."""
    row = db.conn.execute("SELECT min(session) FROM sessions").fetchone()[0]
    return date.fromisoformat(row) if row else None
