"""Imported series as metrics: on each session the last known observation, with its own date.

An observation counts once, on the first session on or after the day it was known: its date, or its date and the lag of
the series. Between observations the value stands for display, and rules see nothing new: what they count and compare
are observations. A series is stale once its last observation is older than twice the usual step, the lag (the proposed
one where none was given) and three days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from alerts.metrics.figure import Figure

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

FAMILY = "import"
_SPARE = 3  # days that a series may be late


@dataclass(frozen=True)
class Counted:
    """When the observations of a series count.

    sessions: those on which one does. fewest: as many as a percentile, z-score or average needs, which may then be
    fewer than its window; None for a daily series, whose windows have to be full.
    """

    sessions: frozenset[date]
    fewest: int | None


def usual_step(observations: pd.Series) -> float:
    """The median of days between observations; 1 where there is one."""
    import numpy as np

    days = _days(observations).astype(np.int64)
    return float(np.median(np.diff(days))) if len(days) > 1 else 1.0


def proposed_lag(observations: pd.Series) -> int:
    """Days after its date on which an observation of such a series is usually known: 60 monthly, 120 quarterly."""
    step = usual_step(observations)
    return 60 if 27 <= step <= 32 else 120 if 88 <= step <= 93 else 0


def longest_age(observations: pd.Series, lag: int | None = None) -> int:
    """Days after which the last observation is stale: 2 · usual step + lag (or the proposed one) + 3."""
    late = proposed_lag(observations) if lag is None else lag
    return round(2 * usual_step(observations)) + late + _SPARE


def counted(observations: pd.Series, lag: int | None, sessions: Sequence[date]) -> Counted:
    """On which of `sessions` (in a row, ascending) an observation counts."""
    import numpy as np

    axis = np.array(sessions, dtype="datetime64[D]")
    at = np.unique(np.searchsorted(axis, _days(observations) + np.timedelta64(lag or 0, "D")))
    step = usual_step(observations)
    fewest = 12 if step > 80 else 36 if step > 25 else 156 if step > 5 else None
    return Counted(frozenset(sessions[place] for place in at.tolist() if place < len(sessions)), fewest)


def own_figures(
    metric_id: str, observations: pd.Series, sessions: Sequence[date], file: str, lag: int | None = None
) -> list[Figure]:
    """A figure on each of `sessions` from the first observation on; `observations`: float by date, ascending."""
    import numpy as np

    days = _days(observations)
    values = observations.to_numpy(dtype="float64")
    oldest = longest_age(observations, lag)
    known = days + np.timedelta64(lag or 0, "D")
    out = []
    for session in sessions:
        at = int(np.searchsorted(known, np.datetime64(session), side="right")) - 1
        if at < 0:
            continue
        observed: date = days[at].astype(object)
        age = (session - observed).days
        stale = age > oldest
        out.append(
            Figure(
                session=session,
                metric=metric_id,
                value=None if stale else float(values[at]),
                coverage=0.0 if stale else 1.0,
                eligible=0 if stale else 1,
                members=1,
                source=file,
                reason=f"no observation since {observed}, {age} days ago" if stale else None,
                observed=observed,
            )
        )
    return out


def _days(observations: pd.Series) -> npt.NDArray[np.datetime64]:
    import pandas as pd

    days: npt.NDArray[np.datetime64] = pd.DatetimeIndex(observations.index).to_numpy().astype("datetime64[D]")
    return days
