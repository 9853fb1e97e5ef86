"""Compares a value with its metric's own history: percentile, z-score, change, average.

A history is the metric's values by session, ascending, None or NaN if missing; the last one is today's. A window of n
values is the last n known values, which must be within `reach(n)` sessions: one missing value must not cost n
sessions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps

DAILY_MINIMUM = 252
MONTHLY_MINIMUM = 36
CONSTANT = 1e-9  # of max(1, |mean|): a standard deviation that counts as zero


def reach(n: int) -> int:
    """How many sessions the last n values may lie within: n + max(2, n/20)."""
    return n + max(2, n // 20)


@dataclass(frozen=True)
class Percentile:
    """The percentile of a value, 0–100, among `count` values including itself."""

    value: float | None  # None if the history is too short
    count: int


def percentile(history: Sequence[float | None], minimum: int = DAILY_MINIMUM) -> Percentile:
    """100 · (number below + half the number equal) / N of the last value among all known values.

    None with fewer than `minimum` values, or if the last one is missing.
    """
    known = _known(history)
    if not history or _missing(history[-1]) or len(known) < minimum:
        return Percentile(None, len(known))
    today = known[-1]
    less = sum(value < today for value in known)
    equal = sum(value == today for value in known)
    return Percentile(100.0 * (less + equal / 2) / len(known), len(known))


def percentile_over(history: Sequence[float | None], n: int) -> float | None:
    """The percentile of today's value among the last n, today's included, 0–100.

    None if today's is missing, or there are fewer than n.
    """
    return percentile(window, n).value if (window := _window(history, n)) else None


OverHistory = Callable[[Sequence[float | None], int], float | None]


def _where_finite(function: OverHistory) -> OverHistory:
    """None where the values are so large that what is made of them is no finite number."""

    @wraps(function)
    def finite(history: Sequence[float | None], n: int) -> float | None:
        try:
            value = function(history, n)
        except (OverflowError, ValueError):  # "intermediate overflow in fsum", "-inf + inf in fsum"
            return None
        return value if value is not None and math.isfinite(value) else None

    return finite


@_where_finite
def zscore(history: Sequence[float | None], n: int) -> float | None:
    """(today's value − mean)/standard deviation of the last n values, today's included; ddof = 1.

    None if today's is missing, there are fewer than n, or all are equal: a standard deviation up to
    1e-9 · max(1, |mean|) is rounding and counts as zero.
    """
    window = _window(history, n)
    if len(window) < 2:
        return None
    mean = math.fsum(window) / n
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in window) / (n - 1))
    return None if deviation <= CONSTANT * max(1.0, abs(mean)) else (window[-1] - mean) / deviation


@_where_finite
def change(history: Sequence[float | None], n: int) -> float | None:
    """Today's value minus that of n sessions ago, in the metric's unit; None if either is missing."""
    if n < 1 or len(history) <= n:
        return None
    today, before = history[-1], history[-1 - n]
    return None if today is None or before is None or _missing(today) or _missing(before) else today - before


@_where_finite
def average(history: Sequence[float | None], n: int) -> float | None:
    """The mean of the last n values, today's included.

    None if today's is missing, or the last n are not within `reach(n)` sessions.
    """
    window = _window(history, n)
    return math.fsum(window) / n if window else None


@_where_finite
def gap_to_average(history: Sequence[float | None], n: int) -> float | None:
    """Today's value minus the mean of the last n, in the metric's unit; exactly 0 if they are equal."""
    window = _window(history, n)
    return math.fsum([window[-1]] * n + [-value for value in window]) / n if window else None


def _window(history: Sequence[float | None], n: int) -> list[float]:
    if not history or _missing(history[-1]):
        return []
    window = _known(history[-reach(n) :])[-n:]
    return window if len(window) == n else []


def _missing(value: float | None) -> bool:
    return value is None or math.isnan(value)


def _known(history: Sequence[float | None]) -> list[float]:
    return [value for value in history if value is not None and not math.isnan(value)]
