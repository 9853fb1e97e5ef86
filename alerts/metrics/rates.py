"""Rates and backdrop: Federal Reserve policy, expectations of it, and the economy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from alerts.metrics.fed_meetings import Meetings
from alerts.metrics.frames import counted
from alerts.metrics.odds import NoOdds, TargetRange, tree
from alerts.metrics.releases import known

#: Metrics that equal a series.
PLAIN = {
    "rates.fed_upper": "DFEDTARU",
    "rates.fed_lower": "DFEDTARL",
    "rates.curve_10y2y": "T10Y2Y",
    "rates.curve_10y3m": "T10Y3M",
    "backdrop.unemployment": "UNRATE",
    "backdrop.credit_spread": "BAMLH0A0HYM2",
}
#: Said of a target range on the evening of a decision, which FRED has on the day after it.
AS_READ = "as the futures read the decision"
BILL, ASSETS, PRICES, PROJECTIONS = "DGS3MO", "WALCL", "PCEPILFE", "FEDTARMD"


def of_series(metric_id: str, value: pd.Series, known_: pd.DataFrame, source: str, reason: str) -> pd.DataFrame:
    """Figures made of one series as it was known; `observed` is the observation's own date."""
    ones = pd.Series(1.0, index=known_.index)
    frame = counted(metric_id, value, known_["value"].notna().astype("float64"), ones, reason=reason)
    gone = known_["reason"].notna()
    frame.loc[gone, "reason"] = known_.loc[gone, "reason"]
    frame["source"], frame["observed"] = source, known_["day"]
    return frame


def changed(observations: pd.Series, known_: pd.DataFrame, earlier: pd.DateOffset) -> pd.Series:
    """The change of the known observation against the one dated `earlier` before it, in %, by session."""
    base = (pd.DatetimeIndex(known_["day"]) - earlier).map(observations.to_dict())
    return 100.0 * (known_["value"] / pd.Series(np.asarray(base, dtype="float64"), index=known_.index) - 1.0)


def projection_gap(
    economy: Mapping[str, pd.Series], seen: Mapping[str, pd.Series], contracts: pd.DataFrame, sessions: pd.DatetimeIndex
) -> tuple[pd.Series, pd.Series]:
    """(FEDTARMD for the year − December's implied rate in percentage points, why it is missing), by session.

    FRED keeps only the latest projection. Before the session on which it was first seen (`seen`, dates by observation)
    another projection applied, so the gap is missing.
    """
    projected = economy.get(PROJECTIONS, pd.Series(dtype="float64")).to_dict()
    first_seen = seen.get(PROJECTIONS, pd.Series(dtype="datetime64[ns]")).to_dict()
    value = np.full(len(sessions), np.nan)
    reason = [""] * len(sessions)
    for at, (session, prices) in enumerate(zip(sessions, prices_by_session(contracts, sessions), strict=True)):
        year = pd.Timestamp(session.year, 1, 1)
        price = prices.get(f"{session.year}-12", np.nan)
        if year not in projected:
            reason[at] = f"no projection for {session.year}"
        elif year not in first_seen or session < first_seen[year]:
            reason[at] = "the projection of that day is not known: the one kept was first seen later"
        elif not np.isfinite(price):
            reason[at] = "December's fed funds future has no close"
        else:
            value[at] = projected[year] - (100.0 - price)
    return pd.Series(value, index=sessions), pd.Series(reason, index=sessions, dtype="object")


def meeting_odds(
    economy: Mapping[str, pd.Series], contracts: pd.DataFrame, sessions: pd.DatetimeIndex, table: Meetings
) -> pd.DataFrame:
    """By session: `cut` and `hike`, odds in % that the first meeting after it lowers or raises the range.

    `reason` says why both are missing; `read` is true where the futures and not FRED tell the range of the evening.
    """
    lower, upper = (known(economy, name, sessions) for name in ("DFEDTARL", "DFEDTARU"))
    low, high = lower["value"].to_numpy(dtype="float64"), upper["value"].to_numpy(dtype="float64")
    why = lower["reason"].where(lower["reason"].notna(), upper["reason"]).tolist()
    cut, hike = np.full(len(sessions), np.nan), np.full(len(sessions), np.nan)
    reason, read = [""] * len(sessions), [False] * len(sessions)
    days = [stamp.date() for stamp in np.minimum(lower["day"], upper["day"])]
    for at, (session, prices) in enumerate(zip(sessions, prices_by_session(contracts, sessions), strict=True)):
        try:
            if not np.isfinite(low[at]) or not np.isfinite(high[at]):
                raise NoOdds(f"target range: {why[at]}")
            told = tree(session.date(), prices, TargetRange(low[at], high[at], days[at]), table)
            cut[at], hike[at], read[at] = told.cut_odds, told.hike_odds, told.as_futures_read
        except NoOdds as error:
            reason[at] = str(error)
    return pd.DataFrame({"cut": cut, "hike": hike, "reason": reason, "read": read}, index=sessions)


def prices_on(contracts: pd.DataFrame, session: pd.Timestamp) -> dict[str, float]:
    """Closes of the contracts that have one on `session`, by month of delivery."""
    if session not in contracts.index:
        return {}
    row = contracts.loc[[session]].iloc[0].dropna()
    return dict(zip(map(str, row.index), row.astype("float64").tolist(), strict=True))


def prices_by_session(contracts: pd.DataFrame, sessions: pd.DatetimeIndex) -> list[dict[str, float]]:
    """`prices_on` for each of `sessions`, in one pass."""
    months = [str(month) for month in contracts.columns]
    if not months:
        return [{} for _ in sessions]
    close = contracts.reindex(sessions).to_numpy(dtype="float64")
    known_ = np.isfinite(close)
    return [
        {months[column]: price for column, price in zip(np.flatnonzero(has), row[has].tolist(), strict=True)}
        for row, has in zip(close, known_, strict=True)
    ]


@dataclass(frozen=True)
class RateInputs:
    """What the metrics of both families are computed from.

    economy: observations by FRED's id, float by date; seen: the days on which those of FEDTARMD were first seen.
    contracts: closes of fed funds futures, sessions × months of delivery. meetings: the table of FOMC meetings.
    economy_source, futures_source: how figures name their sources. first_seen: see `releases.known_from`, by FRED's id.
    """

    economy: Mapping[str, pd.Series]
    seen: Mapping[str, pd.Series]
    contracts: pd.DataFrame
    meetings: Meetings
    economy_source: str
    futures_source: str
    first_seen: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def all_of(inputs: RateInputs, sessions: pd.DatetimeIndex) -> dict[str, pd.DataFrame]:
    """Every metric of both families by id: sessions × FIGURE_COLUMNS and `source`."""
    economy, contracts = inputs.economy, inputs.contracts
    out: dict[str, pd.DataFrame] = {}
    for name, identity in PLAIN.items():
        held = known(economy, identity, sessions, inputs.first_seen)
        out[name] = of_series(name, held["value"], held, inputs.economy_source, "no observation")
    for name, identity, earlier in (
        ("rates.balance_sheet_13w", ASSETS, pd.DateOffset(weeks=13)),
        ("backdrop.core_inflation", PRICES, pd.DateOffset(years=1)),
    ):
        held = known(economy, identity, sessions, inputs.first_seen)
        value = changed(economy.get(identity, pd.Series(dtype="float64")), held, earlier)
        out[name] = of_series(name, value, held, inputs.economy_source, "the observation to compare with is missing")
    odds = meeting_odds(economy, contracts, sessions, inputs.meetings)
    gap, why = projection_gap(economy, inputs.seen, contracts, sessions)
    source = f"{inputs.futures_source} futures with {inputs.economy_source}"
    if inputs.futures_source == inputs.economy_source:  # one simulated market has both
        source = inputs.economy_source
    ones = pd.Series(1.0, index=sessions)
    for name, value, reason in (
        ("rates.cut_odds", odds["cut"], odds["reason"]),
        ("rates.hike_odds", odds["hike"], odds["reason"]),
        ("rates.sep_gap", gap, why),
    ):
        frame = counted(name, value, value.notna().astype("float64"), ones)
        frame.loc[value.isna(), "reason"] = reason[value.isna()]
        frame["source"] = source
        if name != "rates.sep_gap":
            frame.loc[odds["read"], "source"] = f"{inputs.futures_source} futures; the range {AS_READ}"
        out[name] = frame
    return out
