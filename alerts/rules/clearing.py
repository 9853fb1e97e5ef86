"""Chooses a clear level for a rule that fires too often, from the history of what it watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from alerts.rules.check import RuleError, check
from alerts.rules.quantiles import evenly, quantiles
from alerts.rules.rule import Rule
from alerts.rules.series import Transform
from alerts.rules.state import Kind, Observation
from alerts.rules.step import initial, step

YEAR = 252  # sessions
_NO_DAY = date.min  # steps compare values, not days
LONG = 10  # sessions; a firing that lasts longer must not be lost
CANDIDATES = 24
_DECIMALS = {Transform.PERCENTILE: 0, Transform.ZSCORE: 2}


def takes_clear(rule: Rule) -> bool:
    """Whether a clear level can be chosen: one level in the metric's or the transform's unit, and a direction."""
    first = rule.first
    return not (
        rule.joined
        or not first.operator.sign
        or first.series.happens
        or first.series.of.labels
        or first.series.transform is Transform.GAP
    )


def clear_level(rule: Rule, values: Sequence[float | None]) -> float | None:
    """The clear level with which the rule would have fired least in the last year without losing a long firing.

    values: of what the rule watches, one a session, ascending. Every firing after which the value stays beyond the
    level for more than LONG sessions must still fire. Of equals the one nearest to the level. None where no clear level
    makes the rule fire less often.
    """
    if not takes_clear(rule):
        return None
    known = [value for value in values if value is not None]
    start = max(0, len(known) - YEAR)
    level, sign = rule.first.level, rule.first.operator.sign
    now = _fired(rule.endless, known, start)
    kept = {at for at in now if _stays(rule, known, at) > LONG}
    outer = level if rule.clear is None else rule.clear
    beyond = [value for value in known[start:] if (outer - value) * sign > 0]
    if not beyond or not now:
        return None
    decimals = _DECIMALS.get(rule.first.series.transform, min(rule.first.series.of.decimals, 4))
    shares = evenly(1.0, 0.0, CANDIDATES) if sign > 0 else evenly(0.0, 1.0, CANDIDATES)
    best, fewest = None, len(now)
    for candidate in dict.fromkeys(round(one, decimals) + 0.0 for one in quantiles(beyond, shares)):
        if (candidate - level) * sign >= 0:
            continue
        try:
            cleared = check(replace(rule.endless, clear=candidate))
        except RuleError:
            continue
        fired = _fired(cleared, known, start)
        if kept <= set(fired) and len(fired) < fewest:
            best, fewest = candidate, len(fired)
    return best


def _fired(rule: Rule, values: Sequence[float], start: int) -> list[int]:
    """The positions, from `start` on, at which the rule fires."""
    state, fired = initial(rule), []
    for at, value in enumerate(values):
        state, kinds = step(rule, state, Observation(_NO_DAY, at + 1, value))
        if at >= start and Kind.FIRED in kinds:
            fired.append(at)
    return fired


def _stays(rule: Rule, values: Sequence[float], at: int) -> int:
    """For how many sessions, from `at` on, the value stays beyond the level."""
    return next((n for n, value in enumerate(values[at:]) if not rule.holds(value)), len(values) - at)
