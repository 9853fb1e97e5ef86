"""Yahoo Finance, through yfinance: a census by its screener, closes by its charts. The only module on the network.

Yahoo's figures are for personal use. yfinance keeps one session a process, so one fetch runs at a time. It hides most
failures (a symbol turned away looks like one without bars), so every answer is counted here and reasons are read from
what it logs. Texts of errors are our own: those of the client may carry addresses with crumbs in them.
"""

from __future__ import annotations

import logging
import random
import re
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alerts.market.feed import (
    CENSUS_COLUMNS,
    Census,
    Closes,
    FeedError,
    FeedIncomplete,
    FeedUnavailable,
    Progress,
    WrongSession,
)
from alerts.market.sessions import NEW_YORK, sessions_between
from alerts.market.universe import SHELLS, VENUES

NAME = "Yahoo Finance"

_PAGE = 250  # Yahoo's limit
#: Members reach to rank 3,150, but preferreds, funds, shells and foreign reporters stand among them.
LINES_WANTED = 16 * _PAGE
_FEWEST_LINES = 500  # a census below this is broken, whatever the reason
_CHUNK = 100  # symbols a download
_THREADS = 4
_TIMEOUT = 20.0  # seconds a chart may take
_TRIES = 3
_MANY = 20  # above this many symbols asked, half of them without a bar is a failure of the source
_EARLIEST = date(1999, 1, 4)  # where the exchange's calendar starts

_FIELDS = {
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

log = logging.getLogger(__name__)
_fetching = threading.Lock()


class Yahoo:
    """A market feed over yfinance. `cache`: folder for its cookies and time zones (None: its own default)."""

    name = NAME
    keeps_census = False

    def __init__(self, cache: Path | None, now: Callable[[], datetime], *, pause: float = 1.0) -> None:
        """`now` gives the moment, with a time zone; `pause` is the seconds before a first retry."""
        self._cache = cache
        self._now = now
        self._pause = pause

    def census(self, session: date) -> Census:
        """All lines on the five venues, largest first, down to `LINES_WANTED`; only quotes of `session` are kept.

        Costs up to seventeen requests, the last of them for which lines are shells; one where the source stands at
        another session. Raises WrongSession, then; FeedUnavailable where the market is open or no page comes;
        FeedIncomplete where fewer than 500 lines come.
        """
        with _fetching, _quietly(self._cache) as talk:
            found: dict[str, dict[str, Any]] = {}
            offset = 0
            while offset < LINES_WANTED:
                page = self._page(talk.yfinance, offset)
                if offset == 0:
                    self._check_session(page.quotes, session)
                found.update({str(quote["symbol"]): quote for quote in page.quotes})
                offset += _PAGE
                if not page.quotes or offset >= page.total:
                    break
            self._tell_shells(talk.yfinance, found)
        quotes = _census_frame(list(found.values()))
        quotes = quotes[quotes["session"] == pd.Timestamp(session)]
        if len(quotes) < _FEWEST_LINES:
            raise FeedIncomplete(f"{NAME}: {len(quotes)} lines for {session}, fewer than the {_FEWEST_LINES} expected")
        return Census(session, quotes.sort_values("market_value", ascending=False, kind="stable"), self._now())

    def closes(
        self, symbols: Sequence[str], *, start: date | None, through: date, progress: Progress | None = None
    ) -> Closes:
        """Closes from one chart a symbol, in downloads of 100.

        Rows run from the first session with a bar to the last; sessions between that the source left out are NaN, days
        that are none are dropped. A symbol it does not know is NaN, and so is one that failed twice while most came.
        Raises FeedUnavailable on 429 and where no symbol has a bar though some are known; FeedIncomplete where fewer
        than half of more than twenty have one.
        """
        wanted = list(dict.fromkeys(symbols))
        if not wanted or (start is not None and not sessions_between(start, through)):
            return _closes({}, {}, wanted, start, through)
        raw: dict[str, pd.Series] = {}
        adjusted: dict[str, pd.Series] = {}
        reasons: dict[str, str] = {}
        with _fetching, _quietly(self._cache) as talk:
            for begin in range(0, len(wanted), _CHUNK):
                chunk = wanted[begin : begin + _CHUNK]
                self._download(talk, chunk, start, raw, adjusted, reasons)
                if progress is not None:
                    progress(min(begin + _CHUNK, len(wanted)), len(wanted))
        closes = _closes(raw, adjusted, wanted, start, through)
        _check_closes(closes, reasons)
        return closes

    def _tell_shells(self, yfinance: Any, found: dict[str, dict[str, Any]]) -> None:
        """Writes the industry of shell companies, which quotes leave out, into their quotes.

        Many bear no word that gives them away. Names tell the rest: a census is not lost for this page.
        """
        try:
            shells = self._page(yfinance, 0, industry=SHELLS)
        except FeedUnavailable as error:
            log.warning("shell companies are told by their names alone: %s", error)
            return
        for quote in shells.quotes:
            found.get(str(quote["symbol"]), {})["industry"] = SHELLS

    def _page(self, yfinance: Any, offset: int, *, industry: str | None = None) -> _Page:
        """One page of the screener, of one industry or of all, tried three times; a 429 twice."""
        query = yfinance.EquityQuery
        venues = query("is-in", ["exchange", *sorted(VENUES)])
        narrower = [] if industry is None else [query("eq", ["industry", industry])]
        lines = query("and", [query("eq", ["region", "us"]), venues, *narrower])
        for attempt in range(_TRIES):
            try:
                answer = yfinance.screen(lines, size=_PAGE, offset=offset, sortField="intradaymarketcap", sortAsc=False)
                return _Page(list(answer["quotes"]), int(answer.get("total") or 0))
            except Exception as error:  # noqa: BLE001 – whatever yfinance raises becomes one of ours
                reason = _reason_of(error)
                if attempt + 1 == _TRIES or (reason.turned_away and attempt == 1) or not reason.passing:
                    raise FeedUnavailable(f"{NAME}: screener, lines from {offset}: {reason.text}") from None
            time.sleep(self._pause * 2**attempt * random.uniform(0.75, 1.25))
        raise AssertionError("unreachable")

    def _check_session(self, quotes: list[dict[str, Any]], session: date) -> None:
        days = Counter(day for quote in quotes if (day := _new_york_day(quote.get("regularMarketTime"))) is not None)
        if not days:
            raise FeedIncomplete(f"{NAME}: no quote of the first page says which session it is of; {session} was asked")
        stands_at = days.most_common(1)[0][0]
        if stands_at != session:
            raise WrongSession(f"{NAME}: quotes are of {stands_at}, {session} was asked")
        state = Counter(quote.get("marketState") for quote in quotes).most_common(1)[0][0]
        if state == "REGULAR" or (state == "PRE" and stands_at == self._now().astimezone(NEW_YORK).date()):
            raise FeedUnavailable(f"{NAME}: market still open on {session} ({state}); quotes are not closes yet")

    def _download(
        self,
        talk: _Talk,
        symbols: list[str],
        start: date | None,
        raw: dict[str, pd.Series],
        adjusted: dict[str, pd.Series],
        reasons: dict[str, str],
    ) -> None:
        """Adds the bars of `symbols`, and the reasons of those without; asks twice for what failed in passing."""
        left = symbols
        for attempt in range(2):
            failed = _download_once(talk, left, start, raw, adjusted)
            left = [symbol for symbol, reason in failed.items() if reason.passing]
            if attempt == 1 and any(failed[symbol].turned_away for symbol in left):
                raise FeedUnavailable(
                    f"{NAME}: charts: 429 Too Many Requests, {len(left)} of {len(symbols)} turned away"
                )
            reasons.update({symbol: reason.text for symbol, reason in failed.items()})
            if not left:
                return
            if attempt == 0:
                time.sleep(self._pause * random.uniform(0.75, 1.25))


# ---- what went wrong -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Reason:
    text: str
    passing: bool = True  # worth another try
    turned_away: bool = False  # 429


_UNKNOWN = _Reason("no such symbol", passing=False)
_NO_BARS = _Reason("no bars in the range", passing=False)
_TURNED_AWAY = _Reason("429 Too Many Requests", turned_away=True)
_PAGE_INSTEAD = _Reason("a page or nothing instead of figures")
_NO_FIGURES = _Reason("an answer without figures")


def _reason_of(error: Exception) -> _Reason:
    """What a request met, in words of our own."""
    if type(error).__name__ == "YFRateLimitError":
        return _TURNED_AWAY
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(status, int) and status >= 400:
        return _Reason(f"HTTP {status}", passing=status >= 500 or status in (401, 403), turned_away=status == 429)
    if isinstance(error, ValueError):  # JSON that is none
        document = getattr(error, "doc", None)
        return _Reason("an empty answer") if document in ("", b"") else _PAGE_INSTEAD
    if isinstance(error, KeyError | IndexError | TypeError):
        return _NO_FIGURES
    return _Reason(f"the connection failed ({type(error).__name__})")


def _reason_logged(text: str) -> _Reason:
    """The same, of a chart, from the line that yfinance logs: the repr of what was raised, or its own words."""
    kind = match[0] if (match := re.match(r"\w+(?=\()", text)) else ""
    if kind == "YFRateLimitError" or "Too Many Requests" in text:
        return _TURNED_AWAY
    if "symbol may be delisted" in text or "no timezone found" in text or "Quote not found" in text:
        return _UNKNOWN
    if kind == "YFPricesMissingError" or "no price data found" in text:
        return _NO_BARS
    if kind.endswith("DecodeError") or kind == "ValueError":
        return _PAGE_INSTEAD
    if kind in ("KeyError", "TypeError", "IndexError", "AttributeError"):
        return _Reason("an error instead of figures (5xx?)")
    return _Reason(f"the connection failed ({kind or 'no reason given'})")


# ---- yfinance, kept quiet ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Page:
    quotes: list[dict[str, Any]]
    total: int  # lines in the whole listing


@dataclass(frozen=True)
class _Talk:
    """yfinance for the length of one fetch, and what it logs meanwhile."""

    yfinance: Any
    said: list[str] = field(default_factory=list)

    def failures(self) -> dict[str, _Reason]:
        """Reasons by symbol, from the lines "['AAA', 'BBB']: reason" that a download ends with; forgets them."""
        found: dict[str, _Reason] = {}
        for line in self.said:
            if match := re.match(r"\[(.*?)\]: (.*)", line, re.DOTALL):
                reason = _reason_logged(match[2])
                found.update({symbol.strip(" '\""): reason for symbol in match[1].split(",")})
        self.said.clear()
        return found


class _Listener(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())


@contextmanager
def _quietly(cache: Path | None) -> Iterator[_Talk]:
    """yfinance set up, its log lines led here instead of to the program's log, its exceptions left to be seen."""
    import yfinance  # a second and a half: paid for once, and late

    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        yfinance.set_tz_cache_location(str(cache))
    if category := getattr(pd.errors, "Pandas4Warning", None):
        warnings.filterwarnings("ignore", category=category, module=r"yfinance\b.*")
    logging.getLogger("peewee").setLevel(logging.WARNING)  # at DEBUG it logs the cookies it stores
    talk = _Talk(yfinance)
    logger = logging.getLogger("yfinance")
    listener = _Listener(talk.said)
    before = (logger.level, logger.propagate, yfinance.config.debug.hide_exceptions)
    logger.addHandler(listener)
    logger.setLevel(logging.ERROR)  # at DEBUG, as a program's own may be, downloads would not use threads
    logger.propagate = False
    yfinance.config.debug.hide_exceptions = False
    try:
        yield talk
    finally:
        logger.removeHandler(listener)
        logger.level, logger.propagate, yfinance.config.debug.hide_exceptions = before


def _spare_time_zones(yfinance: Any, symbols: Sequence[str]) -> None:
    """Tells yfinance's cache that `symbols` trade in New York, or it asks Yahoo once for each before the chart.

    The zone only places the start of a range at midnight; bars are dated by the zone their own answer names.
    """
    try:
        zones = yfinance.cache.get_tz_cache()
        zones.lookup("SPY")  # opens its database, which must not be opened by the transaction
        with zones.get_db().atomic():
            for symbol in symbols:
                if zones.lookup(symbol) is None:
                    zones.store(symbol, NEW_YORK.key)
    except Exception:  # noqa: BLE001 – a cache that cannot be written costs requests, not figures
        return


def _download_once(
    talk: _Talk,
    symbols: list[str],
    start: date | None,
    raw: dict[str, pd.Series],
    adjusted: dict[str, pd.Series],
) -> dict[str, _Reason]:
    """Adds the bars that came; gives the reasons of the symbols for which none did."""
    _spare_time_zones(talk.yfinance, symbols)
    span = {"period": "max"} if start is None else {"start": max(start, _EARLIEST).isoformat()}
    talk.said.clear()
    try:
        # No end: a range that ends in the past is answered from a cache for the life of the process, failures included.
        bars = talk.yfinance.download(
            list(symbols),
            **span,
            auto_adjust=False,
            actions=False,
            threads=_THREADS,
            progress=False,
            timeout=_TIMEOUT,
            multi_level_index=True,
        )
    except Exception as error:  # noqa: BLE001 – as above
        reason = _reason_of(error)
        return dict.fromkeys(symbols, reason)
    reasons = talk.failures()
    failed: dict[str, _Reason] = {}
    for symbol in symbols:
        close = _column(bars, "Close", symbol)
        if close is None or not close.notna().any():
            failed[symbol] = reasons.get(symbol.upper(), _NO_BARS)
            continue
        raw[symbol] = close
        given = _column(bars, "Adj Close", symbol)
        adjusted[symbol] = close if given is None else given
    return failed


# ---- figures -------------------------------------------------------------------------------------------------------


def _column(bars: pd.DataFrame | None, price: str, symbol: str) -> pd.Series | None:
    """One symbol's prices by session; the last of a session's bars, nothing at or below zero."""
    key = (price, symbol.upper())
    if bars is None or key not in bars.columns:
        return None
    prices = pd.to_numeric(bars[key], errors="coerce").astype(float)
    index = pd.DatetimeIndex(prices.index)
    prices.index = (index if index.tz is None else index.tz_localize(None)).normalize()
    prices = prices.where(np.isfinite(prices) & (prices > 0))
    return prices[~prices.index.duplicated(keep="last")]


def _closes(
    raw: dict[str, pd.Series], adjusted: dict[str, pd.Series], symbols: list[str], start: date | None, through: date
) -> Closes:
    days = [series.dropna().index for series in raw.values()]
    first = max(min((day[0].date() for day in days), default=through), start or _EARLIEST, _EARLIEST)
    last = min(max((day[-1].date() for day in days), default=first), through)
    index = pd.DatetimeIndex(sessions_between(first, last) if days else [], dtype="datetime64[s]")

    def frame(columns: dict[str, pd.Series]) -> pd.DataFrame:
        empty = pd.Series(np.nan, index=index)
        aligned = {symbol: columns[symbol].reindex(index) if symbol in columns else empty for symbol in symbols}
        return pd.DataFrame(aligned, index=index, columns=symbols, dtype=float)

    return Closes(frame(raw), frame(adjusted))


def _check_closes(closes: Closes, reasons: dict[str, str]) -> None:
    """Raises where so little came that it says more about the source than about the symbols."""
    asked = closes.raw.shape[1]
    with_bars = int(closes.raw.notna().any().sum())
    missing = [reasons.get(symbol, _NO_BARS.text) for symbol in closes.raw.columns[~closes.raw.notna().any()]]
    if not missing or (with_bars == 0 and asked <= _MANY and set(missing) == {_UNKNOWN.text}):
        return
    why = ", ".join(f"{reason} ({count})" for reason, count in Counter(missing).most_common(3))
    problem: type[FeedError] | None = None
    if with_bars == 0:
        problem = FeedUnavailable
    elif asked > _MANY and 2 * with_bars < asked:
        problem = FeedIncomplete
    if problem is not None:
        raise problem(f"{NAME}: charts: {with_bars} of {asked} symbols have closes: {why}")


def _census_frame(quotes: list[dict[str, Any]]) -> pd.DataFrame:
    """`CENSUS_COLUMNS` of quotes as the screener gives them; what is absent or no number is NaN, None or NaT."""
    symbols = [str(quote["symbol"]) for quote in quotes]
    columns: dict[str, Any] = {"name": [quote.get("longName") or quote.get("shortName") for quote in quotes]}
    for column, theirs in _FIELDS.items():
        columns[column] = [quote.get(theirs) for quote in quotes]
    columns["first_trade"] = [_new_york_day(quote.get("firstTradeDateMilliseconds"), 1_000) for quote in quotes]
    columns["session"] = [_new_york_day(quote.get("regularMarketTime")) for quote in quotes]
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


def _new_york_day(stamp: object, per_second: int = 1) -> date | None:
    """The date in New York of an epoch stamp; None where it is none."""
    if isinstance(stamp, bool) or not isinstance(stamp, int | float) or not np.isfinite(stamp):
        return None
    return (pd.Timestamp(0, tz="UTC") + pd.Timedelta(seconds=stamp / per_second)).tz_convert(NEW_YORK).date()
