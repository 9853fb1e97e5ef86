"""Finds the levels at which a rule fires a given number of times a year, by backtesting levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

from alerts.rules.backtest import Histories
from alerts.rules.check import RuleError, check
from alerts.rules.condition import Operator
from alerts.rules.quantiles import evenly, quantiles
from alerts.rules.rule import Rule
from alerts.rules.series import Transform, derive
from alerts.rules.state import Kind, Observation
from alerts.rules.step import initial, step

YEAR = 252  # sessions
CANDIDATES = 40  # levels tried at most
_NEAR = 2.0  # a rate further off than this factor is not "about"
_SHORTEST = 126  # sessions of history needed for a yearly rate
_FEWEST = 2  # firings: one has no rate
_DECIMALS = {Transform.PERCENTILE: 0, Transform.ZSCORE: 2}


@dataclass(frozen=True)
class _Tried:
    """A level, the `at`-th from the middle outwards, and how often the rule fires there a year."""

    at: int
    level: float
    rate: float


def levels_firing(rule: Rule, histories: Histories, per_year: Sequence[float]) -> list[float | None]:
    """For each of `per_year`, in descending order, the level at which the rule fires about that often; None for none.

    Tries levels from the middle of the series' values outwards to rare values, each with a backtest of the rule,
    including `for`, `keep` and `clear`; the clear level keeps its distance. A rarer level is always further out and
    fires less often; the firings of each are spread over the years. Only for rules with one level and a direction;
    [] for others.
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
    shares = evenly(0.5, 1.0, CANDIDATES) if sign > 0 else evenly(0.5, 0.0, CANDIDATES)
    decimals = _DECIMALS.get(series.transform, min(series.of.decimals, 4))
    levels = quantiles([value for _, value in known], shares)
    found = []
    for at, level in enumerate(dict.fromkeys(round(one, decimals) + 0.0 for one in levels)):
        if (moved := _at(rule, level)) is not None:
            fired = _fired(moved, seen)
            if len(fired) >= _FEWEST and _spread(fired, len(seen)):
                found.append(_Tried(at, level, len(fired) * YEAR / len(seen)))
    return _in_order(found, per_year)


def _at(rule: Rule, level: float) -> Rule | None:
    """The rule at another level, with its clear level at the same distance; None if that rule could never fire."""
    clear = None if rule.clear is None else level + (rule.clear - rule.first.level)
    always = replace(rule.endless, clear=clear)
    try:
        return check(replace(always, conditions=(replace(rule.first, level=level),)))
    except RuleError:
        return None


def _fired(rule: Rule, seen: Sequence[Observation]) -> list[int]:
    """The positions of the observations on which the rule fired."""
    if rule.hold == 1 and not rule.keep and rule.clear is None and not rule.ranged:
        return _became_true(rule, [observation.value for observation in seen if observation.value is not None])
    state, fired = initial(rule), []
    for at, observation in enumerate(seen):
        state, kinds = step(rule, state, observation)
        if Kind.FIRED in kinds:
            fired.append(at)
    return fired


def _became_true(rule: Rule, values: Sequence[float]) -> list[int]:
    """The same for a rule without `for`, `keep` and `clear`, whose firings are where its condition becomes true."""
    import numpy as np

    series, level = np.asarray(values), rule.first.level
    match rule.first.operator:
        case Operator.ABOVE | Operator.CROSSES_ABOVE:
            true = series > level
        case Operator.BELOW | Operator.CROSSES_BELOW:
            true = series < level
        case Operator.AT_LEAST:
            true = series >= level
        case _:
            true = series <= level
    return [int(at) + 1 for at in np.flatnonzero(true[1:] & ~true[:-1])]


def _spread(fired: Sequence[int], sessions: int) -> bool:
    """Whether at least half of the years have a firing, none has more than half of them all, and the last one comes
    half a year or more after the first: two on either side of a turn of the year are one episode.

    Years are counted back from the last session; a first one shorter than half a year belongs to the next.
    """
    years = max(1, round(sessions / YEAR))
    if years == 1:
        return True
    if fired[-1] - fired[0] < YEAR // 2:
        return False
    counts = [0] * years
    for at in fired:
        counts[min(years - 1, (sessions - 1 - at) // YEAR)] += 1
    return sum(count > 0 for count in counts) * 2 >= years and max(counts) * 2 <= max(len(fired), 2)


def _in_order(found: Sequence[_Tried], per_year: Sequence[float]) -> list[float | None]:
    """Of the choices in which a rarer level lies further out and fires less often, the one with the most levels, and of
    those the one whose rates have the nearest ratios to the wanted ones; of equals, the more extreme levels."""
    fitting: list[list[_Tried | None]] = [
        [None, *(one for one in found if wanted / _NEAR <= one.rate <= wanted * _NEAR)] for wanted in per_year
    ]
    best: tuple[int, float, int] | None = None
    chosen: tuple[_Tried | None, ...] = (None,) * len(per_year)
    for choice in product(*fitting):
        taken = [one for one in choice if one is not None]
        if any(a.at >= b.at or a.rate <= b.rate for a, b in pairwise(taken)):
            continue
        off = sum(abs(math.log(one.rate / per_year[at])) for at, one in enumerate(choice) if one is not None)
        key = (-len(taken), off, -sum(one.at for one in taken))
        if best is None or key < best:
            best, chosen = key, choice
    return [None if one is None else one.level for one in chosen]
