"""The frames that figures are computed from, out of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlite_utils import Database

from alerts.market import universe
from alerts.market.sessions import previous_sessions, sessions_between
from alerts.metrics import rates
from alerts.metrics.compute import FUNDS, WINDOW, Inputs
from alerts.metrics.members import SEGMENT_CODES, MemberCloses
from alerts.metrics.releases import releases
from bot.pipeline.context import RunContext
from storage import advances, closes, companies, economy, valuations

CENSUS_FIGURES = ["market_value", "price", "eps_forward", "eps_trailing", "ev_ebit"]


def segmented(db: Database, counted: universe.Companies) -> pd.DataFrame:
    """The companies of a census with the segment in force that day: `CENSUS_FIGURES`, segment."""
    frame = counted.frame[CENSUS_FIGURES].copy()
    segments = companies.members(db, universe.in_force_on(counted.session))
    # A member that the census did not count has no figures, and lowers the coverage.
    frame = frame.reindex(frame.index.union(segments.index))
    frame["segment"] = segments.reindex(frame.index)
    return frame


def assemble(
    context: RunContext,
    sessions: Sequence[date],
    counted: Mapping[date, universe.Companies],
    first_census: date | None = None,
) -> Inputs:
    """The frames that the figures of `sessions` (consecutive) are computed from, out of what is stored.

    counted: the companies of those sessions that have a census. first_census: see `Inputs`.
    """
    db = context.db
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
        source=context.feed.name,
        provisional=taken is not None and taken.provisional,
        first_census=first_census,
        latest_average={}
        if latest is None
        else {n: latest.frame[f"average_{n}d"].reindex(symbols).to_numpy(dtype="float64") for n in (50, 200)},
        kept=advances.advances_before(db, sessions[-1]),
        economy=economy.series(db, list(releases())),
        economy_source=context.economy_source,
        seen={rates.PROJECTIONS: economy.first_seen(db, rates.PROJECTIONS)},
        contracts=economy.contracts(db, sessions),
        months=month_ends(db, sessions),
    )


def month_ends(db: Database, sessions: Sequence[date]) -> dict[date, pd.DataFrame]:
    """Valuation measures of members at the ends of the months that `sessions` look back to, by last session.

    A row a member of the segments in force then: market_value, forward_pe (NaN where the source gave none), ranked (its
    market value when it was ranked), segment.
    """
    out: dict[date, pd.DataFrame] = {}
    for month, end in valuations.month_ends(sessions[0] - timedelta(days=62), sessions[-1]):
        measured = valuations.of_month(db, month)
        if not len(measured):
            continue
        held = companies.memberships(db, universe.in_force_on(end))
        out[end] = measured.reindex(held.index).assign(ranked=held["market_value"], segment=held["segment"])
    return out
