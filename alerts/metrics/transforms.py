"""What a metric's own history says of a value: percentile, z-score, change, average.

A history is the metric's values by session, ascending, None or NaN where one is missing; the last one is today's.
Windows of n values are the last n that are there, which have to lie within n + max(2, n/20) sessions: one hole must not
cost n sessions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

DAILY_MINIMUM = 252
MONTHLY_MINIMUM = 36
CONSTANT = 1e-9  # of max(1, |mean|): a standard deviation that counts as zero


@dataclass(frozen=True)
class Percentile:
    """Where a value stands in its history, 0–100, among `count` values, its own included."""

    value: float | None  # None: withheld, the history is too short
    count: int


def percentile(history: Sequence[float | None], minimum: int = DAILY_MINIMUM) -> Percentile:
    """100 · (number less + half the number equal) / N of the last value among all, missing ones left out.

    Withheld under `minimum` values, and where the last one is missing.
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

    None where today's is missing, or the last n are not there.
    """
    return percentile(window, n).value if (window := _window(history, n)) else None


def zscore(history: Sequence[float | None], n: int) -> float | None:
    """(today's value − mean)/standard deviation of the last n values, today's included; ddof = 1.

    None where today's is missing, the last n are not there, or they do not move: a standard deviation up to
    1e-9 · max(1, |mean|) is rounding, and counts as zero.
    """
    window = _window(history, n)
    if len(window) < 2:
        return None
    mean = math.fsum(window) / n
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in window) / (n - 1))
    return None if deviation <= CONSTANT * max(1.0, abs(mean)) else (window[-1] - mean) / deviation


def change(history: Sequence[float | None], n: int) -> float | None:
    """Today's value minus that of n sessions ago, in the metric's unit; None where either is missing."""
    if n < 1 or len(history) <= n:
        return None
    today, before = history[-1], history[-1 - n]
    return None if today is None or before is None or _missing(today) or _missing(before) else today - before


def average(history: Sequence[float | None], n: int) -> float | None:
    """The mean of the last n values, today's included.

    None where today's is missing, or where the last n do not lie within n + max(2, n/20) sessions.
    """
    window = _window(history, n)
    return math.fsum(window) / n if window else None


def gap_to_average(history: Sequence[float | None], n: int) -> float | None:
    """Today's value minus the mean of the last n, in the metric's unit; exactly 0 where they are equal."""
    window = _window(history, n)
    return math.fsum([window[-1]] * n + [-value for value in window]) / n if window else None


def _window(history: Sequence[float | None], n: int) -> list[float]:
    if not history or _missing(history[-1]):
        return []
    window = _known(history[-(n + max(2, n // 20)) :])[-n:]
    return window if len(window) == n else []


def _missing(value: float | None) -> bool:
    return value is None or math.isnan(value)


def _known(history: Sequence[float | None]) -> list[float]:
    return [value for value in history if value is not None and not math.isnan(value)]
