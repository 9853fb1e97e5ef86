"""Lists of companies: their closes, out of those of companies or of symbols that were asked for, and their figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlite_utils import Database

from alerts.market.sessions import previous_sessions, sessions_between
from alerts.metrics.breadth import INDEX_FUNDS
from alerts.metrics.compute import WINDOW
from alerts.metrics.figure import Figure
from alerts.metrics.list_figures import as_members, list_figures
from alerts.metrics.members import in_millionths
from storage import closes, companies, figures, lists
from storage.lists import CompanyList


def of_list(db: Database, one: CompanyList, sessions: Sequence[date], source: str) -> list[Figure]:
    """The figures of a list on `sessions`, ascending and in a row."""
    span = [*previous_sessions(sessions[0], WINDOW), *sessions]
    members = as_members(_matrix(db, one.symbols, span), span, one.symbols)
    market = closes.symbol_closes(db, INDEX_FUNDS["all"], adjusted=False)
    return list_figures(one.metrics, members, market, source, sessions)


def _matrix(db: Database, symbols: Sequence[str], sessions: Sequence[date]) -> npt.NDArray[np.int64]:
    """Closes in millionths of a dollar, sessions × symbols: a company's where it has any, else the symbol's own."""
    keys = companies.ids(db)
    known = [symbol for symbol in symbols if symbol in keys]
    found = dict(zip(known, closes.closes_of(db, sessions, [keys[one] for one in known]).T, strict=True))
    index = pd.DatetimeIndex(pd.to_datetime(list(sessions)))
    columns = []
    for symbol in symbols:
        own = found.get(symbol)
        if own is None or not own.any():
            held = closes.symbol_closes(db, symbol, adjusted=False).reindex(index)
            own = in_millionths(held.to_frame())[:, 0]
        columns.append(own)
    return np.column_stack(columns) if columns else np.zeros((len(sessions), 0), dtype=np.int64)


def fill(db: Database, one: CompanyList, until: date, source: str, now: datetime) -> None:
    """Record the figures of a list up to `until`, from the first session with a close of a company on."""
    first = _first_close(db, one.symbols)
    sessions = sessions_between(first, until) if first else []
    if sessions:
        figures.record_figures(db, of_list(db, one, sessions, source), now, backfilled=True)


def _first_close(db: Database, symbols: Sequence[str]) -> date | None:
    keys = companies.ids(db)
    first = [closes.first_close(db, keys[one]) for one in symbols if one in keys]
    for symbol in symbols:
        if symbol not in keys and len(held := closes.symbol_closes(db, symbol, adjusted=False)):
            first.append(held.index[0].date())
    return min((one for one in first if one is not None), default=None)


def of_sessions(db: Database, sessions: Sequence[date], source: str) -> list[Figure]:
    """The figures of every list on `sessions`, ascending and in a row."""
    return [figure for one in lists.every_list(db) for figure in of_list(db, one, sessions, source)]
