"""What a metric's own history says of a value: percentile, change, average."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

DAILY_MINIMUM = 252


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
