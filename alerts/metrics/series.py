"""Averages, returns and slopes of one series by session; missing values stay missing."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics.transforms import CONSTANT, reach

RATIO_BASE = date(2020, 1, 2)


def mean_of_last(values: pd.Series, n: int) -> pd.Series:
    """The mean of the last n values, today's included, by session.

    NaN if today's is missing, or the last n are not within `reach(n)` sessions.
    """
    present = values.dropna()
    mean = present.rolling(n).mean()
    position = pd.Series(np.arange(len(values)), index=values.index).reindex(present.index)
    span = position - position.shift(n - 1) + 1
    return mean.where(span <= reach(n)).reindex(values.index)


def sum_of_last(values: pd.Series, n: int) -> pd.Series:
    """The sum of the last n values, today's included, by session; missing values as in `mean_of_last`.

    Exact for integers.
    """
    present = values.dropna()
    total = present.cumsum()
    # Without an n-th value before, the sum starts at 0.
    window = (total - total.shift(n, fill_value=0.0)).where(np.arange(len(present)) >= n - 1)
    position = pd.Series(np.arange(len(values)), index=values.index).reindex(present.index)
    span = position - position.shift(n - 1) + 1
    return window.where(span <= reach(n)).reindex(values.index)


def ema(values: npt.NDArray[np.float64], n: int, before: float | None = None) -> npt.NDArray[np.float64]:
    """Exponential moving average, α = 2/(n + 1), over the known values; NaN if a value is missing.

    It begins with the plain mean of the first n values, NaN until then; or with `before`, the average of the day before
    the first value.
    """
    out = np.full(len(values), np.nan)
    rows = np.flatnonzero(~np.isnan(values))
    present = values[rows].tolist()
    alpha = 2.0 / (n + 1)
    told: list[float] = []
    if before is None:
        if len(present) < n:
            return out
        average = math.fsum(present[:n]) / n
        told = [math.nan] * (n - 1) + [average]
    else:
        average = before
    for value in present[len(told) :]:
        average += alpha * (value - average)
        told.append(average)
    out[rows] = told
    return out


def zscore_of_last(values: pd.Series, n: int) -> pd.Series:
    """(value − mean)/standard deviation of the last n values, ddof 1, by session; missing values as in `mean_of_last`.

    A standard deviation up to 1e-9 · max(1, |mean|) is rounding and counts as zero: NaN.
    """
    present = values.dropna()
    out = np.full(len(present), np.nan)
    if len(present) >= n:
        windows = np.lib.stride_tricks.sliding_window_view(present.to_numpy(dtype="float64"), n)
        out[n - 1 :] = standard_score(windows)
    position = pd.Series(np.arange(len(values)), index=values.index).reindex(present.index)
    span = position - position.shift(n - 1) + 1
    return pd.Series(out, index=present.index).where(span <= reach(n)).reindex(values.index)


def standard_score(windows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The z-score of the last value of each row among the row, ddof 1; NaN if one is missing or all are equal."""
    mean = windows.mean(axis=1)
    deviation = windows.std(axis=1, ddof=1)
    moves = deviation > CONSTANT * np.maximum(1.0, np.abs(mean))  # NaN does not
    out = np.full(len(windows), np.nan)
    out[moves] = (windows[moves, -1] - mean[moves]) / deviation[moves]
    return out


def ratio(numerator: pd.Series, denominator: pd.Series) -> pd.Series:
    """numerator/denominator, scaled to 100 on 2 January 2020, or on the first common session if that is later.

    Pass total-return closes with their whole history: each distribution rescales them, but not their ratio to a fixed
    day.
    """
    quotient = numerator / denominator
    known = quotient.dropna()
    if known.empty:
        return quotient
    later = known[known.index >= pd.Timestamp(RATIO_BASE)]
    base = later.iloc[0] if len(later) else known.iloc[0]
    scaled: pd.Series = 100.0 * quotient / base
    return scaled


def history_length(values: pd.Series) -> pd.Series:
    """How many sessions have a value so far, today's included."""
    return values.notna().cumsum()


def return_over(values: pd.Series, n: int) -> pd.Series:
    """Today's value over that of n sessions ago, minus one, in %."""
    return 100.0 * (values / values.shift(n) - 1.0)


def return_since_quarter(values: pd.Series) -> pd.Series:
    """Today's value over that of the last session of the previous calendar quarter, minus one, in %."""
    index = pd.DatetimeIndex(values.index)
    quarter = pd.Series(index.year * 4 + index.quarter, index=index)
    closing = values[quarter.ne(quarter.shift(-1)).to_numpy()]  # includes the last row, which is never looked up
    closing.index = pd.Index(quarter[quarter.ne(quarter.shift(-1))].to_numpy())
    closing = closing[~closing.index.duplicated()]
    base = (quarter - 1).map(closing)
    gained: pd.Series = 100.0 * (values / base.to_numpy(dtype="float64") - 1.0)
    return gained


def slope(values: pd.Series, n: int) -> pd.Series:
    """Ordinary least squares slope a session over the last n values; NaN if one is missing."""
    x = np.arange(n) - (n - 1) / 2.0
    out = np.full(len(values), np.nan)
    if len(values) >= n:
        windows = np.lib.stride_tricks.sliding_window_view(values.to_numpy(dtype="float64"), n)
        # Relative to today's value a flat line is all zeros, so its slope is exactly 0.
        out[n - 1 :] = (windows - windows[:, -1:]) @ x / (x @ x)
    return pd.Series(out, index=values.index)
