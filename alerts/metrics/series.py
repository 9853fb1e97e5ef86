"""Averages, returns and slopes of one series by session; holes stay holes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

RATIO_BASE = date(2020, 1, 2)


def mean_of_last(values: pd.Series, n: int) -> pd.Series:
    """The mean of the last n values, today's included, by session.

    NaN where today has none, or where the last n do not lie within n + max(2, n/20) sessions.
    """
    present = values.dropna()
    mean = present.rolling(n).mean()
    position = pd.Series(np.arange(len(values)), index=values.index).reindex(present.index)
    span = position - position.shift(n - 1) + 1
    return mean.where(span <= n + max(2, n // 20)).reindex(values.index)


def ratio(numerator: pd.Series, denominator: pd.Series) -> pd.Series:
    """numerator/denominator, scaled to 100 on 2 January 2020, or the first session with both where history is younger.

    Give total-return closes with their whole history: they are rescaled at every distribution, their ratio to a fixed
    day is not.
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
    closing = values[quarter.ne(quarter.shift(-1)).to_numpy()]  # the last row is one too, and never looked up
    closing.index = pd.Index(quarter[quarter.ne(quarter.shift(-1))].to_numpy())
    closing = closing[~closing.index.duplicated()]
    base = (quarter - 1).map(closing)
    gained: pd.Series = 100.0 * (values / base.to_numpy(dtype="float64") - 1.0)
    return gained


def slope(values: pd.Series, n: int) -> pd.Series:
    """Ordinary least squares slope a session over the last n values; NaN where one is missing."""
    x = np.arange(n) - (n - 1) / 2.0
    out = np.full(len(values), np.nan)
    if len(values) >= n:
        windows = np.lib.stride_tricks.sliding_window_view(values.to_numpy(dtype="float64"), n)
        # Counted from today's value a flat line is all zeros, and its slope is 0 and no rounding error.
        out[n - 1 :] = (windows - windows[:, -1:]) @ x / (x @ x)
    return pd.Series(out, index=values.index)
