"""yfinance's HTTP session, with limits for whole requests and whole fetches.

The limits of yfinance count per request and, in places, per piece of an answer; a crumb is asked for before a chart, by
one thread at a time. A source that drips its answers could hold a fetch for hours.
"""

from __future__ import annotations

import time
from typing import Any

from alerts.market.dates import Dates

REQUEST_SECONDS = 20.0  # for one answer, to its last byte
FETCH_SECONDS = 180.0  # for a census, for a download of up to 100 charts, for one company's valuation measures
LEAST_SECONDS = 0.05  # curl takes a limit under a millisecond for none at all, and would wait for ever


class Limits:
    """The time limits of the fetch that is under way, and the Date headers of its answers."""

    def __init__(self, dates: Dates, request_seconds: float, fetch_seconds: float) -> None:
        self.dates = dates
        self._request_seconds = request_seconds
        self._fetch_seconds = fetch_seconds
        self._end = 0.0  # on the monotonic clock

    def begin(self) -> None:
        """A fetch begins."""
        self._end = time.monotonic() + self._fetch_seconds

    @property
    def left(self) -> float:
        """Seconds that the next request may take; none where the fetch has used up its time."""
        return min(self._request_seconds, self._end - time.monotonic())


def session_within(limits: Limits) -> Any:
    """The session of this process, which from now on keeps to `limits`: cookies and crumb belong together."""
    if not _session:
        _session.append(_new_session())
    _session[0].limits = limits
    return _session[0]


_session: list[Any] = []


def _new_session() -> Any:
    from curl_cffi.requests import Session
    from curl_cffi.requests.exceptions import ReadTimeout

    class Limited(Session):  # type: ignore[type-arg]  # the import is late
        limits: Limits

        def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
            if (left := self.limits.left) < LEAST_SECONDS:
                raise ReadTimeout("the fetch has used up its time")
            answer = super().request(method, url, *args, **(kwargs | {"timeout": left}))
            self.limits.dates.note(answer.headers.get("Date"), answer.headers.get("Age"))
            return answer

    return Limited(impersonate="chrome")
