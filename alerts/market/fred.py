"""Economic series from FRED, the database of the Federal Reserve Bank of St. Louis, as CSV and without a key."""

from __future__ import annotations

import csv
import io
import random
import time
from collections.abc import Callable
from datetime import date, datetime

import httpx
import numpy as np
import pandas as pd

from alerts.market.dates import Dates
from alerts.market.feed import FeedIncomplete, FeedUnavailable

NAME = "FRED"
ADDRESS = "https://fred.stlouisfed.org/graph/fredgraph.csv"
REQUEST_SECONDS = 20.0  # seconds for a whole request
_TRIES = 3
_REST = 30.0  # seconds after a first 429


class Fred:
    """Economic series by FRED's ids. Every call blocks."""

    name = NAME

    def __init__(self, now: Callable[[], datetime], *, pause: float = 1.0) -> None:
        """`now` returns the current time, with a time zone; `pause` is the seconds before a first retry."""
        self._pause = pause
        self.dates = Dates(now)

    def series(self, identity: str) -> pd.Series:
        """All observations, float64 by their date (midnight, ascending); missing ones are left out.

        Raises FeedUnavailable if FRED does not answer, refuses, or has no such series; FeedIncomplete if the
        answer has no observation.
        """
        text = self._ask(identity)
        return _observations(identity, text)

    def _ask(self, identity: str) -> str:
        why = ""
        for attempt in range(_TRIES):
            if attempt:
                wait = (_REST if "429" in why else 1.0) * self._pause * 2 ** (attempt - 1)
                time.sleep(wait * random.uniform(0.75, 1.25))
            try:
                status, text = _get(identity, self.dates)
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
            if status != 200:
                why = f"HTTP {status}" + (" Too Many Requests" if status == 429 else "")
            elif not text.strip():
                why = "an empty answer"
            elif "," not in text.lstrip().splitlines()[0]:
                why = "a page instead of figures"
            else:
                return text
        raise FeedUnavailable(f"{NAME}: {identity}: {why}")


def _get(identity: str, dates: Dates) -> tuple[int, str]:
    """Status and text of one answer, which has to be there as a whole in `REQUEST_SECONDS` seconds."""
    end = time.monotonic() + REQUEST_SECONDS
    with httpx.stream(
        "GET", ADDRESS, params={"id": identity}, timeout=REQUEST_SECONDS, follow_redirects=True
    ) as answer:
        dates.note(answer.headers.get("Date"), answer.headers.get("Age"))
        parts = []
        for part in answer.iter_bytes():  # httpx limits the time between two pieces only
            parts.append(part)
            if time.monotonic() > end:
                raise httpx.ReadTimeout(f"the answer was not whole after {REQUEST_SECONDS:g} seconds")
        return answer.status_code, b"".join(parts).decode(answer.encoding or "utf-8", "replace")


def _observations(identity: str, text: str) -> pd.Series:
    found: dict[pd.Timestamp, float] = {}
    for row in csv.reader(io.StringIO(text)):
        if len(row) < 2:
            continue
        try:
            day, value = date.fromisoformat(row[0].strip()), float(row[1])
        except ValueError:  # the heading, and missing observations ("." or empty)
            continue
        if np.isfinite(value):
            found[pd.Timestamp(day)] = value
    if not found:
        raise FeedIncomplete(f"{NAME}: {identity}: no observation in the answer")
    return pd.Series(found, dtype="float64", name=identity).sort_index()
