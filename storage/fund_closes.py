"""Which closes of funds are held, and those of one fund as a list; `closes.py` writes them and reads them as frames."""

from __future__ import annotations

from datetime import date

from sqlite_utils import Database

EPOCH = date(1970, 1, 1)


def day_number(session: date) -> int:
    """Days since 1970-01-01."""
    return (session - EPOCH).days


def latest_fund_closes(db: Database, symbol: str, until: date, count: int | None) -> list[tuple[date, float | None]]:
    """A fund's last `count` (session, raw close in dollars) up to `until`, ascending; all of them if `count` is None.

    Its sessions are those with a close of SPY.
    """
    rows = db.conn.execute(
        """SELECT held.day, wanted.close FROM fund_closes AS held
           LEFT JOIN fund_closes AS wanted ON wanted.symbol = ? AND wanted.day = held.day
           WHERE held.symbol = 'SPY' AND held.day <= ? ORDER BY held.day DESC LIMIT ?""",
        [symbol, day_number(until), -1 if count is None else count],
    ).fetchall()
    return [(date.fromordinal(EPOCH.toordinal() + day), close) for day, close in reversed(rows)]


def latest_adjusted_closes(db: Database, symbol: str, until: date) -> list[tuple[date, float]]:
    """A fund's (session, total-return close in dollars) up to `until`, ascending."""
    rows = db.conn.execute(
        "SELECT day, adjusted FROM fund_closes WHERE symbol = ? AND day <= ? ORDER BY day", [symbol, day_number(until)]
    ).fetchall()
    return [(date.fromordinal(EPOCH.toordinal() + day), adjusted) for day, adjusted in rows]


def last_fund_sessions(db: Database) -> dict[str, date]:
    """The last session with a close of each fund."""
    rows = db.conn.execute("SELECT symbol, max(day) FROM fund_closes GROUP BY symbol")
    return {symbol: date.fromordinal(EPOCH.toordinal() + day) for symbol, day in rows}


def fund_sessions(db: Database) -> list[date]:
    """The sessions with a close of any fund, ascending."""
    rows = db.conn.execute("SELECT DISTINCT day FROM fund_closes ORDER BY day")
    return [date.fromordinal(EPOCH.toordinal() + day) for (day,) in rows]


def fund_span(db: Database) -> tuple[date, date] | None:
    """The first and the last session with a close of a fund."""
    first, last = db.conn.execute("SELECT min(day), max(day) FROM fund_closes").fetchone()
    if first is None:
        return None
    return date.fromordinal(EPOCH.toordinal() + first), date.fromordinal(EPOCH.toordinal() + last)
