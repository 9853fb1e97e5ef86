"""What was left out: census listings that are not companies, and closes that are held back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlite_utils import Database


@dataclass(frozen=True)
class Excluded:
    """A listing that is not a company, since which census, and why."""

    symbol: str
    name: str | None
    reason: str
    since: date


def record_census(
    db: Database,
    session: date,
    lines: int,
    companies: int,
    excluded: Iterable[tuple[str, str | None, str]],
    now: datetime,
) -> None:
    """Record a census and its excluded listings, (symbol, name, reason). Recording it again changes nothing."""
    before = db.conn.execute("SELECT max(session) FROM censuses WHERE session < ?", [session.isoformat()]).fetchone()[0]
    db.conn.execute(
        "INSERT INTO censuses (session, lines, companies, fetched_at) VALUES (?, ?, ?, ?) ON CONFLICT (session) "
        "DO UPDATE SET lines = excluded.lines, companies = excluded.companies, fetched_at = excluded.fetched_at",
        [session.isoformat(), lines, companies, now.isoformat(timespec="seconds")],
    )
    stamp = session.isoformat()
    rows = {symbol: (name, reason) for symbol, name, reason in excluded}
    # If this census was recorded before, the new answer replaces the old one.
    db.conn.execute("DELETE FROM exclusions WHERE since = ?", [stamp])
    if before is not None:
        db.conn.execute("UPDATE exclusions SET until = ? WHERE until = ?", [before, stamp])
    open_rows = dict(db.conn.execute("SELECT symbol, reason FROM exclusions WHERE until = ?", [before]).fetchall())
    goes_on = [(stamp, symbol, before) for symbol, (_, reason) in rows.items() if open_rows.get(symbol) == reason]
    db.conn.executemany("UPDATE exclusions SET until = ? WHERE symbol = ? AND until = ?", goes_on)
    known = {symbol for _, symbol, _ in goes_on}
    db.conn.executemany(
        "INSERT INTO exclusions (symbol, since, until, name, reason) VALUES (?, ?, ?, ?, ?)",
        [(symbol, stamp, stamp, name, reason) for symbol, (name, reason) in rows.items() if symbol not in known],
    )


def last_census(db: Database, until: date | None = None) -> tuple[date, int, int] | None:
    """The latest census up to `until`: (session, lines, companies); None if there is none."""
    row = db.conn.execute(
        "SELECT session, lines, companies FROM censuses WHERE session <= ? ORDER BY session DESC LIMIT 1",
        [until.isoformat() if until else "9999"],
    ).fetchone()
    return None if row is None else (date.fromisoformat(row[0]), row[1], row[2])


def census_sessions(db: Database, before: date, count: int) -> list[date]:
    """The last `count` sessions before `before` that have a census, ascending."""
    rows = db.conn.execute(
        "SELECT session FROM censuses WHERE session < ? ORDER BY session DESC LIMIT ?", [before.isoformat(), count]
    ).fetchall()
    return [date.fromisoformat(session) for (session,) in reversed(rows)]


def excluded_on(db: Database, census: date) -> list[Excluded]:
    """The listings that a census left out, by symbol."""
    rows = db.conn.execute(
        "SELECT symbol, name, reason, since FROM exclusions WHERE since <= ? AND until >= ? ORDER BY symbol",
        [census.isoformat(), census.isoformat()],
    )
    return [Excluded(symbol, name, reason, date.fromisoformat(since)) for symbol, name, reason, since in rows]


def hold_back(db: Database, held: Iterable[tuple[str, date, str]], now: datetime) -> None:
    """Record closes that are held back: (symbol, session, reason)."""
    db.conn.executemany(
        "INSERT INTO held_back (symbol, session, reason, noted_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (symbol, session) DO UPDATE SET reason = excluded.reason",
        [(symbol, session.isoformat(), reason, now.isoformat(timespec="seconds")) for symbol, session, reason in held],
    )


def release(db: Database, symbols: Iterable[str], start: date, through: date) -> None:
    """Delete the held-back closes of `symbols` in a range, before a new answer is checked."""
    db.conn.executemany(
        "DELETE FROM held_back WHERE symbol = ? AND session BETWEEN ? AND ?",
        [(symbol, start.isoformat(), through.isoformat()) for symbol in symbols],
    )


def doubts(db: Database) -> dict[tuple[str, date], tuple[float, float, date]]:
    """Moves of funds that are not believed yet, by (symbol, session): move, step, the session of the first fetch."""
    rows = db.conn.execute("SELECT symbol, session, move, step, through FROM doubted_fund_closes")
    return {
        (symbol, date.fromisoformat(session)): (move, step, date.fromisoformat(through))
        for symbol, session, move, step, through in rows
    }


def record_doubts(db: Database, found: Iterable[tuple[str, date, float, float, date]]) -> None:
    """Replace all moves that are not believed: (symbol, session, move, step, the session of the first fetch)."""
    db.conn.execute("DELETE FROM doubted_fund_closes")
    db.conn.executemany(
        "INSERT INTO doubted_fund_closes (symbol, session, move, step, through) VALUES (?, ?, ?, ?, ?)",
        [(symbol, day.isoformat(), move, step, through.isoformat()) for symbol, day, move, step, through in found],
    )


def held_back(db: Database, start: date, through: date) -> dict[tuple[str, date], str]:
    """Held-back closes of a range: reason by (symbol, session)."""
    rows = db.conn.execute(
        "SELECT symbol, session, reason FROM held_back WHERE session BETWEEN ? AND ?",
        [start.isoformat(), through.isoformat()],
    )
    return {(symbol, date.fromisoformat(session)): reason for symbol, session, reason in rows}
