"""Size: small caps against large caps, by the funds that follow them. Total-return closes.

An absolute gain of small caps is no rotation: only what IWM does beyond SPY is.
"""

from __future__ import annotations

import pandas as pd

from alerts.metrics.figure import counted
from alerts.metrics.series import history_length, mean_of_last, ratio, return_over, return_since_quarter

SMALL_FUND, LARGE_FUND = "IWM", "SPY"


def of_funds(metric_id: str, value: pd.Series, *funds: pd.Series, reason: str) -> pd.DataFrame:
    """Figures of a metric made of a few funds' closes: every one of them has to be there."""
    present = pd.concat([fund.notna() for fund in funds], axis=1).sum(axis=1).astype("float64")
    wanted = pd.Series(float(len(funds)), index=value.index)
    frame = counted(metric_id, value, present, wanted, reason=reason)
    for fund in funds:
        gone = fund.isna()
        frame.loc[gone, "reason"] = frame.loc[gone, "reason"].astype(str) + f", no close of {fund.name}"
    return frame


def size_ratio(small: pd.Series, large: pd.Series) -> pd.DataFrame:
    """IWM/SPY, 100 on 2 January 2020."""
    return of_funds("size.ratio", ratio(small, large), small, large, reason="no close")


def trend(small: pd.Series, large: pd.Series, n: int = 200) -> pd.DataFrame:
    """The ratio over its n-session average, minus one, in %."""
    quotient = ratio(small, large)
    value = 100.0 * (quotient / mean_of_last(quotient, n) - 1.0)
    return of_funds("size.trend", value, small, large, reason=f"fewer than {n} sessions of IWM/SPY")


def lead(small: pd.Series, large: pd.Series, n: int) -> pd.DataFrame:
    """IWM's return over n sessions minus SPY's, in percentage points."""
    value = return_over(small, n) - return_over(large, n)
    return of_funds(f"size.lead_{n}d", value, small, large, reason=f"no close {n} sessions ago")


def lead_quarter(small: pd.Series, large: pd.Series) -> pd.DataFrame:
    """IWM's return in the calendar quarter so far minus SPY's, in percentage points."""
    value = return_since_quarter(small) - return_since_quarter(large)
    return of_funds("size.lead_quarter", value, small, large, reason="no close at the end of last quarter")


def equal_weight(equal: pd.Series, large: pd.Series, minimum: int = 252) -> pd.DataFrame:
    """RSP/SPY, 100 on 2 January 2020; from the 252nd session on."""
    quotient = ratio(equal, large)
    value = quotient.where(history_length(quotient) >= minimum)
    return of_funds("breadth.equal_weight", value, equal, large, reason=f"fewer than {minimum} sessions of RSP/SPY")


def equal_weight_drawdown(equal: pd.Series, minimum: int = 252) -> pd.DataFrame:
    """RSP over its highest adjusted close so far, minus one, in %; 0 is an all-time high."""
    value = (100.0 * (equal / equal.cummax() - 1.0)).where(history_length(equal) >= minimum)
    return of_funds("breadth.equal_weight_drawdown", value, equal, reason=f"fewer than {minimum} sessions of RSP")
