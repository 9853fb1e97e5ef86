"""A market feed that uses yfinance. Of this folder, this module, `client.py` and `session.py` use the network.

Yahoo's figures are for personal use. yfinance keeps one session for each process, so one fetch runs at a time. This
module counts the failures that yfinance hides (a refused symbol looks like one without bars).
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from alerts.market.dates import Dates
from alerts.market.eligibility import SHELLS, VENUES
from alerts.market.feed import (
    Census,
    Closes,
    FeedIncomplete,
    FeedUnavailable,
    Progress,
    SymbolHistory,
    UnknownSymbol,
    WrongSession,
)
from alerts.market.sessions import NEW_YORK, sessions_between
from alerts.market.yahoo.client import Talk, quietly, spare_time_zones
from alerts.market.yahoo.errors import NO_BARS, UNKNOWN, Reason, reason_logged, reason_of
from alerts.market.yahoo.frames import EARLIEST, NAME, census_frame, check_closes, closes_of, column_of, new_york_day
from alerts.market.yahoo.session import FETCH_SECONDS, REQUEST_SECONDS, Limits
from alerts.market.yahoo.valuations import month_measures

_PAGE = 250  # Yahoo's limit
#: Members have ranks up to 3,150, with preferreds, funds, shells and foreign reporters between them.
LINES_WANTED = 16 * _PAGE
_CHUNK = 100  # symbols a download
_THREADS = 4
_MONTH_LETTERS = "FGHJKMNQUVXZ"  # January to December, as futures exchanges name months
_TRIES = 3

log = logging.getLogger(__name__)
_fetching = threading.Lock()


class Yahoo:
    """A market feed over yfinance. `cache`: folder for its cookies and time zones (None: its own default)."""

    name = NAME
    keeps_census = False
    fewest_lines = 500  # a census with fewer listings is incomplete

    def __init__(
        self, cache: Path | None, now: Callable[[], datetime], *, pause: float = 1.0, per_second: float | None = None
    ) -> None:
        """`now` returns the current time, with a time zone; `pause` is the seconds before a first retry.

        `per_second`: the rate limit for charts if more than one download of 100 is needed (None: no limit).
        """
        self._cache = cache
        self._now = now
        self._pause = pause
        self._per_second = per_second
        self.dates = Dates(now)
        self.limits = Limits(self.dates, REQUEST_SECONDS, FETCH_SECONDS)
        self._free_at = 0.0  # on the monotonic clock

    def census(self, session: date) -> Census:
        """All listings on the five venues, largest first, up to `LINES_WANTED`; only quotes of `session` are kept.

        Costs up to seventeen requests; the last one finds out which listings are shells. Costs one request if the
        source is at another session, and raises WrongSession then. Raises FeedUnavailable if the market is open or no
        page arrives; FeedIncomplete if fewer than `fewest_lines` listings arrive.
        """
        with _fetching, quietly(self._cache, self.limits) as talk:
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
        quotes = census_frame(list(found.values()))
        quotes = quotes[quotes["session"] == pd.Timestamp(session)]
        if len(quotes) < self.fewest_lines:
            wanted = f"fewer than the {self.fewest_lines} expected"
            raise FeedIncomplete(f"{NAME}: {len(quotes)} lines for {session}, {wanted}")
        return Census(session, quotes.sort_values("market_value", ascending=False, kind="stable"), self._now())

    def closes(
        self, symbols: Sequence[str], *, start: date | None, through: date, progress: Progress | None = None
    ) -> Closes:
        """Closes from one chart for each symbol, in downloads of 100.

        Rows run from the first session with a bar to the last. Sessions that the source left out are NaN; days that
        are not sessions are dropped. An unknown symbol is NaN, and so is one that failed twice while most succeeded.
        Raises FeedUnavailable on 429, with the closes that did arrive, or if no symbol has a bar although some are
        known; FeedIncomplete if fewer than half of more than twenty symbols have one.
        """
        if start is not None and not sessions_between(start, through):
            return closes_of({}, {}, list(dict.fromkeys(symbols)), start, through)
        closes, reasons = self._charts(symbols, start, through, progress)
        check_closes(closes, reasons)
        return closes

    def symbol_history(self, symbol: str, *, through: date) -> SymbolHistory:
        """From one chart, whose answer says the currency too; two attempts, none of them more on a 429."""
        with _fetching, quietly(self._cache, self.limits) as talk:
            spare_time_zones(talk.yfinance, [symbol])
            for attempt in range(2):
                ticker = talk.yfinance.Ticker(symbol)
                try:
                    bars = ticker.history(period="max", auto_adjust=False, actions=False, timeout=REQUEST_SECONDS)
                    about = ticker.get_history_metadata()
                    break
                except Exception as error:  # noqa: BLE001 – whatever yfinance raises becomes one of ours
                    reason = reason_of(error) if isinstance(error, ValueError) else reason_logged(repr(error))
                    if not reason.passing:
                        raise UnknownSymbol(f"{NAME}: {symbol}: {reason.text}") from None
                    if attempt or reason.turned_away:
                        raise FeedUnavailable(f"{NAME}: chart of {symbol}: {reason.text}") from None
                time.sleep(self._pause * random.uniform(0.75, 1.25))
        columns = {column: column_of(pd.concat({symbol.upper(): bars}, axis=1).swaplevel(axis=1), column, symbol)
                   for column in ("Close", "Adj Close")}  # fmt: skip
        close = columns["Close"]
        if close is None or not close.notna().any():
            raise UnknownSymbol(f"{NAME}: {symbol}: {NO_BARS.text}")
        adjusted = close if columns["Adj Close"] is None else columns["Adj Close"]
        found = closes_of({symbol: close}, {symbol: adjusted}, [symbol], None, through)
        if not found.raw[symbol].notna().any():
            raise UnknownSymbol(f"{NAME}: {symbol}: {NO_BARS.text}")
        return SymbolHistory(
            symbol, found.raw[symbol], found.adjusted[symbol], about.get("currency"),
            str(about.get("instrumentType") or ""),
        )  # fmt: skip

    def contracts(self, months: Sequence[str], *, start: date | None, through: date) -> pd.DataFrame:
        """From one chart for each month. Yahoo does not serve expired contracts: their months are NaN.

        Raises FeedUnavailable if no month arrives and at least one failed for a reason other than a missing contract
        or price.
        """
        by_symbol = {f"ZQ{_MONTH_LETTERS[int(month[5:]) - 1]}{month[2:4]}.CBT": month for month in months}
        closes, reasons = self._charts(list(by_symbol), start, through, None)
        failed = [reason for reason in reasons.values() if reason not in (UNKNOWN.text, NO_BARS.text)]
        if failed and not closes.raw.notna().any(axis=None):
            raise FeedUnavailable(f"{NAME}: charts: no fed funds futures: {failed[0]}")
        return closes.raw.rename(columns=by_symbol).reindex(columns=list(months)).astype("float64")

    def month_valuations(self, symbol: str, *, through: date) -> pd.DataFrame:
        """About sixteen months, from one request; requests in a row respect `per_second`."""
        if self._per_second is not None:
            time.sleep(max(0.0, self._free_at - time.monotonic()))
            self._free_at = time.monotonic() + 1 / self._per_second
        with _fetching, quietly(self._cache, self.limits) as talk:
            return month_measures(talk.yfinance, symbol, through)

    def _charts(
        self, symbols: Sequence[str], start: date | None, through: date, progress: Progress | None
    ) -> tuple[Closes, dict[str, str]]:
        """The bars that arrived, and the reason for each symbol without bars."""
        wanted = list(dict.fromkeys(symbols))
        raw: dict[str, pd.Series] = {}
        adjusted: dict[str, pd.Series] = {}
        reasons: dict[str, str] = {}
        with _fetching, quietly(self._cache, self.limits) as talk:
            for begin in range(0, len(wanted), _CHUNK):
                chunk = wanted[begin : begin + _CHUNK]
                self._wait_turn(len(chunk))
                self.limits.begin()
                try:
                    self._download(talk, chunk, start, raw, adjusted, reasons)
                except FeedUnavailable as error:
                    error.arrived = closes_of(raw, adjusted, list(raw), start, through) if raw else None
                    raise
                if progress is not None:
                    progress(min(begin + _CHUNK, len(wanted)), len(wanted))
        return closes_of(raw, adjusted, wanted, start, through), reasons

    def _wait_turn(self, count: int) -> None:
        """Apply the rate limit across several downloads; a daily refresh needs one and does not wait."""
        if self._per_second is None:
            return
        now = time.monotonic()
        if self._free_at > now:
            time.sleep(self._free_at - now)
        self._free_at = max(now, self._free_at) + (count / self._per_second if count >= _CHUNK // 4 else 0.0)

    def _tell_shells(self, yfinance: Any, found: dict[str, dict[str, Any]]) -> None:
        """Write the industry of shell companies, which quotes leave out, into their quotes.

        Many shells cannot be recognised by name. If this page fails, the census continues with names alone.
        """
        try:
            shells = self._page(yfinance, 0, industry=SHELLS)
        except FeedUnavailable as error:
            log.warning("shell companies are told by their names alone: %s", error)
            return
        for quote in shells.quotes:
            found.get(str(quote["symbol"]), {})["industry"] = SHELLS

    def _page(self, yfinance: Any, offset: int, *, industry: str | None = None) -> _Page:
        """One page of the screener, for one industry or for all; three attempts, two on a 429."""
        query = yfinance.EquityQuery
        venues = query("is-in", ["exchange", *sorted(VENUES)])
        narrower = [] if industry is None else [query("eq", ["industry", industry])]
        lines = query("and", [query("eq", ["region", "us"]), venues, *narrower])
        for attempt in range(_TRIES):
            try:
                answer = yfinance.screen(lines, size=_PAGE, offset=offset, sortField="intradaymarketcap", sortAsc=False)
                return _Page(list(answer["quotes"]), int(answer.get("total") or 0))
            except Exception as error:  # noqa: BLE001 – whatever yfinance raises becomes one of ours
                reason = reason_of(error)
                if attempt + 1 == _TRIES or (reason.turned_away and attempt == 1) or not reason.passing:
                    raise FeedUnavailable(f"{NAME}: screener, lines from {offset}: {reason.text}") from None
            time.sleep(self._pause * 2**attempt * random.uniform(0.75, 1.25))
        raise AssertionError("unreachable")

    def _check_session(self, quotes: list[dict[str, Any]], session: date) -> None:
        days = Counter(day for quote in quotes if (day := new_york_day(quote.get("regularMarketTime"))) is not None)
        if not days:
            raise FeedIncomplete(f"{NAME}: no quote on the first page has a session; {session} was requested")
        stands_at = days.most_common(1)[0][0]
        if stands_at != session:
            raise WrongSession(f"{NAME}: quotes are of {stands_at}, {session} was requested", stands_at)
        state = Counter(quote.get("marketState") for quote in quotes).most_common(1)[0][0]
        if state == "REGULAR" or (state == "PRE" and stands_at == self._now().astimezone(NEW_YORK).date()):
            raise FeedUnavailable(f"{NAME}: market still open on {session} ({state}); quotes are not closes yet")

    def _download(
        self,
        talk: Talk,
        symbols: list[str],
        start: date | None,
        raw: dict[str, pd.Series],
        adjusted: dict[str, pd.Series],
        reasons: dict[str, str],
    ) -> None:
        """Add the bars of `symbols`, and the reasons for those without; retry temporary failures once."""
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


@dataclass(frozen=True)
class _Page:
    quotes: list[dict[str, Any]]
    total: int  # lines in the whole listing


def _download_once(
    talk: Talk,
    symbols: list[str],
    start: date | None,
    raw: dict[str, pd.Series],
    adjusted: dict[str, pd.Series],
) -> dict[str, Reason]:
    """Add the bars that arrived; return the reason for each symbol without bars."""
    spare_time_zones(talk.yfinance, symbols)
    span = {"period": "max"} if start is None else {"start": max(start, EARLIEST).isoformat()}
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
            timeout=REQUEST_SECONDS,
            session=talk.session,
            multi_level_index=True,
        )
    except Exception as error:  # noqa: BLE001 – as above
        reason = reason_of(error)
        return dict.fromkeys(symbols, reason)
    reasons = talk.failures()
    failed: dict[str, Reason] = {}
    for symbol in symbols:
        close = column_of(bars, "Close", symbol)
        if close is None or not close.notna().any():
            failed[symbol] = reasons.get(symbol.upper(), NO_BARS)
            continue
        raw[symbol] = close
        given = column_of(bars, "Adj Close", symbol)
        adjusted[symbol] = close if given is None else given
    return failed
