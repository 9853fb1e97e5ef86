"""Month-end valuation measures, by company and month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import pandas as pd
from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from storage import companies

COLUMNS = ["market_value", "forward_pe"]


def month_ends(start: date, end: date) -> list[tuple[str, date]]:
    """("2025-08", its last session) of every month whose last session is from `start` to `end`, ascending."""
    beyond = date(end.year + end.month // 12, end.month % 12 + 1, 28)
    last: dict[str, date] = {f"{day:%Y-%m}": day for day in sessions_between(start.replace(day=1), beyond)}
    return [(month, day) for month, day in last.items() if start <= day <= end]


def record(db: Database, symbol: str, measures: pd.DataFrame, now: datetime) -> None:
    """Write the measures of one company, replacing earlier ones, and record that the source was asked.

    `measures`: one row for each month ("2025-08"), `COLUMNS`, NaN if the source has none.
    """
    key = companies.ids(db)[symbol]
    db.conn.executemany(
        "INSERT INTO month_valuations (company, month, market_value, forward_pe) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (company, month) DO UPDATE SET market_value = excluded.market_value, "
        "forward_pe = excluded.forward_pe",
        [
            (key, month, *(None if pd.isna(value) else float(value) for value in row))
            for month, *row in measures[COLUMNS].itertuples()
        ],
    )
    db.conn.execute(
        "INSERT INTO month_valuations_asked (company, asked_at) VALUES (?, ?) "
        "ON CONFLICT (company) DO UPDATE SET asked_at = excluded.asked_at",
        [key, now.isoformat(timespec="seconds")],
    )


def asked_since(db: Database, symbols: Sequence[str], since: date) -> set[str]:
    """Those of `symbols` that a source was asked about on or after `since`."""
    rows = db.conn.execute(
        "SELECT symbol FROM month_valuations_asked JOIN companies ON companies.id = company WHERE asked_at >= ?",
        [since.isoformat()],
    )
    return {symbol for (symbol,) in rows} & set(symbols)


def of_month(db: Database, month: str) -> pd.DataFrame:
    """`COLUMNS` of all companies in a month, by symbol; empty if nothing was recorded."""
    rows = db.conn.execute(
        "SELECT symbol, market_value, forward_pe FROM month_valuations JOIN companies ON companies.id = company "
        "WHERE month = ?",
        [month],
    ).fetchall()
    return pd.DataFrame(rows, columns=["symbol", *COLUMNS]).set_index("symbol").astype("float64")
