"""Rules that are valid, made at random."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from alerts.metrics.catalog import catalog
from alerts.rules.check import MAX_HOLD, MAX_WINDOW, RuleError, check
from alerts.rules.condition import Condition, Operator
from alerts.rules.grammar import MAX_LINE
from alerts.rules.rule import Repeat, Rule
from alerts.rules.series import Series, Transform

LEVELS = st.one_of(
    st.integers(-300, 300).map(float),
    st.decimals(-120, 120, places=2, allow_nan=False).map(float),
    st.floats(-1e12, 1e12, allow_nan=False),
    st.sampled_from([0.0, -0.0, 0.1, 1e-9, -1e-9, 1e12, 1234.5, 1234567.0, 999999999999.9, 1e-5, 0.125, 1.234, 100.0]),
)
COUNTS = st.sampled_from([1, 1, 1, 2, 3, 7, MAX_HOLD])
NAMES = [*catalog(), "import.my_series-2"]


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """Some of them mean nothing."""
    metric = draw(st.sampled_from(NAMES))
    transform = draw(st.sampled_from(Transform))
    n = 0
    if transform not in (Transform.VALUE, Transform.CHANGED):
        n = draw(st.integers(0 if transform is Transform.PERCENTILE else 1, MAX_WINDOW))
    series = Series(metric, transform, n)
    operator = Operator.HAPPENS if series.happens else draw(st.sampled_from(Operator))
    if operator is Operator.HAPPENS:
        return Condition(series, operator, 1.0)
    level = 0.0 if transform is Transform.GAP else draw(LEVELS)
    upper = draw(LEVELS) if operator.ranged else None
    return Condition(series, operator, level, upper)


@st.composite
def valid_rules(draw: st.DrawFn) -> Rule:
    count = draw(st.sampled_from([1, 1, 1, 1, 2, 3, 4]))
    parts = tuple(draw(conditions()) for _ in range(count))
    momentary = count == 1 and parts[0].operator.momentary
    repeat = draw(st.sampled_from(Repeat))
    rule = Rule(
        parts,
        hold=1 if momentary else draw(COUNTS),
        clear=draw(st.one_of(st.none(), LEVELS)) if count == 1 else None,
        keep=0 if momentary else draw(st.sampled_from([0, 0, 1, 2, 5])),
        repeat=repeat,
        remind=draw(st.sampled_from([0, 0, 1, 2, 5])) if repeat is Repeat.EVERY_TIME and not momentary else 0,
        until=draw(st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2099, 12, 31)))),
    )
    try:
        if len(check(rule).line) <= MAX_LINE:
            return rule
        raise RuleError("too long", rule.line)
    except RuleError:
        # A level out of the metric's range, a comparison that an average does not have …: always valid instead.
        level = draw(LEVELS)
        level = level if 1e-9 <= abs(level) <= 1e12 else 0.0
        kept = Condition(Series("size.lead_21d"), Operator.ABOVE, level)
        return check(Rule((kept,), rule.hold, None, rule.keep, rule.repeat, 0, rule.until))
