"""The simulated market as a feed."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.market.feed import (
    CENSUS_COLUMNS,
    SIMULATED,
    Census,
    Closes,
    Progress,
    SymbolHistory,
    UnknownSymbol,
    WrongSession,
)
from alerts.market.sample.companies import COUNT, FIRST_SESSION, START, Floats, World, make_world
from alerts.market.sample.economy import contract_prices
from alerts.market.sample.fundamentals import Fundamentals, fundamentals
from alerts.market.sample.funds import INDICES, fund_levels, payouts
from alerts.market.sample.paths import Paths, simulate
from alerts.market.sessions import close_of, sessions_between

NAME = SIMULATED
_HOLES_A_YEAR = 3
_MONTHS_KEPT = 16


class SampleMarket:
    """A market feed without a source: 1,600 invented companies and the funds made of them, from 1 October 2014 on.

    Without its past it begins on 2 January 2020, with the same closes from there on, but for the first weeks of ^VIX.

    A close depends only on the seed, the symbol and the session. Companies pay no dividends and do not split; funds pay
    0.35 % a quarter. Any session from the first one may be requested, future ones included: nothing here knows the
    current day.
    """

    name = NAME
    keeps_census = True
    dates = None

    def __init__(
        self, seed: int = 2025, now: Callable[[], datetime] | None = None, *, past: bool = True
    ) -> None:  # fmt: skip
        """`now`: the time at which a census was fetched, with a time zone; by default its session's close."""
        self._seed = seed
        self._past = past
        self._first = FIRST_SESSION if past else START
        self._now = now
        self._world = make_world(seed)
        self._market: _Market | None = None

    def closes(
        self, symbols: Sequence[str], *, start: date | None, through: date, progress: Progress | None = None
    ) -> Closes:
        """Closes of companies and funds; a symbol that is neither is a column of NaN."""
        wanted = list(dict.fromkeys(symbols))
        if through < self._first:
            none = pd.DataFrame(index=pd.DatetimeIndex([], dtype="datetime64[s]"), columns=wanted, dtype=float)
            return Closes(none, none.copy())
        market = self._through(through)
        first = bisect.bisect_left(market.paths.sessions, start or self._first)
        end = bisect.bisect_right(market.paths.sessions, through)
        raw = np.full((end - first, len(wanted)), np.nan)
        adjusted = raw.copy()
        for column, symbol in enumerate(wanted):
            if (company := market.column.get(symbol)) is not None:
                raw[:, column] = adjusted[:, column] = market.price[first:end, company]
            elif symbol in INDICES:
                raw[:, column] = adjusted[:, column] = np.round(market.funds[symbol], 2)[first:end]
            elif (level := market.funds.get(symbol)) is not None:
                raw[:, column] = np.round(level * market.left, 2)[first:end]
                # Adjusted as Yahoo does: the latest close stays, and each payout lowers the closes before it.
                adjusted[:, column] = raw[:, column] * (market.left[end - 1] / market.left[first:end])
        if progress is not None:
            progress(len(wanted), len(wanted))
        index = pd.DatetimeIndex(np.array(market.paths.sessions[first:end], dtype="datetime64[s]"))
        return Closes(pd.DataFrame(raw, index, wanted), pd.DataFrame(adjusted, index, wanted))

    def symbol_history(self, symbol: str, *, through: date) -> SymbolHistory:
        """The closes of a company or a fund, in dollars. Raises UnknownSymbol."""
        found = self.closes([symbol], start=None, through=through)
        if not found.raw[symbol].notna().any():
            raise UnknownSymbol(f"{NAME}: {symbol}: this market has no such symbol")
        index = symbol.startswith("^")
        kind = "INDEX" if index else "EQUITY" if symbol in self._world.symbols else "ETF"
        return SymbolHistory(symbol, found.raw[symbol], found.adjusted[symbol], "USD", kind)

    def census(self, session: date) -> Census:
        """All companies traded on `session`, any from the first on. Raises WrongSession if it is not one."""
        if session < self._first:
            raise WrongSession(f"{NAME}: the market begins on {self._first}, {session} was requested")
        market = self._through(session)
        at = bisect.bisect_left(market.paths.sessions, session)
        if at == len(market.paths.sessions) or market.paths.sessions[at] != session:
            raise WrongSession(f"{NAME}: {session} is no session")
        quotes = market.quotes(at)
        return Census(session, quotes, self._now() if self._now is not None else close_of(session))

    def figures(self, session: date, symbols: pd.Index) -> pd.DataFrame:
        """Of `census`, what does not look back: price, market value and earnings of the companies asked for."""
        market = self._through(session)
        return market.figures(bisect.bisect_left(market.paths.sessions, session), symbols)

    def contracts(self, months: Sequence[str], *, start: date | None, through: date) -> pd.DataFrame:
        """Closes of futures on the simulated bank's rate, NaN while they do not trade."""
        return contract_prices(list(months), sessions_between(max(start or self._first, self._first), through))

    def month_valuations(self, symbol: str, *, through: date) -> pd.DataFrame:
        """Market value and forward P/E at the ends of the sixteen months before `through`; none for a loss-maker."""
        market = self._through(through)
        company = market.column.get(symbol)
        if company is None:
            return pd.DataFrame(columns=["market_value", "forward_pe"], dtype="float64")
        value, pe = market.month_measures(through)
        months = list(value)
        columns = {"market_value": [value[m][company] for m in months], "forward_pe": [pe[m][company] for m in months]}
        return pd.DataFrame(columns, index=months, dtype="float64").dropna(how="all")

    def _through(self, day: date) -> _Market:
        """The market to the end of the year of `day` or later."""
        year = max(day.year, START.year)
        if self._market is None or self._market.last_year < year:
            paths = simulate(self._world, self._seed, year, past=self._past)
            self._market = _Market(self._world, paths, self._seed, year)
        return self._market


@dataclass(frozen=True)
class _Market:
    """The market to the end of a year."""

    world: World
    paths: Paths
    seed: int
    last_year: int

    @cached_property
    def column(self) -> dict[str, int]:
        return {symbol: company for company, symbol in enumerate(self.world.symbols)}

    @cached_property
    def _index(self) -> pd.Index:
        return pd.Index(self.world.symbols)

    @cached_property
    def price(self) -> Floats:
        """Published closes, (sessions, companies): none before a listing, and a few missing."""
        price = self.paths.price.copy()
        days = np.array(self.paths.sessions, dtype="datetime64[D]")
        for company in np.flatnonzero(self.world.listed > days[0]):
            price[days < self.world.listed[company], company] = np.nan
        at = {session: row for row, session in enumerate(self.paths.sessions)}
        for year in range(self.paths.sessions[0].year, self.last_year + 1):
            chance = np.random.default_rng(np.random.SeedSequence([self.seed, 5, year]))
            for month, day, company in zip(
                chance.integers(1, 13, _HOLES_A_YEAR),
                chance.integers(1, 29, _HOLES_A_YEAR),
                chance.integers(0, COUNT, _HOLES_A_YEAR),
                strict=True,
            ):
                if (row := at.get(date(year, int(month), int(day)))) is not None:
                    price[row, company] = np.nan
        return price

    @cached_property
    def funds(self) -> dict[str, Floats]:
        return fund_levels(self.world, self.paths, self.seed)

    @cached_property
    def left(self) -> Floats:
        return payouts(self.paths.sessions, self.paths.start)

    @cached_property
    def _fixed(self) -> dict[str, npt.NDArray[np.object_]]:
        """Columns of a census that are the same every session."""
        same = {"quote_type": "EQUITY", "currency": "USD", "financial_currency": "USD", "industry": None}
        columns = {column: np.full(COUNT, value, dtype=object) for column, value in same.items()}
        columns["name"] = np.array(self.world.names, dtype=object)
        columns["exchange"] = np.array(self.world.exchange, dtype=object)
        columns["symbol"] = np.array(self.world.symbols, dtype=object)
        return columns

    @cached_property
    def _first_trade(self) -> npt.NDArray[np.datetime64]:
        """The first session of each company, or its listing day if that is outside the market's sessions."""
        days = np.array(self.paths.sessions, dtype="datetime64[D]")
        listed = self.world.listed
        first = days[np.minimum(np.searchsorted(days, listed), len(days) - 1)]
        return np.where((listed < days[0]) | (listed > days[-1]), listed, first).astype("datetime64[s]")

    def quotes(self, at: int) -> pd.DataFrame:
        """`CENSUS_COLUMNS` of the companies traded on session number `at`, largest first."""
        price = self.price[at]
        year = self.price[max(0, at - 251) : at + 1]
        value = price * self.world.shares
        order = np.argsort(-value, kind="stable")
        order = order[np.isfinite(price[order])]
        figures: Fundamentals = fundamentals(self.world, self.paths, at)
        columns: dict[str, npt.NDArray[np.generic]] = {
            **self._fixed,
            "price": price,
            "previous_close": self._previous(at),
            "average_50d": _mean(year[-50:]),
            "average_200d": _mean(year[-200:]),
            "high_52w": np.fmax.reduce(year),
            "low_52w": np.fmin.reduce(year),
            "market_value": value,
            "shares": self.world.shares,
            "volume": np.round(self.world.shares * 0.006),
            "eps_forward": figures.eps_forward,
            "eps_trailing": figures.eps_trailing,
            "book_value": figures.book_value,
            "ev_ebit": figures.ev_ebit,
            "first_trade": self._first_trade,
            "session": np.full(COUNT, np.datetime64(self.paths.sessions[at], "s")),
        }
        index = pd.Index(columns["symbol"][order], name="symbol")
        return pd.DataFrame(
            {
                column: pd.Series(columns[column][order], index=index, dtype=kind)
                for column, kind in CENSUS_COLUMNS.items()
            }
        )

    def figures(self, at: int, symbols: pd.Index) -> pd.DataFrame:
        """Price, market value and earnings on session number `at`, by symbol; NaN of those not traded."""
        found: Fundamentals = fundamentals(self.world, self.paths, at)
        price = self.price[at]
        columns = {
            "market_value": price * self.world.shares,
            "price": price,
            "eps_forward": found.eps_forward,
            "eps_trailing": found.eps_trailing,
            "ev_ebit": found.ev_ebit,
        }
        figures = np.column_stack(list(columns.values()))
        figures[~np.isfinite(price)] = np.nan
        companies = self._index.get_indexer(symbols)
        unknown = np.full((1, len(columns)), np.nan)  # the last row, which −1 finds
        return pd.DataFrame(np.concatenate([figures, unknown])[companies], symbols, list(columns))

    def month_measures(self, through: date) -> tuple[dict[str, Floats], dict[str, Floats]]:
        """(market value, forward P/E) of the companies by month, of the last sixteen that ended by `through`."""
        ends = [
            at for at, (day, after) in enumerate(pairwise(self.paths.sessions)) if day.month != after.month
            and day <= through
        ][-_MONTHS_KEPT:]  # fmt: skip
        if self._measured.get("ends") != ends:
            value, pe = {}, {}
            for at in ends:
                month = f"{self.paths.sessions[at]:%Y-%m}"
                earnings = fundamentals(self.world, self.paths, at).eps_forward
                value[month] = self.price[at] * self.world.shares
                pe[month] = np.where(earnings > 0, self.price[at] / np.where(earnings > 0, earnings, 1.0), np.nan)
            self._measured.update(ends=ends, value=value, pe=pe)
        return self._measured["value"], self._measured["pe"]

    @cached_property
    def _measured(self) -> dict[str, Any]:
        return {}  # companies are requested one by one, all for the same months

    def _previous(self, at: int) -> Floats:
        """The last close before session number `at`; NaN on the first."""
        if at == 0:
            return np.full(COUNT, np.nan)
        before: Floats = self.price[at - 1]
        if at > 1:
            before = np.where(np.isfinite(before), before, self.price[at - 2])
        return before


def _mean(closes: Floats) -> Floats:
    """The mean of the known closes, by company; NaN if there is none."""
    known = np.isfinite(closes)
    count = known.sum(axis=0)
    total = np.where(known, closes, 0.0).sum(axis=0)
    mean: Floats = np.divide(total, count, out=np.full(closes.shape[1], np.nan), where=count > 0)
    return mean
