"""Valuation: the price of a dollar of expected earnings, for large and for small companies.

One census gives one session's figures. Expected earnings of a company are EPS forward × market value / price: market
value counts every share class, a share count does not. Ratios are of sums over companies, as index providers compute
them, never means of ratios. Coverage is the share of the segment's market value that has an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics.catalog import metric
from alerts.metrics.frames import counted

SEGMENTS = ("large", "small")
METHODS = ("forward_pe", "forward_pe_profitable")
Values = npt.NDArray[np.float64]
_REASONS = {
    "forward_pe": "not meaningful: expected earnings add up to a loss",
    "forward_pe_profitable": "not meaningful: no company expects a profit",
    "loss_share": "no company with an estimate",
}


@dataclass(frozen=True, eq=False)
class Members:
    """Companies of one census, in its order: arrays (C,) in dollars, NaN where a figure is unknown.

    market_value, price: above zero or NaN. ranked: the market value at the last ranks; None where there are no ranks.
    """

    index: pd.Index  # of the whole census
    rows: npt.NDArray[np.intp]  # (C,), where they are in it
    market_value: Values
    price: Values
    eps_forward: Values
    eps_trailing: Values
    ev_ebit: Values
    ranked: Values | None

    def __len__(self) -> int:
        return len(self.market_value)

    @cached_property
    def quoted(self) -> npt.NDArray[np.bool_]:
        """(C,): whether a company has a market value."""
        return np.isfinite(self.market_value)

    @cached_property
    def whole(self) -> bool:
        """Whether every company has a market value."""
        return bool(self.quoted.all())

    def earnings(self, eps: Values) -> Values:
        """(C,): expected or trailing earnings of each company, `eps` × market value / price."""
        found: Values = eps * self.market_value / self.price
        return found

    @staticmethod
    def of(census: pd.DataFrame) -> Members:
        """All companies of a census, by symbol; a figure without a column is unknown."""
        columns = {name: census[name].to_numpy(dtype="float64") for name in _FIGURES if name in census}
        unknown = np.full(len(census), np.nan)
        return Members(
            index=census.index,
            rows=np.arange(len(census)),
            market_value=positive(columns.get("market_value", unknown)),
            price=positive(columns.get("price", unknown)),
            eps_forward=columns.get("eps_forward", unknown),
            eps_trailing=columns.get("eps_trailing", unknown),
            ev_ebit=columns.get("ev_ebit", unknown),
            ranked=columns.get("ranked"),
        )

    def take(self, rows: npt.NDArray[np.intp]) -> Members:
        """Those in some of the rows."""
        return Members(
            self.index, self.rows[rows], self.market_value[rows], self.price[rows], self.eps_forward[rows],
            self.eps_trailing[rows], self.ev_ebit[rows], None if self.ranked is None else self.ranked[rows],
        )  # fmt: skip


_FIGURES = ("market_value", "price", "eps_forward", "eps_trailing", "ev_ebit", "ranked")
Split = Mapping[str, Members]  # the members of each of `SEGMENTS` in one census


def by_segment(census: pd.DataFrame) -> Split:
    """The members of both segments. `census`: a column `segment` and those that the figures need."""
    held = census["segment"].to_numpy(dtype=object)
    whole = Members.of(census)
    return {segment: whole.take(np.flatnonzero(held == segment)) for segment in SEGMENTS}


def price_earnings(market_value: Values, earnings: Values) -> float:
    """Σ market value / Σ earnings over companies with both; NaN if the earnings sum is zero or a loss."""
    known = np.isfinite(market_value) & np.isfinite(earnings)
    total = float(earnings[known].sum())
    return float(market_value[known].sum()) / total if total > 0 else float("nan")


def forward(members: Members) -> dict[str, float]:
    """One segment in one census: forward_pe, forward_pe_profitable, loss_share; eligible, members and coverage.

    Coverage is by value, see `covered`.
    """
    value, earnings = members.market_value, members.earnings(members.eps_forward)
    known, profitable = np.isfinite(earnings), earnings > 0
    eligible = int(known.sum())
    return {
        "forward_pe": price_earnings(value, earnings),
        "forward_pe_profitable": price_earnings(value[profitable], earnings[profitable]),
        "loss_share": 100.0 * int((known & ~profitable).sum()) / eligible if eligible else float("nan"),
        "eligible": eligible,
        "members": len(members),
        "coverage": covered(members, known),
    }


def covered(members: Members, known: npt.NDArray[np.bool_]) -> float:
    """The share of a segment's market value, 0–1, that the members marked in `known` have; NaN without any value.

    A member without a market value weighs what it weighed at the last ranks (`ranked`); where that is not known either,
    as much as a company of average size.
    """
    value = members.market_value
    if not members.whole and members.ranked is not None:
        value = np.where(np.isfinite(value), value, positive(members.ranked))
    if not np.isfinite(value).any():
        return float("nan")
    if not members.whole:
        value = np.where(np.isfinite(value), value, np.nanmean(value))
    return float(value[known].sum() / value.sum())


def absent(members: Members, most: int | None = None) -> list[str]:
    """The members without a market value, the heaviest at the last ranks first; of the `most` heaviest, or of all."""
    if members.ranked is None or members.whole:
        return []
    heaviest = np.argsort(-members.ranked, kind="stable")[:most]
    lacking = heaviest[~members.quoted[heaviest] & ~np.isnan(members.ranked[heaviest])]
    return [str(symbol) for symbol in members.index[members.rows[lacking]]]


def awaited(members: Members, known: npt.NDArray[np.bool_], floor: float) -> list[str]:
    """The members whose absent quotes alone keep coverage under `floor`, the heaviest first; none where others do too.

    `known`: the members with all that the figure needs.
    """
    if members.ranked is None or members.whole or covered(members, known) >= floor:
        return []
    lacking = ~members.quoted & ~np.isnan(members.ranked)
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
        if members.whole:
            continue
        known = np.isfinite(members.earnings(members.eps_forward))
        for kind in _REASONS:
            name = f"valuation.{kind}.{segment}"
            if symbols := awaited(members, known, metric(name).floor):
                out[name] = symbols
    for method in METHODS:
        if whose := [symbol for segment in SEGMENTS for symbol in out.get(f"valuation.{method}.{segment}", ())]:
            out["valuation.discount" + method.removeprefix("forward_pe")] = whose
    return out


def positive(values: Values) -> Values:
    """The values above zero; NaN for the others."""
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


def ev_ebit(members: Members) -> dict[str, float]:
    """One segment in one census: the median positive EV/EBIT, and how many companies report one, positive or negative.

    Negative multiples have no meaning and are left out.
    """
    ratios = members.ev_ebit
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
    """Every metric of one census by id, EV/EBIT included. `censuses`: one for each session."""
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
