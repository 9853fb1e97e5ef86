"""Levels to choose from by a tap: how far one step goes, and which levels stand out in a history."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from alerts.rules.directions import at_level, leveled
from alerts.rules.quantiles import quantiles
from alerts.rules.rule import Rule
from alerts.rules.series import Series, Transform

PERCENTILES = (10, 25, 75, 90)
OFTEN = 12.0  # firings a year, above which a clear level is worth it
_SPAN = 60.0  # small steps between the 10th and the 90th percentile, about
_FIXED = {Transform.PERCENTILE: (1.0, 5.0), Transform.ZSCORE: (0.1, 0.5)}


@dataclass(frozen=True)
class Steps:
    """How far a level moves: by `small`, or by `large`; in the series' unit."""

    small: float
    large: float

    def moved(self, level: float, steps: int, *, large: bool = False) -> float:
        """The level `steps` further; one between two steps goes to the next. A large step goes beyond a small one."""
        size = self.large if large else self.small
        if large and abs(self.moved(level, steps, large=False) - self._next(level, steps, size)) < self.small / 2:
            steps += 1 if steps > 0 else -1
        return self._next(level, steps, size)

    @staticmethod
    def _next(level: float, steps: int, size: float) -> float:
        at = level / size
        next_ = math.floor(at + 1e-9) + steps if steps > 0 else math.ceil(at - 1e-9) + steps
        return round(next_ * size, 10) + 0.0


def steps_of(series: Series, values: Sequence[float]) -> Steps:
    """The steps that suit a series: half a point of a share, whole states and small counts, else by its history."""
    of = series.of
    if series.transform in _FIXED:
        return Steps(*_FIXED[series.transform])
    if series.transform is Transform.VALUE:
        if of.unit == "%" and (of.low, of.high) == (0, 100):
            return Steps(0.5, 5.0)
        if of.unit == "state" or (of.unit in ("count", "companies") and of.high is not None and of.high <= 20):
            return Steps(1.0, 2.0)
    low, high = quantiles(values, (0.1, 0.9)) if values else (0.0, 0.0)
    small = _nice((high - low) / _SPAN, 10.0 ** -max(of.decimals, 0))
    return Steps(small, 10 * small)


def _nice(width: float, least: float) -> float:
    """The largest of 1, 2, 5 · 10^k up to `width`, at least `least`."""
    if width <= least:
        return least
    size = 10.0 ** math.floor(math.log10(width))
    return round(size * max(one for one in (1, 2, 5) if one * size <= width * (1 + 1e-9)), 10)


def standing_levels(rule: Rule, values: Sequence[float]) -> list[tuple[int, float]]:
    """(percentile, level) of a history's 10th, 25th, 75th and 90th percentile, where the rule could fire there."""
    if not values or not leveled(rule):
        return []
    decimals = level_decimals(rule.first.series)
    found = []
    for percentile, level in zip(PERCENTILES, quantiles(values, [one / 100 for one in PERCENTILES]), strict=True):
        rounded = round(level, decimals) + 0.0
        if at_level(rule, rounded) is not None:
            found.append((percentile, rounded))
    return found


def level_decimals(series: Series) -> int:
    """The decimals of a level that is chosen, not typed."""
    made = {Transform.PERCENTILE: 0, Transform.ZSCORE: 2}
    return made.get(series.transform, min(series.of.decimals, 4))


def first_level(rule: Rule, values: Sequence[float]) -> float | None:
    """The level that a rule begins with: the history's quarter on the side that it watches; None where none fits."""
    if not values:
        return next((level for level in (0.0, 50.0, 1.0, -1.0) if at_level(rule, level) is not None), None)
    sign, decimals = rule.first.operator.sign, level_decimals(rule.first.series)
    order = (75, 90, 50, 25, 10) if sign >= 0 else (25, 10, 50, 75, 90)
    levels = (round(level, decimals) + 0.0 for level in quantiles(values, [one / 100 for one in order]))
    return next((level for level in levels if at_level(rule, level) is not None), None)
