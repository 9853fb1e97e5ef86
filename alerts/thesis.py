"""The case for small caps, claim by claim, against the figures: holds, does not hold, or cannot be told. Pure.

Every claim is judged on every session of a history in the same way, so that "since when" and the number of claims that
held on earlier sessions agree with today's verdict.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from alerts.metrics.catalog import metric, number
from alerts.metrics.figure import Figure
from alerts.metrics.standing import ordinal, record
from alerts.metrics.transforms import DAILY_MINIMUM, percentile

HIGH_SESSIONS = 10
QUARTER_SESSIONS = 63
HALF_YEAR = timedelta(days=182)
THIRTEEN_WEEKS = timedelta(weeks=13)
EASING_ODDS = 50.0
LOWEST_DECILE = 10.0


class Holding(Enum):
    """The verdict on a claim on one session."""

    HOLDS = "holds"
    NOT = "does not hold"
    UNKNOWN = "cannot be told"


@dataclass(frozen=True)
class Judged:
    """A claim on one session. why: what is missing if it cannot be told. change: what would change the verdict."""

    holding: Holding
    change: str
    why: str | None = None


@dataclass(frozen=True)
class Past:
    """The metric values that claims are judged by, sessions ascending. `at` is the index of the judged session."""

    sessions: Sequence[date]
    values: Mapping[str, Sequence[float | None]]  # by metric, one value for each session
    reasons: Mapping[str, Mapping[date, str]]

    def value(self, name: str, at: int) -> float | None:
        """The value of a metric on the session with index `at`."""
        return self.values[name][at]

    def before(self, at: int, days: timedelta) -> int:
        """The index of the last session at least `days` before; −1 if the history does not reach that far."""
        return bisect_right(self.sessions, self.sessions[at] - days) - 1

    def reason(self, name: str, at: int) -> str:
        """Why a metric has no value on the session with index `at`."""
        why = self.reasons.get(name, {}).get(self.sessions[at], "no figure was recorded")
        return f"{metric(name).title}: {why}"


@dataclass(frozen=True)
class Claim:
    """One claim: its text, the metric shown for it, the other metrics it needs, and the function that judges it."""

    text: str
    metric: str
    others: tuple[str, ...]
    judge: Callable[[Past, int], Judged]

    @property
    def metrics(self) -> tuple[str, ...]:
        return (self.metric, *self.others)


@dataclass(frozen=True)
class Verdict:
    """A claim on the latest session. figure: its metric's; since: the first session of the current run of this verdict.

    at_least: the run includes the first stored session, so it may have begun before `since`. beside: the values, by
    metric, that always stand beside the claim's own.
    """

    claim: Claim
    judged: Judged
    figure: Figure | None
    since: date | None
    at_least: bool
    beside: tuple[tuple[str, float | None], ...] = ()

    @property
    def shown(self) -> str:
        """The value with its unit, or "–"."""
        value = None if self.figure is None else self.figure.value
        return "–" if value is None else metric(self.claim.metric).show(value)


@dataclass(frozen=True)
class Thesis:
    """All claims on a session, and for each session the number of claims that held and that could be told."""

    session: date
    verdicts: tuple[Verdict, ...]
    held: tuple[tuple[date, int, int], ...]  # session, claims that held, claims that could be told

    @property
    def holding(self) -> int:
        """How many claims hold."""
        return sum(verdict.judged.holding is Holding.HOLDS for verdict in self.verdicts)

    @property
    def told(self) -> int:
        """How many claims can be told."""
        return sum(verdict.judged.holding is not Holding.UNKNOWN for verdict in self.verdicts)


def _shown(name: str, value: float) -> str:
    return metric(name).show(value)


def _unknown(why: str) -> Judged:
    return Judged(Holding.UNKNOWN, f"Missing: {why}.", why)


def _level(name: str, level: float, *, above: bool, strict: bool) -> Callable[[Past, int], Judged]:
    """A claim that holds if the metric is above (or below) a level, or at the level unless `strict`."""
    way, back = ("above", "below") if above else ("below", "above")
    threshold = metric(name).show_level(level)

    def judge(past: Past, at: int) -> Judged:
        value = past.value(name, at)
        if value is None:
            return _unknown(past.reason(name, at))
        beyond = value > level if above else value < level
        holds = beyond or (not strict and value == level)
        if holds:
            stops = f"at {threshold} or {back} it" if strict else f"{back} {threshold}"
            return Judged(Holding.HOLDS, f"It stops {stops}; today it is {_shown(name, value)}.")
        starts = f"{way} {threshold}" if strict else f"at {threshold} or {way} it"
        return Judged(Holding.NOT, f"It holds {starts}; today it is {_shown(name, value)}.")

    return judge


def _at_a_high(name: str) -> Callable[[Past, int], Judged]:
    def judge(past: Past, at: int) -> Judged:
        recent = past.values[name][max(0, at + 1 - HIGH_SESSIONS) : at + 1]
        if any(value is not None and value >= 0.0 for value in recent):
            since = next(back for back, value in enumerate(reversed(recent)) if value is not None and value >= 0.0)
            left = HIGH_SESSIONS - since
            return Judged(
                Holding.HOLDS,
                f"It stops after {left} session{'s' if left != 1 else ''} without a new high.",
            )
        value = past.value(name, at)
        if value is None:
            return _unknown(past.reason(name, at))
        if len(recent) < HIGH_SESSIONS or None in recent:
            return _unknown(f"{metric(name).title} on each of the last {HIGH_SESSIONS} sessions")
        needed = number(100.0 * (1.0 / (1.0 + value / 100.0) - 1.0), 1)
        return Judged(Holding.NOT, f"It holds once RSP has gained {needed} %, to its highest close so far.")

    return judge


def _lowest_decile(name: str) -> Callable[[Past, int], Judged]:
    def judge(past: Past, at: int) -> Judged:
        value = past.value(name, at)
        if value is None:
            return _unknown(past.reason(name, at))
        standing = percentile(past.values[name][: at + 1])
        if standing.value is None:
            return _unknown(f"{DAILY_MINIMUM} sessions of it, {standing.count} so far")
        extreme = record(standing.value, standing.count)
        rank = f"a {extreme}" if extreme else f"at the {ordinal(max(1.0, standing.value))} percentile"
        stands = f"today it is {rank} of {standing.count:,} sessions"
        if standing.value <= LOWEST_DECILE:
            return Judged(Holding.HOLDS, f"It stops above the 10th percentile; {stands}.")
        return Judged(Holding.NOT, f"It holds at the 10th percentile or below it; {stands}.")

    return judge


def _easing(past: Past, at: int) -> Judged:
    """Lower than six months ago while a hike is unlikely, or even odds of a cut; else the sentence names the cycle."""
    upper, cut = past.value("rates.fed_upper", at), past.value("rates.cut_odds", at)
    hike = past.value("rates.hike_odds", at)
    then = past.before(at, HALF_YEAR)
    before = past.value("rates.fed_upper", then) if then >= 0 else None
    known = upper is not None and before is not None
    lower = upper < before if upper is not None and before is not None else None
    compared = f"the upper bound is {upper:g} %, six months ago {before:g} %" if known else ""
    if cut is not None and cut >= EASING_ODDS:
        return Judged(
            Holding.HOLDS, f"It stops below even odds of a cut at the next meeting; today {number(cut, 0)} %."
        )
    if hike is not None and hike >= EASING_ODDS:
        return Judged(
            Holding.NOT,
            f"The Fed is tightening: the futures put a hike at the next meeting at {number(hike, 0)} %. "
            "It holds once a cut has even odds" + (f", or a hike less than even; {compared}." if lower else "."),
        )
    if lower is None:
        why = past.reason("rates.fed_upper", at) if upper is None else "the upper bound of six months ago"
        return _unknown(why)
    if lower:
        if hike is None:
            return _unknown(past.reason("rates.hike_odds", at))
        return Judged(
            Holding.HOLDS,
            f"It stops once six months have passed without a cut, or a hike has even odds; {compared}.",
        )
    if cut is None:
        return _unknown(past.reason("rates.cut_odds", at))
    assert upper is not None and before is not None
    tightening = "The Fed is tightening. " if upper > before else ""
    return Judged(Holding.NOT, f"{tightening}It holds once the range is lowered, or a cut has even odds; {compared}.")


def _than_before(
    name: str, back: Callable[[Past, int], int], ago: str, *, lower: bool
) -> Callable[[Past, int], Judged]:
    def judge(past: Past, at: int) -> Judged:
        value, then = past.value(name, at), back(past, at)
        if value is None:
            return _unknown(past.reason(name, at))
        before = past.value(name, then) if then >= 0 else None
        if before is None:
            return _unknown(f"{metric(name).title} of {ago}")
        holds = value < before if lower else value > before
        way = "falls below" if lower else "rises above"
        other = "rises to" if lower else "falls to"
        level = f"what it was {ago} ({_shown(name, before)}); today {_shown(name, value)}"
        if holds:
            return Judged(Holding.HOLDS, f"It stops once the figure {other} {level}.")
        return Judged(Holding.NOT, f"It holds once the figure {way} {level}.")

    return judge


CLAIMS: tuple[Claim, ...] = (
    Claim("Small caps lead large caps this quarter", "size.lead_quarter", (),
          _level("size.lead_quarter", 0, above=True, strict=True)),
    Claim("Micro caps lead too", "size.lead_quarter.micro", (),
          _level("size.lead_quarter.micro", 0, above=True, strict=True)),
    Claim("It is not only American", "size.lead_quarter.abroad", (),
          _level("size.lead_quarter.abroad", 0, above=True, strict=True)),
    Claim("The average stock is at a high", "breadth.equal_weight_drawdown", (),
          _at_a_high("breadth.equal_weight_drawdown")),
    Claim("The average stock leads", "breadth.equal_weight_trend", (),
          _level("breadth.equal_weight_trend", 0, above=True, strict=True)),
    Claim("The rally is broad", "breadth.above_200d.all", (),
          _level("breadth.above_200d.all", 60, above=True, strict=False)),
    Claim("Cyclicals lead defensives", "sectors.cyclicals_lead_63d", (),
          _level("sectors.cyclicals_lead_63d", 0, above=True, strict=True)),
    Claim("Small caps are cheap", "valuation.discount_profitable", (),
          _level("valuation.discount_profitable", -20, above=False, strict=False)),
    Claim("… and on EV/EBIT", "valuation.ev_ebit_discount", (), _lowest_decile("valuation.ev_ebit_discount")),
    Claim("Small-cap earnings grow faster", "earnings.growth_gap", (),
          _level("earnings.growth_gap", 0, above=True, strict=True)),
    Claim("The Fed is easing", "rates.fed_upper", ("rates.cut_odds", "rates.hike_odds"), _easing),
    Claim("Runoff is slowing", "rates.balance_sheet_13w", (),
          _than_before("rates.balance_sheet_13w", lambda past, at: past.before(at, THIRTEEN_WEEKS),
                       "13 weeks ago", lower=False)),
    Claim("The mega-caps dominate less", "concentration.top7", (),
          _than_before("concentration.top7", lambda past, at: at - QUARTER_SESSIONS,
                       f"{QUARTER_SESSIONS} sessions ago", lower=True)),
)  # fmt: skip
METRICS = tuple(dict.fromkeys(name for claim in CLAIMS for name in (*claim.metrics, *metric(claim.metric).beside)))


def judge(histories: Mapping[str, Sequence[Figure]]) -> Thesis | None:
    """The thesis on the latest session in any of the histories; None if there is no session.

    histories: by metric (those of METRICS), its figures by session, ascending, missing ones too.
    """
    sessions = sorted({figure.session for figures in histories.values() for figure in figures})
    if not sessions:
        return None
    by_day = {name: {figure.session: figure for figure in histories.get(name, ())} for name in METRICS}
    past = Past(
        sessions,
        {name: [_value(days.get(day)) for day in sessions] for name, days in by_day.items()},
        {name: {day: figure.reason for day, figure in days.items() if figure.reason} for name, days in by_day.items()},
    )
    judged = {claim.text: [claim.judge(past, at) for at in range(len(sessions))] for claim in CLAIMS}
    verdicts = tuple(_verdict(claim, judged[claim.text], by_day, sessions) for claim in CLAIMS)
    return Thesis(
        sessions[-1],
        verdicts,
        tuple(
            (
                day,
                sum(all_of[at].holding is Holding.HOLDS for all_of in judged.values()),
                sum(all_of[at].holding is not Holding.UNKNOWN for all_of in judged.values()),
            )
            for at, day in enumerate(sessions)
        ),
    )


def _value(figure: Figure | None) -> float | None:
    return None if figure is None else figure.value


def _verdict(
    claim: Claim, judged: Sequence[Judged], by_day: Mapping[str, Mapping[date, Figure]], sessions: Sequence[date]
) -> Verdict:
    first = len(judged) - 1
    while first and judged[first - 1].holding is judged[-1].holding:
        first -= 1
    last = sessions[-1]
    beside = tuple((name, _value(by_day[name].get(last))) for name in metric(claim.metric).beside)
    return Verdict(claim, judged[-1], by_day[claim.metric].get(last), sessions[first], first == 0, beside)
