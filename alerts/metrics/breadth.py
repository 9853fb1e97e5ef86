"""Breadth: how many stocks take part.

Counted over the members of a segment on each session; see MemberCloses. Prices are split-adjusted closes without
dividends, as published breadth figures use them. Nothing is carried forward over a missing close.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics.figure import counted
from alerts.metrics.members import MILLIONTHS, MemberCloses, in_millionths

SECTOR_FUNDS = ("XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY")
Mask = npt.NDArray[np.bool_]


def _count(mask: Mask, sessions: pd.DatetimeIndex) -> pd.Series:
    return pd.Series(mask.sum(axis=1), index=sessions, dtype="float64")


def above_average(
    closes: MemberCloses, segment: str, n: int, latest_average: npt.NDArray[np.float64] | None = None
) -> tuple[pd.DataFrame, int]:
    """Share of eligible members whose close is above the mean of their last n closes, in %.

    100 · #(C > SMAn) / eligible. Members listed for fewer than n sessions are too young and not counted. For the last
    session alone, `latest_average` ((C,), dollars, NaN where unknown) serves members whose own window is not filled.
    Returns the figures by session, and how many members the latest averages served for.
    """
    belongs = closes.in_segment(segment)
    grown = belongs & (closes.age >= n)
    sums = closes.last_sums(n)
    eligible = grown & (sums > 0)
    above = eligible & (closes.close * n > sums)
    served = 0
    if latest_average is not None:
        told = np.isfinite(latest_average) & (latest_average > 0)
        gap = grown[-1] & ~eligible[-1] & (closes.close[-1] > 0) & told
        served = int(gap.sum())
        eligible[-1] |= gap
        # Rounded like the closes, or a close at its average might be above it.
        above[-1] |= gap & (closes.close[-1] > np.rint(np.where(told, latest_average, 0.0) * MILLIONTHS))
    members, counted_in = _count(grown, closes.sessions), _count(eligible, closes.sessions)
    value = 100.0 * _count(above, closes.sessions) / counted_in.where(counted_in > 0)
    return counted(f"breadth.above_{n}d.{segment}", value, counted_in, members), served


def ad_ratio(closes: MemberCloses, segment: str) -> pd.DataFrame:
    """Advances over declines of the day, A/D, unchanged members left out; no declines → missing.

    Eligible is a member with a close today and on the session before.
    """
    belongs = closes.in_segment(segment) & (closes.age >= 2)
    both = np.zeros(belongs.shape, dtype=bool)
    up, down = both.copy(), both.copy()
    today, before = closes.close[1:], closes.close[:-1]
    both[1:] = belongs[1:] & (today > 0) & (before > 0)
    up[1:] = both[1:] & (today > before)
    down[1:] = both[1:] & (today < before)
    advances, declines = _count(up, closes.sessions), _count(down, closes.sessions)
    return counted(
        f"breadth.ad_ratio.{segment}",
        advances / declines.where(declines > 0),
        _count(both, closes.sessions),
        _count(belongs, closes.sessions),
        reason="no member declined",
    )


def sectors_above_average(raw: pd.DataFrame, n: int = 200) -> pd.DataFrame:
    """How many sector SPDRs close above their n-session average; a fund too young for it is not counted.

    `raw`: sessions × funds, split-adjusted closes in dollars.
    """
    sessions = pd.DatetimeIndex(raw.index)
    close = in_millionths(raw.reindex(columns=list(SECTOR_FUNDS)))
    unknown = np.full(len(SECTOR_FUNDS), np.datetime64("NaT"), dtype="datetime64[D]")
    funds = MemberCloses(sessions, SECTOR_FUNDS, close, np.ones(close.shape, dtype=np.int8), unknown)
    listed = np.cumsum(close > 0, axis=0) > 0
    grown = np.cumsum(listed, axis=0) >= n
    sums = funds.last_sums(n)
    eligible = grown & (sums > 0)
    above = eligible & (close * n > sums)
    return counted(
        "breadth.sectors_above_200d",
        _count(above, sessions),
        _count(eligible, sessions),
        _count(grown, sessions),
    )
