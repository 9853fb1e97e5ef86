"""Concentration: the share of the large segment's value in its largest companies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics.frames import counted
from alerts.metrics.valuation import Split, absent, covered, named

Values = npt.NDArray[np.float64]


#: Of the heaviest at the last ranks, each must have a quote: without one of them no share is near the right one.
HEAVIEST = 20
METRICS = ("concentration.top7", "concentration.top10", "concentration.effective_n")


def all_of(censuses: Sequence[Split], sessions: pd.DatetimeIndex) -> dict[str, pd.DataFrame]:
    """top7, top10 and effective_n by id.

    `censuses`: one for each session. Coverage is the share of value that has a quote. All are missing while one of the
    `HEAVIEST` lacks a quote; the reason names it.
    """
    large = [census["large"] for census in censuses]
    values = [members.market_value[members.quoted] for members in large]
    eligible = pd.Series([len(known) for known in values], index=sessions, dtype="float64")
    members = pd.Series([len(members) for members in large], index=sessions, dtype="float64")
    coverage = pd.Series([covered(members, members.quoted) for members in large], index=sessions, dtype="float64")
    lacking = [absent(members, HEAVIEST) for members in large]
    reason = pd.Series(
        [named(symbols, HEAVIEST) if symbols else "no market values" for symbols in lacking],
        index=sessions,
        dtype=object,
    )
    told = {
        "concentration.top7": [top(known, 7) for known in values],
        "concentration.top10": [top(known, 10) for known in values],
        "concentration.effective_n": [effective_number(known) for known in values],
    }
    out = {}
    for name, value in told.items():
        whole = [float("nan") if symbols else one for one, symbols in zip(value, lacking, strict=True)]
        out[name] = counted(
            name, pd.Series(whole, index=sessions, dtype="float64"), eligible, members, coverage=coverage, reason=reason
        )
        # Whose quote is absent says more than how much of the value is, where coverage is under its floor too.
        without = np.array([bool(symbols) for symbols in lacking])
        out[name].loc[without, "reason"] = reason[without]
    return out


def awaiting(census: Split) -> dict[str, list[str]]:
    """All metrics of the family, where any of the `HEAVIEST` has no quote, each with whose."""
    lacking = absent(census["large"], HEAVIEST)
    return dict.fromkeys(METRICS, lacking) if lacking else {}


def top(market_value: Values, n: int) -> float:
    """Market value of the n largest as a share of all, in %; NaN without values."""
    return 100.0 * float(np.sort(market_value)[-n:].sum() / market_value.sum()) if len(market_value) else float("nan")


def effective_number(market_value: Values) -> float:
    """1/Σw²: the number of equal-weight companies with the same concentration; NaN without values."""
    if not len(market_value):
        return float("nan")
    weight = market_value / market_value.sum()
    return float(1.0 / (weight @ weight))
