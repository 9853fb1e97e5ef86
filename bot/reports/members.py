"""Closes and segments of companies, out of the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlite_utils import Database

from alerts.market.membership import Register, codes_of
from alerts.metrics.members import SEGMENT_CODES, MemberCloses
from storage import closes, companies

#: Closes in millionths of a dollar, sessions × companies, of those with these ids.
ClosesOf = Callable[[Sequence[date], Sequence[int]], npt.NDArray[np.int64]]


def member_closes(
    db: Database,
    span: Sequence[date],
    register: Register,
    closes_of: ClosesOf | None = None,
    segments_on: Sequence[date] | None = None,
) -> MemberCloses:
    """All members on any of `span`, consecutive sessions.

    closes_of: the table of closes by default. segments_on: the sessions on which segments are asked for, all by
    default; on others no company is a member.
    """
    symbols = register.symbols(span)
    rows = companies.companies(db).reindex(symbols)
    ids = rows["id"].astype(int).tolist()
    if segments_on is None:
        segment = register.codes(span, symbols, SEGMENT_CODES)
    else:
        segment = np.zeros((len(span), len(symbols)), dtype=np.int8)
        for day in segments_on:
            segment[span.index(day)] = codes_of(register.on(day), symbols, SEGMENT_CODES)
    return MemberCloses(
        sessions=pd.DatetimeIndex(pd.to_datetime(list(span))),
        symbols=tuple(symbols),
        close=closes_of(span, ids) if closes_of else closes.close_matrix(db, span, ids),
        segment=segment,
        listed=companies.listed_dates(rows["first_trade"]),
    )
