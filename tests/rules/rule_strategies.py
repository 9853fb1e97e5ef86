"""Rules that are valid, made at random."""

from __future__ import annotations

from hypothesis import strategies as st

from alerts.metrics.catalog import catalog
from alerts.rules.rule import MAX_AVERAGE, MAX_HOLD, Operator, Repeat, Rule, RuleError, Series, check

LEVELS = st.one_of(
    st.integers(-300, 300).map(float),
    st.decimals(-120, 120, places=2, allow_nan=False).map(float),
    st.floats(-1e12, 1e12, allow_nan=False),
    st.sampled_from([0.0, -0.0, 0.1, 1e-9, -1e-9, 1e12, 1234.5, 1234567.0, 999999999999.9, 1e-5, 0.125, 1.234, 100.0]),
)


@st.composite
def valid_rules(draw: st.DrawFn) -> Rule:
    metric = draw(st.sampled_from(sorted(catalog())))
    operator = draw(st.sampled_from(list(Operator)))
    average = draw(st.one_of(st.none(), st.integers(2, MAX_AVERAGE)))
    level = 0.0 if average else draw(LEVELS)
    hold = 1 if operator.momentary else draw(st.sampled_from([1, 1, 2, 3, 7, MAX_HOLD]))
    rule = Rule(Series(metric, average), operator, level, hold, draw(st.sampled_from(list(Repeat))))
    try:
        return check(rule)
    except RuleError:
        # A level out of the metric's range, or a comparison that an average does not have: always valid instead.
        return Rule(Series("size.lead_21d", average), Operator.ABOVE, level if 1e-9 <= abs(level) <= 1e12 else 0.0, 1)
