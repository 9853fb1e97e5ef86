"""Which sessions were gathered, and which are sealed: their rules have run."""

from __future__ import annotations

from datetime import date, datetime

from sqlite_utils import Database

from storage.figures import last_session


def note_gathered(db: Database, session: date, now: datetime, lacking: str | None) -> None:
    """Note that a session was gathered, and what it lacks."""
    db.conn.execute(
        "INSERT INTO sessions (session, gathered_at, lacking) VALUES (?, ?, ?) "
        "ON CONFLICT (session) DO UPDATE SET gathered_at = excluded.gathered_at, lacking = excluded.lacking",
        [session.isoformat(), now.isoformat(timespec="seconds"), lacking],
    )


def seal(db: Database, session: date, now: datetime) -> None:
    """Note that the session has been judged."""
    db.conn.execute(
        "UPDATE sessions SET sealed_at = ? WHERE session = ? AND sealed_at IS NULL",
        [now.isoformat(timespec="seconds"), session.isoformat()],
    )


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
