"""A typed line ⇄ Rule.

One line: one to four conditions joined by "and", then options. A condition is a metric's name or a transform of it, and
a comparison, a crossing, a trend, an extreme, a change, or nothing else if the metric is an event. Case, %, thousands
separators, decimal comma and words for the signs ("over", "at least") are understood. The error for a line that
does not parse names the wrong part, the nearest names, and a line that works. The parser never guesses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from alerts.metrics.catalog import metric
from alerts.rules.check import check, example_of
from alerts.rules.condition import Condition, Operator
from alerts.rules.names import (
    metric_at_start,
    metric_named,
    metric_of_extreme,
    nearest,
    normalise,
    with_symbols_marked,
)
from alerts.rules.numbers import NUMBER
from alerts.rules.numbers import number_of as _number_of
from alerts.rules.options import NotUnderstood, read_options
from alerts.rules.rule import Rule
from alerts.rules.series import Series, Transform, extreme_name, typed_name

__all__ = ["EXAMPLE", "MAX_LINE", "GrammarError", "example_line", "metric_named", "normalise", "number_of", "parse"]

MAX_LINE = 300
EXAMPLE = "small above 200d crosses above 60"

#: Longest first, so that "crosses above" is not read as "crosses".
_OPERATORS: tuple[tuple[str, Operator], ...] = (
    (r"(?:cross(?:es)?|rises?|goes|moves?|climbs?) (?:above|over)\b", Operator.CROSSES_ABOVE),
    (r"(?:cross(?:es)?|falls?|drops?|goes|moves?) (?:below|under)\b", Operator.CROSSES_BELOW),
    (r"cross(?:es)?\b", Operator.CROSSES),
    (r"(?:is )?(?:inside|within|between)\b", Operator.INSIDE),
    (r"(?:is )?outside(?: of)?\b", Operator.OUTSIDE),
    (
        r"(?:is )?(?:at least|not below|not under|no less than|(?:more|greater|higher) than or equal to)\b|>=|=>|≥",
        Operator.AT_LEAST,
    ),
    (
        r"(?:is )?(?:at most|not above|not over|no more than|(?:less|lower|smaller) than or equal to)\b|<=|=<|≤",
        Operator.AT_MOST,
    ),
    (r"(?:is )?(?:above|over|more than|greater than|higher than|exceeds)\b|>", Operator.ABOVE),
    (r"(?:is )?(?:below|under|less than|lower than|smaller than)\b|<", Operator.BELOW),
)
_OWN_AVERAGE = re.compile(r"(?:its|their|the)(?: own)? (\d{1,9})d(?: moving)? average\b")
_WORDS = (
    (r"percentile|pct|percent rank", Transform.PERCENTILE),
    (r"z-?score|z score|z", Transform.ZSCORE),
    (r"change", Transform.CHANGE),
    (r"average|avg|mean", Transform.AVERAGE),
)
_OF = [
    (re.compile(rf"(?:the )?(?:{words})[ (]\(?(\d{{1,9}}|all)d?\)?(?: sessions)? (?:of )?"), transform)
    for words, transform in _WORDS
]
_AFTER = [
    (re.compile(rf"(?:{words})[ (]\(?(\d{{1,9}}|all)d?\)?(?= |$|[<>≤≥=])"), transform) for words, transform in _WORDS
]
_TREND = re.compile(
    r"(?:is )?(rising|rises|up|falling|falls|down)(?: (?:over|for|in|within))?(?: the)?(?: last)? (\d{1,9})d\b"
)
_TREND_WITHOUT = re.compile(r"(?:is )?(rising|falling)\b")
_EXTREME = re.compile(
    r"(?:is |makes |reaches |hits )?(?:at |on )?(?:a |an )?(?:new )?"
    r"(?:(high|low)(?: of| over)? (\d{1,9})(d|-?weeks?| weeks?)\b|(\d{1,9})(d|-?weeks?| weeks?) (high|low)\b)"
)
_EXTREME_WITHOUT = re.compile(r"(?:is )?(?:at |makes )?(?:a )?new (high|low)\b")
_CHANGES = re.compile(r"(?:changes|changed|change)\b")
_AND = re.compile(r"and\b|&|\+(?=[a-z ])")
_BETWEEN_ENDS = re.compile(r" ?(?:\.{2,3}|…|to\b|and\b) ?")


@dataclass(eq=False)  # by identity: exceptions must be hashable
class GrammarError(ValueError):
    """The line is not a rule: what is wrong with it, the nearest names, and a line that works."""

    problem: str
    suggestions: tuple[str, ...] = ()
    example: str = EXAMPLE

    def __str__(self) -> str:
        hint = f" Did you mean {' or '.join(f'“{name}”' for name in self.suggestions)}?" if self.suggestions else ""
        return f"{self.problem}{hint} An example that works: {self.example}"


def parse(line: str, today: date | None = None) -> Rule:
    """Parse a line as a rule.

    Raises GrammarError with the part that was not understood, RuleError if the rule could never fire. Its last session
    is compared with `today` if that is given.
    """
    if len(line) > MAX_LINE:
        raise GrammarError(f"That line has {len(line)} characters; a rule fits into {MAX_LINE}.")
    rest = normalise(with_symbols_marked(line))
    if not rest:
        raise GrammarError("Nothing to watch was named.")
    conditions: list[Condition] = []
    while True:
        condition, rest = _condition(rest)
        conditions.append(condition)
        joined = _AND.match(rest)
        if joined is None:
            break
        rest = rest[joined.end() :].strip()
        if not rest:
            raise GrammarError(
                "After “and” a second condition is missing.", example="iwm/spy rising 21d and small above 200d > 50"
            )
    try:
        options = read_options(rest)
    except NotUnderstood as error:
        raise GrammarError(error.problem, example=error.example) from None
    rule = check(Rule(tuple(conditions), **options), today)
    if len(rule.line) > MAX_LINE:  # as printed with full names: it must parse again
        raise GrammarError(f"Written out, that rule has {len(rule.line)} characters; a rule fits into {MAX_LINE}.")
    return rule


def number_of(text: str) -> float:
    """A number as people write them: "60", "-25 %", "1,000", "12,5", ".5", "1.234,5". Raises GrammarError."""
    found = _number_of(text)
    if found is None:
        raise GrammarError(f"“{text.strip()[:40]}” is no number.")
    return found


def example_line(metric_id: str) -> str:
    """A line about that metric that works."""
    return example_of(metric(metric_id))


def _condition(text: str) -> tuple[Condition, str]:
    transform, n, rest = _transform(_OF, text)
    if transform is not Transform.VALUE and metric_at_start(rest) is None:
        transform, n, rest = Transform.VALUE, 0, text  # a metric's name may begin with such a word
    found = metric_at_start(rest)
    if found is None:
        head = _before_operator(rest)
        raise GrammarError(f"“{head}” is not a known metric.", nearest(head))
    metric_id, name, rest = found
    if transform is Transform.VALUE:
        transform, n, rest = _transform(_AFTER, rest)
    if transform is not Transform.VALUE:
        return _compared(Series(metric_id, transform, n), rest)
    if special := _special(metric_id, name, rest):
        return special
    return _compared(Series(metric_id), rest)


def _transform(forms: Iterable[tuple[re.Pattern[str], Transform]], text: str) -> tuple[Transform, int, str]:
    for pattern, transform in forms:
        if found := pattern.match(text):
            if found[1] == "all" and transform is not Transform.PERCENTILE:
                raise GrammarError(
                    f"“{found[0].strip()}” is not understood: only a percentile is taken over all sessions.",
                    example="percentile all of iwm/spy < 5",
                )
            n = 0 if found[1] == "all" else int(found[1])
            if found[1] != "all" and n == 0:
                raise GrammarError(
                    f"“{found[0].strip()}”: 0 sessions are none.", example="percentile 252d of iwm/spy < 5"
                )
            return transform, n, text[found.end() :].strip()
    return Transform.VALUE, 0, text


def _special(metric_id: str, name: str, rest: str) -> tuple[Condition, str] | None:
    """A condition without a comparison: a trend, an extreme, a change of state or an event."""
    of = metric(metric_id)
    if found := _TREND.match(rest):
        rising = found[1] in ("rising", "rises", "up")
        series = Series(metric_id, Transform.CHANGE, int(found[2]))
        return Condition(series, Operator.ABOVE if rising else Operator.BELOW), rest[found.end() :].strip()
    if found := _EXTREME.match(rest):
        side, n, unit = (found[1], found[2], found[3]) if found[1] else (found[6], found[4], found[5])
        sessions = int(n) if unit == "d" else round(int(n) * 252 / 52)
        series = Series(metric_of_extreme(name) or metric_id, Transform(side), sessions)
        return Condition(series, Operator.HAPPENS, 1.0), rest[found.end() :].strip()
    if found := _CHANGES.match(rest):
        return Condition(Series(metric_id, Transform.CHANGED), Operator.HAPPENS, 1.0), rest[found.end() :].strip()
    if of.unit == "event" and not _operator_at(rest):
        happened = re.match(r"(?:happens|fires|occurs)\b", rest)
        return Condition(Series(metric_id), Operator.HAPPENS, 1.0), rest[happened.end() :].strip() if happened else rest
    if found := _EXTREME_WITHOUT.match(rest):
        raise GrammarError(
            f"A new {found[1]} over how many sessions is missing.",
            example=f"{name if metric_of_extreme(name) else extreme_name(of)} at a new {found[1]} 252d",
        )
    if found := _TREND_WITHOUT.match(rest):
        raise GrammarError(
            f"“{found[1]}” over how many sessions is missing.", example=f"{typed_name(of)} {found[1]} 21d"
        )
    return None


def _operator_at(rest: str) -> tuple[Operator, str] | None:
    for pattern, operator in _OPERATORS:
        if found := re.match(pattern, rest):
            return operator, rest[found.end() :].strip()
    return None


def _compared(series: Series, rest: str) -> tuple[Condition, str]:
    of = series.of
    example = example_of(of)
    found = _operator_at(rest)
    if found is None:
        raise GrammarError(
            f"After “{typed_name(of)}” a comparison is missing"
            + (f"; “{rest[:40]}” is none." if rest else ".")
            + " Say above, below, at least, at most, inside, outside, crosses above or crosses below, and a number.",
            example=example,
        )
    operator, rest = found
    if (own := _OWN_AVERAGE.match(rest)) and series.transform is Transform.VALUE and not operator.ranged:
        return Condition(Series(series.metric, Transform.GAP, int(own[1])), operator), rest[own.end() :].strip()
    level, rest = _number(rest, operator.value, example)
    if not operator.ranged:
        return Condition(series, operator, level), rest
    between = _BETWEEN_ENDS.match(rest)
    if between is None:
        raise GrammarError(
            f"A range has two ends, as in “{operator.value} {level:g}..{level + 10:g}”.",
            example="size.lead_21d outside -2..2",
        )
    upper, rest = _number(rest[between.end() :], "..", "size.lead_21d outside -2..2")
    return Condition(series, operator, level, upper), rest


def _number(rest: str, after: str, example: str) -> tuple[float, str]:
    found = NUMBER.match(rest)
    if found is None:
        raise GrammarError(
            f"After “{after}” a number is missing" + (f"; “{rest[:40]}” is none." if rest else "."), example=example
        )
    return number_of(found[0]), rest[found.end() :].strip()


def _before_operator(text: str) -> str:
    """The text before the last comparison that is followed by a number: the intended name."""
    spans = [
        found.span() for pattern, _ in _OPERATORS for found in re.finditer(rf"(?:{pattern})(?= *[+-]?\d| its\b)", text)
    ]
    spans += [found.span() for found in re.finditer(r" (?:rising|falling|changes|at a new|new) ?", text)]
    last = max((end for _, end in spans), default=0)
    start = min((start for start, end in spans if end == last), default=0)  # of "crosses above", not of "above"
    head = text[:start] if start else text
    return head.strip()[:60] or text[:60]
