"""Breadth: how many stocks take part.

Counted over the members of a segment on each session; see MemberCloses. Prices are split-adjusted closes without
dividends, as in published breadth figures. No close is carried forward.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics.catalog import metric
from alerts.metrics.frames import counted
from alerts.metrics.funds import INDEX_FUNDS, SECTOR_FUNDS
from alerts.metrics.members import MILLIONTHS, Flags, MemberCloses, in_millionths


def _count(mask: Flags, sessions: pd.DatetimeIndex) -> pd.Series:
    return pd.Series(np.count_nonzero(mask, axis=1), index=sessions, dtype="float64")


def above_flags(closes: MemberCloses, segment: str, n: int) -> tuple[Flags, Flags, Flags]:
    """(T, C) each: whether a company is counted, is eligible, and closes above the mean of its last n closes."""
    grown = closes.in_segment(segment) & (closes.age >= n)
    complete, over = closes.standing(n)
    eligible = grown & complete
    return grown, eligible, eligible & over


def above_average(
    closes: MemberCloses, segment: str, n: int, latest_average: npt.NDArray[np.float64] | None = None
) -> tuple[pd.DataFrame, int]:
    """Share of eligible members whose close is above the mean of their last n closes, in %.

    100 · #(C > SMAn) / eligible. Members listed for fewer than n sessions are not counted. On the last session only,
    `latest_average` ((C,), dollars, NaN if unknown) replaces the average of members without a full window. Returns the
    figures by session, and the number of members for which the latest average was used.
    """
    grown, eligible, above = above_flags(closes, segment, n)
    served = 0
    if latest_average is not None:
        told = np.isfinite(latest_average) & (latest_average > 0)
        gap = grown[-1] & ~eligible[-1] & (closes.close[-1] > 0) & told
        served = int(gap.sum())
        eligible[-1] |= gap
        # Rounded like the closes; otherwise a close equal to its average might count as above it.
        above[-1] |= gap & (closes.close[-1] > np.rint(np.where(told, latest_average, 0.0) * MILLIONTHS))
    members, counted_in = _count(grown, closes.sessions), _count(eligible, closes.sessions)
    value = 100.0 * _count(above, closes.sessions) / counted_in.where(counted_in > 0)
    return counted(f"breadth.above_{n}d.{segment}", value, counted_in, members), served


def ad_ratio(counts: pd.DataFrame, segment: str) -> pd.DataFrame:
    """Advances over declines of the day, A/D, unchanged members left out; missing without declines.

    `counts`: as returned by `advances.counts`.
    """
    told = counts.astype("float64")
    value = told["advances"] / told["declines"].where(told["declines"] > 0)
    return counted(f"breadth.ad_ratio.{segment}", value, told["eligible"], told["members"], reason="no member declined")


def extreme_flags(closes: MemberCloses, segment: str, n: int = 252) -> tuple[Flags, Flags, Flags, Flags]:
    """(T, C) each: whether a company is counted, is eligible, closes at its highest of n sessions, or at its lowest."""
    grown = closes.in_segment(segment) & (closes.age >= n)
    complete, high, low = closes.extremes(n)
    eligible = grown & complete
    return grown, eligible, eligible & high, eligible & low


def highs_and_lows(closes: MemberCloses, segment: str, n: int = 252) -> pd.DataFrame:
    """How many members close at their highest and lowest of the last n sessions: highs, lows, eligible, members.

    Uses closes, not the day's highs and lows. Members with fewer than n closes among the last n + n/20 sessions are not
    eligible; those listed for fewer than n sessions are not counted.
    """
    grown, eligible, high, low = extreme_flags(closes, segment, n)
    told = {"highs": high, "lows": low, "eligible": eligible, "members": grown}
    return pd.DataFrame({name: _count(mask, closes.sessions) for name, mask in told.items()})


def net_highs(extremes: pd.DataFrame, segment: str) -> pd.DataFrame:
    """New 52-week highs minus new lows: #(C ≥ 252-session maximum) − #(C ≤ 252-session minimum)."""
    value = extremes["highs"] - extremes["lows"]
    return counted(f"breadth.net_highs.{segment}", value, extremes["eligible"], extremes["members"])


def high_low_index(extremes: pd.DataFrame, segment: str, n: int = 10, within: int = 20) -> pd.DataFrame:
    """Mean of the last n values of 100 · highs/(highs + lows); days without either are skipped.

    The n values must be within the last `within` sessions, today's included. A day below the coverage floor has none.
    """
    name = f"breadth.high_low_index.{segment}"
    both = extremes["highs"] + extremes["lows"]
    share = 100.0 * extremes["highs"] / both.where(both > 0)
    share = share.where(extremes["eligible"] >= metric(name).floor * extremes["members"])
    present = share.dropna()
    mean = present.rolling(n).mean()
    position = pd.Series(np.arange(len(share), dtype="float64"), index=share.index)
    first = position.reindex(present.index).shift(n - 1).where(mean.notna())
    latest = pd.DataFrame({"mean": mean, "first": first}).reindex(share.index).ffill()
    value = latest["mean"].where(position - latest["first"] < within)
    # Rounding must not move a mean of values from 0 to 100 out of that range.
    return counted(
        name, value.clip(0.0, 100.0), extremes["eligible"], extremes["members"],
        reason=f"fewer than {n} days with new highs or lows among the last {within}",
    )  # fmt: skip


def beating_index(closes: MemberCloses, funds: pd.DataFrame, n: int) -> dict[str, pd.DataFrame]:
    """Share of eligible members whose return over n sessions is above that of their index's fund, in %; by segment.

    100 · #(C(t)/C(t−n) > F(t)/F(t−n))/eligible, F: SPY for large, IWM for small, VTI for all. Price returns on
    both sides: the stored closes of companies exclude dividends, so those of the fund do too.
    `funds`: sessions × funds, split-adjusted closes in dollars.
    """
    gained = closes.gains(n)
    out = {}
    for segment, fund in INDEX_FUNDS.items():
        hurdle = _hurdle(closes, funds[fund], n)
        grown, eligible, ahead = _beating(closes, segment, gained, hurdle, n)
        count, members = _count(eligible, closes.sessions), _count(grown, closes.sessions)
        value = 100.0 * _count(ahead, closes.sessions) / count.where(count > 0)
        known = np.isfinite(hurdle)
        name = f"breadth.beating_index_{n}d.{segment}"
        out[name] = counted(
            name, value.where(known), count, members, reason=f"no close of {fund} today or {n} sessions ago"
        )
    return out


def beating_flags(closes: MemberCloses, segment: str, fund: pd.Series, n: int) -> tuple[Flags, Flags, Flags]:
    """(T, C) each: whether a company is counted, is eligible, and gained more over n sessions than the fund."""
    return _beating(closes, segment, closes.gains(n), _hurdle(closes, fund, n), n)


def _hurdle(closes: MemberCloses, fund: pd.Series, n: int) -> npt.NDArray[np.float64]:
    close = fund.reindex(closes.sessions)
    return (close / close.shift(n)).to_numpy(dtype="float64")


def _beating(
    closes: MemberCloses, segment: str, gained: npt.NDArray[np.float64], hurdle: npt.NDArray[np.float64], n: int
) -> tuple[Flags, Flags, Flags]:
    grown = closes.in_segment(segment) & (closes.age > n)
    eligible = grown & np.isfinite(gained)
    return grown, eligible, eligible & (gained > hurdle[:, None])


def sectors_above_average(raw: pd.DataFrame, n: int = 200) -> pd.DataFrame:
    """How many sector SPDRs close above their n-session average; a fund with a shorter history is not counted.

    `raw`: sessions × funds, split-adjusted closes in dollars.
    """
    sessions = pd.DatetimeIndex(raw.index)
    close = in_millionths(raw.reindex(columns=list(SECTOR_FUNDS)))
    unknown = np.full(len(SECTOR_FUNDS), np.datetime64("NaT"), dtype="datetime64[D]")
    funds = MemberCloses(sessions, SECTOR_FUNDS, close, np.ones(close.shape, dtype=np.int8), unknown)
    listed = np.cumsum(close > 0, axis=0) > 0
    grown = np.cumsum(listed, axis=0) >= n
    complete, over = funds.standing(n)
    eligible = grown & complete
    value, count = _count(eligible & over, sessions), _count(eligible, sessions)
    frame = counted("breadth.sectors_above_200d", value, count, _count(grown, sessions))
    for at, fund in enumerate(SECTOR_FUNDS):
        lacking = frame["value"].isna().to_numpy() & grown[:, at] & (close[:, at] == 0)
        frame.loc[lacking, "reason"] = frame.loc[lacking, "reason"].astype(str) + f", no close of {fund}"
    return frame
