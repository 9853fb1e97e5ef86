"""Dates, counts and percentiles as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from html import escape

from alerts.metrics.catalog import Metric
from alerts.metrics.figure import Figure
from alerts.metrics.standing import COUNTED

NO_ADVICE = "Figures, not investment advice."


@lru_cache(maxsize=512)
def day(session: date) -> str:
    """Wed 30 Jul 2025."""
    return f"{session:%a} {session.day} {session:%b %Y}"


@lru_cache(maxsize=512)
def short_day(session: date) -> str:
    """30 Jul 2025."""
    return f"{session.day} {session:%b %Y}"


def coverage(eligible: int | None, members: int | None) -> str:
    """1,498/1,521; nothing where nobody counted."""
    return "" if eligible is None or members is None else f"{eligible:,}/{members:,}"


def counted_over(of: Metric, eligible: int | None, members: int | None) -> str:
    """1,498/1,521 companies, 2/2 funds, 4/4 signs."""
    text = coverage(eligible, members) if of.counts else ""  # a series is one: to count it tells nothing
    return f"{text} {of.counts}" if text else ""


def ordinal(value: float) -> str:
    """1st, 2nd, 88th."""
    whole = round(value)
    ending = "th" if whole % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(whole % 10, "th")
    return f"{whole}{ending}"


def standing(percentile: float | None, count: int, frequency: str = "daily") -> str:
    """88th percentile of 410 sessions, or how long the history is so far."""
    unit, minimum = COUNTED[frequency]
    if percentile is None:
        return f"no percentile yet: {count:,} of {minimum} {unit}"
    return f"{ordinal(percentile)} percentile of {count:,} {unit}"


def sources(figures: Iterable[Figure]) -> str:
    """The sources and notes of several figures, each once; the date of one observation stands beside its figure."""
    seen: dict[str, None] = {}
    for figure in figures:
        seen |= dict.fromkeys((figure.source, *figure.notes))
        if figure.corrected_on is not None:
            seen["some corrected since"] = None
    return ", ".join(filter(None, seen))


def because(figure: Figure) -> str:
    """Why a figure has no value, safe inside HTML."""
    return escape(f"missing: {figure.reason}")


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]
