"""Dates, counts and percentiles as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from html import escape, unescape

from alerts.metrics.catalog import Metric, metric
from alerts.metrics.figure import Figure
from alerts.metrics.standing import COUNTED, ordinal, record

__all__ = [
    "because", "beside_text", "capital", "counted_over", "counted_years", "coverage", "day", "hindsight",
    "labelled", "ordinal", "percentile_words", "share", "short_day", "since", "sources", "standing", "visible_length",
]  # fmt: skip


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
    """1,498/1,521 companies, 2/2 funds, 4/4 signs; of one fund its symbol, of an imported series its name."""
    if of.counts == "funds" and members == 1:
        return of.inputs.split()[0].rstrip(",")
    if of.family == "import":
        return of.title
    text = coverage(eligible, members) if of.counts else ""  # a series is one: to count it tells nothing
    return f"{text} {of.counts}" if text else ""


def since(session: date, *, at_least: bool = False) -> str:
    """since 30 Jul 2025; since at least 30 Jul 2025, where it may have begun earlier."""
    return f"since {'at least ' if at_least else ''}{short_day(session)}"


def percentile_words(percentile: float, count: int) -> str:
    """88th pct., or record low; short, for a line of several figures."""
    return record(percentile, count) or f"{ordinal(min(99.0, max(1.0, percentile)))} pct."


def standing(percentile: float | None, count: int, frequency: str = "daily") -> str:
    """88th percentile of 410 sessions, a record low of 410 sessions, or how long the history is so far."""
    unit, minimum = COUNTED[frequency]
    if percentile is None:
        return f"no percentile yet: {count:,} of {minimum} {unit}"
    if extreme := record(percentile, count):
        return f"a {extreme} of {count:,} {unit}"
    return f"{ordinal(min(99.0, max(1.0, percentile)))} percentile of {count:,} {unit}"


def share(of_all: float) -> str:
    """56 %; what is not quite all or nothing never reads 100 % or 0 %."""
    if 0.0 < of_all < 0.01:
        return "less than 1 %"
    return "more than 99 %" if 0.99 < of_all < 1.0 else f"{100 * of_all:.0f} %"


def counted_years(years: int) -> str:
    """four independent years: returns over overlapping windows count as one observation a year at most."""
    words = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return f"{words[years] if years < len(words) else years} independent year{'s' if years != 1 else ''}"


def hindsight(metrics: Iterable[Metric]) -> str:
    """What the past of some metrics is told by, unknown then: "surviving companies, by today's share counts"."""
    return ", ".join(dict.fromkeys(words for of in metrics for words in of.hindsight))


def beside_text(of: Metric, values: Iterable[tuple[str, float | None]]) -> str:
    """What always stands beside a metric: the other method's value and the share of losses, or how it is made.

    `values`: of `Metric.beside`. Plain text; nothing where nothing must stand there.
    """
    told = [
        f"{metric(name).title} {'missing' if value is None else metric(name).show(value)}" for name, value in values
    ]
    return "; ".join([*told, of.says] if of.says else told)


def sources(figures: Iterable[Figure]) -> str:
    """The sources and notes of several figures, each once; the date of one observation stands beside its figure."""
    seen: dict[str, None] = {}
    for figure in figures:
        seen |= dict.fromkeys((figure.source, *figure.notes))
        if figure.corrected_on is not None:
            seen["some corrected since"] = None
    return ", ".join(filter(None, seen))


def labelled(source: str, *, simulated: bool) -> str:
    """A source's words, with "simulated" where it is so and the words do not say it already."""
    return f"{source}, simulated" if simulated and "simulated" not in source.lower() else source


def because(figure: Figure) -> str:
    """Why a figure has no value, safe inside HTML."""
    return escape(f"missing: {figure.reason}")


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]


_UNIT = re.compile(r"(\d(?:st|nd|rd|th)?) (?=%|(?:pp|pct)\b)")


def unbroken(html: str) -> str:
    """The text with each number and its unit on one line: 25.2 %, +3.1 pp and 25th pct. wrap as one word."""
    return _UNIT.sub("\\1\u00a0", html)


def visible_length(html: str) -> int:
    """The length of a text as Telegram counts it: without markup, in UTF-16 code units."""
    return len(unescape(re.sub(r"<[^>]*>", "", html)).encode("utf-16-le")) // 2
