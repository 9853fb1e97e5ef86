"""Gathering: from the feeds into the tables of closes, companies, members and economic series.

What is gathered is stored at once, and gathering it again changes nothing. What a feed does not give is returned as a
`Lack`, not raised: the last good data stay as they are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from sqlite_utils import Database

from alerts.market import quality, universe
from alerts.market.feed import EconomyFeed, FeedError, WrongSession
from alerts.market.sessions import previous_sessions
from alerts.metrics import valuation
from alerts.metrics.catalog import fred_series, of_funds
from alerts.metrics.compute import WINDOW, awaiting
from alerts.metrics.funds import FUNDS
from alerts.metrics.members import in_millionths
from bot.pipeline import lists, symbols
from bot.pipeline.closes import AGREES, ask_absent_members, repair_closes
from bot.pipeline.context import RunContext
from bot.pipeline.funds import gather_funds
from bot.pipeline.inputs import segmented
from bot.pipeline.membership import (
    ensure_members,
    follow_symbols,
    note_departures,
    note_fast_entries,
    recently_listed,
)
from bot.pipeline.parallel import ask_all
from storage import closes, companies, economy, exclusions, memberships
from storage.database import writing

log = logging.getLogger(__name__)

MOST_FUNDS_ABSENT = 0.5  # of the funds may lack a close before the source counts as standing still
PRESENT = 0.90  # of the members in force have to be in a census, or it is incomplete
ECONOMY_SECONDS = 60.0  # for all economic series together
CONTRACT_MONTHS = 12  # of fed funds futures, the current one included
FUND_CLOSES, CENSUS, MEMBER_CLOSES = "fund closes", "census", "member closes"
CONTRACTS, ECONOMY, SYMBOLS = "fed funds futures", "economic series", "symbols asked for"
SOURCES = (FUND_CLOSES, CENSUS, MEMBER_CLOSES, CONTRACTS, ECONOMY, SYMBOLS)


@dataclass(frozen=True)
class Lack:
    """What a source did not give.

    waits: rules are not evaluated before it is there, or the deadline has passed. holds: the metrics whose rules alone
    wait; None: all rules do. expected: nothing is wrong – sources that keep no census cannot give that of a past
    session. behind: the source has not come to the session yet. past: it stands at a later one.
    """

    source: str
    why: str
    waits: bool = True
    expected: bool = False
    behind: bool = False
    holds: frozenset[str] | None = None
    past: bool = False

    def __str__(self) -> str:
        return self.source if self.expected else f"{self.source} ({self.why})"


@dataclass(frozen=True)
class Gathered:
    """What was gathered for a session: its companies, None without a census, and what the sources did not give."""

    companies: universe.Companies | None
    lacks: tuple[Lack, ...]

    @property
    def held(self) -> frozenset[str] | None:
        """The metrics whose rules wait: none where everything is there, None where every rule waits."""
        out: frozenset[str] = frozenset()
        for lack in self.lacks:
            if lack.waits and lack.holds is None:
                return None
            out |= (lack.holds or frozenset()) if lack.waits else frozenset()
        return out

    @property
    def complete(self) -> bool:
        """Whether everything is there that the evaluation waits for."""
        return not any(lack.waits for lack in self.lacks)

    @property
    def behind(self) -> bool:
        """Whether a source has not come to the session yet."""
        return any(lack.behind for lack in self.lacks)

    @property
    def past(self) -> bool:
        """Whether a source's quotes are of a later session."""
        return any(lack.past for lack in self.lacks)


@dataclass
class Gathering:
    """The gathering of one refresh: sessions that are `due`, oldest first. What serves all of them is fetched once."""

    context: RunContext
    due: Sequence[date]
    _once: dict[str, Lack | None] = field(default_factory=dict)

    def session(self, session: date) -> Gathered:
        """Fetch what `session` needs and store it."""
        db = self.context.db
        lacks: list[Lack | None] = [self._funds(), self._symbols(), self._contracts()]
        if lacks[0] is None:
            lacks.append(_absent_funds(db, session))
        counted, lack = self._census(session)
        lacks += [
            lack,
            self._economy(),
            _lack(MEMBER_CLOSES, lambda: repair_closes(self.context, session, self.last, counted)),
        ]
        with writing(db):
            ensure_members(db, previous_sessions(session, WINDOW)[0], session, counted)
            note_fast_entries(db, recently_listed(session), session)
        ask_absent_members(self.context, session, counted)
        with writing(db):
            note_departures(db, session, counted)
        believed = counted and _consistent(db, counted)
        lacks += [_absent_members(db, session, counted), _absent_quotes(db, session, believed)]
        for found in filter(None, lacks):
            log.log(logging.INFO if found.expected else logging.WARNING, "%s: lacking %s", session, found)
        return Gathered(believed, tuple(filter(None, lacks)))

    @property
    def last(self) -> date:
        """The latest session that is due."""
        return self.due[-1]

    def _funds(self) -> Lack | None:
        if FUND_CLOSES not in self._once:
            self._once[FUND_CLOSES] = _lack(FUND_CLOSES, lambda: gather_funds(self.context, self.last))
        return self._once[FUND_CLOSES]

    def _symbols(self) -> Lack | None:
        if SYMBOLS not in self._once:
            self._once[SYMBOLS] = _lack(SYMBOLS, lambda: symbols.gather(self.context, self.last), waits=False)
        return self._once[SYMBOLS]

    def _contracts(self) -> Lack | None:
        if CONTRACTS not in self._once:
            months = months_from(self.due[0], CONTRACT_MONTHS + len({day.month for day in self.due}) - 1)
            start = previous_sessions(self.due[0], 5)[0]

            def fetch() -> None:  # a source without the current month's contract has no later one either
                if gather_contracts(self.context, months[:1], start, self.last):
                    gather_contracts(self.context, months[1:], start, self.last)

            self._once[CONTRACTS] = _lack(CONTRACTS, fetch, waits=False)
        return self._once[CONTRACTS]

    def _economy(self) -> Lack | None:
        if ECONOMY not in self._once:
            economy = self.context.economy
            self._once[ECONOMY] = gather_economy(self.context, economy) if economy else None
        return self._once[ECONOMY]

    def _census(self, session: date) -> tuple[universe.Companies | None, Lack | None]:
        db, report = self.context.db, self.context.report
        report("census", 0, 1)
        try:
            quotes = self.context.feed.census(session).quotes
        except WrongSession as error:
            behind = error.stands_at is not None and error.stands_at < session
            past = error.stands_at is not None and error.stands_at > session
            expected = session != self.last and not behind
            return None, Lack(CENSUS, str(error), expected=expected, behind=behind, past=past)
        except FeedError as error:
            return None, Lack(CENSUS, str(error))
        report("census", 1, 1)
        suspects = quality.suspect_quotes(quotes)
        counted = universe.companies(quotes, known=companies.companies(db).index)
        with writing(db):
            follow_symbols(self.context, session, quotes, counted)
            _store_census(self.context, counted, len(quotes), suspects)
        return counted, None


def _lack(source: str, fetch: Callable[[], None], *, waits: bool = True) -> Lack | None:
    """Call `fetch`; the lack where it raises FeedError."""
    try:
        fetch()
    except FeedError as error:
        return Lack(source, str(error), waits)
    return None


def months_from(day: date, count: int) -> list[str]:
    """`count` months from that of `day` on: "2025-09", "2025-10", …"""
    first = day.year * 12 + day.month - 1
    return [f"{month // 12}-{month % 12 + 1:02}" for month in range(first, first + count)]


def companies_on(context: RunContext, session: date) -> universe.Companies:
    """The companies of a session's census, each under the symbol that it is stored under. Raises FeedError."""
    quotes = context.feed.census(session).quotes
    return universe.companies(quotes, known=companies.companies(context.db).index)


def gather_contracts(context: RunContext, months: Sequence[str], start: date, through: date) -> int:
    """Fetch closing prices of fed funds futures and store them; how many there were. Raises FeedError."""
    prices = context.feed.contracts(months, start=start, through=through)
    with writing(context.db):
        economy.record_contracts(context.db, prices)
    return int(prices.notna().to_numpy().sum())


def gather_economy(context: RunContext, source: EconomyFeed) -> Lack | None:
    """Fetch every economic series and store it. One that fails keeps its last observations until they are too old."""
    failed = []
    series = fred_series()
    for done, (identity, answer) in enumerate(ask_all(source.series, series, ECONOMY_SECONDS)):
        context.report("economy", done, len(series))
        if isinstance(answer, FeedError):
            failed.append(str(answer))
            continue
        with writing(context.db):
            economy.record_series(context.db, identity, answer, context.now)
    context.report("economy", len(series), len(series))
    return Lack(ECONOMY, "; ".join(failed), waits=False) if failed else None


def _absent_funds(db: Database, session: date) -> Lack | None:
    """The lack where funds have no close: what is made of others is judged, unless too many lack theirs."""
    raw, _ = closes.fund_frames(db, FUNDS, [session])
    absent = [str(fund) for fund in raw.columns[raw.iloc[0].isna()]]
    if not absent:
        return None
    few = len(absent) <= MOST_FUNDS_ABSENT * len(FUNDS)
    holds = of_funds(absent) | symbols.needing(db, absent) | lists.needing(db, absent) if few else None
    return Lack(FUND_CLOSES, f"none of {', '.join(absent)}", holds=holds)


def _absent_members(db: Database, session: date, counted: universe.Companies | None) -> Lack | None:
    """The lack where fewer than `PRESENT` of the members are in the census."""
    members = memberships.register(db, session, session).on(session).index
    if counted is None or not len(members):
        return None
    present = int(members.isin(counted.frame.index).sum())
    if present >= PRESENT * len(members):
        return None
    share = 100 * present / len(members)
    return Lack(CENSUS, f"{present:,} of {len(members):,} members are in it, {share:.1f} %")


def _absent_quotes(db: Database, session: date, counted: universe.Companies | None) -> Lack | None:
    """The lack where figures are missing for want of quotes: the census is asked again before the session seals."""
    register = memberships.register(db, session, session)
    if counted is None or not len(register.on(session)):
        return None
    waited = awaiting(segmented(counted.frame, session, register))
    symbols = list(dict.fromkeys(symbol for whose in waited.values() for symbol in whose))
    return Lack(CENSUS, valuation.named(symbols), holds=frozenset(waited)) if waited else None


def _consistent(db: Database, counted: universe.Companies) -> universe.Companies:
    """Without the companies whose price is not the stored close: their figures are missing rather than wrong."""
    symbols, session = counted.frame.index, counted.session
    keys = companies.ids(db)
    stored = closes.close_matrix(db, [session], [keys[symbol] for symbol in symbols])[0] / 1e6
    with np.errstate(divide="ignore", invalid="ignore"):
        off = (stored > 0) & (np.abs(counted.frame["price"].to_numpy() / np.where(stored > 0, stored, 1) - 1) > AGREES)
    held = {symbol for symbol, _ in exclusions.held_back(db, session, session)}
    return universe.without(counted, held | set(symbols[off]))


def _store_census(context: RunContext, counted: universe.Companies, lines: int, suspects: pd.Series) -> None:
    """Store the companies and closes of a census; `suspects`: by symbol, why a quote is held back."""
    db, now = context.db, context.now
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
