"""Lists of companies: their closes, out of those of companies or of symbols that were asked for, and their figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlite_utils import Database

from alerts.market.sessions import previous_sessions, sessions_between
from alerts.metrics.compute import WINDOW
from alerts.metrics.figure import Figure
from alerts.metrics.funds import INDEX_FUNDS
from alerts.metrics.list_figures import as_members, list_figures
from alerts.metrics.members import in_millionths
from storage import closes, companies, figures, lists
from storage.lists import CompanyList


def of_list(db: Database, one: CompanyList, sessions: Sequence[date], source: str) -> list[Figure]:
    """The figures of a list on `sessions`, ascending and in a row."""
    span = [*previous_sessions(sessions[0], WINDOW), *sessions]
    close, listed = _closes(db, one.symbols, span)
    members = as_members(close, span, one.symbols, listed)
    market = closes.symbol_closes(db, INDEX_FUNDS["all"], adjusted=False)
    return list_figures(one.metrics, members, market, source, sessions)


def needing(db: Database, absent: Iterable[str]) -> frozenset[str]:
    """The metrics of lists that compare companies with a fund out of `absent`."""
    if INDEX_FUNDS["all"] not in set(absent):
        return frozenset()
    return frozenset(metric for one in lists.every_list(db) for metric in one.metrics if ".beating_index_" in metric)


def _closes(
    db: Database, symbols: Sequence[str], sessions: Sequence[date]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.datetime64]]:
    """(closes in millionths of a dollar, sessions × symbols; the day each was listed).

    A company's own where it is one that was counted, else those of the symbol as it was fetched.
    """
    keys = companies.ids(db)
    known = companies.companies(db).reindex(list(symbols))
    counted = [symbol for symbol in symbols if symbol in keys]
    found = closes.closes_of(db, sessions, [keys[symbol] for symbol in counted])
    own = dict(zip(counted, found.T, strict=True))
    listed = companies.listed_dates(known["first_trade"]).astype("datetime64[D]")
    index = pd.DatetimeIndex(pd.to_datetime(list(sessions)))
    close = np.zeros((len(sessions), len(symbols)), dtype=np.int64)
    for at, symbol in enumerate(symbols):
        if symbol in own:
            close[:, at] = own[symbol]
            continue
        held = closes.symbol_closes(db, symbol, adjusted=False)
        close[:, at] = in_millionths(held.reindex(index).to_frame())[:, 0]
        if len(held):
            listed[at] = np.datetime64(held.index[0].date(), "D")
    return close, listed


def fill(db: Database, one: CompanyList, until: date, source: str, now: datetime) -> None:
    """Record the figures of a list up to `until`, from the first on which half of its companies have a close."""
    first = _first_close(db, one.symbols)
    sessions = sessions_between(first, until) if first else []
    if sessions:
        figures.record_figures(db, of_list(db, one, sessions, source), now, backfilled=True)


def _first_close(db: Database, symbols: Sequence[str]) -> date | None:
    keys = companies.ids(db)
    first = []
    for symbol in symbols:
        if symbol in keys:
            day = closes.first_close(db, keys[symbol])
        else:
            held = closes.symbol_closes(db, symbol, adjusted=False)
            day = held.index[0].date() if len(held) else None
        if day is not None:
            first.append(day)
    return sorted(first)[len(first) // 2] if first else None


def of_sessions(db: Database, sessions: Sequence[date], source: str) -> list[Figure]:
    """The figures of every list on `sessions`, ascending and in a row."""
    return [figure for one in lists.every_list(db) for figure in of_list(db, one, sessions, source)]
