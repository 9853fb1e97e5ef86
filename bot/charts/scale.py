"""Axes as numbers: range, ticks and the format of figures. Pure arithmetic; no drawing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

MINUS = "−"
#: Units short enough to follow every figure on an axis.
SHORT_UNITS = ("%", "×", "pp")
_MOST_DATES = 5
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Scale:
    """A value axis from `low` to `high`; `step` between ticks; `decimals` for a figure read off it."""

    low: float
    high: float
    step: float
    ticks: tuple[float, ...]
    decimals: int

    @property
    def tick_decimals(self) -> int:
        """Decimals that write the step exactly: 2 for 0.05, 1 for 2.5, 0 for 20, −9 for a billion."""
        decimals = -math.floor(math.log10(self.step) + 1e-9)
        return decimals + (0 if _whole(self.step * 10.0**decimals) else 1)


def value_scale(
    values: Sequence[float], minimum: float | None, maximum: float | None, unit: str, *, about: int, air: float = 0.07
) -> Scale:
    """The axis that holds all values, with about `about` ticks and a margin above and below, `air` times their range.

    A constant series gets a range too.
    """
    low, high = min(values), max(values)
    if minimum is not None:
        low = min(low, minimum)
    if maximum is not None:
        high = max(high, maximum)
    if high - low <= 1e-9 * max(abs(low), abs(high)):  # constant, or nothing but rounding
        some = abs(high) * 0.05 or 1.0
        low, high = low - some, high + some
    else:
        some = (high - low) * air
        low -= 0.0 if minimum is not None and low == minimum else some
        high += 0.0 if maximum is not None and high == maximum else some
    step = _step((high - low) / about)
    ticks = _multiples(low, high, step)
    if len(ticks) < 3:  # two ticks are too few for an axis
        step = _step(step * 0.45)
        ticks = _multiples(low, high, step)
    return Scale(low, high, step, ticks, _decimals(high - low, unit))


def category_scale(count: int) -> Scale:
    """The axis of `count` categories at 0, 1, 2 …, a band of height 1 each."""
    return Scale(-0.5, count - 0.5, 1.0, tuple(float(at) for at in range(count)), 0)


def figure(value: float, unit: str, decimals: int, *, signed: bool = False) -> str:
    """A number as printed: `58.3%`, `0.87×`, `+3.1 pp`, `5,873`, `1.25B`. Decimals below zero are for large figures."""
    suffix = ""
    for letter, size in (("T", 1e12), ("B", 1e9), ("M", 1e6)):
        within = decimals + round(math.log10(size))
        if abs(value) >= size and within <= 3:  # no shorter for a letter behind many decimals
            value, decimals, suffix = value / size, within, letter
            break
    text = f"{abs(value):,.{max(0, decimals)}f}{suffix}"
    nought = not any(digit in text for digit in "123456789")  # a value that rounds to zero has no sign
    sign = "" if nought else MINUS if value < 0 else "+" if signed else ""
    return f"{sign}{text}{_written(unit)}"


def date_ticks(first: date, last: date) -> tuple[tuple[date, str], ...]:
    """At most five dates between first and last: `Jan 6` by days, `Jan ’25` by months, `2024` by years."""
    if first == last:
        return ((last, f"{day(last)}, {last.year}"),)
    span = (last - first).days
    for days in (1, 2, 7, 14):
        if span // days < _MOST_DATES:
            return tuple((session, day(session)) for session in _days_back(first, last, days))
    for months in (1, 2, 3, 6, 12, 24, 60, 120, 240, 600):
        ticks = tuple(_month_starts(first, last, months))
        if len(ticks) <= _MOST_DATES:
            break
    return tuple((tick, f"{tick.year}" if months >= 12 else f"{_MONTHS[tick.month - 1]} ’{tick:%y}") for tick in ticks)


def _written(unit: str) -> str:
    if unit in ("%", "×", ""):
        return unit
    return f" {unit}" if unit in SHORT_UNITS else ""


def day(session: date) -> str:
    """`Jan 6`."""
    return f"{_MONTHS[session.month - 1]} {session.day}"


def _days_back(first: date, last: date, days: int) -> Iterator[date]:
    """Counted back from the last session, so that the newest date is always named."""
    for back in range((last - first).days // days, -1, -1):
        yield last - timedelta(days=back * days)


def _month_starts(first: date, last: date, months: int) -> Iterator[date]:
    """First days of every `months`-th month, counted from January of year 0."""
    at = first.year * 12 + first.month - 1
    at += -at % months
    while at // 12 <= last.year and date(at // 12, at % 12 + 1, 1) <= last:
        start = date(at // 12, at % 12 + 1, 1)
        if start >= first:
            yield start
        at += months


def _step(rough: float) -> float:
    """The nearest of 1, 2, 2.5, 5, 10 × 10ⁿ that is not smaller."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(size for size in (power, 2 * power, 2.5 * power, 5 * power, 10 * power) if size >= rough * (1 - 1e-9))


def _multiples(low: float, high: float, step: float) -> tuple[float, ...]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(i * step for i in range(first, last + 1))


def _decimals(span: float, unit: str) -> int:
    """Digits down to a thousandth of the axis; with a short unit down to a hundredth, but at least one."""
    decimals = math.ceil(-math.log10(span))
    return min(6, max(1, decimals + 1) if unit in SHORT_UNITS else decimals + 2)


def _whole(number: float) -> bool:
    return abs(number - round(number)) < 1e-6
