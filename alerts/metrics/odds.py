"""The odds of each target range after each of the next Fed meetings, from fed funds futures.

The method is CME's (CME FedWatch, "Understanding the CME Group FedWatch Tool Methodology") with its convention of 2026.
A contract settles at 100 less the average effective rate of its month, so that 100 − price is the average expected. A
decision takes effect on the day after it: the decision day itself still has the old rate. In a meeting's month of N
days, with `before` = the decision day's number and `after` = N − before,

    average = (before · start + after · end)/N

(CME counted the decision day to the new rate until 2023 at least, and to the old one in September 2026.) Months without
a meeting are anchors: start = end = average. Between two anchors the chain is worked backward from the later one; the
first meeting after the earlier anchor takes its start from that, and its own contract is left over as a check. Without
a later anchor it is worked forward. x = (end − start)/0.25 and k = trunc(x): a change by k steps has the probability
1 − |x − k|, one by a step more |x − k|. Meetings convolve.

FRED's target range changes on the day after a decision. Until it has, the range in force is the 25-bp range that holds
the rate expected after the decision: the start of the next meeting's chain.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from alerts.metrics.fed_meetings import Meetings

STEP = 0.25  # percentage points
_NOTHING = 1e-12


class NoOdds(ValueError):
    """The odds cannot be computed; the text says why."""


@dataclass(frozen=True)
class MeetingOdds:
    """One meeting: the expected rate before and after it, and the odds of each range.

    start, end: effective rate in %, before and after the decision. moves: probability by steps of 25 bp, at this
    meeting alone. lower_bounds: probability by the lower bound of the range after it, in %, all meetings before it
    counted. left_over: average that the month's own contract implies less the one start and end make, in percentage
    points; 0 where they were made of it, None where it does not trade.
    """

    decision: date
    start: float
    end: float
    moves: dict[int, float]
    lower_bounds: dict[float, float]
    left_over: float | None


@dataclass(frozen=True)
class Tree:
    """The meetings after a session that the futures cover, with the inputs of the computation."""

    session: date
    lower: float  # of the range in force, in %
    upper: float
    as_futures_read: bool  # the range is the one that the futures expect after a decision FRED does not have yet
    implied: dict[str, float]  # average rate in % by month of delivery
    anchors: tuple[str, ...]  # months without a meeting
    meetings: tuple[MeetingOdds, ...]

    @property
    def cut_odds(self) -> float:
        """100 · P(the range after the first meeting is lower than the one in force)."""
        return 100.0 * math.fsum(odds for steps, odds in self.meetings[0].moves.items() if steps < 0)

    @property
    def hike_odds(self) -> float:
        """100 · P(the range after the first meeting is higher than the one in force)."""
        return 100.0 * math.fsum(odds for steps, odds in self.meetings[0].moves.items() if steps > 0)


@dataclass(frozen=True)
class TargetRange:
    """The Fed's target range in %, and the day it is known of: that of FRED's last observation."""

    lower: float
    upper: float
    day: date


def tree(session: date, prices: Mapping[str, float], target: TargetRange, table: Meetings) -> Tree:
    """The odds after the close of `session`.

    prices: that session's closes by month of delivery ("2025-09"). target: the range as FRED has it; where a decision
    lies between its day and the session, both included, the range is read from the futures instead.
    Raises NoOdds where the table does not reach, or the futures that are needed do not trade.
    """
    today = f"{session:%Y-%m}"
    if not table.knows(today):
        first = table.first_month
        raise NoOdds(
            f"the table of Fed meetings begins in {first}" if today < first else _ran_out(table)
        )  # fmt: skip
    if session >= table.last:
        raise NoOdds(_ran_out(table))
    implied = {month: 100.0 - prices[month] for month in sorted(prices) if month >= today and table.knows(month)}
    if not implied:
        raise NoOdds("no fed funds future has a close")
    anchors = [month for month in implied if table.in_month(month) is None]
    decisions = [day for day in table.decisions if today <= f"{day:%Y-%m}" <= max(implied)]
    ahead = [day for day in decisions if day > session]
    spans = _chain(decisions, implied, anchors)
    told = [(day, *spans[day]) for day in ahead]
    if not told or told[0][1] is None or told[0][2] is None:
        first_ahead = next(day for day in table.decisions if day > session)
        raise NoOdds(f"the fed funds futures around the meeting of {first_ahead} do not trade")
    lower, upper = target.lower, target.upper
    if as_futures_read := any(target.day <= day <= session for day in table.decisions):
        lower = STEP * math.floor(round(told[0][1] / STEP, 9))
        upper = lower + STEP
    found: list[MeetingOdds] = []
    distribution = {0: 1.0}
    for decision, start, end in told:
        if start is None or end is None:
            break
        moves = _moves((end - start) / STEP)
        distribution = _convolved(distribution, moves)
        bounds = {round(lower + STEP * steps, 4): odds for steps, odds in sorted(distribution.items())}
        found.append(MeetingOdds(decision, start, end, moves, bounds, _left_over(decision, start, end, implied)))
    return Tree(session, lower, upper, as_futures_read, implied, tuple(anchors), tuple(found))


def _ran_out(table: Meetings) -> str:
    return f"the table of Fed meetings ends on {table.last}"


def _chain(
    decisions: list[date], implied: Mapping[str, float], anchors: list[str]
) -> dict[date, tuple[float | None, float | None]]:
    """Expected rate before and after each decision, None if it cannot be computed."""
    count = len(decisions)
    start: list[float | None] = [None] * count
    end: list[float | None] = [None] * count
    for at, decision in enumerate(decisions):
        month = f"{decision:%Y-%m}"
        earlier = f"{decisions[at - 1]:%Y-%m}" if at else ""
        later = f"{decisions[at + 1]:%Y-%m}" if at + 1 < count else "9999"
        behind = [anchor for anchor in anchors if earlier < anchor < month]
        ahead = [anchor for anchor in anchors if month < anchor < later]
        start[at] = implied[behind[-1]] if behind else None
        end[at] = implied[ahead[0]] if ahead else None
        if start[at] is None and _days(decision)[1] == 0:  # decided on the last day: the whole month is before it
            start[at] = implied.get(month)
    for at in reversed(range(count)):
        if end[at] is None and at + 1 < count:
            end[at] = start[at + 1]
        own, after_it = implied.get(f"{decisions[at]:%Y-%m}"), end[at]
        before, after = _days(decisions[at])
        if start[at] is None and after_it is not None and own is not None:
            start[at] = ((before + after) * own - after * after_it) / before
    for at in range(count):
        if start[at] is None and at:
            start[at] = end[at - 1]
        own, before_it = implied.get(f"{decisions[at]:%Y-%m}"), start[at]
        before, after = _days(decisions[at])
        if end[at] is None and before_it is not None and own is not None and after:
            end[at] = ((before + after) * own - before * before_it) / after
    return {decision: (start[at], end[at]) for at, decision in enumerate(decisions)}


def _days(decision: date) -> tuple[int, int]:
    """Days of the month at the rate before the decision, its own day included, and after it."""
    before = decision.day
    return before, calendar.monthrange(decision.year, decision.month)[1] - before


def _moves(steps: float) -> dict[int, float]:
    """Probabilities of the two whole numbers of steps next to `steps`, so that their mean is `steps`."""
    whole = math.trunc(steps)
    part = abs(steps - whole)
    told = {whole: 1.0 - part, whole + (1 if steps > 0 else -1): part}
    return {step: odds for step, odds in sorted(told.items()) if odds > _NOTHING}


def _convolved(before: Mapping[int, float], moves: Mapping[int, float]) -> dict[int, float]:
    out: dict[int, float] = {}
    for at, odds in before.items():
        for step, chance in moves.items():
            out[at + step] = out.get(at + step, 0.0) + odds * chance
    return {at: odds for at, odds in out.items() if odds > _NOTHING}


def _left_over(decision: date, start: float, end: float, implied: Mapping[str, float]) -> float | None:
    own = implied.get(f"{decision:%Y-%m}")
    if own is None:
        return None
    before, after = _days(decision)
    return own - (before * start + after * end) / (before + after)
