"""Size: small caps against large caps, measured by index funds. Total-return closes.

An absolute gain of small caps is not rotation; only the return of IWM relative to SPY is.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alerts.metrics.frames import counted
from alerts.metrics.series import (
    history_length,
    mean_of_last,
    ratio,
    return_over,
    return_since_quarter,
    slope,
    zscore_of_last,
)

SMALL_FUND, LARGE_FUND = "IWM", "SPY"


def of_funds(metric_id: str, value: pd.Series, *funds: pd.Series, reason: str) -> pd.DataFrame:
    """Figures of a metric of a few funds; missing unless all their closes are present."""
    gone = np.column_stack([fund.isna().to_numpy() for fund in funds])
    present = pd.Series(len(funds) - np.count_nonzero(gone, axis=1), index=value.index, dtype="float64")
    wanted = pd.Series(float(len(funds)), index=value.index)
    frame = counted(metric_id, value, present, wanted, reason=reason)
    which = gone @ (1 << np.arange(len(funds)))
    if which.any():
        why = frame["reason"].to_numpy(dtype=object).copy()
        for pattern in np.unique(which[which > 0]):
            rows = which == pattern
            lacking = [f", no close of {fund.name}" for at, fund in enumerate(funds) if pattern >> at & 1]
            why[rows] = str(why[np.argmax(rows)]) + "".join(lacking)
        frame["reason"] = why
    return frame


def pair(small: pd.Series, large: pd.Series) -> str:
    """The name "IWM/SPY" of two funds."""
    return f"{small.name}/{large.name}"


def size_ratio(small: pd.Series, large: pd.Series, metric_id: str = "size.ratio") -> pd.DataFrame:
    """small/large, 100 on 2 January 2020."""
    return of_funds(metric_id, ratio(small, large), small, large, reason="no close")


def trend(small: pd.Series, large: pd.Series, n: int = 200, metric_id: str = "size.trend") -> pd.DataFrame:
    """The ratio over its n-session average, minus one, in %."""
    quotient = ratio(small, large)
    value = 100.0 * (quotient / mean_of_last(quotient, n) - 1.0)
    return of_funds(metric_id, value, small, large, reason=f"fewer than {n} sessions of {pair(small, large)}")


def zscore(small: pd.Series, large: pd.Series, n: int = 252) -> pd.DataFrame:
    """How far the logarithm of the ratio is from its mean of n sessions, in standard deviations (ddof 1)."""
    value = zscore_of_last(np.log(ratio(small, large)), n)
    reason = f"fewer than {n} sessions of {pair(small, large)}, or it did not move"
    return of_funds("size.zscore", value, small, large, reason=reason)


def log_slope(small: pd.Series, large: pd.Series, n: int = 63) -> pd.DataFrame:
    """Least squares slope of the logarithm of the ratio over n sessions, times 252: log points a year."""
    value = 252.0 * slope(np.log(ratio(small, large)), n)
    return of_funds("size.slope", value, small, large, reason=f"fewer than {n} sessions of {pair(small, large)}")


def lead(small: pd.Series, large: pd.Series, n: int) -> pd.DataFrame:
    """small's return over n sessions minus large's, in percentage points."""
    value = return_over(small, n) - return_over(large, n)
    return of_funds(f"size.lead_{n}d", value, small, large, reason=f"no close {n} sessions ago")


def lead_quarter(small: pd.Series, large: pd.Series, metric_id: str = "size.lead_quarter") -> pd.DataFrame:
    """small's return in the calendar quarter so far minus large's, in percentage points."""
    value = return_since_quarter(small) - return_since_quarter(large)
    return of_funds(metric_id, value, small, large, reason="no close at the end of last quarter")


def equal_weight(equal: pd.Series, large: pd.Series, minimum: int = 252) -> pd.DataFrame:
    """RSP/SPY, 100 on 2 January 2020; from the 252nd session on."""
    quotient = ratio(equal, large)
    value = quotient.where(history_length(quotient) >= minimum)
    return of_funds("breadth.equal_weight", value, equal, large, reason=f"fewer than {minimum} sessions of RSP/SPY")


def closing_price(fund: pd.Series, metric_id: str) -> pd.DataFrame:
    """A fund's split-adjusted close in dollars, without dividends."""
    return of_funds(metric_id, fund, fund, reason="no close")


def drawdown(fund: pd.Series, metric_id: str, minimum: int = 252) -> pd.DataFrame:
    """A fund over its highest adjusted close so far, minus one, in %; 0 is an all-time high."""
    value = (100.0 * (fund / fund.cummax() - 1.0)).where(history_length(fund) >= minimum)
    return of_funds(metric_id, value, fund, reason=f"fewer than {minimum} sessions of {fund.name}")


def dual_momentum(small: pd.Series, large: pd.Series, bill: pd.Series, n: int = 252) -> pd.DataFrame:
    """The winner of the last n sessions, if it did better than a Treasury bill: 1 small, 0 large, −1 neither.

    `bill`: three-month yield in % a year as known on each session; the comparison uses the yield of n sessions ago.
    Source: G. Antonacci, Dual Momentum Investing, 2014.
    """
    gained, other = return_over(small, n), return_over(large, n)
    hurdle = bill.shift(n)
    known = gained.notna() & other.notna() & hurdle.notna()
    best = pd.concat([gained, other], axis=1).max(axis=1)
    state = (gained > other).astype("float64").where(best > hurdle, -1.0)
    frame = of_funds(
        "size.dual_momentum", state.where(known), small, large, reason=f"no close {n} sessions ago"
    )  # fmt: skip
    frame.loc[hurdle.isna() & gained.notna() & other.notna(), "reason"] = (
        f"no three-month Treasury yield known {n} sessions ago"
    )
    return frame


def all_of(adjusted: pd.DataFrame, bill: pd.Series) -> dict[str, pd.DataFrame]:
    """Every metric computed from funds, by id. `adjusted`: sessions × funds, total-return closes, the whole history."""
    small, large, equal = (adjusted[fund] for fund in (SMALL_FUND, LARGE_FUND, "RSP"))
    micro, abroad, world = (adjusted[fund] for fund in ("IWC", "VSS", "ACWX"))
    out = {
        "breadth.equal_weight": equal_weight(equal, large),
        "breadth.equal_weight_trend": trend(equal, large, 200, "breadth.equal_weight_trend"),
        "breadth.equal_weight_drawdown": drawdown(equal, "breadth.equal_weight_drawdown"),
        "size.ratio": size_ratio(small, large),
        "size.ratio.sp600": size_ratio(adjusted["IJR"], large, "size.ratio.sp600"),
        "size.ratio.micro": size_ratio(micro, large, "size.ratio.micro"),
        "size.ratio.abroad": size_ratio(abroad, world, "size.ratio.abroad"),
        "size.trend": trend(small, large),
        "size.trend_50d": trend(small, large, 50, "size.trend_50d"),
        "size.zscore": zscore(small, large),
        "size.lead_quarter": lead_quarter(small, large),
        "size.lead_quarter.micro": lead_quarter(micro, large, "size.lead_quarter.micro"),
        "size.lead_quarter.abroad": lead_quarter(abroad, world, "size.lead_quarter.abroad"),
        "size.drawdown": drawdown(small, "size.drawdown"),
        "size.slope": log_slope(small, large),
        "size.dual_momentum": dual_momentum(small, large, bill),
    }
    return out | {f"size.lead_{n}d": lead(small, large, n) for n in (21, 63, 126, 252)}
