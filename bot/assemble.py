"""The frames that figures are computed from, out of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
from sqlite_utils import Database

from alerts.market import universe
from alerts.market.sessions import previous_sessions, sessions_between
from alerts.metrics.compute import FUNDS, WINDOW, Inputs
from alerts.metrics.members import SEGMENT_CODES, MemberCloses
from storage import closes, companies


def segmented(db: Database, counted: universe.Companies) -> pd.DataFrame:
    """The companies of a census with the segment in force that day: market_value, price, eps_forward, segment."""
    frame = counted.frame[["market_value", "price", "eps_forward"]].copy()
    segments = companies.members(db, universe.in_force_on(counted.session))
    # A member that the census did not count has no figures, and lowers the coverage.
    frame = frame.reindex(frame.index.union(segments.index))
    frame["segment"] = segments.reindex(frame.index)
    return frame


def assemble(
    db: Database,
    source: str,
    sessions: Sequence[date],
    counted: Mapping[date, universe.Companies],
    first_census: date | None,
) -> Inputs:
    """The frames that the figures of `sessions` (consecutive) are computed from."""
    span = [*previous_sessions(sessions[0], WINDOW), *sessions]
    years = sorted({universe.in_force_on(day) for day in span})
    by_year = {year: companies.members(db, year) for year in years}
    known = companies.companies(db)
    symbols = sorted(set().union(*(members.index for members in by_year.values())))
    segment = np.zeros((len(span), len(symbols)), dtype=np.int8)
    codes = {
        year: np.array([SEGMENT_CODES.get(members.get(symbol, ""), 0) for symbol in symbols], dtype=np.int8)
        for year, members in by_year.items()
    }
    for row, day in enumerate(span):
        segment[row] = codes[universe.in_force_on(day)]
    rows = known.reindex(symbols)
    members = MemberCloses(
        sessions=pd.DatetimeIndex(pd.to_datetime(span)),
        symbols=tuple(symbols),
        close=closes.close_matrix(db, span, rows["id"].astype(int).tolist()),
        segment=segment,
        listed=companies.listed_dates(rows["first_trade"]),
    )
    # The whole history, also what lies after: ratios are scaled to one day wherever the range ends.
    first_fund, last_fund = closes.fund_span(db) or (span[0], sessions[-1])
    held = sessions_between(min(first_fund, span[0]), max(last_fund, sessions[-1]))
    raw, adjusted = closes.fund_frames(db, FUNDS, held)
    latest = counted.get(sessions[-1])
    taken = companies.reconstitution(db, universe.in_force_on(sessions[-1]))
    return Inputs(
        closes=members,
        raw=raw,
        adjusted=adjusted,
        companies={day: segmented(db, companies_) for day, companies_ in counted.items()},
        source=source,
        provisional=taken is not None and taken.provisional,
        first_census=first_census,
        latest_average={}
        if latest is None
        else {n: latest.frame[f"average_{n}d"].reindex(symbols).to_numpy(dtype="float64") for n in (50, 200)},
    )
