"""Sectors: cyclicals against defensives, and the rotation quadrant of each fund. Total-return closes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics.funds import SECTOR_FUNDS
from alerts.metrics.series import return_over, standard_score
from alerts.metrics.size import LARGE_FUND, of_funds

CYCLICALS, DEFENSIVES = ("XLF", "XLI", "XLY"), ("XLP", "XLU", "XLV")
ROTATING = (*SECTOR_FUNDS, "IWM", "RSP", "IWC")
LEADING, WEAKENING, IMPROVING, LAGGING = 2, 1, -1, -2  # above zero: x above 100, stronger than the market
WEEKS = 14  # window of one z-score; a z-score of z-scores needs 27
Floats = npt.NDArray[np.float64]


def cyclicals_lead(adjusted: pd.DataFrame, n: int = 63) -> pd.DataFrame:
    """Mean return over n sessions of XLF, XLI, XLY minus that of XLP, XLU, XLV, in percentage points."""
    funds = [adjusted[fund] for fund in (*CYCLICALS, *DEFENSIVES)]
    gained = pd.concat([return_over(fund, n) for fund in funds], axis=1)
    half = len(CYCLICALS)
    value = gained.iloc[:, :half].mean(axis=1, skipna=False) - gained.iloc[:, half:].mean(axis=1, skipna=False)
    return of_funds(f"sectors.cyclicals_lead_{n}d", value, *funds, reason=f"no close {n} sessions ago")


def rotation(fund: pd.Series, market: pd.Series) -> pd.DataFrame:
    """A fund's position against the market by session: x (relative strength) and y (its momentum), 100 is neutral.

    Weekly closes, the current week up to the session: R = 100 · fund/market; x = 100 + z14(R); y = 100 + z14(x), z14
    being the z-score (ddof 1) among the last 14 weeks. Our own approximation of relative rotation graphs. |x − 100|
    and |y − 100| are at most 13/√14. NaN if a week is missing or all values are equal.
    """
    strength = 100.0 * fund / market
    known = strength.dropna()
    if known.empty:
        return pd.DataFrame({"x": np.nan, "y": np.nan}, index=fund.index)
    days = known.index.to_numpy().astype("datetime64[D]").astype(np.int64)
    week = (days + 3) // 7  # of 1970-01-01, a Thursday: weeks begin on Monday
    number = np.cumsum(np.diff(week, prepend=week[0]) > 0, dtype=np.int64)
    values = known.to_numpy(dtype="float64")
    x = 100.0 + _among_weeks(values, number)
    y = 100.0 + _among_weeks(x, number)
    return pd.DataFrame({"x": x, "y": y}, index=known.index).reindex(fund.index)


def _among_weeks(values: Floats, week: npt.NDArray[np.int64]) -> Floats:
    """z-score of each session's value among that value and the last values of the 13 weeks before."""
    out = np.full(len(values), np.nan)
    last = np.append(np.flatnonzero(np.diff(week)), len(week) - 1)  # the last session of each week
    closing = values[last]
    rows = np.flatnonzero(week >= WEEKS - 1)
    if len(rows):
        before = np.lib.stride_tricks.sliding_window_view(closing, WEEKS - 1)[week[rows] - (WEEKS - 1)]
        out[rows] = standard_score(np.column_stack([before, values[rows]]))
    return out


def quadrant(fund: pd.Series, market: pd.Series) -> pd.DataFrame:
    """Leading x, y > 100; weakening x > 100 > y; lagging x, y < 100; improving x < 100 < y. Missing at exactly 100."""
    told = rotation(fund, market).to_numpy() - 100.0
    x, y = told[:, 0], told[:, 1]
    found = np.where(x > 0, np.where(y > 0, LEADING, WEAKENING), np.where(y > 0, IMPROVING, LAGGING)).astype(np.float64)
    off_the_lines = np.isfinite(x * y) & (x * y != 0)
    state = pd.Series(np.where(off_the_lines, found, np.nan), index=fund.index)
    name = f"sectors.quadrant.{str(fund.name).lower()}"
    reason = f"fewer than {2 * WEEKS - 1} weeks of {fund.name}/{market.name}, or it did not move"
    return of_funds(name, state, fund, market, reason=reason)


def all_of(adjusted: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Every metric of the family by id. `adjusted`: sessions × funds, total-return closes, the whole history."""
    market = adjusted[LARGE_FUND]
    quadrants = {f"sectors.quadrant.{fund.lower()}": quadrant(adjusted[fund], market) for fund in ROTATING}
    return {"sectors.cyclicals_lead_63d": cyclicals_lead(adjusted), **quadrants}
