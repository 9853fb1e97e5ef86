"""Computes all metrics of a range of sessions from one set of frames, for a backfill and a daily refresh alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.market.feed import FRED
from alerts.metrics import (
    advances,
    breadth,
    concentration,
    earnings,
    monthly,
    rates,
    regime,
    sectors,
    size,
    thrusts,
    valuation,
)
from alerts.metrics.catalog import catalog, metric
from alerts.metrics.fed_meetings import scheduled
from alerts.metrics.figure import Figure
from alerts.metrics.frames import figures
from alerts.metrics.members import MemberCloses
from alerts.metrics.releases import known

#: Metrics that are a fund's close in dollars, by id. A split rescales their whole history.
PRICES = {"price.RSP": "RSP"}
SEGMENTS = ("large", "small", "all")
#: Sessions of closes that the longest window needs before the first figure, with allowance for missing closes.
WINDOW = 300
NO_CENSUS = "no census that day"
PROVISIONAL, SURVIVING = "provisional members", "surviving companies"
#: What counts members, or is made of figures that do; the others use funds or economic series.
_OVER_CENSUSES = ("valuation", "earnings", "concentration")
_OVER_MEMBERS = ("companies", "signs")


@dataclass(frozen=True)
class Inputs:
    """The inputs for computing a range of sessions.

    closes: members' closes on consecutive sessions, with WINDOW sessions before the first requested one if stored.
    raw, adjusted: fund closes in dollars, sessions × FUNDS, the whole history (NaN if there is none). It may extend
        past the requested sessions, and should start by 2 January 2020, to which ratios are scaled.
    companies: by session with a census: market_value, price, eps_forward, eps_trailing, ev_ebit, segment, indexed by
        symbol.
    kept: advances and declines by segment of earlier days, as returned by `counts`; see advances.py.
    economy: observations by FRED's id, float by date; `seen` the days on which those of FEDTARMD were first seen with
        the value that they have, `first_seen` those on which releases were first seen, see releases.py.
    contracts: closes of fed funds futures, sessions × months of delivery ("2025-09").
    months: month-end valuation measures, by the month's last session; see monthly.py.
    filled: by session, the companies without a quote that day, for which the next census's earnings serve.
    latest_average: by n, the source's own n-session average of each company of `closes` on the last session, dollars.
    source: how figures name their source.
    provisional: the sessions whose members were ranked by a census, because closes are missing.
    former: on the first session of a season, the segment code of each company of `closes` by the ranks before.
    first_census: earlier sessions include only companies that were still listed on that day.
    """

    closes: MemberCloses
    raw: pd.DataFrame
    adjusted: pd.DataFrame
    companies: Mapping[date, pd.DataFrame]
    source: str
    provisional: frozenset[date] = frozenset()
    former: Mapping[date, npt.NDArray[np.int8]] = field(default_factory=dict)
    first_census: date | None = None
    latest_average: Mapping[int, npt.NDArray[np.float64]] = field(default_factory=dict)
    kept: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    economy: Mapping[str, pd.Series] = field(default_factory=dict)
    economy_source: str = FRED
    seen: Mapping[str, pd.Series] = field(default_factory=dict)
    first_seen: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    contracts: pd.DataFrame = field(default_factory=pd.DataFrame)
    months: Mapping[date, pd.DataFrame] = field(default_factory=dict)
    filled: Mapping[date, Sequence[str]] = field(default_factory=dict)


def compute(
    inputs: Inputs,
    sessions: list[date],
    *,
    of_companies: bool = False,
    funds: Mapping[str, pd.DataFrame] | None = None,
) -> list[Figure]:
    """The figures of every metric in the catalogue on each of `sessions`, which the frames must contain.

    of_companies: only of those that count companies or are made of figures that do; see `pasts` for the others.
    funds: what `of_funds` gave for these sessions and others.
    """
    wanted = pd.DatetimeIndex(sessions)
    frames: dict[str, pd.DataFrame] = {}
    served = _breadth(inputs, frames)
    if funds is None:
        funds = _of_ratios(inputs) if of_companies else of_funds(inputs, wanted)
    frames |= funds
    frames[monthly.NAME] = monthly.discount_monthly(inputs.months, wanted)
    _of_censuses(inputs, wanted, frames)
    parts = {name: frames[name].reindex(inputs.closes.sessions) for name in regime.PARTS}
    scores = regime.score(parts)
    earlier = scores.index < wanted[0]
    frames["regime.score"] = scores
    frames["regime.state"] = regime.state(scores[~earlier], scores.loc[earlier, "value"])
    out: list[Figure] = []
    for name in catalog():
        if of_companies and metric(name).counts not in _OVER_MEMBERS:
            continue
        found = figures(name, frames[name], inputs.source, wanted)
        out += [_noted(figure, inputs, served.get(name, 0)) for figure in found]
    return _with_effect_of_ranks(inputs, out)


def pasts(inputs: Inputs, sessions: list[date], done: Collection[str] = ()) -> Iterator[tuple[str, list[Figure]]]:
    """The figures on `sessions` of each metric that is made of funds and economic series alone, by id; not of `done`.

    Without the sessions before its first value: the fund or the series did not exist then.
    """
    wanted = pd.DatetimeIndex(sessions)
    for name, frame in of_funds(inputs, wanted).items():
        if name in done:
            continue
        known_ = frame["value"].reindex(wanted).notna().to_numpy()
        yield name, figures(name, frame, inputs.source, wanted[int(known_.argmax()) :]) if known_.any() else []


def prices(inputs: Inputs) -> list[Figure]:
    """The closing prices of funds on every session in the frames: the only figures of the past that a split changes."""
    frames = {name: size.closing_price(inputs.raw[fund], name) for name, fund in PRICES.items()}
    return [figure for name, frame in frames.items() for figure in figures(name, frame, inputs.source)]


def counts(closes: MemberCloses) -> dict[str, pd.DataFrame]:
    """Advances and declines by segment on every countable session, to be stored: see advances.py."""
    told = {segment: advances.counts(closes, segment) for segment in SEGMENTS}
    return {segment: frame[frame["eligible"] > 0] for segment, frame in told.items()}


def of_closes(inputs: Inputs) -> dict[str, pd.DataFrame]:
    """Figures by id of every metric computed from members' closes, on all sessions in the frames."""
    frames: dict[str, pd.DataFrame] = {}
    _breadth(inputs, frames)
    return frames


def _with_effect_of_ranks(inputs: Inputs, computed: list[Figure]) -> list[Figure]:
    """The figures, with a note on how much of the day's change is membership, on the first session of new ranks."""
    former = {day: by_former_members(inputs, day) for day in {f.session for f in computed} & set(inputs.former)}
    if not former:
        return computed
    out = []
    for figure in computed:
        before = former.get(figure.session, {}).get(figure.metric, float("nan"))
        effect = float("nan") if figure.value is None else figure.value - before
        if np.isfinite(effect):
            figure = replace(figure, by_former_members=before)
        decimals = metric(figure.metric).decimals
        if abs(effect) >= 0.5 * 10.0**-decimals:
            words = f"{effect:+.{decimals}f}".replace("-", "\N{MINUS SIGN}")
            figure = replace(figure, notes=(*figure.notes, f"{words} of the day's change is who counts"))
        out.append(figure)
    return out


def by_former_members(inputs: Inputs, session: date) -> dict[str, float]:
    """What the figures over members would be on the first session of new ranks, had the ranks before still applied."""
    row = int(inputs.closes.sessions.searchsorted(pd.Timestamp(session)))
    closes = inputs.closes.ending(row, WINDOW, inputs.former[session])
    before = {segment: advances.counts(inputs.closes, segment).iloc[:row] for segment in SEGMENTS}
    last = row == len(inputs.closes.sessions) - 1
    census = inputs.companies.get(session)
    held = replace(
        inputs,
        closes=closes,
        # Sums and averages of advances and declines depend on all earlier sessions.
        kept={segment: advances.joined(inputs.kept.get(segment), told) for segment, told in before.items()},
        latest_average=inputs.latest_average if last else {},
        companies={session: census.assign(segment=census["former"])}
        if census is not None and "former" in census
        else {},
    )
    frames: dict[str, pd.DataFrame] = {}
    _breadth(held, frames)
    _of_censuses(held, closes.sessions[-1:], frames)
    return {name: float(frame["value"].reindex(closes.sessions[-1:]).iloc[0]) for name, frame in frames.items()}


def awaiting(census: pd.DataFrame) -> dict[str, list[str]]:
    """The metrics of a census that are missing for want of members' quotes, each with whose, the heaviest first.

    `census`: as of `Inputs.companies`.
    """
    return _awaiting(valuation.by_segment(census))


def _awaiting(census: valuation.Split) -> dict[str, list[str]]:
    return concentration.awaiting(census) | valuation.awaiting(census) | earnings.awaiting(census)


def of_funds(inputs: Inputs, wanted: pd.DatetimeIndex) -> dict[str, pd.DataFrame]:
    """The frames of every metric that is made of funds and economic series alone, by id, on `wanted` at least."""
    frames = _of_ratios(inputs)
    frames |= {name: size.closing_price(inputs.raw[fund], name) for name, fund in PRICES.items()}
    frames |= sectors.all_of(inputs.adjusted)
    frames["breadth.sectors_above_200d"] = breadth.sectors_above_average(inputs.raw)
    told = rates.RateInputs(
        inputs.economy, inputs.seen, inputs.contracts, scheduled(), inputs.economy_source, inputs.source,
        inputs.first_seen,
    )  # fmt: skip
    return frames | rates.all_of(told, wanted)


def _of_ratios(inputs: Inputs) -> dict[str, pd.DataFrame]:
    index = pd.DatetimeIndex(inputs.adjusted.index)
    bill = known(inputs.economy, rates.BILL, index, inputs.first_seen)["value"]
    return size.all_of(inputs.adjusted, bill)


def _noted(figure: Figure, inputs: Inputs, served: int) -> Figure:
    """The figure with notes on who was counted, and by whose averages."""
    if metric(figure.metric).counts not in _OVER_MEMBERS:
        return figure
    notes = []
    if served and figure.session == inputs.closes.sessions[-1].date():
        notes.append(f"census averages for {served}")
    approximate = membership_notes(figure.session, inputs.provisional, inputs.first_census)
    if PROVISIONAL in approximate:
        notes.append(PROVISIONAL)
    if filled := _filled_in(figure, inputs):
        notes.append(f"{valuation.named(filled)} that day, the next one serves")
    if SURVIVING in approximate:
        notes.append(SURVIVING)
    return replace(figure, notes=(*figure.notes, *notes)) if notes else figure


def membership_notes(session: date, provisional: Collection[date], first_census: date | None) -> tuple[str, ...]:
    """What is approximate about who was counted on `session`; the arguments are those of `Inputs`."""
    surviving = first_census is not None and session < first_census
    return ((PROVISIONAL,) if session in provisional else ()) + ((SURVIVING,) if surviving else ())


def _filled_in(figure: Figure, inputs: Inputs) -> list[str]:
    """The companies behind the figure whose quote of the session is a later census's."""
    symbols = inputs.filled.get(figure.session, ())
    if not symbols or metric(figure.metric).family not in _OVER_CENSUSES or figure.metric == monthly.NAME:
        return []
    _, _, last = figure.metric.rpartition(".")
    if last in SEGMENTS:
        counted = {last}
    else:  # a share of the large ones, or a comparison of both
        counted = {"large"} if metric(figure.metric).family == "concentration" else {"large", "small"}
    segment = inputs.companies[figure.session]["segment"]
    return [symbol for symbol in symbols if segment[symbol] in counted]


def _breadth(inputs: Inputs, frames: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Add the family's frames; return for how many members each metric used the latest average on the last session."""
    served = {}
    closes = inputs.closes
    for segment in SEGMENTS:
        for n in (20, 50, 200):
            name = f"breadth.above_{n}d.{segment}"
            frames[name], served[name] = breadth.above_average(closes, segment, n, inputs.latest_average.get(n))
        extremes = breadth.highs_and_lows(closes, segment)
        frames[f"breadth.net_highs.{segment}"] = breadth.net_highs(extremes, segment)
        frames[f"breadth.high_low_index.{segment}"] = breadth.high_low_index(extremes, segment)
    fresh = {segment: advances.counts(closes, segment) for segment in SEGMENTS}
    for segment, told in fresh.items():
        frames[f"breadth.ad_ratio.{segment}"] = breadth.ad_ratio(told, segment)
    joined = {segment: advances.joined(inputs.kept.get(segment), told) for segment, told in fresh.items()}
    frames |= advances.all_of(joined) | thrusts.all_of(joined)
    for n in (63, 252):
        frames |= breadth.beating_index(closes, inputs.raw, n)
    return served


def _of_censuses(inputs: Inputs, wanted: pd.DatetimeIndex, frames: dict[str, pd.DataFrame]) -> None:
    held = [stamp.date() in inputs.companies for stamp in wanted]
    on = wanted[held]
    censuses = [valuation.by_segment(inputs.companies[stamp.date()]) for stamp in on]
    found = valuation.all_of(censuses, on) | earnings.all_of(censuses, on) | concentration.all_of(censuses, on)
    for name, frame in found.items():
        frames[name] = frame.reindex(wanted)
        frames[name].loc[~wanted.isin(on), "reason"] = NO_CENSUS
    for stamp, census in zip(on, censuses, strict=True):
        for name, symbols in _awaiting(census).items():
            if name not in concentration.METRICS and isinstance(reason := frames[name].at[stamp, "reason"], str):
                frames[name].loc[stamp, "reason"] = f"{reason}: {valuation.named(symbols)}"
