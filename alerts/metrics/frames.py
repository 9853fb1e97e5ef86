"""The frame that a metric function returns, a row a session, and the Figures made of its rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics.catalog import metric
from alerts.metrics.figure import Figure

#: What every metric function returns: sessions × these columns. `coverage` 0–1; `reason` says why a `value` is NaN.
FIGURE_COLUMNS = ["value", "coverage", "eligible", "members", "reason"]


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

    `value`, `eligible`, `members`: by session. `coverage` (0–1) is eligible/members unless given. A value below the
    floor is missing, never 0; a value that is NaN above the floor is missing because of `reason`.
    """
    floor = metric(metric_id).floor
    told = value.to_numpy(dtype="float64").copy()
    count = members.to_numpy(dtype="float64")
    if coverage is None:
        share = np.divide(eligible.to_numpy(dtype="float64"), count, out=np.full(len(count), np.nan), where=count > 0)
    else:
        share = coverage.to_numpy(dtype="float64")
    short = ~(share >= floor)  # NaN too
    why = np.full(len(told), None, dtype=object)
    undefined = np.isnan(told)
    why[undefined] = reason if isinstance(reason, str) else reason.to_numpy()[undefined]
    if short.any():
        percent = np.floor(100.0 * np.nan_to_num(share) + 1e-9)  # rounded down: 89.7 % must not read as 90
        for whole in np.unique(percent[short]):
            why[short & (percent == whole)] = f"coverage {whole:.0f} % is under {round(100 * floor)} %"
        why[short & ~(count > 0)] = "no members"
        told[short] = np.nan
    columns = {"value": told, "coverage": share, "eligible": eligible, "members": members, "reason": why}
    return pd.DataFrame(columns, index=value.index)


def figures(metric_id: str, frame: pd.DataFrame, source: str, sessions: pd.DatetimeIndex | None = None) -> list[Figure]:
    """The rows of a metric function's frame as Figures; only those of `sessions` if given.

    A session that the frame lacks is missing. A column `source` overrides `source` row by row.
    A column `observed` has the dates of observations, NaT where there is none.
    """
    asked = pd.DatetimeIndex(frame.index) if sessions is None else sessions
    rows = np.arange(len(frame)) if sessions is None else frame.index.get_indexer(sessions)
    value, coverage, eligible, members = (_at(rows, frame[name]) for name in FIGURE_COLUMNS[:4])
    reasons = frame["reason"].to_numpy(dtype=object)
    sources = frame["source"].to_numpy(dtype=object) if "source" in frame else None
    # Whole columns are turned into dates at once: a Timestamp for each row takes longer than everything else here.
    observed = None
    if "observed" in frame:
        observed = pd.DatetimeIndex(pd.to_datetime(frame["observed"])).take(rows, fill_value=pd.Timestamp("NaT")).date
    out = []
    for number, (session, row) in enumerate(zip(asked.date.tolist(), rows.tolist(), strict=True)):
        missing = value[number] is None
        reason = reasons[row] if missing and row >= 0 else None
        day = observed[number] if observed is not None else None
        told = sources[row] if sources is not None and row >= 0 else None
        counted_, all_ = eligible[number], members[number]
        out.append(
            Figure(
                session=session,
                metric=metric_id,
                value=value[number],
                coverage=coverage[number],
                eligible=None if counted_ is None else int(counted_),
                members=None if all_ is None else int(all_),
                source=told if isinstance(told, str) else source,
                reason=(reason if isinstance(reason, str) else "not computed") if missing else None,
                observed=None if day is pd.NaT else day,
            )
        )
    return out


def _at(rows: npt.NDArray[np.intp], column: pd.Series) -> list[float | None]:
    """The values of a column in those rows; None for NaN, and for row −1."""
    values = np.append(column.to_numpy(dtype="float64"), np.nan)[rows]  # the last one is what −1 finds
    found = values.astype(object)
    found[np.isnan(values)] = None
    out: list[float | None] = found.tolist()
    return out
