"""Valuation: the price of a dollar of expected earnings, for large and for small companies.

One census gives one session's figures. Expected earnings of a company are EPS forward × market value / price: market
value counts every share class, a share count does not. Ratios are of sums over companies, as index providers compute
them, never means of ratios. Coverage is the share of the segment's market value that has an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics.catalog import metric
from alerts.metrics.figure import counted

SEGMENTS = ("large", "small")
METHODS = ("forward_pe", "forward_pe_profitable")
Values = npt.NDArray[np.float64]
Split = Mapping[str, pd.DataFrame]  # the members of each of `SEGMENTS` in one census
_REASONS = {
    "forward_pe": "not meaningful: expected earnings add up to a loss",
    "forward_pe_profitable": "not meaningful: no company expects a profit",
    "loss_share": "no company with an estimate",
}


def by_segment(census: pd.DataFrame) -> Split:
    """The members of both segments, in their order. `census`: a column `segment` and those that the figures need."""
    held = census["segment"].to_numpy(dtype=object)
    return {segment: census.take(np.flatnonzero(held == segment)) for segment in SEGMENTS}


def price_earnings(market_value: Values, earnings: Values) -> float:
    """Σ market value / Σ earnings over companies with both; NaN if the earnings sum is zero or a loss."""
    known = np.isfinite(market_value) & np.isfinite(earnings)
    total = float(earnings[known].sum())
    return float(market_value[known].sum()) / total if total > 0 else float("nan")


def forward(members: pd.DataFrame) -> dict[str, float]:
    """One segment in one census: forward_pe, forward_pe_profitable, loss_share; eligible, members and coverage.

    `members`: one row for each company with market_value, price, eps_forward (dollars; NaN if unknown) and, where there
    are ranks, ranked. Coverage is by value, see `covered`.
    """
    value, price = positive(members["market_value"]), positive(members["price"])
    earnings = members["eps_forward"].to_numpy(dtype="float64") * value / price
    known, profitable = np.isfinite(earnings), earnings > 0
    eligible, count = int(known.sum()), len(members)
    return {
        "forward_pe": price_earnings(value, earnings),
        "forward_pe_profitable": price_earnings(value[profitable], earnings[profitable]),
        "loss_share": 100.0 * int((known & ~profitable).sum()) / eligible if eligible else float("nan"),
        "eligible": eligible,
        "members": count,
        "coverage": covered(members, known),
    }


def covered(members: pd.DataFrame, known: npt.NDArray[np.bool_]) -> float:
    """The share of a segment's market value, 0–1, that the members marked in `known` have; NaN without any value.

    A member without a market value weighs what it weighed at the last ranks (`ranked`); where that is not known either,
    as much as a company of average size.
    """
    value = positive(members["market_value"])
    if "ranked" in members:
        value = np.where(np.isfinite(value), value, positive(members["ranked"]))
    if not np.isfinite(value).any():
        return float("nan")
    value = np.where(np.isfinite(value), value, np.nanmean(value))
    return float(value[known].sum() / value.sum())


def absent(members: pd.DataFrame, most: int | None = None) -> list[str]:
    """The members without a market value, the heaviest at the last ranks first; of the `most` heaviest, or of all."""
    if "ranked" not in members or np.isfinite(positive(members["market_value"])).all():
        return []
    heaviest = members.sort_values("ranked", ascending=False, kind="stable")
    heaviest = heaviest if most is None else heaviest.iloc[:most]
    lacking = ~np.isfinite(positive(heaviest["market_value"])) & heaviest["ranked"].notna().to_numpy()
    return [str(symbol) for symbol in heaviest.index[lacking]]


def awaited(members: pd.DataFrame, known: npt.NDArray[np.bool_], floor: float) -> list[str]:
    """The members whose absent quotes alone keep coverage under `floor`, the heaviest first; none where others do too.

    `known`: the members with all that the figure needs. Arguments else as of `covered`.
    """
    if "ranked" not in members or np.isfinite(positive(members["market_value"])).all():
        return []
    if covered(members, known) >= floor:
        return []
    lacking = ~np.isfinite(positive(members["market_value"])) & members["ranked"].notna().to_numpy()
    return absent(members) if covered(members, known | lacking) >= floor else []


def named(symbols: Sequence[str], most: int = 5) -> str:
    """ "no quote of NVDA, AAPL and 3 more"."""
    more = f" and {len(symbols) - most} more" if len(symbols) > most else ""
    return f"no quote of {', '.join(symbols[:most])}{more}"


def awaiting(census: Split) -> dict[str, list[str]]:
    """The metrics of P/E that are missing on a session for want of quotes, each with whose; see `awaited`."""
    out: dict[str, list[str]] = {}
    for segment in SEGMENTS:
        members = census[segment]
        value, price = positive(members["market_value"]), positive(members["price"])
        known = np.isfinite(members["eps_forward"].to_numpy(dtype="float64") * value / price)
        for kind in _REASONS:
            name = f"valuation.{kind}.{segment}"
            if symbols := awaited(members, known, metric(name).floor):
                out[name] = symbols
    for method in METHODS:
        if whose := [symbol for segment in SEGMENTS for symbol in out.get(f"valuation.{method}.{segment}", ())]:
            out["valuation.discount" + method.removeprefix("forward_pe")] = whose
    return out


def positive(column: pd.Series) -> Values:
    """The values above zero; NaN for the others."""
    values = column.to_numpy(dtype="float64")
    return np.where(np.isfinite(values) & (values > 0), values, np.nan)


def discount(small: pd.DataFrame, large: pd.DataFrame, metric_id: str) -> pd.DataFrame:
    """Small caps' multiple over large caps', minus one, in %; missing if either is, with the reason."""
    frame = counted(
        metric_id,
        100.0 * (small["value"] / large["value"] - 1.0),
        small["eligible"] + large["eligible"],
        small["members"] + large["members"],
        coverage=pd.concat([small["coverage"], large["coverage"]], axis=1).min(axis=1, skipna=False),
    )
    for side, name in ((large, "large caps"), (small, "small caps")):
        missing = side["value"].isna()
        frame.loc[missing, "reason"] = name + ": " + side.loc[missing, "reason"].astype(str)
    return frame


def ev_ebit(members: pd.DataFrame) -> dict[str, float]:
    """One segment in one census: the median positive EV/EBIT, and how many companies report one, positive or negative.

    `members`: one row for each company with ev_ebit. Negative multiples have no meaning and are left out.
    """
    ratios = members["ev_ebit"].to_numpy(dtype="float64")
    known = ratios[np.isfinite(ratios)]
    positive = known[known > 0]
    median = float(np.median(positive)) if len(positive) else float("nan")
    return {"ev_ebit": median, "eligible": len(known), "members": len(ratios)}


def of_enterprises(censuses: Sequence[Split], sessions: pd.DatetimeIndex) -> dict[str, pd.DataFrame]:
    """EV/EBIT of both segments, and the discount, by id."""
    out: dict[str, pd.DataFrame] = {}
    for segment in SEGMENTS:
        rows = [ev_ebit(census[segment]) for census in censuses]
        told = pd.DataFrame(rows, index=sessions, columns=["ev_ebit", "eligible", "members"], dtype="float64")
        name = f"valuation.ev_ebit.{segment}"
        out[name] = counted(
            name, told["ev_ebit"], told["eligible"], told["members"], reason="no company with earnings to divide by"
        )
    name = "valuation.ev_ebit_discount"
    out[name] = discount(out["valuation.ev_ebit.small"], out["valuation.ev_ebit.large"], name)
    return out


def all_of(censuses: Sequence[Split], sessions: pd.DatetimeIndex) -> dict[str, pd.DataFrame]:
    """Every metric of one census by id, EV/EBIT included.

    `censuses`: one for each session; for each company market_value, price, eps_forward, ev_ebit.
    """
    out: dict[str, pd.DataFrame] = {}
    for segment in SEGMENTS:
        rows = [forward(census[segment]) for census in censuses]
        told = pd.DataFrame(
            rows, index=sessions, columns=[*_REASONS, "eligible", "members", "coverage"], dtype="float64"
        )
        for kind, reason in _REASONS.items():
            name = f"valuation.{kind}.{segment}"
            out[name] = counted(
                name, told[kind], told["eligible"], told["members"], coverage=told["coverage"], reason=reason
            )
    for method in METHODS:
        name = "valuation.discount" + method.removeprefix("forward_pe")
        out[name] = discount(out[f"valuation.{method}.small"], out[f"valuation.{method}.large"], name)
    return out | of_enterprises(censuses, sessions)
