"""Quantiles of a history, and evenly spaced shares to ask for them at."""

from __future__ import annotations

from collections.abc import Sequence


def quantiles(values: Sequence[float], shares: Sequence[float]) -> list[float]:
    """The quantile of `values` at each of `shares` (0–1), interpolated linearly."""
    import numpy as np  # here, so that a start does not wait for it

    found: list[float] = np.quantile(values, shares).tolist()
    return found


def evenly(first: float, last: float, count: int) -> list[float]:
    """`count` numbers (2 or more) from `first` to `last`, both included, with equal steps between."""
    step = (last - first) / (count - 1)
    return [first + at * step for at in range(count - 1)] + [last]
