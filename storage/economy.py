"""Economic series by observation date, and closing prices of fed funds futures by delivery month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import pandas as pd
from sqlite_utils import Database

from alerts.market.sessions import NEW_YORK
from storage.fund_closes import day_number


def record_series(db: Database, identity: str, observations: pd.Series, now: datetime) -> int:
    """Write observations (float by date), replacing earlier ones. Returns how many are new or revised.

    Those that a fetch before had not are noted with both days; of a first fetch it is not known when they came.
    """
    today = now.astimezone(NEW_YORK).date().isoformat()
    row = db.conn.execute("SELECT day FROM economic_fetches WHERE series = ?", [identity]).fetchone()
    first_seen, missed_on = (None, None) if row is None else (today, row[0])
    moment = now.isoformat(timespec="seconds")
    days = np.datetime_as_string(observations.index.to_numpy().astype("datetime64[D]")).tolist()
    values = observations.to_numpy(dtype=np.float64).tolist()
    before = db.conn.total_changes
    db.conn.executemany(
        "INSERT INTO economic (series, day, value, fetched_at, first_seen, missed_on) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (series, day) "
        "DO UPDATE SET value = excluded.value, fetched_at = excluded.fetched_at WHERE value <> excluded.value",
        [(identity, day, value, moment, first_seen, missed_on) for day, value in zip(days, values, strict=True)],
    )
    changed = int(db.conn.total_changes - before)
    db.conn.execute(
        "INSERT INTO economic_fetches (series, day) VALUES (?, ?) "
        "ON CONFLICT (series) DO UPDATE SET day = excluded.day",
        [identity, today],
    )
    return changed


def appearances(db: Database, identities: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Of observations that came after the first fetch, by series: the day in New York of the fetch that first had each
    (`first_seen`) and of the one before (`missed_on`), by the observation's date, ascending."""
    out = {}
    for identity in identities:
        rows = db.conn.execute(
            "SELECT day, first_seen, missed_on FROM economic WHERE series = ? AND first_seen IS NOT NULL ORDER BY day",
            [identity],
        ).fetchall()
        if rows:
            frame = pd.DataFrame(rows, columns=["day", "first_seen", "missed_on"]).apply(pd.to_datetime)
            out[identity] = frame.set_index("day")
    return out


def series(db: Database, identities: Sequence[str]) -> dict[str, pd.Series]:
    """Observations by date, ascending; a series that was never fetched is left out."""
    found = {}
    for identity in identities:
        rows = db.conn.execute("SELECT day, value FROM economic WHERE series = ? ORDER BY day", [identity]).fetchall()
        if rows:
            days, values = zip(*rows, strict=True)
            index = pd.DatetimeIndex(np.array(days, dtype="datetime64[D]"))
            found[identity] = pd.Series(values, index=index, dtype="float64")
    return found


def kept(db: Database, identities: Sequence[str]) -> set[str]:
    """Those of the series that have any observation."""
    asked = "SELECT 1 FROM economic WHERE series = ? LIMIT 1"
    return {identity for identity in identities if db.conn.execute(asked, [identity]).fetchone()}


def first_seen(db: Database, identity: str) -> pd.Series:
    """The day in New York on which each observation was first seen with the value it has, by the observation's date."""
    rows = db.conn.execute("SELECT day, fetched_at FROM economic WHERE series = ? ORDER BY day", [identity]).fetchall()
    days = pd.DatetimeIndex(pd.to_datetime([day for day, _ in rows]))
    seen = [datetime.fromisoformat(moment).astimezone(NEW_YORK).date() for _, moment in rows]
    return pd.Series(pd.to_datetime(seen), index=days, dtype="datetime64[ns]")


def record_contracts(db: Database, prices: pd.DataFrame) -> None:
    """Write closing prices, sessions × months, replacing earlier ones; NaN is skipped."""
    days = prices.index.to_numpy().astype("datetime64[D]").astype(np.int64).tolist()
    rows = [
        (month, day, float(price))
        for month in prices.columns
        for day, price in zip(days, prices[month].to_numpy(), strict=True)
        if np.isfinite(price)
    ]
    db.conn.executemany(
        "INSERT INTO contracts (month, day, close) VALUES (?, ?, ?) ON CONFLICT (month, day) "
        "DO UPDATE SET close = excluded.close WHERE close <> excluded.close",
        rows,
    )


def contracts(db: Database, sessions: Sequence[date]) -> pd.DataFrame:
    """Closing prices on `sessions` (ascending): sessions × months with any price, NaN if there is none."""
    index = pd.DatetimeIndex(pd.to_datetime(list(sessions)))
    if not len(sessions):
        return pd.DataFrame(index=index)
    rows = db.conn.execute(
        "SELECT month, day, close FROM contracts WHERE day BETWEEN ? AND ?",
        [day_number(sessions[0]), day_number(sessions[-1])],
    ).fetchall()
    frame = pd.DataFrame(rows, columns=["month", "day", "close"])
    frame["day"] = frame["day"].astype("int64").to_numpy().astype("datetime64[D]")
    return frame.pivot(index="day", columns="month", values="close").reindex(index=index).astype("float64")
