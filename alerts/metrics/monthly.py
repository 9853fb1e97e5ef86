"""The valuation discount from month-end valuation measures, which the source keeps for about sixteen months.

This is a metric of its own: its forward P/E differs in level from the census estimates, and a company that expects a
loss has none. The two discounts are never joined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from alerts.metrics.frames import counted
from alerts.metrics.valuation import positive, price_earnings

NAME = "valuation.discount_monthly"
LASTS = 45  # days after a month's end for which its measures count
COLUMNS = ["value", "eligible", "members", "coverage"]


@dataclass(frozen=True)
class Multiple:
    """One segment at a month's end: forward P/E of its profitable companies, and its coverage."""

    forward_pe: float
    eligible: int
    members: int
    coverage: float  # of the segment's value, 0–1


def multiple(members: pd.DataFrame) -> Multiple:
    """Σ market value/Σ(market value/forward P/E) over companies with a positive forward P/E.

    `members`: one row for each company with market_value and forward_pe at the month's end (NaN if the source has none)
    and `ranked`, its market value when it was ranked. A company with a market value is covered: without a forward P/E
    it expects a loss. Coverage is weighted by market value, or by `ranked` if that is missing.
    """
    value, pe = (positive(members[name].to_numpy(dtype="float64")) for name in ("market_value", "forward_pe"))
    weight = np.where(np.isfinite(value), value, positive(members["ranked"].to_numpy(dtype="float64")))
    weight = np.where(np.isfinite(weight), weight, 0.0)
    told = np.isfinite(value)
    total = float(weight.sum())
    return Multiple(
        price_earnings(value, value / pe),
        int(told.sum()),
        len(members),
        float(weight[told].sum()) / total if total > 0 else float("nan"),
    )


def discount_of(month: pd.DataFrame) -> dict[str, float]:
    """`COLUMNS` of one month; `month`: as for `multiple`, with segment."""
    small, large = (multiple(month[month["segment"] == segment]) for segment in ("small", "large"))
    return {
        "value": 100.0 * (small.forward_pe / large.forward_pe - 1.0),
        "eligible": small.eligible + large.eligible,
        "members": small.members + large.members,
        "coverage": min(small.coverage, large.coverage),
    }


def discount_monthly(months: Mapping[date, pd.DataFrame], sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """By session, the discount at the last month's end; `months`: by the last session of each month that was fetched.

    `observed` is the month's end. Missing once that is more than `LASTS` days ago.
    """
    ends = sorted(months)
    rows = pd.DataFrame([discount_of(months[end]) for end in ends], columns=COLUMNS, dtype="float64")
    asked = sessions.to_numpy().astype("datetime64[D]")
    at = np.searchsorted(np.array(ends, dtype="datetime64[D]"), asked, side="right") - 1
    told = rows.reindex(at)
    told.index = sessions
    day = [ends[position] if position >= 0 else None for position in at]
    ages = [0 if end is None else (stamp.date() - end).days for stamp, end in zip(sessions, day, strict=True)]
    old = np.array(ages, dtype=np.int64) > LASTS
    told.loc[old] = np.nan
    frame = counted(NAME, told["value"], told["eligible"], told["members"], coverage=told["coverage"])
    none = np.array([end is None for end in day], dtype=bool)
    frame.loc[none, "reason"] = "no month-end valuation measures were fetched"
    frame.loc[old, "reason"] = [f"the last month-end measures are of {day[row]}" for row in np.flatnonzero(old)]
    frame["observed"] = pd.to_datetime(pd.Series(day, index=sessions, dtype="object"))
    return frame
