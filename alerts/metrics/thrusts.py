"""Breadth thrusts: a few days on which nearly everything rises, after days on which nearly everything fell.

Published statistics refer to issues on the New York Stock Exchange. Ours count other companies, so they do not apply.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from alerts.metrics.advances import known, of_counts
from alerts.metrics.catalog import metric
from alerts.metrics.series import ema, sum_of_last

ZWEIG_LOW, ZWEIG_HIGH, ZWEIG_DAYS, ZWEIG_MINIMUM = 0.400, 0.615, 10, 30
DEEMER, DEEMER_DAYS = 1.97, 10
WHALEY, WHALEY_DAYS = 0.7366, 5


def zweig_average(told: pd.DataFrame, floor: float) -> pd.Series:
    """EMA over 10 days of A/(A + D), NaN before the thirtieth day; a day on which no member moved is skipped."""
    up, down = known(told, floor)
    share = up / (up + down).where(up + down > 0)
    average = pd.Series(ema(share.to_numpy(dtype="float64"), 10), index=share.index)
    return average.where(share.notna().cumsum() >= ZWEIG_MINIMUM)


def zweig_signals(average: pd.Series) -> pd.Series:
    """1.0 on a day the average rises above .615 within 10 sessions of the last day below .400, else 0.0; NaN stays NaN.

    "Rises above" means that the previous known value was not above.
    """
    present = average.dropna()
    position = pd.Series(np.arange(len(average), dtype="float64"), index=average.index)
    low = position.where(average < ZWEIG_LOW).ffill()
    near = (position - low <= ZWEIG_DAYS).reindex(present.index)
    rises = (present > ZWEIG_HIGH) & (present.shift() <= ZWEIG_HIGH)
    return (rises & near).astype("float64").reindex(average.index)


def first_days(condition: pd.Series) -> pd.Series:
    """1.0 on a day on which `condition` holds but did not on the previous known day, else 0.0; NaN stays NaN.

    `condition`: 1.0, 0.0, or NaN if unknown. The first known day never counts, because the day before is unknown.
    """
    present = condition.dropna()
    begins = (present == 1.0) & (present.shift() == 0.0)
    return begins.astype("float64").reindex(condition.index)


def zweig(told: pd.DataFrame, segment: str) -> pd.DataFrame:
    """Zweig's average, a fraction."""
    name = f"breadth.zweig.{segment}"
    average = zweig_average(told, metric(name).floor)
    return of_counts(name, average, told, _fewer(ZWEIG_MINIMUM))


def zweig_thrust(told: pd.DataFrame, segment: str) -> pd.DataFrame:
    """1 on the day Zweig's average rises above .615 within 10 sessions of the last day below .400."""
    name = f"breadth.zweig_thrust.{segment}"
    signals = zweig_signals(zweig_average(told, metric(name).floor))
    return of_counts(name, signals, told, _fewer(ZWEIG_MINIMUM))


def deemer_thrust(told: pd.DataFrame, segment: str) -> pd.DataFrame:
    """1 on the first day that 10 days' advances are more than 1.97 times 10 days' declines (or there are none)."""
    name = f"breadth.deemer_thrust.{segment}"
    up, down = (sum_of_last(side, DEEMER_DAYS) for side in known(told, metric(name).floor))
    over = (up > DEEMER * down).astype("float64").where(up.notna() & down.notna())
    return of_counts(name, first_days(over), told, _fewer(DEEMER_DAYS))


def whaley_thrust(told: pd.DataFrame, segment: str) -> pd.DataFrame:
    """1 on the first day that advances are more than 73.66 % of 5 days' advances and declines."""
    name = f"breadth.whaley_thrust.{segment}"
    up, down = (sum_of_last(side, WHALEY_DAYS) for side in known(told, metric(name).floor))
    over = (up > WHALEY * (up + down)).astype("float64").where(up.notna() & down.notna())
    return of_counts(name, first_days(over), told, _fewer(WHALEY_DAYS))


def _fewer(days: int) -> str:
    return f"fewer than {days} days of advances and declines"


def all_of(told: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The figures of every segment in `told` by id."""
    out = {}
    for segment, frame in told.items():
        for name, function in (
            ("zweig", zweig),
            ("zweig_thrust", zweig_thrust),
            ("deemer_thrust", deemer_thrust),
            ("whaley_thrust", whaley_thrust),
        ):
            out[f"breadth.{name}.{segment}"] = function(frame, segment)
    return out
