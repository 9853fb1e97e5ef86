"""The frames that figures are computed from, out of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlite_utils import Database

from alerts.market import universe
from alerts.market.membership import Register, codes_of
from alerts.market.sessions import previous_sessions, sessions_between
from alerts.metrics import rates
from alerts.metrics.compute import WINDOW, Inputs
from alerts.metrics.funds import FUNDS
from alerts.metrics.members import SEGMENT_CODES, MemberCloses
from alerts.metrics.releases import releases
from bot.pipeline.context import RunContext
from bot.reports.members import ClosesOf, member_closes
from storage import advances, censuses, closes, companies, economy, fund_closes, memberships, valuations

CENSUS_FIGURES = list(censuses.COLUMNS)


def segmented(quotes: pd.DataFrame, session: date, register: Register) -> pd.DataFrame:
    """The companies of a census, by symbol: `CENSUS_FIGURES`, segment, ranked (its value at the last ranks), former.

    former: the segment by the ranks before, on the first session of a season alone. quotes: `CENSUS_FIGURES` at least.
    """
    frame = quotes[CENSUS_FIGURES].copy()
    members = register.on(session)
    # A member that the census did not count has no figures, and lowers the coverage.
    at = members.index.get_indexer(frame.index)
    if np.count_nonzero(at >= 0) < len(members):
        frame = frame.reindex(frame.index.union(members.index))
        at = members.index.get_indexer(frame.index)
    none = at < 0
    held = members["segment"].to_numpy(dtype=object)[at] if len(members) else np.full(len(at), None, dtype=object)
    ranked = members["market_value"].to_numpy(dtype="float64")[at] if len(members) else np.full(len(at), np.nan)
    held[none], ranked[none] = None, np.nan
    frame["segment"], frame["ranked"] = pd.Series(held, frame.index, dtype=object), ranked
    former = former_members(register, session)
    if former is not None:
        frame = frame.reindex(frame.index.union(former.index))
        frame["former"] = former["segment"].reindex(frame.index)
    return frame


def former_members(register: Register, session: date) -> pd.DataFrame | None:
    """The members on the first session of a season as the ranks before would have them; None on any other."""
    before, now = register.in_force(previous_sessions(session, 1)[0]), register.in_force(session)
    return None if before is None or before is now else register.by(session, before)


def assemble(
    context: RunContext,
    sessions: Sequence[date],
    counted: Mapping[date, universe.Companies],
    first_census: date | None = None,
    closes_of: ClosesOf | None = None,
) -> Inputs:
    """The frames that the figures of `sessions` (consecutive) are computed from, out of what is stored.

    counted: the companies of those sessions that have a census. first_census: see `Inputs`. The censuses of the last
    sessions before are there too, so that their figures can be computed again. closes_of: where closes come from, the
    table of closes by default.
    """
    db = context.db
    quotes, filled = earlier_quotes(db, sessions[0], counted.get(sessions[-1]))
    quotes |= {day: companies_.frame for day, companies_ in counted.items()}
    span = [*previous_sessions(sessions[0], WINDOW), *sessions]
    register = memberships.register(db, span[0], span[-1])
    members = member_closes(db, span, register, closes_of)
    symbols = list(members.symbols)
    former = {
        day: codes_of(before, symbols, SEGMENT_CODES)
        for day in sessions
        if (before := former_members(register, day)) is not None
    }
    # The whole history, also what lies after: ratios are scaled to one day wherever the range ends.
    first_fund, last_fund = fund_closes.fund_span(db) or (span[0], sessions[-1])
    held = sessions_between(min(first_fund, span[0]), max(last_fund, sessions[-1]))
    raw, adjusted = closes.fund_frames(db, FUNDS, held)
    latest = counted.get(sessions[-1])
    return Inputs(
        closes=members,
        raw=raw,
        adjusted=adjusted,
        companies={day: segmented(frame, day, register) for day, frame in quotes.items()},
        filled=filled,
        source=context.feed.name,
        provisional=register.provisional(span),  # of sessions before, too: their figures may be computed again
        former=former,
        first_census=first_census,
        latest_average={}
        if latest is None
        else {n: latest.frame[f"average_{n}d"].reindex(symbols).to_numpy(dtype="float64") for n in (50, 200)},
        kept=advances.advances_before(db, sessions[-1]),
        economy=economy.series(db, list(releases())),
        economy_source=context.economy_source,
        seen={rates.PROJECTIONS: economy.first_seen(db, rates.PROJECTIONS)},
        first_seen=economy.appearances(db, list(releases())),
        contracts=economy.contracts(db, sessions),
        months=month_ends(db, sessions),
    )


def earlier_quotes(
    db: Database, session: date, counted: universe.Companies | None
) -> tuple[dict[date, pd.DataFrame], dict[date, list[str]]]:
    """(the stored quotes of the last sessions before `session`, the companies that were filled in), by session.

    A member without a quote on one of them that the latest census `counted` has gets that census's earnings, at its
    stored close of the session (on the session before the census also at the census's previous close), and at as much
    of the market value as that close has of the latest price.
    """
    kept = censuses.quotes(db, previous_sessions(session, censuses.KEPT))
    filled: dict[date, list[str]] = {}
    if counted is None:
        return kept, filled
    keys = companies.ids(db)
    before = previous_sessions(counted.session, 1)[0]
    for day, quotes in kept.items():
        members = memberships.register(db, day, day).on(day).sort_values("market_value", ascending=False)
        absent = [symbol for symbol in members.index.intersection(counted.frame.index, sort=False)
                  if symbol not in quotes.index]  # fmt: skip
        if not absent:
            continue
        close = closes.close_matrix(db, [day], [keys[symbol] for symbol in absent])[0] / 1e6
        if day == before:
            close = np.where(close > 0, close, counted.frame.loc[absent, "previous_close"].to_numpy(dtype="float64"))
        rows = counted.frame.loc[absent, CENSUS_FIGURES].assign(close=close)
        rows = rows[rows["close"] > 0]
        rows["market_value"] *= rows["close"] / rows["price"]
        rows["price"] = rows["close"]
        kept[day] = pd.concat([quotes, rows[CENSUS_FIGURES]])
        filled |= {day: list(rows.index)} if len(rows) else {}
    return kept, filled


def assemble_funds(context: RunContext, sessions: Sequence[date]) -> Inputs:
    """The frames that the metrics of funds and economic series are computed from, without any company."""
    db = context.db
    nobody = MemberCloses(
        sessions=pd.DatetimeIndex(pd.to_datetime(list(sessions))),
        symbols=(),
        close=np.zeros((len(sessions), 0), dtype=np.int64),
        segment=np.zeros((len(sessions), 0), dtype=np.int8),
        listed=np.zeros(0, dtype="datetime64[D]"),
    )
    raw, adjusted = closes.fund_frames(db, FUNDS, sessions)
    return Inputs(
        closes=nobody,
        raw=raw,
        adjusted=adjusted,
        companies={},
        source=context.feed.name,
        economy=economy.series(db, list(releases())),
        economy_source=context.economy_source,
        seen={rates.PROJECTIONS: economy.first_seen(db, rates.PROJECTIONS)},
        first_seen=economy.appearances(db, list(releases())),
        contracts=economy.contracts(db, sessions),
    )


def month_ends(db: Database, sessions: Sequence[date]) -> dict[date, pd.DataFrame]:
    """Valuation measures of members at the ends of the months that `sessions` look back to, by last session.

    A row a member of the segments in force then: market_value, forward_pe (NaN where the source gave none), ranked (its
    market value when it was ranked), segment.
    """
    out: dict[date, pd.DataFrame] = {}
    start = sessions[0] - timedelta(days=62)
    register = memberships.register(db, start, sessions[-1])
    for month, end in valuations.month_ends(start, sessions[-1]):
        measured = valuations.of_month(db, month)
        if not len(measured):
            continue
        held = register.on(end)
        out[end] = measured.reindex(held.index).assign(ranked=held["market_value"], segment=held["segment"])
    return out
