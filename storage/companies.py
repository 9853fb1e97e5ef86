"""Companies: symbols, names, shares, and how far back their closes go."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlite_utils import Database

from storage.renames import rename_symbol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from alerts.market.departures import Listing

FILLED = 0.95  # share of a census's companies that need a history for it to count as filled


def record_companies(db: Database, frame: pd.DataFrame, session: date) -> None:
    """Add or update the companies of a census: `frame` indexed by symbol, with name, first_trade, shares_all."""
    import pandas as pd

    db.conn.executemany(
        """INSERT INTO companies (symbol, name, first_trade, shares, last_census) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (symbol) DO UPDATE SET name = excluded.name, first_trade = excluded.first_trade,
               shares = excluded.shares, last_census = excluded.last_census
           WHERE excluded.last_census >= last_census""",
        [
            (
                symbol,
                str(name),
                None if pd.isna(first) else first.date().isoformat(),
                float(shares),
                session.isoformat(),
            )
            for symbol, name, first, shares in zip(
                frame.index, frame["name"], frame["first_trade"], frame["shares_all"], strict=True
            )
        ],
    )


def companies(db: Database) -> pd.DataFrame:
    """All companies that ever counted, by symbol: id, shares, first_trade (ISO or None), history_from (ISO or None)."""
    import pandas as pd

    rows = db.conn.execute("SELECT symbol, id, shares, first_trade, history_from FROM companies").fetchall()
    frame = pd.DataFrame(rows, columns=["symbol", "id", "shares", "first_trade", "history_from"])
    return frame.set_index("symbol").astype({"id": "int64", "shares": "float64"})


def ids(db: Database) -> dict[str, int]:
    """The key of every company by its symbol."""
    return dict(db.conn.execute("SELECT symbol, id FROM companies").fetchall())


def note_history(db: Database, symbols: list[str], start: date) -> None:
    """Record that the closes of `symbols` were requested from `start`."""
    db.conn.executemany(
        "UPDATE companies SET history_from = min(coalesce(history_from, '9999'), ?) WHERE symbol = ?",
        [(start.isoformat(), symbol) for symbol in symbols],
    )


def histories(db: Database) -> tuple[int, int]:
    """How many companies of the latest census have a history, and how many there are."""
    filled, total = db.conn.execute(
        "SELECT count(history_from), count(*) FROM companies "
        "WHERE last_census = (SELECT max(last_census) FROM companies)"
    ).fetchone()
    return int(filled), int(total)


def filled(db: Database) -> bool:
    """Whether nearly all companies of the latest census have a history; the others are new or have none."""
    have, total = histories(db)
    return have >= FILLED * total


def listed_dates(first_trade: pd.Series) -> npt.NDArray[np.datetime64]:
    """ISO dates or None as datetime64[D], NaT if unknown."""
    import numpy as np

    found = [np.datetime64(d, "D") if isinstance(d, str) else np.datetime64("NaT") for d in first_trade]
    return np.array(found, dtype="datetime64[D]")


def listings(db: Database, since: date | None = None) -> list[Listing]:
    """The companies as they are listed, of all censuses or of those from `since` on."""
    from alerts.market.departures import Listing  # pandas

    rows = db.conn.execute(
        "SELECT symbol, name, first_trade FROM companies WHERE last_census >= ? ORDER BY symbol",
        [since.isoformat() if since else ""],
    )
    return [Listing(symbol, name, date.fromisoformat(first) if first else None) for symbol, name, first in rows]


def latest_census(db: Database) -> str | None:
    """The session (ISO) of the latest census that had a company."""
    latest: str | None = db.conn.execute("SELECT max(last_census) FROM companies").fetchone()[0]
    return latest


def last_quoted(db: Database) -> dict[str, date]:
    """The last census that had each company, by symbol."""
    rows = db.conn.execute("SELECT symbol, last_census FROM companies")
    return {symbol: date.fromisoformat(day) for symbol, day in rows}


def rename(db: Database, former: str, symbol: str, session: date) -> None:
    """Give a company its new symbol, which no company has yet; its closes, memberships and events stay its own.

    Figures and rules of its price go along."""
    db.conn.execute(
        "INSERT INTO renames (company, session, former, symbol) SELECT id, ?, symbol, ? FROM companies "
        "WHERE symbol = ? ON CONFLICT (company, session) DO UPDATE SET symbol = excluded.symbol",
        [session.isoformat(), symbol, former],
    )
    db.conn.execute("UPDATE companies SET symbol = ? WHERE symbol = ?", [symbol, former])
    db.conn.execute("UPDATE OR REPLACE held_back SET symbol = ? WHERE symbol = ?", [symbol, former])
    rename_symbol(db, former, symbol)


def retire(db: Database, symbol: str, session: date) -> str:
    """Free a symbol that another company has from `session` on; how the former company is called from now on."""
    retired = f"{symbol} (until {session})"
    db.conn.execute("UPDATE companies SET symbol = ? WHERE symbol = ?", [retired, symbol])
    return retired
