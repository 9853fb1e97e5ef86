"""Yahoo Finance and FRED on loopback, as far as the program asks them, with faults on purpose.

    python tests/support/market_web.py --state FOLDER [--today 2025-08-19] [--companies 600]

What it answers is the simulated market's. Clients reach it as a proxy that speaks for the real hosts (`FOLDER/env.json`
has the environment they need), so that yfinance and httpx run as they are. Controls, on plain HTTP:

    /_today?date=D            stand at another session
    /_fault?kind=K&count=N&match=REGEX      the next N requests whose path and query match meet it
    /_split?symbol=S&ratio=R  from now on S has split: every close before counts a Rth
    /_leave, /_return, /_rename, /_list       companies come and go, as in market_life.py
    /_clock?at=TIME           carry this Date from now on, "none" for none; without: this machine's
    /_calm, /_counts          no more faults, splits and changes; requests answered since the last question, by kind

Faults of any answer: 401 (the crumb is refused) 429 500 html empty close slow drip (a byte a second).
Of charts: nan (the last close is
null), gap (the session before the last is left out), stale (the last five are), spike (the last close is a
hundredfold), twice (bars come twice, in another order). Of quotes, by symbol: quote_missing quote_stale quote_spike
quote_null.
"""

from __future__ import annotations

import argparse
import json
import re
import ssl
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from email.utils import format_datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import numpy as np
import pandas as pd
import trustme

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alerts.market.eligibility import SHELLS
from alerts.market.sample import SampleMarket
from alerts.market.sessions import NEW_YORK, sessions_between
from alerts.market.yahoo.frames import FIELDS
from alerts.metrics.funds import FUNDS
from storage.valuations import month_ends
from support.market_life import Listings

HOSTS = (
    "query1.finance.yahoo.com",
    "query2.finance.yahoo.com",
    "finance.yahoo.com",
    "fc.yahoo.com",
    "fred.stlouisfed.org",
)
ANY = ("401", "429", "500", "html", "empty", "close", "slow", "drip")
IN_CHARTS = ("nan", "gap", "stale", "spike", "twice")
IN_QUOTES = ("quote_missing", "quote_stale", "quote_spike", "quote_null")
SLOW_SECONDS = 3.0
DRIP_SECONDS = 1.0
COOKIE = "A3=loopback; Max-Age=31557600; Domain=.yahoo.com; Path=/; SameSite=None; Secure; HttpOnly"
FIRST = date(2020, 1, 2)
#: Symbols that a chart says something else of: (currency, kind). Their closes are those of XLF.
OTHERS = {"VOD.L": ("GBp", "EQUITY"), "BARC.L": ("GBp", "EQUITY"), "EURUSD=X": ("USD", "CURRENCY")}


@dataclass
class Answer:
    """What a request gets."""

    status: int
    body: bytes
    kind: str = "application/json"
    cookie: str = ""
    dripping: bool = False


def as_json(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())


@lru_cache(maxsize=8_192)
def opening(session: date) -> int:
    """Yahoo stamps a daily bar with the session's opening in New York."""
    return int(datetime.combine(session, clock(9, 30), NEW_YORK).timestamp())


@dataclass
class Web:
    """What the two hosts know and how they fail."""

    today: date
    count: int
    first: date = FIRST
    market: SampleMarket = field(default_factory=SampleMarket)
    faults: list[dict[str, Any]] = field(default_factory=list)
    splits: dict[str, tuple[date, float]] = field(default_factory=dict)
    life: Listings = field(default_factory=Listings)
    clock: str | None = None  # the Date of every answer; None: the machine's
    asked: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)
    known: dict[str, Any] = field(default_factory=dict)

    def meets(self, kinds: Sequence[str], what: str) -> str | None:
        """The fault that `what` meets, spent once."""
        with self.lock:
            for fault in self.faults:
                if fault["kind"] in kinds and fault["left"] > 0 and re.search(fault["match"], what):
                    fault["left"] -= 1
                    return str(fault["kind"])
        return None

    def answer(self, target: str, body: bytes) -> Answer | None:
        """The answer to a request; None: the connection is closed without one."""
        parts = urlsplit(target)
        path, query = unquote(parts.path), dict(parse_qsl(parts.query))
        if path.startswith("/_"):
            return self.control(path, query)
        with self.lock:
            self.asked[
                "fred" if path.endswith("fredgraph.csv") else path.split("/")[3] if path.count("/") > 2 else path
            ] += 1
        match self.meets(ANY, target):
            case "401":
                return as_json({"finance": {"error": {"code": "Unauthorized", "description": "Invalid Crumb"}}}, 401)
            case "429":
                return Answer(429, b"Too Many Requests", "text/plain")
            case "500":
                return as_json({"chart": {"result": None, "error": {"code": "Internal Server Error"}}}, 500)
            case "html":
                return Answer(200, b"<html><body>We will be back</body></html>", "text/html")
            case "empty":
                return Answer(200, b"")
            case "close":
                return None
            case "slow":
                time.sleep(SLOW_SECONDS)
            case "drip":
                return Answer(200, b"{" + b" " * 10_000, dripping=True)
        if path == "/v1/test/getcrumb":
            return Answer(200, b"crumb", "text/plain")
        if path.startswith("/v8/finance/chart/"):
            return self.chart(path.rsplit("/", 1)[1].upper(), query)
        if path.startswith("/ws/fundamentals-timeseries/"):
            return self.measures(path.rsplit("/", 1)[1].upper())
        if path == "/v1/finance/screener":
            return self.screener(json.loads(body))
        if path == "/graph/fredgraph.csv":
            return self.series(query.get("id", ""))
        if path == "/":  # the visit that brings the cookie
            return Answer(200, b"", "text/html", COOKIE)
        return Answer(404, b"Not Found", "text/plain")

    def control(self, path: str, query: dict[str, str]) -> Answer:
        match path:
            case "/_today":
                self.today = date.fromisoformat(query["date"])
            case "/_fault":
                self.faults.append(
                    {"kind": query["kind"], "left": int(query.get("count", 1)), "match": query.get("match", ".")}
                )
            case "/_clock":
                at = query["at"]
                moment = None if at == "none" else datetime.fromisoformat(at).astimezone(UTC)
                self.clock = "none" if moment is None else format_datetime(moment, usegmt=True)
            case "/_split":
                self.splits[query["symbol"]] = (self.today, float(query["ratio"]))
            case "/_calm":
                self.faults.clear()
                self.splits.clear()
                self.life.clear()
            case "/_leave" | "/_return" | "/_rename" | "/_list":
                self.life.change(path, query, self.today)
            case "/_counts":
                with self.lock:
                    counts, self.asked = dict(self.asked), Counter()
                return as_json(counts)
        return as_json({"today": self.today.isoformat()})

    def symbols(self) -> set[str]:
        """The companies that are listed here: the largest of the simulated market."""
        if "symbols" not in self.known:
            self.known["symbols"] = set(self.market.census(self.today).quotes.index[: self.count])
        return self.known["symbols"]

    def chart(self, symbol: str, query: dict[str, str]) -> Answer:
        of_symbol = "XLF" if symbol in OTHERS else symbol
        stands = self.life.closes(of_symbol)
        known = stands is not None and (stands[0] in self.symbols() or of_symbol in FUNDS)
        if not known and not self._price_of_month(symbol):
            error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return as_json({"chart": {"result": None, "error": error}}, 404)
        if price := self._price_of_month(symbol):
            sessions = sessions_between(self.today - timedelta(days=30), self.today)
            raw = adjusted = np.full(len(sessions), price)
        else:
            closes = self.closes()
            sessions = closes["sessions"]
            assert stands is not None
            of, listed, times = stands
            raw, adjusted = (column * times for column in closes[of])
            if listed:
                raw[: sessions.index(listed)] = adjusted[: sessions.index(listed)] = np.nan
            if symbol in self.splits:
                raw, adjusted = raw / self.splits[symbol][1], adjusted / self.splits[symbol][1]
        first = int(query.get("period1", 0))
        bars = [
            [opening(day), None if np.isnan(one) else float(one), None if np.isnan(other) else float(other)]
            for day, one, other in zip(sessions, raw, adjusted, strict=True)
            if opening(day) >= first
        ]
        return as_json(_chart(symbol, self._harmed(symbol, bars)))

    def closes(self) -> dict[str, Any]:
        """The sessions until today, and (raw, adjusted) closes on them by symbol."""
        if self.known.get("through") != self.today:
            symbols = [*sorted(self.symbols()), *FUNDS]
            found = self.market.closes(symbols, start=self.first, through=self.today)
            columns = {s: (found.raw[s].to_numpy(), found.adjusted[s].to_numpy()) for s in symbols}
            sessions = [stamp.date() for stamp in found.raw.index]
            self.known |= {"through": self.today, "closes": columns | {"sessions": sessions}}
        return self.known["closes"]

    def _price_of_month(self, symbol: str) -> float | None:
        """A price of a fed funds futures contract of this month or one of the next twelve."""
        if not (found := re.fullmatch(r"ZQ([FGHJKMNQUVXZ])(\d\d)\.CBT", symbol)):
            return None
        ahead = (
            (2000 + int(found[2])) * 12 + "FGHJKMNQUVXZ".index(found[1]) - self.today.year * 12 - self.today.month + 1
        )
        return round(95.75 + 0.05 * ahead, 4) if 0 <= ahead <= 12 else None

    def _harmed(self, symbol: str, bars: list[list[Any]]) -> list[list[Any]]:
        if not bars:
            return bars
        if self.meets(("nan",), symbol):
            bars[-1][1:] = [None, None]
        if self.meets(("stale",), symbol):
            bars = bars[:-5]
        if self.meets(("gap",), symbol):
            bars = bars[:-2] + bars[-1:]
        if self.meets(("spike",), symbol):
            bars[-1][1:] = [value and value * 100 for value in bars[-1][1:]]
        if self.meets(("twice",), symbol):
            bars = bars[::-1] + bars
        return bars

    def measures(self, symbol: str) -> Answer:
        """Month-end valuation measures, and those of the month that still runs."""
        if symbol not in self.symbols():
            return Answer(404, b"Not Found", "text/plain")
        told = self.market.month_valuations(symbol, through=self.today)
        ends = dict(month_ends(self.today - timedelta(days=600), self.today))
        days = {month: ends[month].isoformat() for month in told.index} | {"now": self.today.isoformat()}
        told.loc["now"] = 2 * told.iloc[-1]
        result = [{"meta": {"symbol": [symbol], "type": ["trailingMarketCap"]}}]
        for ours, theirs in (("market_value", "monthlyMarketCap"), ("forward_pe", "monthlyForwardPeRatio")):
            points = [
                {"asOfDate": days[month], "periodType": "1M", "reportedValue": {"raw": value}}
                for month, value in told[ours].dropna().items()
            ]
            result.append({"meta": {"symbol": [symbol], "type": [theirs]}} | ({theirs: points} if points else {}))
        return as_json({"timeseries": {"result": result, "error": None}})

    def screener(self, asked: dict[str, Any]) -> Answer:
        if SHELLS in json.dumps(asked["query"]):
            return as_json({"finance": {"error": None, "result": [{"start": 0, "count": 0, "total": 0, "quotes": []}]}})
        quotes = self.life.quotes(self.quotes(), {symbol: opening(one.listed) for symbol, one in self.life.new.items()})
        at = int(asked.get("offset", 0))
        page = [found for quote in quotes[at : at + int(asked["size"])] if (found := self._told(dict(quote)))]
        result = {"start": at, "count": len(page), "total": len(quotes), "quotes": page}
        return as_json({"finance": {"error": None, "result": [result]}})

    def quotes(self) -> list[dict[str, Any]]:
        """The census of today in Yahoo's words, largest first."""
        if self.known.get("day") != (self.today, tuple(self.splits)):
            frame = self.market.census(self.today).quotes
            frame = frame[frame.index.isin(list(self.symbols()))]
            self.known |= {
                "day": (self.today, tuple(self.splits)),
                "quotes": [self._quote(s, row) for s, row in frame.iterrows()],
            }
        return self.known["quotes"]

    def _quote(self, symbol: Any, row: pd.Series) -> dict[str, Any]:
        quote = {theirs: row[ours] for ours, theirs in FIELDS.items() if pd.notna(row[ours])}
        ratio = self.splits[symbol][1] if symbol in self.splits else 1.0
        for name in (
            "regularMarketPrice", "regularMarketPreviousClose", "fiftyDayAverage", "twoHundredDayAverage",
            "fiftyTwoWeekHigh", "fiftyTwoWeekLow", "epsForward", "epsTrailingTwelveMonths", "bookValue",
        ):  # fmt: skip
            if name in quote:
                quote[name] = quote[name] / ratio
        return quote | {
            "symbol": symbol, "longName": row["name"], "marketState": "POST",
            "regularMarketTime": opening(self.today) + 6 * 3600 + 1800,
            "firstTradeDateMilliseconds": opening(row["first_trade"].date()) * 1000,
        }  # fmt: skip

    def _told(self, quote: dict[str, Any]) -> dict[str, Any] | None:
        match self.meets(IN_QUOTES, quote["symbol"]):
            case "quote_missing":
                return None
            case "quote_stale":
                quote["regularMarketTime"] -= 86_400
                quote["regularMarketPrice"] = quote["regularMarketPreviousClose"]
            case "quote_spike":
                quote["regularMarketPrice"] *= 100
            case "quote_null":
                for name in ("regularMarketPrice", "marketCap", "epsForward"):
                    quote.pop(name, None)
        return quote

    def series(self, identity: str) -> Answer:
        if not re.fullmatch(r"[A-Z0-9]+", identity):
            return Answer(404, b"<html>Not Found</html>", "text/html")
        days = pd.date_range("2024-01-01", self.today, freq="D")
        rows = [f"{day:%Y-%m-%d},{'.' if day.weekday() > 4 else 4.25}" for day in days]
        return Answer(200, "\n".join([f"observation_date,{identity}", *rows]).encode(), "application/csv")


def _chart(symbol: str, bars: list[list[Any]]) -> dict[str, Any]:
    currency, kind = OTHERS.get(symbol, ("USD", "EQUITY"))
    meta = {
        "currency": currency, "symbol": symbol, "exchangeName": "PCX", "instrumentType": kind, "dataGranularity": "1d",
        "exchangeTimezoneName": "America/New_York", "timezone": "EDT", "gmtoffset": -14400, "priceHint": 2,
        "firstTradeDate": opening(FIRST), "regularMarketPrice": bars[-1][1] if bars else None, "validRanges": ["max"],
        "currentTradingPeriod": {
            name: {"timezone": "EDT", "start": 0, "end": 0, "gmtoffset": -14400} for name in ("pre", "regular", "post")
        },
    }  # fmt: skip
    result: dict[str, Any] = {"meta": meta, "indicators": {"quote": [{}], "adjclose": [{}]}}
    if bars:
        stamps, close, adjusted = (list(column) for column in zip(*bars, strict=True))
        volume = [None if one is None else 1000 for one in close]
        prices = {"open": close, "high": close, "low": close, "close": close, "volume": volume}
        result["timestamp"] = stamps
        result["indicators"] = {"quote": [prices], "adjclose": [{"adjclose": adjusted}]}
    return {"chart": {"result": [result], "error": None}}


class Handler(BaseHTTPRequestHandler):
    """Plain requests, and tunnels to the hosts this stands for."""

    protocol_version = "HTTP/1.1"
    web: Web
    tls: ssl.SSLContext

    def do_CONNECT(self) -> None:
        if self.path.split(":")[0] not in HOSTS:
            self.send_error(502, "No such host here")
            return
        self.send_response(200, "Connection established")
        self.end_headers()
        try:
            self.connection = self.tls.wrap_socket(self.connection, server_side=True)
        except OSError:
            self.close_connection = True
            return
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
        self.close_connection = False
        while not self.close_connection:
            self.handle_one_request()

    def do_GET(self) -> None:
        given = self.web.answer(self.path, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        if given is None:
            self.close_connection = True
            self.connection.close()
            return
        self.send_response_only(given.status)
        if self.web.clock != "none":
            self.send_header("Date", self.web.clock or self.date_time_string())
        self.send_header("Content-Type", given.kind)
        if given.cookie:
            self.send_header("Set-Cookie", given.cookie)
        self.send_header("Content-Length", str(len(given.body)))
        self.end_headers()
        for at in range(len(given.body) if given.dripping else 0):
            try:
                self.wfile.write(given.body[at : at + 1])
            except OSError:  # the client has had enough
                self.close_connection = True
                return
            time.sleep(DRIP_SECONDS)
        if not given.dripping:
            self.wfile.write(given.body)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        """Silent."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--state", type=Path, required=True)
    asked.add_argument("--today", type=date.fromisoformat, default=date(2025, 8, 19))
    asked.add_argument("--companies", type=int, default=600)
    asked.add_argument("--first", type=date.fromisoformat, default=FIRST, help="the first session of every history")
    given = asked.parse_args()
    authority = trustme.CA()
    Handler.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(Handler.tls)
    Handler.web = Web(given.today, given.companies, given.first)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    given.state.mkdir(parents=True, exist_ok=True)
    certificate, origin = given.state / "ca.pem", f"http://127.0.0.1:{server.server_port}"
    authority.cert_pem.write_to_path(str(certificate))
    names = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
    environment = dict.fromkeys(names, str(certificate)) | {"HTTPS_PROXY": origin, "https_proxy": origin}
    (given.state / "env.json").write_text(json.dumps(environment))
    print(origin, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
