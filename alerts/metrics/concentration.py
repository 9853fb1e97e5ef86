"""Concentration: how much of the large segment's value its largest companies are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alerts.metrics.figure import counted


def top(censuses: Sequence[pd.DataFrame], sessions: pd.DatetimeIndex, n: int = 7) -> pd.DataFrame:
    """Market value of the n largest companies as a share of the large segment's, in %.

    `censuses`: one a session, a row a company with market_value (dollars) and segment. Coverage is by number of
    companies with a market value.
    """
    rows = [_share(census.loc[census["segment"] == "large", "market_value"], n) for census in censuses]
    told = pd.DataFrame(rows, index=sessions, columns=["share", "eligible", "members"], dtype="float64")
    return counted(f"concentration.top{n}", told["share"], told["eligible"], told["members"], reason="no market values")


def _share(market_value: pd.Series, n: int) -> tuple[float, int, int]:
    """(share of the n largest in %, companies with a value, companies)."""
    value = market_value.to_numpy(dtype="float64")
    known = np.sort(value[np.isfinite(value) & (value > 0)])
    share = 100.0 * float(known[-n:].sum() / known.sum()) if len(known) else float("nan")
    return share, len(known), len(value)
