"""Reasons why a request to Yahoo failed, in our own words: the client's text may contain addresses with crumbs."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    text: str
    passing: bool = True  # worth a retry
    turned_away: bool = False  # 429


UNKNOWN = Reason("no such symbol", passing=False)
NO_BARS = Reason("no bars in the range", passing=False)
TURNED_AWAY = Reason("429 Too Many Requests", turned_away=True)
PAGE_INSTEAD = Reason("a page or nothing instead of figures")
NO_FIGURES = Reason("an answer without figures")


def reason_of(error: Exception) -> Reason:
    """Why a request failed, in our own words."""
    if type(error).__name__ == "YFRateLimitError":
        return TURNED_AWAY
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(status, int) and status >= 400:
        return Reason(f"HTTP {status}", passing=status >= 500 or status in (401, 403), turned_away=status == 429)
    if isinstance(error, ValueError):  # invalid JSON
        document = getattr(error, "doc", None)
        return Reason("an empty answer") if document in ("", b"") else PAGE_INSTEAD
    if isinstance(error, KeyError | IndexError | TypeError):
        return NO_FIGURES
    return Reason(f"the connection failed ({type(error).__name__})")


def reason_logged(text: str) -> Reason:
    """The same for a chart, from the line that yfinance logs: the repr of the exception, or yfinance's own text."""
    kind = match[0] if (match := re.match(r"\w+(?=\()", text)) else ""
    if kind == "YFRateLimitError" or "Too Many Requests" in text:
        return TURNED_AWAY
    if "symbol may be delisted" in text or "no timezone found" in text or "Quote not found" in text:
        return UNKNOWN
    if kind == "YFPricesMissingError" or "no price data found" in text:
        return NO_BARS
    if kind.endswith("DecodeError") or kind == "ValueError":
        return PAGE_INSTEAD
    if kind in ("KeyError", "TypeError", "IndexError", "AttributeError"):
        return Reason("an error instead of figures (5xx?)")
    return Reason(f"the connection failed ({kind or 'no reason given'})")
