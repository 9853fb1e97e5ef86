"""Companies and yearly memberships."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlite_utils import Database

FILLED = 0.95  # share of a census's companies that need a history for it to count as filled


@dataclass(frozen=True)
class Reconstitution:
    """The ranks of one year: rank day, effective day, and whether a census replaced the rank day's closes."""

    year: int
    ranked_on: date
    in_force: date
    provisional: bool


def record_companies(db: Database, frame: pd.DataFrame, session: date) -> None:
    """Add or update the companies of a census: `frame` indexed by symbol, with name, first_trade, shares_all."""
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


def reconstitution(db: Database, year: int) -> Reconstitution | None:
    """The ranks of `year`, or None if they were never computed."""
    row = db.conn.execute(
        "SELECT year, ranked_on, in_force, provisional FROM reconstitutions WHERE year = ?", [year]
    ).fetchone()
    if row is None:
        return None
    return Reconstitution(row[0], date.fromisoformat(row[1]), date.fromisoformat(row[2]), bool(row[3]))


def record_reconstitution(db: Database, taken: Reconstitution, frame: pd.DataFrame) -> None:
    """Write the ranks of a year, replacing earlier ones: `frame` by symbol with rank, segment, market_value."""
    db.conn.execute("DELETE FROM memberships WHERE year = ?", [taken.year])
    db.conn.execute("DELETE FROM reconstitutions WHERE year = ?", [taken.year])
    db.conn.execute(
        "INSERT INTO reconstitutions (year, ranked_on, in_force, provisional) VALUES (?, ?, ?, ?)",
        [taken.year, taken.ranked_on.isoformat(), taken.in_force.isoformat(), int(taken.provisional)],
    )
    members = frame[frame["segment"].notna()]
    db.conn.executemany(
        """INSERT INTO memberships (year, company, rank, segment, market_value)
           SELECT ?, id, ?, ?, ? FROM companies WHERE symbol = ?""",
        [
            (taken.year, int(rank), segment, float(value), symbol)
            for symbol, rank, segment, value in zip(
                members.index, members["rank"], members["segment"], members["market_value"], strict=True
            )
        ],
    )


def members(db: Database, year: int) -> pd.Series:
    """Segment by symbol for the members of that year's ranks; empty if there are none."""
    rows = db.conn.execute(
        "SELECT symbol, segment FROM memberships JOIN companies ON companies.id = company WHERE year = ?", [year]
    ).fetchall()
    return pd.Series(dict(rows), dtype="object")


def memberships(db: Database, year: int) -> pd.DataFrame:
    """The members by that year's ranks, by symbol: segment, market_value (when ranked)."""
    rows = db.conn.execute(
        "SELECT symbol, segment, market_value FROM memberships JOIN companies ON companies.id = company "
        "WHERE year = ? ORDER BY rank",
        [year],
    ).fetchall()
    return pd.DataFrame(rows, columns=["symbol", "segment", "market_value"]).set_index("symbol")


def listed_dates(first_trade: pd.Series) -> npt.NDArray[np.datetime64]:
    """ISO dates or None as datetime64[D], NaT if unknown."""
    return np.array([np.datetime64(d, "D") if isinstance(d, str) else np.datetime64("NaT") for d in first_trade])


def membership(db: Database, year: int) -> pd.DataFrame:
    """The members by that year's ranks, by rank: symbol, name, rank, segment, market_value (dollars, on the rank day),
    last_census (ISO, the last one that included it). Empty if there are none."""
    rows = db.conn.execute(
        "SELECT symbol, name, rank, segment, market_value, last_census FROM memberships "
        "JOIN companies ON companies.id = company WHERE year = ? ORDER BY rank",
        [year],
    ).fetchall()
    return pd.DataFrame(rows, columns=["symbol", "name", "rank", "segment", "market_value", "last_census"])
