"""Symbols that people ask for: fetched whole at the first ask, kept up to date by each refresh, made into figures."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches

from sqlite_utils import Database

from alerts.market.feed import FeedError, MarketFeed, SymbolHistory, UnknownSymbol
from alerts.market.sessions import last_complete_session
from alerts.metrics.figure import Figure
from alerts.metrics.funds import FUNDS
from alerts.metrics.symbols import is_ratio, named_pairs, named_symbols, symbols_of
from alerts.rules.names import currencies_of
from bot.pipeline.context import RunContext
from storage import companies, figures, owners, symbols
from storage.database import writing
from storage.sessions import last_judged

log = logging.getLogger(__name__)

PER_CHAT = 20  # symbols that a chat may ask for
METRICS_PER_CHAT = 60  # metrics made of them, prices and ratios, that a chat may have at a time
LET_GO_DAYS = 90  # after which goes what nobody asked for and no rule watches
_DOLLAR = "USD"
_MONEY = {"GBp": "GBp (pence)", "ZAc": "ZAc (cents)", "ILA": "ILA (agorot)"}


class SymbolRefused(ValueError):
    """Symbols that cannot be watched: which, why, and what can."""


@dataclass(frozen=True)
class Ask:
    """What is asked for: metrics, or symbols of a list.

    chat: whose symbols they count as; None: the console's, which count as nobody's. most: symbols held in all.
    """

    metrics: tuple[str, ...]
    chat: int | None = None
    symbols: tuple[str, ...] = ()
    most: int = 500

    @property
    def wanted(self) -> tuple[str, ...]:
        """Every symbol that it takes, each once."""
        return tuple(dict.fromkeys((*_made_of(self.metrics), *self.symbols)))


def free(symbol: str) -> bool:
    """Whether a symbol is held for everybody and counts as nobody's."""
    return symbol in FUNDS or symbol in named_symbols()


def accept(db: Database, ask: Ask, source: str, now: datetime, through: date) -> None:
    """Note an ask that lacks nothing, and make its figures. Call inside `writing()`. Raises SymbolRefused."""
    refuse(db, ask)
    _refuse_money(db, ask, {})
    record(db, ask, source, now, through)


def refuse(db: Database, ask: Ask) -> None:
    """Raise SymbolRefused where an ask is a pair of currencies, or more symbols than a chat, or all, may have."""
    for metric in ask.metrics:
        if both := currencies_of(metric):
            raise SymbolRefused(
                f"{'/'.join(both)} is a pair of currencies, and this bot watches US equities. "
                "Two funds make a ratio: try qqq/rsp or gld/spy."
            )
        first, second = (*symbols_of(metric), "", "")[:2]
        if first == second:
            raise SymbolRefused(f"{first}/{second} is always 100: name two different symbols, such as qqq/rsp.")
    members = set(companies.ids(db))
    listed = [symbol for symbol in ask.symbols if symbol not in members]
    new = [symbol for symbol in (*_made_of(ask.metrics), *listed) if not free(symbol)]
    if ask.chat is not None:
        own = {one for one in _made_of(symbols.asked_by(db, ask.chat)) if not free(one)}
        own |= {one for one in symbols.listed_outside_census(db, ask.chat) if not free(one)}
        added = [symbol for symbol in dict.fromkeys(new) if symbol not in own]
        if added and len(own) + len(added) > PER_CHAT:
            raise SymbolRefused(
                f"This chat has {len(own)} of the {PER_CHAT} symbols that it may have, and {', '.join(added)} would "
                "be more. Let one go first: /symbols lists them."
            )
    held = symbols.currencies(db)
    if len(held) + sum(symbol not in held for symbol in new) > ask.most:
        raise SymbolRefused(
            f"This bot holds {len(held)} symbols, and MAX_SYMBOLS={ask.most} is the most. What nobody has watched for "
            f"{LET_GO_DAYS} days goes; until then only symbols that are held can be asked for."
        )


def _made_of(metrics: Iterable[str]) -> list[str]:
    """The symbols of some metrics, each once."""
    return list(dict.fromkeys(symbol for metric in metrics for symbol in symbols_of(metric)))


def lacking(db: Database, ask: Ask) -> list[str]:
    """The symbols of an ask that have to be fetched first."""
    members = set(companies.ids(db)) - set(_made_of(ask.metrics)) if ask.symbols else set()
    there = symbols.held(db, ask.wanted)
    return [symbol for symbol in ask.wanted if symbol not in members and symbol not in there]


def add(db: Database, feed: MarketFeed, ask: Ask, now: datetime, through: date) -> list[str]:
    """Fetch what an ask lacks and make its figures up to `through`; which symbols were fetched.

    Raises SymbolRefused with every symbol that cannot be had, FeedError.
    """
    from storage import closes  # pandas

    refuse(db, ask)
    fetched: dict[str, SymbolHistory] = {}
    unknown = []
    for symbol in lacking(db, ask):
        try:
            fetched[symbol] = feed.symbol_history(symbol, through=through)
        except UnknownSymbol:
            unknown.append(symbol)
    if unknown:
        raise SymbolRefused(_unknown(db, feed.name, unknown))
    _refuse_money(db, ask, fetched)
    with writing(db):
        for symbol, found in fetched.items():
            closes.record_fund_closes(db, found.raw.to_frame(symbol), found.adjusted.to_frame(symbol))
            if symbol not in FUNDS:
                symbols.record_symbol(db, symbol, found.currency, now)
        record(db, ask, feed.name, now, through)
    return list(fetched)


def _unknown(db: Database, source: str, unknown: Sequence[str]) -> str:
    known = {*FUNDS, *named_symbols(), *symbols.currencies(db), *companies.ids(db)}
    near = dict.fromkeys(one for symbol in unknown for one in get_close_matches(symbol, known, n=2, cutoff=0.6))
    hint = f" Did you mean {' or '.join(list(near)[:4])}?" if near else " Is it spelt as Yahoo spells it?"
    verb = "knows no symbol" if len(unknown) == 1 else "knows neither" if len(unknown) == 2 else "knows none of"
    joined = " nor ".join(unknown) if len(unknown) == 2 else ", ".join(unknown)
    source = "The simulated market" if source == "simulated" else source
    return f"{source} {verb} {joined}.{hint}"


def _refuse_money(db: Database, ask: Ask, fetched: dict[str, SymbolHistory]) -> None:
    """Refuse currency pairs, and what is quoted in another money than what it is compared with."""
    for symbol, found in fetched.items():
        if found.kind == "CURRENCY":
            raise SymbolRefused(f"{symbol} is a pair of currencies, and this bot watches US equities.")
    money = symbols.currencies(db) | {symbol: found.currency for symbol, found in fetched.items()}
    for metric in ask.metrics:
        both = [(symbol, money.get(symbol) or _DOLLAR) for symbol in symbols_of(metric)]
        if len({currency for _, currency in both}) > 1:
            told = ", ".join(f"{symbol} is in {_MONEY.get(currency, currency)}" for symbol, currency in both)
            raise SymbolRefused(
                f"{told}: their ratio would move with the exchange rate. Take two that are quoted in one money."
            )
    foreign = [symbol for symbol in ask.symbols if (money.get(symbol) or _DOLLAR) != _DOLLAR]
    if foreign:
        raise SymbolRefused(
            f"{', '.join(foreign)}: not quoted in dollars ({money[foreign[0]]}); a list holds US listings."
        )


def record(db: Database, ask: Ask, source: str, now: datetime, through: date) -> None:
    """Note the ask, and make the figures of its metrics where there are none. Call inside `writing()`.

    The metrics that a chat has not asked for the longest, and watches with no rule, go where it has too many.
    """
    owner = owners.console(db) if ask.chat is None else owners.owner_for(db, ask.chat)
    for metric in ask.metrics:
        if symbols_of(metric):
            symbols.ask(db, owner, metric, now.date())
            fill(db, metric, source, now, through)
    if ask.chat is not None and len(own := symbols.asked_by(db, ask.chat)) > METRICS_PER_CHAT:
        symbols.touch_watched(db, now.date())
        spare = [one for one in own if one not in ask.metrics and not symbols.is_watched(db, one)]
        for metric in spare[METRICS_PER_CHAT - len(own) :]:
            symbols.let_go(db, ask.chat, metric)


def fill(db: Database, metric: str, source: str, now: datetime, through: date) -> None:
    """Record the whole history of a metric where its figures do not reach to `through`."""
    last = figures.latest_values(db, metric, through, 1)
    if last and last[-1][0] == through:
        return
    figures.record_figures(db, of_metric(db, metric, through, source), now, backfilled=True)


def of_metric(db: Database, metric: str, until: date, source: str, days: Sequence[date] | None = None) -> list[Figure]:
    """The figures of a metric up to `until`, or of `days` alone, out of the closes that are held."""
    from alerts.metrics.symbol_figures import symbol_figures  # pandas
    from storage import closes

    held = {symbol: closes.symbol_closes(db, symbol, adjusted=is_ratio(metric)) for symbol in symbols_of(metric)}
    return symbol_figures(metric, held, until, source, days)


def latest_session(db: Database, now: datetime) -> date:
    """The session up to which figures are made: the last judged one; on a new file the last complete one."""
    return last_judged(db) or last_complete_session(now)


def metrics_held(db: Database) -> list[str]:
    """Every metric of symbols that is kept up to date: those that were asked for, and the pairs that have names."""
    named = [metric for metric, one in named_pairs().items() if len(symbols.held(db, one.symbols)) == len(one.symbols)]
    return list(dict.fromkeys((*named, *(one for one in symbols.asked(db) if one not in _CATALOGUED))))


_CATALOGUED = ("price.RSP",)


def gather(context: RunContext, through: date) -> None:
    """Fetch the whole history of every symbol that is held, and of the named pairs. Raises FeedError."""
    from storage import closes  # pandas

    db = context.db
    others = [symbol for symbol in symbols.currencies(db) if not free(symbol)]
    named = [symbol for symbol in named_symbols() if symbol not in FUNDS]
    failure: FeedError | None = None
    for wanted in (named, others):
        if not wanted:
            continue
        try:
            fetched = context.feed.closes(wanted, start=None, through=through)
        except FeedError as error:
            failure = error
            continue
        with writing(db):
            closes.record_fund_closes(db, fetched.raw, fetched.adjusted)
            for symbol in fetched.raw.columns[fetched.raw.notna().any()]:
                symbols.record_symbol(db, str(symbol), None, context.now)
    if failure is not None:
        raise failure


def needing(db: Database, absent: Iterable[str]) -> frozenset[str]:
    """The metrics held that are made of any of these symbols."""
    without = set(absent)
    return frozenset(metric for metric in metrics_held(db) if without & set(symbols_of(metric)))


def fill_all(context: RunContext, through: date) -> None:
    """Record the whole history of every metric held whose figures do not reach to `through`."""
    for metric in metrics_held(context.db):
        with writing(context.db):  # one by one: answers and a writer beside this one wait for a moment at most
            fill(context.db, metric, context.feed.name, context.now, through)


def of_sessions(db: Database, days: Sequence[date], source: str) -> list[Figure]:
    """The figures of every metric held on `days`, ascending."""
    return [figure for metric in metrics_held(db) for figure in of_metric(db, metric, days[-1], source, days)]


def rescaled(db: Database, session: date, source: str, computed: Iterable[Figure]) -> list[Figure]:
    """The figures before `session` of metrics whose closes are now on another scale than when they were recorded.

    computed: what `of_sessions` gave for the last sessions.
    """
    from bot.pipeline.closes import AGREES  # pandas

    at = {(one.metric, one.session): one.value for one in computed}
    out: list[Figure] = []
    for metric in metrics_held(db):
        before = [one for one in figures.latest_values(db, metric, session, 5) if one[1] and one[0] < session]
        if not before:
            continue
        day, was = before[-1]
        if (metric, day) not in at:
            at |= {(metric, one.session): one.value for one in of_metric(db, metric, session, source, [day])}
        now = at.get((metric, day))
        if now and was and abs(now / was - 1) > AGREES:
            out += [one for one in of_metric(db, metric, session, source) if one.session < session]
    return out


def fill_new(db: Database, session: date, source: str, now: datetime) -> None:
    """Record the figures before `session` of metrics that have none yet: pairs with names, and what came meanwhile."""
    for metric in metrics_held(db):
        if not figures.latest_values(db, metric, session, 2)[1:]:
            earlier = [one for one in of_metric(db, metric, session, source) if one.session < session]
            figures.record_figures(db, earlier, now, backfilled=True)


def let_go(db: Database, now: datetime, kept: Iterable[str] = ()) -> None:
    """Let go what nobody asked for, and no rule watched, in `LET_GO_DAYS` days. Call inside `writing()`."""
    symbols.touch_watched(db, now.date())
    named = [*named_pairs(), *kept]
    gone = symbols.forget_unwanted(db, now.date() - timedelta(days=LET_GO_DAYS), named)
    if any(gone):
        log.info("%d metrics of symbols and %d symbols are let go: nobody watched them", *gone)
