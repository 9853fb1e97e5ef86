"""Imported series as metrics: on each session the last known observation, with its own date.

An observation counts from its date, or from the next session if that day is not a session. The figure is missing once
the observation is older than twice the usual interval of the series plus three days, or four days if that is more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from alerts.metrics.figure import Figure

FAMILY = "import"
_LEAST = 4  # days without a value over a holiday weekend


def longest_age(observations: pd.Series) -> int:
    """Days after which the last observation is stale: 2 · median step + 3, at least 4; one observation: step 1."""
    days = pd.DatetimeIndex(observations.index).to_numpy().astype("datetime64[D]").astype(np.int64)
    step = float(np.median(np.diff(days))) if len(days) > 1 else 1.0
    return max(_LEAST, round(2 * step) + 3)


def own_figures(metric_id: str, observations: pd.Series, sessions: Sequence[date], file: str) -> list[Figure]:
    """A figure on each of `sessions`, starting with the first observation; `observations`: float by date, ascending."""
    days = pd.DatetimeIndex(observations.index).to_numpy().astype("datetime64[D]")
    values = observations.to_numpy(dtype="float64")
    oldest = longest_age(observations)
    out = []
    for session in sessions:
        at = int(np.searchsorted(days, np.datetime64(session), side="right")) - 1
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
