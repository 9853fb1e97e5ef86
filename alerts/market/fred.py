"""Economic series from FRED, the database of the Federal Reserve Bank of St. Louis.

As CSV and without a key, or by its API (fred/series/observations, as JSON) where a key is given.
"""

from __future__ import annotations

import csv
import io
import json
import random
import time
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cached_property

import httpx
import numpy as np
import pandas as pd

from alerts.market.dates import Dates
from alerts.market.feed import FRED, FeedIncomplete, FeedUnavailable

NAME = FRED
ADDRESS = "https://fred.stlouisfed.org/graph/fredgraph.csv"
API = "https://api.stlouisfed.org/fred/series/observations"
REQUEST_SECONDS = 20.0  # seconds for a whole request
_TRIES = 3
_REST = 30.0  # seconds after a first 429


class Fred:
    """Economic series by FRED's ids. Every call blocks."""

    name = NAME

    def __init__(self, now: Callable[[], datetime], *, pause: float = 1.0, key: str | None = None) -> None:
        """`now` returns the current time, with a time zone; `pause`: seconds before a retry; `key`: of its API."""
        self._pause = pause
        self._key = key
        self.dates = Dates(now)

    @cached_property
    def _client(self) -> httpx.Client:
        """One for all series: a new connection costs a handshake, and a new client a read of the certificates."""
        return httpx.Client(timeout=REQUEST_SECONDS, follow_redirects=True)

    def series(self, identity: str) -> pd.Series:
        """All observations, float64 by their date (midnight, ascending); missing ones are left out.

        Raises FeedUnavailable if FRED does not answer, refuses, or has no such series; FeedIncomplete if the
        answer has no observation.
        """
        text = self._ask(identity)
        return _observations(identity, _rows(text) if self._key is None else _api_rows(text))

    def _ask(self, identity: str) -> str:
        why = ""
        for attempt in range(_TRIES):
            if attempt:
                wait = (_REST if "429" in why else 1.0) * self._pause * 2 ** (attempt - 1)
                time.sleep(wait * random.uniform(0.75, 1.25))
            try:
                status, text = self._get(identity)
            except (httpx.InvalidURL, ValueError, ImportError) as error:
                raise FeedUnavailable(
                    f"{NAME}: {identity}: the proxy that HTTPS_PROXY or ALL_PROXY names cannot be used "
                    f"({type(error).__name__}); give an address such as http://proxy.example:3128"
                ) from None
            except httpx.HTTPError as error:
                why = f"the connection failed ({type(error).__name__})"
                continue
            if status == 404:
                raise FeedUnavailable(f"{NAME}: {identity}: no such series")
            if status == 400 and self._key is not None:
                raise FeedUnavailable(f"{NAME}: {identity}: {_complaint(text)}")
            if status != 200:
                why = f"HTTP {status}" + (" Too Many Requests" if status == 429 else "")
            elif not text.strip():
                why = "an empty answer"
            elif not _is_data(text, self._key):
                why = "a page instead of figures"
            else:
                return text
        raise FeedUnavailable(f"{NAME}: {identity}: {why}")

    def _get(self, identity: str) -> tuple[int, str]:
        """Status and text of one answer, which has to be there as a whole in `REQUEST_SECONDS` seconds."""
        end = time.monotonic() + REQUEST_SECONDS
        address, asked = ADDRESS, {"id": identity}
        if self._key is not None:
            address, asked = API, {"series_id": identity, "api_key": self._key, "file_type": "json"}
        with self._client.stream("GET", address, params=asked) as answer:
            self.dates.note(answer.headers.get("Date"), answer.headers.get("Age"))
            parts = []
            for part in answer.iter_bytes():  # httpx limits the time between two pieces only
                parts.append(part)
                if time.monotonic() > end:
                    raise httpx.ReadTimeout(f"the answer was not whole after {REQUEST_SECONDS:g} seconds")
            return answer.status_code, b"".join(parts).decode(answer.encoding or "utf-8", "replace")


def _is_data(text: str, key: str | None) -> bool:
    """Whether an answer may hold figures, and is no page."""
    first = text.lstrip().splitlines()[0]
    return first.startswith("{") if key is not None else "," in first


def _rows(text: str) -> Iterable[tuple[str, str]]:
    """(date, value) of a CSV answer, its heading included."""
    return ((row[0], row[1]) for row in csv.reader(io.StringIO(text)) if len(row) >= 2)


def _api_rows(text: str) -> Iterable[tuple[str, str]]:
    """(date, value) of the API's answer."""
    try:
        found = json.loads(text)["observations"]
        return [(str(one["date"]), str(one["value"])) for one in found]
    except (ValueError, KeyError, TypeError):
        return []


def _complaint(text: str) -> str:
    """Why the API refuses, without the key that may be in its words."""
    try:
        words = str(json.loads(text)["error_message"])
    except (ValueError, KeyError, TypeError):
        words = "HTTP 400"
    if "api_key" in words:
        return "the key in FRED_API_KEY is not accepted; copy it again from your account at FRED, or leave it empty"
    return words


def _observations(identity: str, rows: Iterable[tuple[str, str]]) -> pd.Series:
    found: dict[date, float] = {}
    for given, number in rows:
        try:
            day, value = date.fromisoformat(given.strip()), float(number)
        except ValueError:  # the heading, and missing observations ("." or empty)
            continue
        if np.isfinite(value):
            found[day] = value
    if not found:
        raise FeedIncomplete(f"{NAME}: {identity}: no observation in the answer")
    days = pd.DatetimeIndex(np.array(list(found), dtype="datetime64[D]"))
    return pd.Series(list(found.values()), index=days, dtype="float64", name=identity).sort_index()
