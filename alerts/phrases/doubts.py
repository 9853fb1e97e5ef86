"""Lines that parse and may not say what was meant: ratios typed as factors, shares as fractions, namesakes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from alerts.phrases.sentences import Value
from alerts.rules.rule import Rule
from alerts.rules.series import Series, Transform

_FAR = 5.0  # a level that many times below the value of a ratio is a factor, not a level
_STEPS = (0.01, 0.025, 0.05)  # of today's value
_LARGEST_SHARE = 1.0  # a level up to it, of a percentage, may be a fraction
#: By metric, the one that is often meant instead.
_NAMESAKES = {"valuation.discount": "valuation.discount_profitable"}


class Doubt(StrEnum):
    """Why a line may not say what was meant."""

    FACTOR = "factor"  # “iwm/spy > 1.05”: the ratio is scaled to 100
    FRACTION = "fraction"  # “small above 200d > 0.6”: the unit is percent
    NAMESAKE = "namesake"  # losses included, or profitable companies only


@dataclass(frozen=True)
class Doubtful:
    """A doubt about a rule. now: the metric's value. instead: the lines that may be meant, the likeliest first."""

    doubt: Doubt
    rule: Rule
    now: float
    instead: tuple[str, ...]


def doubt_about(rule: Rule, value: Value) -> Doubtful | None:
    """The doubt about a typed rule of one condition; None where it can be taken at its word."""
    first = rule.first
    now = value(first.series.metric)
    if rule.joined or first.series.transform is not Transform.VALUE or now is None or first.upper is not None:
        return None
    of, level = first.series.of, first.level
    if of.unit == "index" and 0 < level < now / _FAR:
        return Doubtful(Doubt.FACTOR, rule, now, _steps(rule, now, level))
    fraction = of.unit == "%" and (of.low, of.high) == (0, 100) and 0 < level <= _LARGEST_SHARE
    if fraction and now > _FAR * _LARGEST_SHARE:
        return Doubtful(Doubt.FRACTION, rule, now, (_at(rule, round(level * 100, 6)), rule.line))
    namesake = _NAMESAKES.get(of.id)
    if namesake is not None and value(namesake) is not None:
        other = replace(rule, conditions=(replace(first, series=Series(namesake)),))
        return Doubtful(Doubt.NAMESAKE, rule, now, (other.line, rule.line))
    return None


def _steps(rule: Rule, now: float, level: float) -> tuple[str, ...]:
    """Levels beside today's value: the factor that was typed, where it is a likely one, then round steps."""
    up = rule.first.operator.sign >= 0
    typed = (level,) if 0.5 <= level <= 2 and level != 1 else ()
    factors = (*typed, *(1 + step if up else 1 - step for step in _STEPS))
    return tuple(dict.fromkeys(_at(rule, round(now * factor, 1)) for factor in factors))[:4]


def _at(rule: Rule, level: float) -> str:
    return replace(rule, conditions=(replace(rule.first, level=level),), clear=None).line
