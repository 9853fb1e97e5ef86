"""Finds the level at which a rule fires a given number of times a year, by backtesting levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from alerts.rules.backtest import Histories
from alerts.rules.check import RuleError, check
from alerts.rules.rule import Rule
from alerts.rules.series import Transform, derive
from alerts.rules.state import Kind, Observation
from alerts.rules.step import initial, step

YEAR = 252  # sessions
CANDIDATES = 40  # levels tried at most
_NEAR = 2.0  # a rate further off than this factor is not "about"
_SHORTEST = 126  # sessions of history needed for a yearly rate
_DECIMALS = {Transform.PERCENTILE: 0, Transform.ZSCORE: 2}


def levels_firing(rule: Rule, histories: Histories, per_year: Sequence[float]) -> list[float | None]:
    """For each of `per_year`, the level at which the rule fires about that often; None if there is none.

    Tries levels from the middle of the series' values outwards to rare values, each with a backtest of the rule,
    including `for`, `keep` and `clear`; the clear level keeps its distance. Only for rules with one level and a
    direction; [] for others.
    """
    series = rule.first.series
    sign = rule.first.operator.sign
    if rule.joined or not sign or series.happens or series.transform is Transform.GAP:
        return []
    history = histories[series.metric]
    values = derive(series, [value for _, value in history])
    known = [(session, value) for (session, _), value in zip(history, values, strict=True) if value is not None]
    if len(known) < _SHORTEST:
        return []
    seen = [Observation(session, number, value) for number, (session, value) in enumerate(known, start=1)]
    shares = np.linspace(0.5, 1.0, CANDIDATES) if sign > 0 else np.linspace(0.5, 0.0, CANDIDATES)
    decimals = _DECIMALS.get(series.transform, min(series.of.decimals, 4))
    quantiles = np.quantile([value for _, value in known], shares)
    rates: dict[float, float] = {}
    for level in dict.fromkeys(round(float(one), decimals) + 0.0 for one in quantiles):
        if (moved := _at(rule, level)) is not None:
            rates[level] = _fired(moved, seen) * YEAR / len(seen)
    return [_nearest(rates, wanted) for wanted in per_year]


def _at(rule: Rule, level: float) -> Rule | None:
    """The rule at another level, with its clear level at the same distance; None if that rule could never fire."""
    clear = None if rule.clear is None else level + (rule.clear - rule.first.level)
    always = replace(rule.endless, clear=clear)
    try:
        return check(replace(always, conditions=(replace(rule.first, level=level),)))
    except RuleError:
        return None


def _fired(rule: Rule, seen: Sequence[Observation]) -> int:
    state, count = initial(rule), 0
    for observation in seen:
        state, kinds = step(rule, state, observation)
        count += Kind.FIRED in kinds
    return count


def _nearest(rates: dict[float, float], wanted: float) -> float | None:
    """The level whose rate has the nearest ratio to the wanted one; of equals, the more extreme level."""
    fitting = [
        (abs(math.log(rate / wanted)), -at, level)
        for at, (level, rate) in enumerate(rates.items())
        if rate and wanted / _NEAR <= rate <= wanted * _NEAR
    ]
    return min(fitting)[2] if fitting else None
