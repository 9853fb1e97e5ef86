"""Gathering: from the feed into the tables of closes, companies and members; then the frames that figures come from.

What is gathered is fact and is kept at once; it may be gathered again without harm.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlite_utils import Database

from alerts.market import universe
from alerts.market.feed import FeedError, MarketFeed, WrongSession
from alerts.market.sessions import previous_sessions, sessions_between
from alerts.metrics.compute import FUNDS, WINDOW, Inputs
from alerts.metrics.members import SEGMENT_CODES, MemberCloses, in_millionths
from storage import closes, companies
from storage.database import writing

log = logging.getLogger(__name__)

CHUNK = 100  # symbols downloaded and kept at a time
ENOUGH = 0.90  # of the companies that traded on the rank day must have its close, or the ranks are provisional
DISAGREEMENT = 0.005  # a previous close further off the one kept than this means a split or a correction
Report = Callable[[str, int, int], None]  # what is being done, done so far, in all


def silent(_what: str, _done: int, _total: int) -> None:
    """Nobody is watching the progress."""


@dataclass(frozen=True)
class Gathered:
    """What a session's gathering brought: its companies, if counted, and what was not to be had, in words."""

    companies: universe.Companies | None
    lacking: tuple[str, ...]


def gather(db: Database, feed: MarketFeed, session: date, report: Report) -> Gathered:
    """Fetch what `session` needs and keep it. What the feed does not give is named, not raised."""
    lacking = []
    try:
        gather_funds(db, feed, session, report)
    except FeedError as error:
        log.warning("fund closes of %s: %s", session, error)
        lacking.append(f"fund closes ({error})")
    else:
        absent = _absent_funds(db, session)
        if absent:
            lacking.append(f"closes of {', '.join(absent)}")
    counted: universe.Companies | None = None
    try:
        report("census", 0, 1)
        counted = count(db, feed, session)
        report("census", 1, 1)
    except WrongSession as error:
        log.info("census of %s: %s", session, error)
        lacking.append("census")
    except FeedError as error:
        log.warning("census of %s: %s", session, error)
        lacking.append(f"census ({error})")
    if counted is not None:
        with writing(db):
            _keep_census(db, counted, session)
    try:
        _complete_closes(db, feed, session, counted, report)
    except FeedError as error:
        log.warning("member closes of %s: %s", session, error)
        lacking.append(f"member closes ({error})")
    with writing(db):
        ensure_members(db, universe.in_force_on(session), counted)
    return Gathered(counted, tuple(lacking))


def count(db: Database, feed: MarketFeed, session: date) -> universe.Companies:
    """The companies of a session's census; a company goes on under the symbol it is kept under. Raises FeedError."""
    return universe.companies(feed.census(session).quotes, known=companies.companies(db).index)


def gather_funds(db: Database, feed: MarketFeed, through: date, report: Report) -> None:
    """Fetch the funds' whole history, which a distribution rescales, and keep it. Raises FeedError."""
    fetched = feed.closes(FUNDS, start=None, through=through, progress=lambda done, total: report("funds", done, total))
    with writing(db):
        closes.record_fund_closes(db, fetched.raw, fetched.adjusted)


def gather_history(
    db: Database, feed: MarketFeed, symbols: Sequence[str], start: date, through: date, report: Report
) -> None:
    """Fetch closes of companies from `start` on and keep them, a chunk at a time, so that a kill loses one chunk."""
    keys = companies.ids(db)
    for at in range(0, len(symbols), CHUNK):
        chunk = list(symbols[at : at + CHUNK])
        fetched = feed.closes(chunk, start=start, through=through)
        with writing(db):
            sessions = [stamp.date() for stamp in fetched.raw.index]
            ids = [keys[symbol] for symbol in fetched.raw.columns]
            closes.record_closes(db, sessions, ids, in_millionths(fetched.raw))
            companies.note_history(db, chunk, start)
        report("closes", min(at + CHUNK, len(symbols)), len(symbols))


def _absent_funds(db: Database, session: date) -> list[str]:
    raw, _ = closes.fund_frames(db, FUNDS, [session])
    return [str(fund) for fund in raw.columns[raw.iloc[0].isna()]]


def _keep_census(db: Database, counted: universe.Companies, session: date) -> None:
    frame = counted.frame
    companies.record_companies(db, frame, session)
    keys = companies.ids(db)
    price = in_millionths(frame[["price"]]).T
    closes.record_closes(db, [session], [keys[symbol] for symbol in frame.index], price)


def _complete_closes(
    db: Database, feed: MarketFeed, session: date, counted: universe.Companies | None, report: Report
) -> None:
    """Fetch what the stored closes lack: sessions nobody counted, newcomers, and histories that a split has moved."""
    known = companies.companies(db)
    historic = known[known["history_from"].notna()]
    if historic.empty:
        return  # nothing was ever backfilled: the census's own averages serve until it is
    start = date.fromisoformat(historic["history_from"].min())
    window = [day for day in previous_sessions(session, 10) if day >= start]
    wanted = 0.5 * len(historic)
    holes = [day for day in [*window, session] if closes.count_closes(db, day) < wanted]
    if holes:
        log.info("closes of %d sessions from %s on are downloaded", len(holes), holes[0])
        gather_history(db, feed, list(historic.index), holes[0], session, report)
    if counted is None:
        return
    stale = _disagreeing(db, counted, session)
    new = [symbol for symbol in counted.frame.index if not isinstance(known.at[symbol, "history_from"], str)]
    for symbols, why in ((stale, "whose previous close disagrees with the one kept"), (new, "without a history")):
        if symbols:
            log.info("histories of %d companies %s are downloaded: %s", len(symbols), why, ", ".join(symbols[:10]))
            gather_history(db, feed, symbols, previous_sessions(session, WINDOW)[0], session, report)


def _disagreeing(db: Database, counted: universe.Companies, session: date) -> list[str]:
    """Companies whose previous close by the census is not the one kept."""
    previous = counted.frame["previous_close"]
    keys = companies.ids(db)
    kept = closes.close_matrix(db, previous_sessions(session, 1), [keys[symbol] for symbol in previous.index])[0] / 1e6
    with np.errstate(divide="ignore", invalid="ignore"):
        off = (kept > 0) & (np.abs(previous.to_numpy() / kept - 1) > DISAGREEMENT)
    return list(previous.index[off])


def ensure_members(db: Database, year: int, counted: universe.Companies | None) -> None:
    """Rank the companies for `year` if that has not been done on the closes of its rank day.

    Without those closes the census's own values rank, provisionally. Call inside `writing()`.
    """
    taken = companies.reconstitution(db, year)
    if taken is not None and not taken.provisional:
        return
    known = companies.companies(db)
    candidates = known if counted is None else known.loc[counted.frame.index]
    ranked_on = universe.rank_day(year)
    kept = closes.close_matrix(db, [ranked_on], candidates["id"].tolist())[0] / 1e6
    traded = candidates["first_trade"].isna() | (candidates["first_trade"] <= ranked_on.isoformat())
    if traded.sum() and (kept > 0).sum() >= ENOUGH * traded.sum():
        value = pd.Series(np.where(kept > 0, kept, np.nan), index=candidates.index) * candidates["shares"]
        value, provisional = value.dropna(), False
    elif taken is None and counted is not None:
        value, provisional, ranked_on = counted.frame["market_value"], True, counted.session
    else:
        return
    before = companies.members(db, year - 1)
    ranked = universe.segments(value, before if len(before) else None)
    ranked["market_value"] = value
    companies.record_reconstitution(
        db, companies.Reconstitution(year, ranked_on, universe.effective_day(year), provisional), ranked
    )


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
