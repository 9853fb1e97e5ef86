"""Whether the outside world can be reached: one short request each, in words without any secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

SECONDS = 10.0
YAHOO = "https://query2.finance.yahoo.com/"
FRED = "https://fred.stlouisfed.org/"
_HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; rotation-alerts doctor)"}


@dataclass(frozen=True)
class Reached:
    """An answer: its HTTP status, its JSON where it has any, and how far our clock is ahead of its Date header."""

    status: int
    json: Any
    clock_ahead: float | None  # seconds


@dataclass(frozen=True)
class Unreachable:
    """No answer. why: in words that hold no address."""

    why: str


def ask(address: str) -> Reached | Unreachable:
    """What is answered at `address`. The address is never repeated: it may hold a token."""
    try:
        before = datetime.now(UTC)
        answer = httpx.get(address, timeout=SECONDS, headers=_HEADERS)
        now = datetime.now(UTC)
    except httpx.TimeoutException:
        return Unreachable(f"no answer within {SECONDS:g} seconds")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Unreachable(_words(error))
    except ValueError as error:  # a proxy whose address httpx does not take
        return Unreachable(type(error).__name__)
    try:
        said = answer.json()
    except ValueError:
        said = None
    return Reached(answer.status_code, said, _ahead(answer.headers.get("Date"), before, now))


def _words(error: BaseException) -> str:
    """The system's words for a failure, found below those of the libraries, which may repeat the address."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError) and below.strerror:
            return below.strerror
        below = below.__cause__ or below.__context__
    return type(error).__name__


def _ahead(stamp: str | None, before: datetime, after: datetime) -> float | None:
    """Seconds by which our clock is ahead; 0 where the header's second lies within the request."""
    if stamp is None:
        return None
    try:
        theirs = parsedate_to_datetime(stamp)
    except ValueError:
        return None
    if (late := (before - theirs).total_seconds() - 1) > 0:  # the header leaves fractions of a second out
        return late
    return min((after - theirs).total_seconds(), 0.0)
