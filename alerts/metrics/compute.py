"""All metrics of a range of sessions from one set of frames: the same way for a backfill and for a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics import breadth, concentration, regime, size, valuation
from alerts.metrics.catalog import catalog
from alerts.metrics.figure import Figure, figures
from alerts.metrics.members import MemberCloses

FUNDS = ("SPY", "IWM", "RSP", *breadth.SECTOR_FUNDS)
#: Sessions of closes that the longest window needs before the first figure, holes allowed for.
WINDOW = 300
NO_CENSUS = "no census that day"
PROVISIONAL, SURVIVING = "provisional members", "surviving companies"
_OVER_MEMBERS = ("breadth.above_50d", "breadth.above_200d", "breadth.ad_", "valuation.", "concentration.", "regime.")


@dataclass(frozen=True)
class Inputs:
    """What a range of sessions is computed from.

    closes: members' closes on consecutive sessions, WINDOW of them before the first session wanted where there are any.
    raw, adjusted: fund closes in dollars, sessions × FUNDS, the whole history (NaN where there is none). It may reach
        past the sessions wanted, and should reach 2 January 2020, which ratios are scaled to.
    companies: by session with a census: market_value, price, eps_forward, segment, indexed by symbol.
    latest_average: by n, the source's own n-session average of each company of `closes` on the last session, dollars.
    source: how figures name their source. provisional: whether the members were ranked by a census for want of closes.
    first_census: sessions before it know only the companies that were still listed then.
    """

    closes: MemberCloses
    raw: pd.DataFrame
    adjusted: pd.DataFrame
    companies: Mapping[date, pd.DataFrame]
    source: str
    provisional: bool = False
    first_census: date | None = None
    latest_average: Mapping[int, npt.NDArray[np.float64]] = field(default_factory=dict)


def compute(inputs: Inputs, sessions: list[date]) -> list[Figure]:
    """The figures of every metric in the catalogue on each of `sessions`, which have to be in the frames."""
    wanted = pd.DatetimeIndex(sessions)
    frames: dict[str, pd.DataFrame] = {}
    served = _breadth(inputs, frames)
    _funds(inputs, frames)
    _of_censuses(inputs, wanted, frames)
    parts = {name: frames[name].reindex(inputs.closes.sessions) for name in regime.PARTS}
    scores = regime.score(parts)
    earlier = scores.index < wanted[0]
    frames["regime.score"] = scores
    frames["regime.state"] = regime.state(scores[~earlier], scores.loc[earlier, "value"])
    out: list[Figure] = []
    for name in catalog():
        found = figures(name, frames[name].reindex(wanted), inputs.source)
        out += [_noted(figure, inputs, served.get(name, 0)) for figure in found]
    return out


def _noted(figure: Figure, inputs: Inputs, served: int) -> Figure:
    """The figure with what its source has to say about who was counted, and by whose averages."""
    if not figure.metric.startswith(_OVER_MEMBERS):
        return figure
    notes = []
    if served and figure.session == inputs.closes.sessions[-1].date():
        notes.append(f"census averages for {served}")
    if inputs.provisional:
        notes.append(PROVISIONAL)
    if inputs.first_census is not None and figure.session < inputs.first_census:
        notes.append(SURVIVING)
    return replace(figure, source=", ".join((figure.source, *notes))) if notes else figure


def _breadth(inputs: Inputs, frames: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Adds the family's frames; by metric, for how many members the latest averages served on the last session."""
    served = {}
    for segment in ("large", "small", "all"):
        for n in (50, 200):
            name = f"breadth.above_{n}d.{segment}"
            frames[name], served[name] = breadth.above_average(inputs.closes, segment, n, inputs.latest_average.get(n))
        frames[f"breadth.ad_ratio.{segment}"] = breadth.ad_ratio(inputs.closes, segment)
    frames["breadth.sectors_above_200d"] = breadth.sectors_above_average(inputs.raw)
    return served


def _funds(inputs: Inputs, frames: dict[str, pd.DataFrame]) -> None:
    small, large, equal = (inputs.adjusted[fund] for fund in ("IWM", "SPY", "RSP"))
    frames["breadth.equal_weight"] = size.equal_weight(equal, large)
    frames["breadth.equal_weight_drawdown"] = size.equal_weight_drawdown(equal)
    frames["size.ratio"] = size.size_ratio(small, large)
    frames["size.trend"] = size.trend(small, large)
    for n in (21, 63):
        frames[f"size.lead_{n}d"] = size.lead(small, large, n)
    frames["size.lead_quarter"] = size.lead_quarter(small, large)


def _of_censuses(inputs: Inputs, wanted: pd.DatetimeIndex, frames: dict[str, pd.DataFrame]) -> None:
    held = [stamp.date() in inputs.companies for stamp in wanted]
    on = wanted[held]
    censuses = [inputs.companies[stamp.date()] for stamp in on]
    found = valuation.all_of(censuses, on) | {"concentration.top7": concentration.top(censuses, on)}
    for name, frame in found.items():
        frames[name] = frame.reindex(wanted)
        frames[name].loc[~wanted.isin(on), "reason"] = NO_CENSUS
