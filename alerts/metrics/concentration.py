"""Concentration: the share of the large segment's value in its largest companies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics.figure import counted

Values = npt.NDArray[np.float64]


def all_of(censuses: Sequence[pd.DataFrame], sessions: pd.DatetimeIndex) -> dict[str, pd.DataFrame]:
    """top7, top10 and effective_n by id.

    `censuses`: one for each session, with one row for each company: market_value (dollars) and segment. Coverage counts
    companies with a market value.
    """
    values = [_known(census.loc[census["segment"] == "large", "market_value"]) for census in censuses]
    eligible = pd.Series([len(known) for known, _ in values], index=sessions, dtype="float64")
    members = pd.Series([count for _, count in values], index=sessions, dtype="float64")
    told = {
        "concentration.top7": [top(known, 7) for known, _ in values],
        "concentration.top10": [top(known, 10) for known, _ in values],
        "concentration.effective_n": [effective_number(known) for known, _ in values],
    }
    return {
        name: counted(
            name, pd.Series(value, index=sessions, dtype="float64"), eligible, members, reason="no market values"
        )
        for name, value in told.items()
    }


def top(market_value: Values, n: int) -> float:
    """Market value of the n largest as a share of all, in %; NaN without values."""
    return 100.0 * float(np.sort(market_value)[-n:].sum() / market_value.sum()) if len(market_value) else float("nan")


def effective_number(market_value: Values) -> float:
    """1/Σw²: the number of equal-weight companies with the same concentration; NaN without values."""
    if not len(market_value):
        return float("nan")
    weight = market_value / market_value.sum()
    return float(1.0 / (weight @ weight))


def _known(market_value: pd.Series) -> tuple[Values, int]:
    """(the known values, the number of companies)."""
    value = market_value.to_numpy(dtype="float64")
    return value[np.isfinite(value) & (value > 0)], len(value)
