"""The interfaces of market data sources, the frames they return, and their errors.

Errors::

    FeedError                 a source could not answer a request; the text says which source, what, and why
    ├── FeedUnavailable       no usable answer (no network, 429, 5xx, a web page instead of figures)
    │   └── TurnedAway        it limits our request rate (429)
    ├── WrongSession          it answered for another session than the requested one
    ├── UnknownSymbol         it knows no such symbol
    └── FeedIncomplete        its answer has too little data to use
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from alerts.market.dates import Dates

if TYPE_CHECKING:
    import pandas as pd

#: How figures name their sources.
YAHOO, SIMULATED, FRED = "Yahoo Finance", "simulated", "FRED"

#: The columns of a census: one row for each listing, indexed by symbol. Money in US dollars.
CENSUS_COLUMNS: dict[str, str] = {
    "name": "object",  # long name
    "exchange": "object",  # Yahoo's venue code: NMS NGM NCM NYQ ASE …
    "quote_type": "object",  # EQUITY, ETF …
    "currency": "object",
    "financial_currency": "object",  # what the company reports in
    "industry": "object",  # None if unknown
    "price": "float64",  # the session's close
    "previous_close": "float64",
    "average_50d": "float64",
    "average_200d": "float64",
    "high_52w": "float64",
    "low_52w": "float64",
    "market_value": "float64",  # of all classes
    "shares": "float64",  # of this class only
    "volume": "float64",  # average daily volume over three months; NaN if unknown
    "eps_forward": "float64",
    "eps_trailing": "float64",
    "book_value": "float64",
    "ev_ebit": "float64",
    "first_trade": "datetime64[s]",  # the first session on which the listing traded; NaT if unknown
    "session": "datetime64[s]",  # the session this quote belongs to
}

Progress = Callable[[int, int], None]  # symbols done, symbols in all


class FeedError(Exception):
    """A source could not answer a request."""


class FeedUnavailable(FeedError):
    """The source gave no usable answer. `arrived`: the closes of a request of which only a part was answered."""

    arrived: Closes | None = None


class TurnedAway(FeedUnavailable):
    """The source limits our request rate."""


class WrongSession(FeedError):
    """The source answered for another session than the requested one: `stands_at`, None where it has no session."""

    def __init__(self, text: str, stands_at: date | None = None) -> None:
        super().__init__(text)
        self.stands_at = stands_at


class UnknownSymbol(FeedError):
    """The source knows no such symbol, or has no close of it."""


class FeedIncomplete(FeedError):
    """The answer has too little data to use."""


@dataclass(frozen=True)
class Closes:
    """Daily closes: sessions (midnight, no time zone, ascending) × symbols, float64, dollars, NaN if there is none.

    ``raw`` is adjusted for splits only, ``adjusted`` for dividends too; both have the same index and columns.
    """

    raw: pd.DataFrame
    adjusted: pd.DataFrame


@dataclass(frozen=True, eq=False)
class SymbolHistory:
    """All closes of one symbol by session, as `Closes` has them, and what it is.

    currency: "USD", "GBp" (pence); None where the source does not say. kind: "ETF", "EQUITY", "INDEX", "CURRENCY", …
    """

    symbol: str
    raw: pd.Series
    adjusted: pd.Series
    currency: str | None
    kind: str


@dataclass(frozen=True)
class Census:
    """Every listing on one session: `CENSUS_COLUMNS`, indexed by symbol, largest market value first."""

    session: date
    quotes: pd.DataFrame
    fetched_at: datetime


class MarketFeed(Protocol):
    """A source of market data. Every call blocks: call it off the event loop, one at a time."""

    @property
    def name(self) -> str:
        """How figures name their source: "Yahoo Finance", "simulated"."""

    @property
    def keeps_census(self) -> bool:
        """Whether `census` can answer for past sessions, not only for the latest one."""

    @property
    def dates(self) -> Dates | None:
        """What the Date headers of its answers say; None if it asks nobody."""

    def closes(
        self, symbols: Sequence[str], *, start: date | None, through: date, progress: Progress | None = None
    ) -> Closes:
        """Closes of `symbols` from `start` (None: as far back as possible) up to and including `through`.

        A symbol the source does not know is a column of NaN. Raises FeedError.
        """

    def symbol_history(self, symbol: str, *, through: date) -> SymbolHistory:
        """Everything held of one symbol up to and including `through`. Raises FeedError, UnknownSymbol."""

    def census(self, session: date) -> Census:
        """All listings with their quotes of `session`. Raises FeedError, and WrongSession if the source has none."""

    def contracts(self, months: Sequence[str], *, start: date | None, through: date) -> pd.DataFrame:
        """Closing prices of the 30-day fed funds futures for `months` ("2025-09"): sessions × months, NaN if none.

        A month without a contract is a column of NaN. Raises FeedError if the source fails as a whole.
        """


@runtime_checkable
class PastFeed(Protocol):
    """A source of past censuses that answers at once with what the figures of a past session need of them."""

    def figures(self, session: date, symbols: pd.Index) -> pd.DataFrame:
        """market_value, price, eps_forward, eps_trailing, ev_ebit of `symbols`; NaN where `session`'s census has none.

        The index of the answer is `symbols` itself.
        """


class ValuationFeed(Protocol):
    """A source of valuation measures at the ends of months. Every call blocks."""

    @property
    def name(self) -> str:
        """How figures name their source."""

    def month_valuations(self, symbol: str, *, through: date) -> pd.DataFrame:
        """One row for each month ("2025-08") that ended by `through`: market_value (dollars), forward_pe; NaN if none.

        Empty if the source has no month of this company. Raises FeedUnavailable, TurnedAway.
        """


class EconomyFeed(Protocol):
    """A source of economic series. Every call blocks."""

    @property
    def name(self) -> str:
        """How figures name their source: "FRED"."""

    @property
    def dates(self) -> Dates | None:
        """What the Date headers of its answers say; None if it asks nobody."""

    def series(self, identity: str) -> pd.Series:
        """All observations of a series by their date, ascending. Raises FeedError."""
