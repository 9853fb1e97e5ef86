"""Earnings: expected growth of small and large companies, and the gap between them.

Expected earnings are adjusted, trailing ones are as reported: write-offs lower only the trailing figure, so growth
reads high, especially after bad years. One census gives one session's figures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alerts.metrics.catalog import metric
from alerts.metrics.frames import counted
from alerts.metrics.valuation import SEGMENTS, Members, Split, awaited, covered


def growth(members: Members) -> dict[str, float]:
    """One segment in one census: Σ forward EPS/Σ trailing EPS − 1 in %, each EPS × market value/price.

    Both sums include only companies with both figures. NaN if the trailing sum is zero or a loss. Coverage is by market
    value, see `valuation.covered`.
    """
    forward, trailing = members.earnings(members.eps_forward), members.earnings(members.eps_trailing)
    known = np.isfinite(forward) & np.isfinite(trailing)
    base = float(trailing[known].sum())
    return {
        "growth": 100.0 * (float(forward[known].sum()) / base - 1.0) if base > 0 else float("nan"),
        "eligible": int(known.sum()),
        "members": len(members),
        "coverage": covered(members, known),
    }


def awaiting(census: Split) -> dict[str, list[str]]:
    """The metrics that are missing on a session for want of quotes, each with whose; see `valuation.awaited`."""
    out: dict[str, list[str]] = {}
    for segment in SEGMENTS:
        members = census[segment]
        if members.whole:
            continue
        known = np.isfinite(members.earnings(members.eps_forward + members.eps_trailing))
        if symbols := awaited(members, known, metric(f"earnings.growth.{segment}").floor):
            out[f"earnings.growth.{segment}"] = symbols
    return out | ({"earnings.growth_gap": [symbol for whose in out.values() for symbol in whose]} if out else {})


def all_of(censuses: Sequence[Split], sessions: pd.DatetimeIndex) -> dict[str, pd.DataFrame]:
    """Growth of both segments and the gap between them, small minus large, in percentage points; by id."""
    out: dict[str, pd.DataFrame] = {}
    for segment in SEGMENTS:
        rows = [growth(census[segment]) for census in censuses]
        told = pd.DataFrame(
            rows, index=sessions, columns=["growth", "eligible", "members", "coverage"], dtype="float64"
        )
        name = f"earnings.growth.{segment}"
        out[name] = counted(
            name, told["growth"], told["eligible"], told["members"], coverage=told["coverage"],
            reason="not meaningful: trailing earnings add up to a loss",
        )  # fmt: skip
    small, large = out["earnings.growth.small"], out["earnings.growth.large"]
    gap = counted(
        "earnings.growth_gap", small["value"] - large["value"], small["eligible"] + large["eligible"],
        small["members"] + large["members"],
        coverage=pd.concat([small["coverage"], large["coverage"]], axis=1).min(axis=1, skipna=False),
    )  # fmt: skip
    for side, name in ((large, "large caps"), (small, "small caps")):
        missing = side["value"].isna()
        gap.loc[missing, "reason"] = name + ": " + side.loc[missing, "reason"].astype(str)
    return out | {"earnings.growth_gap": gap}
