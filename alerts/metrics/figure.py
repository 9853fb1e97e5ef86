"""Figure: one dated number, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from alerts.metrics.catalog import metric

#: What every metric function returns: sessions × these columns. `coverage` 0–1; `reason` says why a `value` is NaN.
FIGURE_COLUMNS = ["value", "coverage", "eligible", "members", "reason"]


@dataclass(frozen=True)
class Figure:
    """The value of one metric on one session."""

    session: date
    metric: str
    value: float | None
    coverage: float | None  # 0–1
    eligible: int | None  # how many were counted
    members: int | None  # of how many that should have been
    source: str
    reason: str | None  # why there is no value; None where there is one
    #: ISO moment at which what it is computed from was fetched; None before it is kept. Two figures may agree without.
    fetched_at: str | None = field(default=None, compare=False)


def counted(
    metric_id: str,
    value: pd.Series,
    eligible: pd.Series,
    members: pd.Series,
    *,
    coverage: pd.Series | None = None,
    reason: pd.Series | str = "not defined",
) -> pd.DataFrame:
    """Figures of a metric with its coverage floor applied.

    `value`, `eligible`, `members`: by session. `coverage` (0–1) is eligible/members unless given. A value under the
    floor is missing, never 0; a value that is NaN above it is missing for `reason`.
    """
    floor = metric(metric_id).floor
    share = eligible / members.where(members > 0) if coverage is None else coverage
    short = ~(share >= floor)  # NaN too
    out = pd.DataFrame({"value": value.astype("float64"), "coverage": share, "eligible": eligible, "members": members})
    out["reason"] = pd.Series(None, index=out.index, dtype="object")
    undefined = out["value"].isna()
    out.loc[undefined, "reason"] = reason if isinstance(reason, str) else reason[undefined]
    out.loc[short, "reason"] = [
        "no members"
        if not count or math.isnan(count)
        else f"coverage {_whole_percent(portion)} % is under {round(100 * floor)} %"
        for portion, count in zip(share[short].fillna(0), members[short], strict=True)
    ]
    out.loc[short, "value"] = float("nan")
    return out[FIGURE_COLUMNS]


def _whole_percent(share: float) -> int:
    """Rounded down: 89.7 % is under 90 %, and must not read as if it were 90."""
    return math.floor(100 * share + 1e-9)


def figures(metric_id: str, frame: pd.DataFrame, source: str) -> list[Figure]:
    """The rows of a metric function's frame as Figures. A column `source` says where it is another than `source`."""
    out = []
    sources = frame["source"] if "source" in frame else [None] * len(frame)
    for (stamp, value, coverage, eligible, members, reason), told in zip(
        frame[FIGURE_COLUMNS].itertuples(), sources, strict=True
    ):
        missing = value is None or math.isnan(value)
        out.append(
            Figure(
                session=stamp.date(),
                metric=metric_id,
                value=None if missing else float(value),
                coverage=None if pd.isna(coverage) else float(coverage),
                eligible=None if pd.isna(eligible) else int(eligible),
                members=None if pd.isna(members) else int(members),
                source=told if isinstance(told, str) else source,
                reason=(reason if isinstance(reason, str) else "not computed") if missing else None,
            )
        )
    return out
