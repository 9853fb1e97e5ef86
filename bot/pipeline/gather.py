"""Gathering: from the feeds into the tables of closes, companies and members.

What is gathered is fact and is kept at once; it may be gathered again without harm. What a feed does not give is named
as a `Lack`, not raised: the last good data stay as they are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
import pandas as pd
from sqlite_utils import Database

from alerts.market import quality, universe
from alerts.market.feed import EconomyFeed, FeedError, MarketFeed, WrongSession
from alerts.market.sessions import previous_sessions
from alerts.metrics.catalog import fred_series
from alerts.metrics.compute import FUNDS
from alerts.metrics.members import in_millionths
from bot.pipeline.closes import AGREES, OVERLAP, Report, gather_history, refetch
from bot.pipeline.membership import ensure_members
from storage import closes, companies, economy, exclusions
from storage.database import writing

log = logging.getLogger(__name__)

PRESENT = 0.90  # of the members in force have to be in a census, or it is not whole
MOST_NEW = 200  # companies without a history; more are a backfill that is not done
CONTRACT_MONTHS = 12  # of fed funds futures, the current one included
FUND_CLOSES, CENSUS, MEMBER_CLOSES = "fund closes", "census", "member closes"
CONTRACTS, ECONOMY = "fed funds futures", "economic series"
SOURCES = (FUND_CLOSES, CENSUS, MEMBER_CLOSES, CONTRACTS, ECONOMY)


@dataclass(frozen=True)
class Lack:
    """What a source did not give. `waits`: the session is not judged before it comes, or the deadline.

    `expected`: nothing is wrong – the census of a past session is simply not to be had.
    """

    source: str
    why: str
    waits: bool = True
    expected: bool = False

    def __str__(self) -> str:
        return self.source if self.expected else f"{self.source} ({self.why})"


@dataclass(frozen=True)
class Gathered:
    """What a session's gathering brought: its companies, if counted, and what was not to be had."""

    companies: universe.Companies | None
    lacks: tuple[Lack, ...]

    @property
    def whole(self) -> bool:
        """Whether all is there that judging waits for."""
        return not any(lack.waits for lack in self.lacks)


@dataclass
class Gathering:
    """One refresh: the sessions that are `due`, oldest first. What serves all of them is fetched once."""

    db: Database
    feed: MarketFeed
    economy: EconomyFeed | None
    due: Sequence[date]
    now: datetime
    report: Report
    _once: dict[str, Lack | None] = field(default_factory=dict)

    def session(self, session: date) -> Gathered:
        """Fetch what `session` needs and keep it."""
        lacks: list[Lack | None] = [self._funds(), self._contracts(), self._economy()]
        if lacks[0] is None:
            absent = _absent_funds(self.db, session)
            lacks.append(Lack(FUND_CLOSES, f"none of {', '.join(absent)}") if absent else None)
        counted, lack = self._census(session)
        lacks += [lack, self._member_closes(session, counted)]
        with writing(self.db):
            ensure_members(self.db, universe.in_force_on(session), counted)
        lacks.append(_absent_members(self.db, session, counted))
        for found in filter(None, lacks):
            log.log(logging.INFO if found.expected else logging.WARNING, "%s: lacking %s", session, found)
        return Gathered(counted and _believed(self.db, counted), tuple(filter(None, lacks)))

    @property
    def last(self) -> date:
        return self.due[-1]

    def _funds(self) -> Lack | None:
        if FUND_CLOSES not in self._once:
            self._once[FUND_CLOSES] = _lack(
                FUND_CLOSES, lambda: gather_funds(self.db, self.feed, self.last, self.now, self.report)
            )
        return self._once[FUND_CLOSES]

    def _contracts(self) -> Lack | None:
        if CONTRACTS not in self._once:
            months = months_from(self.due[0], CONTRACT_MONTHS + len({day.month for day in self.due}) - 1)
            start = previous_sessions(self.due[0], 5)[0]

            def fetch() -> None:  # where the month's own contract is not to be had, no other is
                if gather_contracts(self.db, self.feed, months[:1], start, self.last):
                    gather_contracts(self.db, self.feed, months[1:], start, self.last)

            self._once[CONTRACTS] = _lack(CONTRACTS, fetch, waits=False)
        return self._once[CONTRACTS]

    def _economy(self) -> Lack | None:
        if ECONOMY not in self._once:
            self._once[ECONOMY] = gather_economy(self.db, self.economy, self.now, self.report) if self.economy else None
        return self._once[ECONOMY]

    def _census(self, session: date) -> tuple[universe.Companies | None, Lack | None]:
        self.report("census", 0, 1)
        try:
            quotes = self.feed.census(session).quotes
        except WrongSession as error:
            return None, Lack(CENSUS, str(error), expected=session != self.last)
        except FeedError as error:
            return None, Lack(CENSUS, str(error))
        self.report("census", 1, 1)
        suspects = quality.suspect_quotes(quotes)
        counted = universe.companies(quotes, known=companies.companies(self.db).index)
        with writing(self.db):
            _keep_census(self.db, counted, len(quotes), suspects, self.now)
        return counted, None

    def _member_closes(self, session: date, counted: universe.Companies | None) -> Lack | None:
        try:
            _complete_closes(self.db, self.feed, session, self.last, counted, self.now, self.report)
        except FeedError as error:
            return Lack(MEMBER_CLOSES, str(error))
        return None


def _lack(source: str, fetch: Callable[[], None], *, waits: bool = True) -> Lack | None:
    try:
        fetch()
    except FeedError as error:
        return Lack(source, str(error), waits)
    return None


def months_from(day: date, count: int) -> list[str]:
    """`count` months from that of `day` on: "2025-09", "2025-10", …"""
    first = day.year * 12 + day.month - 1
    return [f"{month // 12}-{month % 12 + 1:02}" for month in range(first, first + count)]


def count(db: Database, feed: MarketFeed, session: date) -> universe.Companies:
    """The companies of a session's census; a company goes on under the symbol it is kept under. Raises FeedError."""
    return universe.companies(feed.census(session).quotes, known=companies.companies(db).index)


def gather_funds(db: Database, feed: MarketFeed, through: date, now: datetime, report: Report) -> None:
    """Fetch the funds' whole history, which a distribution rescales; keep what can be believed. Raises FeedError."""
    fetched = feed.closes(FUNDS, start=None, through=through, progress=lambda done, total: report("funds", done, total))
    raw, adjusted = fetched.raw.copy(), fetched.adjusted.copy()
    sessions = [stamp.date() for stamp in raw.index]
    held = [
        one
        for frame in (raw, adjusted)
        for one in quality.absurd(in_millionths(frame), np.zeros(frame.shape[1], np.int64), sessions, list(FUNDS))
    ]
    for one in held:
        raw.loc[pd.Timestamp(one.session), one.symbol] = np.nan
        log.warning("%s: %s", one.symbol, one.reason)
    with writing(db):
        if sessions:
            exclusions.release(db, FUNDS, sessions[0], sessions[-1])
        exclusions.hold_back(db, [(one.symbol, one.session, one.reason) for one in held], now)
        closes.record_fund_closes(db, raw, adjusted)
        closes.forget_fund_closes(db, [(one.symbol, one.session) for one in held])


def gather_contracts(db: Database, feed: MarketFeed, months: Sequence[str], start: date, through: date) -> int:
    """Fetch closing prices of fed funds futures and keep them; how many there were. Raises FeedError."""
    prices = feed.contracts(months, start=start, through=through)
    with writing(db):
        economy.record_contracts(db, prices)
    return int(prices.notna().to_numpy().sum())


def gather_economy(db: Database, source: EconomyFeed, now: datetime, report: Report) -> Lack | None:
    """Fetch every economic series and keep it. One that fails leaves its last observations, which age by themselves."""
    failed = []
    series = fred_series()
    for done, identity in enumerate(series):
        report("economy", done, len(series))
        try:
            observations = source.series(identity)
        except FeedError as error:
            failed.append(str(error))
            if len(failed) == done + 1 >= 2:  # it does not answer at all: the others are not waited for
                break
            continue
        with writing(db):
            economy.record_series(db, identity, observations, now)
    report("economy", len(series), len(series))
    return Lack(ECONOMY, "; ".join(failed), waits=False) if failed else None


def _absent_funds(db: Database, session: date) -> list[str]:
    raw, _ = closes.fund_frames(db, FUNDS, [session])
    return [str(fund) for fund in raw.columns[raw.iloc[0].isna()]]


def _absent_members(db: Database, session: date, counted: universe.Companies | None) -> Lack | None:
    """A census that most members are in is whole; companies do leave the exchange during a year."""
    members = companies.members(db, universe.in_force_on(session)).index
    if counted is None or not len(members):
        return None
    present = int(members.isin(counted.frame.index).sum())
    if present >= PRESENT * len(members):
        return None
    share = 100 * present / len(members)
    return Lack(CENSUS, f"{present:,} of {len(members):,} members are in it, {share:.1f} %")


def _believed(db: Database, counted: universe.Companies) -> universe.Companies:
    """Without the companies whose price is not the close that was kept: their figures are missing, not wrong."""
    symbols, session = counted.frame.index, counted.session
    keys = companies.ids(db)
    kept = closes.close_matrix(db, [session], [keys[symbol] for symbol in symbols])[0] / 1e6
    with np.errstate(divide="ignore", invalid="ignore"):
        off = (kept > 0) & (np.abs(counted.frame["price"].to_numpy() / np.where(kept > 0, kept, 1) - 1) > AGREES)
    held = {symbol for symbol, _ in exclusions.held_back(db, session, session)}
    return universe.without(counted, held | set(symbols[off]))


def _keep_census(db: Database, counted: universe.Companies, lines: int, suspects: pd.Series, now: datetime) -> None:
    frame, session = counted.frame, counted.session
    companies.record_companies(db, frame, session)
    excluded = counted.excluded.itertuples(index=False)
    exclusions.record_census(db, session, lines, len(frame), excluded, now)
    keys = companies.ids(db)
    held = suspects[suspects.index.isin(frame.index)]
    exclusions.release(db, frame.index, session, session)
    exclusions.hold_back(db, [(str(symbol), session, f"{why}: held back") for symbol, why in held.items()], now)
    price = frame["price"].where(~frame.index.isin(held.index))
    closes.record_closes(db, [session], [keys[symbol] for symbol in frame.index], in_millionths(price.to_frame()).T)


def _complete_closes(
    db: Database, feed: MarketFeed, session: date, last: date, counted: universe.Companies | None, now: datetime,
    report: Report,
) -> None:  # fmt: skip
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
        begin = max(previous_sessions(holes[0], OVERLAP)[0], start)
        gather_history(db, feed, list(historic.index), begin, last if counted is None else session, now, report)
    if counted is None:
        return
    yesterday = previous_sessions(session, 1)[0]
    stale = _compare_previous(db, counted, yesterday)
    doubted = {symbol for symbol, _ in exclusions.held_back(db, yesterday, session)} & set(counted.frame.index)
    new = [symbol for symbol in counted.frame.index if not isinstance(known.at[symbol, "history_from"], str)]
    if len(new) > MOST_NEW:
        log.info("%d companies have no history yet: the backfill brings it", len(new))
        new = []
    asked: set[str] = set()
    for symbols, why in (
        (stale, "whose previous close is not the one kept"),
        (sorted(doubted), "with a close that was held back"),
        (new, "that are new"),
    ):
        left = [symbol for symbol in symbols if symbol not in asked]
        asked.update(left)
        if left:
            refetch(db, feed, left, session, why, now, report)


def _compare_previous(db: Database, counted: universe.Companies, yesterday: date) -> list[str]:
    """Correct kept closes of `yesterday` that the census has slightly otherwise; who differs by more."""
    symbols = counted.frame.index
    keys = companies.ids(db)
    ids = [keys[symbol] for symbol in symbols]
    kept = closes.close_matrix(db, [yesterday], ids)[0]
    previous = in_millionths(counted.frame[["previous_close"]])[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where((kept > 0) & (previous > 0), np.abs(previous / np.where(kept > 0, kept, 1) - 1), 0.0)
    slight = (previous != kept) & (off > 0) & (off <= AGREES)
    if slight.any():
        log.info("%d closes of %s are corrected by less than %.1f %%", slight.sum(), yesterday, 100 * AGREES)
        with writing(db):
            closes.record_closes(db, [yesterday], ids, np.where(slight, previous, 0)[None, :])
    return list(symbols[off > AGREES])
