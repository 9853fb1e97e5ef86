"""Regime: whether leadership is broad, from four signs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alerts.metrics.frames import FIGURE_COLUMNS
from alerts.metrics.regime_state import of_score
from alerts.metrics.series import slope

SLOPE_SESSIONS = 63
PARTS = ("size.trend", "size.lead_63d", "breadth.equal_weight", "breadth.above_200d.small", "breadth.above_200d.large")


def signs(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The four signs by session, 1.0 or 0.0, NaN if it cannot be computed.

    `parts`: the figures of PARTS by id, with the same index; equal_weight needs 63 sessions before the first result.
    """
    trend, lead = parts["size.trend"]["value"], parts["size.lead_63d"]["value"]
    tilt = slope(parts["breadth.equal_weight"]["value"], SLOPE_SESSIONS)
    small, large = parts["breadth.above_200d.small"]["value"], parts["breadth.above_200d.large"]["value"]
    broad = ((small >= 50) & (small >= large)).astype("float64").where(small.notna() & large.notna())
    return pd.DataFrame(
        {
            "trend": (trend > 0).astype("float64").where(trend.notna()),
            "lead": (lead > 0).astype("float64").where(lead.notna()),
            "equal_weight": (tilt > 0).astype("float64").where(tilt.notna()),
            "small_breadth": broad,
        }
    )


def score(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """How many of the four signs hold, 0–4; missing if any part is, and says which."""
    told = signs(parts)
    value = told.sum(axis=1, skipna=False)
    frame = pd.DataFrame({"value": value})
    frame["coverage"] = pd.concat([part["coverage"] for part in parts.values()], axis=1).min(axis=1, skipna=False)
    frame["eligible"] = told.notna().sum(axis=1).astype("float64")
    frame["members"] = 4.0
    frame["reason"] = None
    for name in told.columns[::-1]:
        frame.loc[told[name].isna(), "reason"] = f"{name.replace('_', ' ')} cannot be told"
    return frame[FIGURE_COLUMNS]


def state(scores: pd.DataFrame, earlier: pd.Series) -> pd.DataFrame:
    """The regime by session: a change counts once it has held for two sessions in a row.

    `scores`: figures of regime.score; `earlier`: known scores of earlier sessions. Missing scores neither count nor
    break a run. The regime is missing until two scores in a row agree.
    """
    before = earlier[~earlier.index.isin(scores.index)].dropna()
    told = scores["value"].dropna()
    if len(before):
        told = pd.concat([before, told]).sort_index()
    spoken = told.map(of_score)
    held = spoken.where(spoken == spoken.shift()).ffill()
    frame = scores.copy()
    frame["value"] = held.reindex(scores.index).astype("float64")
    missing = scores["value"].isna()
    frame.loc[missing, "value"] = np.nan
    unsettled = frame["value"].isna() & ~missing
    frame.loc[unsettled, "reason"] = "no state has held for two sessions yet"
    return frame[FIGURE_COLUMNS]
