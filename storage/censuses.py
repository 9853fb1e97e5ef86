"""The quotes of the last censuses, from which the figures of their sessions can be computed again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
from sqlite_utils import Database

from storage import companies

COLUMNS = ("market_value", "price", "eps_forward", "eps_trailing", "ev_ebit")
KEPT = 5  # sessions


def record(db: Database, session: date, quotes: pd.DataFrame) -> None:
    """Write the quotes of a session, `COLUMNS` by symbol, in place of earlier ones; only the last are kept."""
    stamp = session.isoformat()
    keys = companies.ids(db)
    db.conn.execute("DELETE FROM census_quotes WHERE session = ?", [stamp])
    db.conn.executemany(
        "INSERT INTO census_quotes (session, company, market_value, price, eps_forward, eps_trailing, ev_ebit) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (stamp, keys[symbol], *(None if pd.isna(value) else value for value in row))
            for symbol, *row in quotes[list(COLUMNS)].itertuples()
        ],
    )
    db.conn.execute(
        "DELETE FROM census_quotes WHERE session NOT IN "
        "(SELECT DISTINCT session FROM census_quotes ORDER BY session DESC LIMIT ?)",
        [KEPT + 1],
    )


def quotes(db: Database, sessions: Sequence[date]) -> dict[date, pd.DataFrame]:
    """The stored quotes of those of `sessions` that have any: `COLUMNS` by symbol, NaN where there was none."""
    out = {}
    for session in sessions:
        rows = db.conn.execute(
            f"SELECT symbol, {', '.join(COLUMNS)} FROM census_quotes JOIN companies ON companies.id = company "
            "WHERE session = ? ORDER BY market_value DESC, symbol",
            [session.isoformat()],
        ).fetchall()
        if rows:
            frame = pd.DataFrame(rows, columns=["symbol", *COLUMNS]).set_index("symbol")
            out[session] = frame.astype("float64")
    return out
