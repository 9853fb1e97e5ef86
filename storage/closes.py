"""Closes for moving windows: those of companies in millionths of a dollar, those of funds raw and adjusted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlite_utils import Database

from storage.fund_closes import EPOCH, day_number


def record_closes(db: Database, sessions: Sequence[date], ids: Sequence[int], close: npt.NDArray[np.int64]) -> None:
    """Write closes, replacing earlier ones: `close` (sessions × ids) in millionths of a dollar, 0 if there is none."""
    rows, columns = np.nonzero(close)
    days = np.array([day_number(session) for session in sessions])
    keys = np.array(ids)
    db.conn.executemany(
        "INSERT INTO closes (day, company, close) VALUES (?, ?, ?) "
        "ON CONFLICT (day, company) DO UPDATE SET close = excluded.close WHERE close <> excluded.close",
        zip(days[rows].tolist(), keys[columns].tolist(), close[rows, columns].tolist(), strict=True),
    )


def forget_closes(db: Database, at: Sequence[tuple[date, int]]) -> None:
    """Delete closes, by (session, company)."""
    db.conn.executemany(
        "DELETE FROM closes WHERE day = ? AND company = ?", [(day_number(session), company) for session, company in at]
    )


def rescale_closes(db: Database, sessions: Sequence[date], factors: Mapping[int, float]) -> None:
    """Multiply the closes of companies on `sessions`, each by its factor."""
    db.conn.executemany(
        "UPDATE closes SET close = CAST(round(close * ?) AS INTEGER) WHERE day = ? AND company = ?",
        [(factor, day_number(day), company) for company, factor in factors.items() for day in sessions],
    )


def prune_closes(db: Database, before: date, stay: Sequence[date]) -> int:
    """Delete the closes of companies before a session, but for those of the sessions that `stay`; how many went."""
    marks = ", ".join("?" * len(stay))
    found = db.conn.execute(
        f"DELETE FROM closes WHERE day < ? AND day NOT IN ({marks})",
        [day_number(before), *(day_number(session) for session in stay)],
    )
    db.conn.execute(
        "UPDATE companies SET history_from = ? WHERE history_from < ?", [before.isoformat(), before.isoformat()]
    )
    return found.rowcount


def close_matrix(db: Database, sessions: Sequence[date], ids: Sequence[int]) -> npt.NDArray[np.int64]:
    """Closes in millionths of a dollar, sessions × ids, 0 if there is none. `sessions` ascending."""
    out = np.zeros((len(sessions), len(ids)), dtype=np.int64)
    if not len(sessions) or not len(ids):
        return out
    found = db.conn.execute(
        "SELECT day, company, close FROM closes WHERE day BETWEEN ? AND ?",
        [day_number(sessions[0]), day_number(sessions[-1])],
    )
    rows = np.fromiter(chain.from_iterable(found), dtype=np.int64).reshape(-1, 3)
    at_day = _positions([day_number(session) for session in sessions], rows[:, 0])
    at_company = _positions(ids, rows[:, 1])
    wanted = (at_day >= 0) & (at_company >= 0)
    out[at_day[wanted], at_company[wanted]] = rows[wanted, 2]
    return out


def closes_of(db: Database, sessions: Sequence[date], ids: Sequence[int]) -> npt.NDArray[np.int64]:
    """The same as `close_matrix`, for a few companies: reads their rows alone."""
    out = np.zeros((len(sessions), len(ids)), dtype=np.int64)
    if not len(sessions) or not len(ids):
        return out
    days = [day_number(session) for session in sessions]
    found = db.conn.execute(
        "SELECT closes.day, closes.company, closes.close FROM json_each(?) AS days JOIN json_each(?) AS wanted "
        "CROSS JOIN closes ON closes.day = days.value AND closes.company = wanted.value",
        [json.dumps(days), json.dumps(list(ids))],
    )
    row_of = {day: row for row, day in enumerate(days)}
    column_of = {company: column for column, company in enumerate(ids)}
    for day, company, close in found:
        out[row_of[day], column_of[company]] = close
    return out


def first_close(db: Database, company: int) -> date | None:
    """The first session with a close of a company."""
    row = db.conn.execute("SELECT min(day) FROM closes WHERE company = ?", [company]).fetchone()
    return None if row[0] is None else date.fromordinal(EPOCH.toordinal() + row[0])


def _positions(keys: Sequence[int] | npt.NDArray[np.int64], values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The position of each value in `keys`; −1 if absent."""
    known = np.asarray(keys, dtype=np.int64)
    order = np.argsort(known)
    found = np.searchsorted(known[order], values)
    found[found == len(known)] = 0
    return np.where(known[order][found] == values, order[found], -1)


def count_closes(db: Database, session: date) -> int:
    """The number of companies with a close on `session`."""
    return int(db.conn.execute("SELECT count(*) FROM closes WHERE day = ?", [day_number(session)]).fetchone()[0])


def last_closes(db: Database, ids: Sequence[int]) -> dict[int, date]:
    """The last session with a close, by company; without those that have none."""
    marks = ", ".join("?" * len(ids))
    rows = db.conn.execute(
        f"SELECT company, max(day) FROM closes WHERE company IN ({marks}) GROUP BY company", list(ids)
    )
    return {company: date.fromordinal(EPOCH.toordinal() + day) for company, day in rows}


def record_fund_closes(db: Database, raw: pd.DataFrame, adjusted: pd.DataFrame) -> None:
    """Write fund closes (dollars, sessions × symbols), replacing earlier ones; a row needs both closes."""
    days = _days(raw.index)
    for symbol in raw.columns:
        both = np.column_stack([raw[symbol], adjusted[symbol]]).astype(np.float64)
        kept = _kept(db, symbol, days)
        # Whole histories are fetched, and nearly all of each is kept already.
        new = np.flatnonzero(np.isfinite(both).all(axis=1) & (both != kept).any(axis=1))
        db.conn.executemany(
            "INSERT INTO fund_closes (symbol, day, close, adjusted) VALUES (?, ?, ?, ?) ON CONFLICT (symbol, day) "
            "DO UPDATE SET close = excluded.close, adjusted = excluded.adjusted",
            [(symbol, day, *closes) for day, closes in zip(days[new].tolist(), both[new].tolist(), strict=True)],
        )


def _days(index: pd.Index) -> npt.NDArray[np.int64]:
    """Days since 1970-01-01 of an index of sessions."""
    return index.to_numpy().astype("datetime64[D]").astype(np.int64)


def _kept(db: Database, symbol: str, days: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """(raw, adjusted) closes of a fund on each of `days`, dollars, NaN if there is none."""
    out = np.full((len(days), 2), np.nan)
    if not len(days):
        return out
    rows = db.conn.execute(
        "SELECT day, close, adjusted FROM fund_closes WHERE symbol = ? AND day BETWEEN ? AND ?",
        [symbol, int(days.min()), int(days.max())],
    ).fetchall()
    found = np.array(rows, dtype=np.float64).reshape(-1, 3)
    at = _positions(days, found[:, 0].astype(np.int64))
    out[at[at >= 0]] = found[at >= 0, 1:]
    return out


def forget_fund_closes(db: Database, at: Sequence[tuple[str, date]]) -> None:
    """Delete fund closes, by (symbol, session)."""
    db.conn.executemany(
        "DELETE FROM fund_closes WHERE symbol = ? AND day = ?", [(symbol, day_number(day)) for symbol, day in at]
    )


def rescale_fund_closes(db: Database, moved: pd.DataFrame, *, adjusted: bool) -> None:
    """Write raw or adjusted closes (dollars, sessions × symbols, NaN: none) over kept ones of the same sessions."""
    days = _days(moved.index)
    column = "adjusted" if adjusted else "close"
    for symbol in moved.columns:
        closes = moved[symbol].to_numpy(dtype=np.float64)
        at = np.isfinite(closes)
        db.conn.executemany(
            f"UPDATE fund_closes SET {column} = ? WHERE symbol = ? AND day = ?",
            [(close, symbol, day) for close, day in zip(closes[at].tolist(), days[at].tolist(), strict=True)],
        )


def fund_frames(db: Database, symbols: Sequence[str], sessions: Sequence[date]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(raw, adjusted) closes in dollars: sessions × symbols, NaN if there is none."""
    index = pd.DatetimeIndex(pd.to_datetime(list(sessions)))
    days = _days(index)
    found = np.full((len(days), len(symbols), 2), np.nan)
    for column, symbol in enumerate(symbols):
        found[:, column] = _kept(db, symbol, days)
    raw, adjusted = (pd.DataFrame(found[:, :, kind], index=index, columns=list(symbols)) for kind in (0, 1))
    return raw, adjusted


def symbol_closes(db: Database, symbol: str, *, adjusted: bool) -> pd.Series:
    """All closes of a fund or symbol in dollars by session, total-return ones or raw ones; empty if there are none."""
    column = "adjusted" if adjusted else "close"
    rows = db.conn.execute(f"SELECT day, {column} FROM fund_closes WHERE symbol = ? ORDER BY day", [symbol]).fetchall()
    found = np.array(rows, dtype=np.float64).reshape(-1, 2)
    days = found[:, 0].astype(np.int64).astype("datetime64[D]")
    return pd.Series(found[:, 1], index=pd.DatetimeIndex(days), name=symbol)
