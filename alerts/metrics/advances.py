"""Advances and declines, and figures that sum or smooth them from the first stored day.

These figures depend on every earlier day. They are computed from stored daily counts, so a backfill and a daily refresh
give the same values.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics.catalog import metric
from alerts.metrics.frames import counted
from alerts.metrics.members import MemberCloses
from alerts.metrics.series import ema

COLUMNS = ["advances", "declines", "eligible", "members"]
FAST, SLOW = 19, 39  # sessions: α = 2/(n + 1) = 0.10 and 0.05
SETTLED = 100  # days after which the starting values no longer matter
_APART = pd.Timedelta(days=10)
Floats = npt.NDArray[np.float64]


def counts(closes: MemberCloses, segment: str) -> pd.DataFrame:
    """Members up and down on each session, unchanged ones in neither; `COLUMNS`, whole numbers.

    A member with a close today and on the session before is eligible; one listed today is not counted.
    """
    belongs = closes.in_segment(segment) & (closes.age >= 2)
    both, up, down = closes.moves
    told = {"advances": belongs & up, "declines": belongs & down, "eligible": belongs & both, "members": belongs}
    return pd.DataFrame({name: np.count_nonzero(mask, axis=1) for name, mask in told.items()}, index=closes.sessions)


def joined(kept: pd.DataFrame | None, fresh: pd.DataFrame) -> pd.DataFrame:
    """Stored counts of earlier days, then fresh ones; only the part after the last gap of more than ten days.

    The first day of `fresh` has no day before it to compare with, so its stored count is used; likewise for a day whose
    closes are no longer stored.
    """
    counted_anew = fresh[fresh["eligible"] > 0] if kept is not None and len(kept) else fresh.iloc[1:]
    told = counted_anew
    if kept is not None and len(kept):
        told = pd.concat([kept[~kept.index.isin(counted_anew.index)], counted_anew]).sort_index()
        told = told.reindex(told.index.union(fresh.index[1:]), fill_value=0)
        told = told[told.index <= fresh.index[-1]]
    apart = np.flatnonzero(np.diff(told.index.to_numpy()) > _APART.to_timedelta64())
    since: pd.DataFrame = told.iloc[apart[-1] + 1 :] if len(apart) else told
    return since


def known(told: pd.DataFrame, floor: float) -> tuple[pd.Series, pd.Series]:
    """Advances and declines by session, NaN on days with coverage below `floor`."""
    enough = (told["members"] > 0) & (told["eligible"] >= floor * told["members"])
    return told["advances"].where(enough).astype("float64"), told["declines"].where(enough).astype("float64")


def of_counts(metric_id: str, value: pd.Series, told: pd.DataFrame, reason: str) -> pd.DataFrame:
    """Figures of a metric that is computed from counts."""
    return counted(
        metric_id, value, told["eligible"].astype("float64"), told["members"].astype("float64"), reason=reason
    )


def line(told: pd.DataFrame, segment: str) -> pd.DataFrame:
    """A/D line: Σ(A − D) from 0 before the first stored day. A missing day adds nothing."""
    name = f"breadth.ad_line.{segment}"
    up, down = known(told, metric(name).floor)
    return of_counts(name, (up - down).cumsum(), told, "not defined")


def net(told: pd.DataFrame, floor: float) -> pd.Series:
    """1000 · (A − D)/(A + D); NaN if no member moved or the coverage is below `floor`."""
    up, down = known(told, floor)
    return 1000.0 * (up - down) / (up + down).where(up + down > 0)


def oscillator(net_advances: Floats, fast: float | None = None, slow: float | None = None) -> Floats:
    """McClellan oscillator: EMA with α = 0.10 minus EMA with α = 0.05.

    `fast`, `slow`: the EMAs of the day before the first, if known; otherwise each begins with a plain mean.
    """
    return ema(net_advances, FAST, fast) - ema(net_advances, SLOW, slow)


def mcclellan(told: pd.DataFrame, segment: str) -> pd.DataFrame:
    """McClellan oscillator of 1000 · (A − D)/(A + D), from the hundredth day on.

    Ratio-adjusted, so that segments of 500 and of 2,000 members are comparable.
    """
    name = f"breadth.mcclellan.{segment}"
    return of_counts(name, _settled(net(told, metric(name).floor)), told, _YOUNG)


def summation(told: pd.DataFrame, segment: str) -> pd.DataFrame:
    """McClellan summation index: the running sum of the oscillator, from 0 before its first value."""
    name = f"breadth.summation.{segment}"
    return of_counts(name, _settled(net(told, metric(name).floor)).cumsum(), told, _YOUNG)


_YOUNG = f"fewer than {SETTLED} days of advances and declines, or nobody moved"


def _settled(values: pd.Series) -> pd.Series:
    told = pd.Series(oscillator(values.to_numpy(dtype="float64")), index=values.index)
    return told.where(values.notna().cumsum() >= SETTLED)


def all_of(told: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The figures of every segment in `told` by id: A/D line, oscillator, summation."""
    out = {}
    for segment, frame in told.items():
        for name, function in (("ad_line", line), ("mcclellan", mcclellan), ("summation", summation)):
            out[f"breadth.{name}.{segment}"] = function(frame, segment)
    return out
