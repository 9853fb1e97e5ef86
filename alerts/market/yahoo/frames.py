"""Frames from Yahoo's answers: bars and quotes are taken as they are or left out, never repaired."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from alerts.market.feed import CENSUS_COLUMNS, YAHOO, Closes, FeedError, FeedIncomplete, FeedUnavailable
from alerts.market.quality import one_a_session
from alerts.market.sessions import NEW_YORK, sessions_between
from alerts.market.yahoo.errors import NO_BARS, UNKNOWN

NAME = YAHOO
EARLIEST = date(1999, 1, 4)  # where the exchange's calendar starts
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MANY = 20  # if more symbols are requested and half have no bar, the source has failed

FIELDS = {
    "exchange": "exchange",
    "quote_type": "quoteType",
    "currency": "currency",
    "financial_currency": "financialCurrency",
    "industry": "industry",
    "price": "regularMarketPrice",
    "previous_close": "regularMarketPreviousClose",
    "average_50d": "fiftyDayAverage",
    "average_200d": "twoHundredDayAverage",
    "high_52w": "fiftyTwoWeekHigh",
    "low_52w": "fiftyTwoWeekLow",
    "market_value": "marketCap",
    "shares": "sharesOutstanding",
    "volume": "averageDailyVolume3Month",
    "eps_forward": "epsForward",
    "eps_trailing": "epsTrailingTwelveMonths",
    "book_value": "bookValue",
    "ev_ebit": "lastCloseTevEbitLtm",
}


def column_of(bars: pd.DataFrame | None, price: str, symbol: str) -> pd.Series | None:
    """One symbol's prices by session, ascending; nothing at or below zero."""
    key = (price, symbol.upper())
    if bars is None or key not in bars.columns:
        return None
    prices = pd.to_numeric(bars[key], errors="coerce").astype(float)
    index = pd.DatetimeIndex(prices.index)
    prices.index = index if index.tz is None else index.tz_localize(None)
    return one_a_session(prices.where(np.isfinite(prices) & (prices > 0)))


def closes_of(
    raw: dict[str, pd.Series], adjusted: dict[str, pd.Series], symbols: list[str], start: date | None, through: date
) -> Closes:
    days = [series.dropna().index for series in raw.values()]
    first = max(min((day[0].date() for day in days), default=through), start or EARLIEST, EARLIEST)
    last = min(max((day[-1].date() for day in days), default=first), through)
    index = pd.DatetimeIndex(sessions_between(first, last) if days else [], dtype="datetime64[s]")

    def frame(columns: dict[str, pd.Series]) -> pd.DataFrame:
        empty = pd.Series(np.nan, index=index)
        aligned = {symbol: columns[symbol].reindex(index) if symbol in columns else empty for symbol in symbols}
        return pd.DataFrame(aligned, index=index, columns=symbols, dtype=float)

    return Closes(frame(raw), frame(adjusted))


def check_closes(closes: Closes, reasons: dict[str, str]) -> None:
    """Raise if so little arrived that the source, not the symbols, must be at fault."""
    asked = closes.raw.shape[1]
    with_bars = int(closes.raw.notna().any().sum())
    missing = [reasons.get(symbol, NO_BARS.text) for symbol in closes.raw.columns[~closes.raw.notna().any()]]
    if not missing or (with_bars == 0 and asked <= MANY and set(missing) == {UNKNOWN.text}):
        return
    why = ", ".join(f"{reason} ({count})" for reason, count in Counter(missing).most_common(3))
    problem: type[FeedError] | None = None
    if with_bars == 0:
        problem = FeedUnavailable
    elif asked > MANY and 2 * with_bars < asked:
        problem = FeedIncomplete
    if problem is not None:
        raise problem(f"{NAME}: charts: {with_bars} of {asked} symbols have closes: {why}")


def census_frame(quotes: list[dict[str, Any]]) -> pd.DataFrame:
    """`CENSUS_COLUMNS` from the screener's quotes; an absent or invalid value is NaN, None or NaT."""
    symbols = [str(quote["symbol"]) for quote in quotes]
    columns: dict[str, Any] = {"name": [quote.get("longName") or quote.get("shortName") for quote in quotes]}
    for column, theirs in FIELDS.items():
        columns[column] = [quote.get(theirs) for quote in quotes]
    columns["first_trade"] = [new_york_day(quote.get("firstTradeDateMilliseconds"), 1_000) for quote in quotes]
    columns["session"] = [new_york_day(quote.get("regularMarketTime")) for quote in quotes]
    frame = {}
    for column, kind in CENSUS_COLUMNS.items():
        values = columns[column]
        if kind == "float64":
            numbers = pd.to_numeric(pd.Series(values, index=symbols, dtype=object), errors="coerce").astype(float)
            frame[column] = numbers.where(np.isfinite(numbers))
        elif kind == "object":
            frame[column] = pd.Series([v or None for v in values], index=symbols, dtype=object)
        else:
            frame[column] = pd.to_datetime(pd.Series(values, index=symbols, dtype=object)).astype(kind)  # type: ignore[call-overload]
    return pd.DataFrame(frame, index=pd.Index(symbols, name="symbol"))


def new_york_day(stamp: object, per_second: int = 1) -> date | None:
    """The date in New York of an epoch timestamp; None if it is not valid."""
    if isinstance(stamp, bool) or not isinstance(stamp, int | float) or not np.isfinite(stamp):
        return None
    try:
        return (_EPOCH + timedelta(seconds=stamp / per_second)).astimezone(NEW_YORK).date()
    except OverflowError:  # no day of the calendar
        return None
