"""Two seeds of the simulated market in one: as many listings as New York has, and the funds of the first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from alerts.market.feed import Census, Closes, Progress, SymbolHistory
from alerts.market.sample import SampleMarket
from alerts.market.sample.companies import COUNT

SEEDS = (2025, 2026)
_FIRST, _SECOND = "Q", "Z"  # the first letter of a company's symbol, by market


class TwoMarkets:
    """A market feed of up to 3,200 invented companies, from 2 January 2020 on.

    Those of the second seed have other symbols and names, so that no two are taken for classes of one company.
    """

    name = SampleMarket.name
    keeps_census = True
    dates = None

    def __init__(self, companies: int = 2 * COUNT, through: date | None = None) -> None:
        """`companies`: about how many, of all sizes. `through`: simulated up to here at once, so that no call later is
        slower than others."""
        self._one, self._other = (SampleMarket(seed, past=False) for seed in SEEDS)
        self._step = max(1, 2 * COUNT // companies)
        if through is not None:
            self.census(through)
            self.closes(["SPY"], start=through, through=through)

    def closes(
        self, symbols: Sequence[str], *, start: date | None, through: date, progress: Progress | None = None
    ) -> Closes:
        """As `SampleMarket.closes`, of both."""
        wanted = list(dict.fromkeys(symbols))
        others = [symbol for symbol in wanted if _of_second(symbol)]
        found = self._one.closes([one for one in wanted if not _of_second(one)], start=start, through=through)
        more = self._other.closes([_plain(one) for one in others], start=start, through=through)
        raw, adjusted = (
            pd.concat([ours, theirs.set_axis(others, axis=1)], axis=1)[wanted]
            for ours, theirs in ((found.raw, more.raw), (found.adjusted, more.adjusted))
        )
        if progress is not None:
            progress(len(wanted), len(wanted))
        return Closes(raw, adjusted)

    def symbol_history(self, symbol: str, *, through: date) -> SymbolHistory:
        """As `SampleMarket.symbol_history`, of the first."""
        return self._one.symbol_history(symbol, through=through)

    def census(self, session: date) -> Census:
        """The companies of both, largest first."""
        ours, theirs = (market.census(session) for market in (self._one, self._other))
        more = theirs.quotes.assign(name="Second " + theirs.quotes["name"])
        more.index = pd.Index(_SECOND + more.index.str[1:], name="symbol")
        quotes = pd.concat([ours.quotes, more]).sort_values("market_value", ascending=False, kind="stable")
        kept = sorted(quotes.index)[:: self._step]  # by symbol: the same every session
        return Census(session, quotes[quotes.index.isin(kept)] if self._step > 1 else quotes, ours.fetched_at)

    def figures(self, session: date, symbols: pd.Index) -> pd.DataFrame:
        """As `SampleMarket.figures`, of both."""
        found = self._one.figures(session, symbols)
        others = symbols.str.startswith(_SECOND)
        if others.any():
            plain = pd.Index(_FIRST + symbols[others].str[1:])
            found.loc[others] = self._other.figures(session, plain).to_numpy()
        return found

    def contracts(self, months: Sequence[str], *, start: date | None, through: date) -> pd.DataFrame:
        """As `SampleMarket.contracts`."""
        return self._one.contracts(months, start=start, through=through)


def _of_second(symbol: str) -> bool:
    return len(symbol) == 5 and symbol.startswith(_SECOND)


def _plain(symbol: str) -> str:
    return _FIRST + symbol[1:]
