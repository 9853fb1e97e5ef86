"""Half-yearly ranks, and who left, was renamed, or arrived large between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlite_utils import Database

from alerts.market.departures import FastEntry
from alerts.market.membership import MEMBER_COLUMNS, Absence, Ranks, Register
from alerts.market.seasons import Season, season_on


@dataclass(frozen=True)
class Reconstitution:
    """The ranks of one season.

    provisional: a census replaced the rank day's closes. rank_days: whose closes decided, earlier ones included.
    """

    season: Season
    ranked_on: date
    provisional: bool
    rank_days: int


@dataclass(frozen=True)
class Rename:
    """A company that goes on under another symbol; `session`: whose census had the new one first."""

    former: str
    symbol: str
    name: str
    session: date


def reconstitution(db: Database, season: Season) -> Reconstitution | None:
    """The ranks of `season`, or None if they were never computed."""
    row = db.conn.execute(
        "SELECT ranked_on, provisional, rank_days FROM reconstitutions WHERE season = ?", [str(season)]
    ).fetchone()
    return None if row is None else Reconstitution(season, date.fromisoformat(row[0]), bool(row[1]), row[2])


def record_reconstitution(db: Database, taken: Reconstitution, frame: pd.DataFrame) -> None:
    """Write the ranks of a season, replacing earlier ones: `frame` by symbol with rank, segment, market_value."""
    season = str(taken.season)
    db.conn.execute("DELETE FROM memberships WHERE season = ?", [season])
    db.conn.execute("DELETE FROM reconstitutions WHERE season = ?", [season])
    db.conn.execute(
        "INSERT INTO reconstitutions (season, ranked_on, in_force, provisional, rank_days) VALUES (?, ?, ?, ?, ?)",
        [season, taken.ranked_on.isoformat(), taken.season.in_force.isoformat(), int(taken.provisional),
         taken.rank_days],
    )  # fmt: skip
    members = frame[frame["segment"].notna()]
    db.conn.executemany(
        """INSERT INTO memberships (season, company, rank, segment, market_value)
           SELECT ?, id, ?, ?, ? FROM companies WHERE symbol = ?""",
        [
            (season, int(rank), segment, float(value), symbol)
            for symbol, rank, segment, value in zip(
                members.index, members["rank"], members["segment"], members["market_value"], strict=True
            )
        ],
    )


def register(db: Database, start: date, end: date) -> Register:
    """The members from `start` to `end`: the ranks in force then, and who left or arrived at any time."""
    first = db.conn.execute(
        "SELECT max(season) FROM reconstitutions WHERE season <= ?", [str(season_on(start))]
    ).fetchone()[0]
    taken = db.conn.execute(
        "SELECT season, provisional FROM reconstitutions WHERE season BETWEEN ? AND ? ORDER BY season",
        [first or "", str(season_on(end))],
    ).fetchall()
    ranks = [Ranks(Season.named(name), _members(db, name), bool(provisional)) for name, provisional in taken]
    return Register(ranks, absences(db), fast_entries(db))


def _members(db: Database, season: str) -> pd.DataFrame:
    rows = db.conn.execute(
        "SELECT symbol, segment, market_value FROM memberships JOIN companies ON companies.id = company "
        "WHERE season = ? ORDER BY rank",
        [season],
    ).fetchall()
    return pd.DataFrame(rows, columns=["symbol", *MEMBER_COLUMNS]).set_index("symbol")


def membership(db: Database, season: Season) -> pd.DataFrame:
    """The members by a season's ranks, by rank: symbol, name, rank, segment, market_value (dollars, on the rank day),
    last_census (ISO, the last one that included it). Empty if there are none."""
    rows = db.conn.execute(
        "SELECT symbol, name, rank, segment, market_value, last_census FROM memberships "
        "JOIN companies ON companies.id = company WHERE season = ? ORDER BY rank",
        [str(season)],
    ).fetchall()
    return pd.DataFrame(rows, columns=["symbol", "name", "rank", "segment", "market_value", "last_census"])


def absences(db: Database) -> list[Absence]:
    """Who is or was gone, by date."""
    rows = db.conn.execute(
        "SELECT symbol, gone_from, back_on, reason FROM departures JOIN companies ON companies.id = company "
        "ORDER BY gone_from, symbol"
    )
    return [
        Absence(symbol, date.fromisoformat(begins), date.fromisoformat(ends) if ends else None, reason)
        for symbol, begins, ends, reason in rows
    ]


def record_departure(db: Database, symbol: str, gone_from: date, reason: str) -> None:
    """Record that a company is gone from a session on."""
    db.conn.execute(
        "INSERT INTO departures (company, gone_from, reason) SELECT id, ?, ? FROM companies WHERE symbol = ? "
        "ON CONFLICT (company, gone_from) DO UPDATE SET reason = excluded.reason, back_on = NULL",
        [gone_from.isoformat(), reason, symbol],
    )


def record_return(db: Database, symbol: str, session: date) -> None:
    """Record that a company that was gone is quoted again from `session` on."""
    db.conn.execute(
        "UPDATE departures SET back_on = ? WHERE back_on IS NULL AND gone_from <= ? "
        "AND company = (SELECT id FROM companies WHERE symbol = ?)",
        [session.isoformat(), session.isoformat(), symbol],
    )


def fast_entries(db: Database) -> dict[str, FastEntry]:
    """The newcomers that entered large before they were ranked, by symbol."""
    rows = db.conn.execute(
        "SELECT symbol, listed, enters, rank, market_value FROM fast_entries JOIN companies ON companies.id = company"
    )
    return {
        symbol: FastEntry(symbol, date.fromisoformat(listed), date.fromisoformat(enters), rank, value)
        for symbol, listed, enters, rank, value in rows
    }


def record_fast_entries(db: Database, entries: Iterable[FastEntry]) -> None:
    """Record newcomers; one that is recorded keeps its first entry."""
    db.conn.executemany(
        "INSERT INTO fast_entries (company, listed, enters, rank, market_value) "
        "SELECT id, ?, ?, ?, ? FROM companies WHERE symbol = ? ON CONFLICT (company) DO NOTHING",
        [(one.listed.isoformat(), one.enters.isoformat(), one.rank, one.market_value, one.symbol) for one in entries],
    )


def renames(db: Database, until: date) -> list[Rename]:
    """The companies that changed their symbol up to `until`, by date."""
    rows = db.conn.execute(
        "SELECT former, renames.symbol, name, session FROM renames JOIN companies ON companies.id = company "
        "WHERE session <= ? ORDER BY session, former",
        [until.isoformat()],
    )
    return [Rename(former, symbol, name, date.fromisoformat(day)) for former, symbol, name, day in rows]
