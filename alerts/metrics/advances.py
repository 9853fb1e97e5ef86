"""Advances and declines, and what is summed or smoothed over them from the first day held on.

These figures depend on their whole path. They are computed from the counts of every day, which are kept: a backfill and
a refresh every day come to the same.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics.catalog import metric
from alerts.metrics.figure import counted
from alerts.metrics.members import MemberCloses
from alerts.metrics.series import ema

COLUMNS = ["advances", "declines", "eligible", "members"]
FAST, SLOW = 19, 39  # sessions: α = 2/(n + 1) = 0.10 and 0.05
SETTLED = 100  # days after which the first ones do not show any more
_APART = pd.Timedelta(days=10)
Floats = npt.NDArray[np.float64]


def counts(closes: MemberCloses, segment: str) -> pd.DataFrame:
    """Members up and down on each session, unchanged ones in neither; `COLUMNS`, whole numbers.

    Eligible is a member with a close today and on the session before; one listed today is too young.
    """
    belongs = closes.in_segment(segment) & (closes.age >= 2)
    both, up, down = closes.moves
    told = {"advances": belongs & up, "declines": belongs & down, "eligible": belongs & both, "members": belongs}
    return pd.DataFrame({name: np.count_nonzero(mask, axis=1) for name, mask in told.items()}, index=closes.sessions)


def joined(kept: pd.DataFrame | None, fresh: pd.DataFrame) -> pd.DataFrame:
    """Kept counts of the days before, then fresh ones; from the last gap of more than ten days on.

    The first day of `fresh` has none before it to compare with: it is taken from what was kept, and so is a day whose
    closes are not held any more.
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
    """Advances and declines by session, NaN on days whose coverage is under `floor`."""
    enough = (told["members"] > 0) & (told["eligible"] >= floor * told["members"])
    return told["advances"].where(enough).astype("float64"), told["declines"].where(enough).astype("float64")


def of_counts(metric_id: str, value: pd.Series, told: pd.DataFrame, reason: str) -> pd.DataFrame:
    """Figures of a metric made of counts."""
    return counted(
        metric_id, value, told["eligible"].astype("float64"), told["members"].astype("float64"), reason=reason
    )


def line(told: pd.DataFrame, segment: str) -> pd.DataFrame:
    """A/D line: Σ(A − D) from 0 before the first day held. A day that is missing adds nothing."""
    name = f"breadth.ad_line.{segment}"
    up, down = known(told, metric(name).floor)
    return of_counts(name, (up - down).cumsum(), told, "not defined")


def net(told: pd.DataFrame, floor: float) -> pd.Series:
    """1000 · (A − D)/(A + D); NaN where nobody moved or the coverage is under `floor`."""
    up, down = known(told, floor)
    return 1000.0 * (up - down) / (up + down).where(up + down > 0)


def oscillator(net_advances: Floats, fast: float | None = None, slow: float | None = None) -> Floats:
    """McClellan oscillator: EMA with α = 0.10 less EMA with α = 0.05.

    `fast`, `slow`: the EMAs of the day before the first, where they are known; else each begins with a plain mean.
    """
    return ema(net_advances, FAST, fast) - ema(net_advances, SLOW, slow)


def mcclellan(told: pd.DataFrame, segment: str) -> pd.DataFrame:
    """McClellan oscillator of 1000 · (A − D)/(A + D), from the hundredth day on.

    Adjusted by the number that moved, so that a segment of 500 and one of 2,000 read alike.
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
