"""What a person may type, and the one line that a rule prints as."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.rule_strategies import valid_rules

from alerts.metrics.catalog import catalog, metric
from alerts.rules.check import RuleError, check, example_near
from alerts.rules.condition import Condition, Operator, watched_from
from alerts.rules.grammar import MAX_LINE, GrammarError, metric_named, normalise, number_of, parse
from alerts.rules.rule import Repeat, Rule
from alerts.rules.series import Series, Transform

SMALL = Series("breadth.above_200d.small")


def over(transform: Transform, n: int) -> Series:
    """A transform of IWM/SPY."""
    return Series("size.ratio", transform, n)


def own(n: int) -> Series:
    """IWM/SPY less its own average."""
    return over(Transform.GAP, n)


LEAD = Series("size.lead_21d")
RSP_HIGH = Series("price.RSP", Transform.HIGH, 252)
TREND, SMALL_ABOVE_50 = Condition(over(Transform.CHANGE, 21), Operator.ABOVE), Condition(SMALL, Operator.ABOVE, 50)

FORMS = [
    ("small above 200d > 60", Rule.on(SMALL, Operator.ABOVE, 60)),
    ("small above 200d < 60", Rule.on(SMALL, Operator.BELOW, 60)),
    ("small above 200d ≥ 60", Rule.on(SMALL, Operator.AT_LEAST, 60)),
    ("small above 200d ≤ 60", Rule.on(SMALL, Operator.AT_MOST, 60)),
    ("small above 200d > 60 for 3 days", Rule.on(SMALL, Operator.ABOVE, 60, hold=3)),
    ("small above 200d > 60 once", Rule.on(SMALL, Operator.ABOVE, 60, repeat=Repeat.ONCE)),
    ("small above 200d ≤ 12.5 for 250 days once", Rule.on(SMALL, Operator.AT_MOST, 12.5, hold=250, repeat=Repeat.ONCE)),
    ("small above 200d crosses above 60", Rule.on(SMALL, Operator.CROSSES_ABOVE, 60)),
    ("small above 200d crosses below 60", Rule.on(SMALL, Operator.CROSSES_BELOW, 60)),
    ("small above 200d crosses 60", Rule.on(SMALL, Operator.CROSSES, 60)),
    ("small above 200d crosses 60 once", Rule.on(SMALL, Operator.CROSSES, 60, repeat=Repeat.ONCE)),
    ("valuation discount < -25", Rule.on(Series("valuation.discount"), Operator.BELOW, -25)),
    ("iwm/spy above its 50d average", Rule.on(own(50), Operator.ABOVE, 0)),
    (
        "iwm/spy below its 50d average for 2 days",
        Rule.on(own(50), Operator.BELOW, 0, hold=2),
    ),
    (
        "iwm/spy crosses above its 50d average",
        Rule.on(own(50), Operator.CROSSES_ABOVE, 0),
    ),
    (
        "iwm/spy crosses below its 200d average",
        Rule.on(own(200), Operator.CROSSES_BELOW, 0),
    ),
    (
        "iwm/spy crosses its 20d average once",
        Rule.on(own(20), Operator.CROSSES, 0, repeat=Repeat.ONCE),
    ),
    ("small above 200d < 40 clear 45", Rule.on(SMALL, Operator.BELOW, 40, clear=45.0)),
    ("small above 200d > 60 for 2 days keep 3 days", Rule.on(SMALL, Operator.ABOVE, 60, hold=2, keep=3)),
    ("small above 200d > 60 keep 1 day", Rule.on(SMALL, Operator.ABOVE, 60, keep=1)),
    ("small above 200d > 60 remind every 5 days", Rule.on(SMALL, Operator.ABOVE, 60, remind=5)),
    ("small above 200d crosses above 60 clear 55", Rule.on(SMALL, Operator.CROSSES_ABOVE, 60, clear=55.0)),
    ("lead 21d outside -2..2", Rule.on(LEAD, Operator.OUTSIDE, -2, upper=2.0)),
    ("lead 21d inside -2.5..0 for 4 days", Rule.on(LEAD, Operator.INSIDE, -2.5, upper=0.0, hold=4)),
    ("percentile 252d of iwm/spy < 5", Rule.on(over(Transform.PERCENTILE, 252), Operator.BELOW, 5)),
    ("percentile all of iwm/spy crosses above 95", Rule.on(over(Transform.PERCENTILE, 0), Operator.CROSSES_ABOVE, 95)),
    ("z-score 252d of iwm/spy outside -2..2", Rule.on(over(Transform.ZSCORE, 252), Operator.OUTSIDE, -2, upper=2.0)),
    ("change 21d of iwm/spy > 2", Rule.on(over(Transform.CHANGE, 21), Operator.ABOVE, 2)),
    ("average 20d of iwm/spy crosses 90", Rule.on(over(Transform.AVERAGE, 20), Operator.CROSSES, 90)),
    ("iwm/spy rising 21d", Rule.on(over(Transform.CHANGE, 21), Operator.ABOVE)),
    ("iwm/spy falling 63d keep 2 days", Rule.on(over(Transform.CHANGE, 63), Operator.BELOW, keep=2)),
    ("equal weight at a new high 252d", Rule.on(RSP_HIGH, Operator.HAPPENS, 1)),
    ("rsp crosses above 200", Rule.on(Series("price.RSP"), Operator.CROSSES_ABOVE, 200)),
    ("rsp above its 200d average", Rule.on(Series("price.RSP", Transform.GAP, 200), Operator.ABOVE)),
    ("rsp/spy at a new low 63d", Rule.on(Series("breadth.equal_weight", Transform.LOW, 63), Operator.HAPPENS, 1)),
    (
        "regime changes once",
        Rule.on(Series("regime.state", Transform.CHANGED), Operator.HAPPENS, 1, repeat=Repeat.ONCE),
    ),
    ("iwm/spy rising 21d and small above 200d > 50", Rule((TREND, SMALL_ABOVE_50))),
    (
        "iwm/spy rising 21d and small above 200d > 50 for 3 days keep 1 day remind every 2 days until 2026-12-31",
        Rule((TREND, SMALL_ABOVE_50), hold=3, keep=1, remind=2, until=date(2026, 12, 31)),
    ),
    (
        "small above 200d > 50 once until 2026-12-31",
        Rule.on(SMALL, Operator.ABOVE, 50, repeat=Repeat.ONCE, until=date(2026, 12, 31)),
    ),
    ("import.my_series-2 crosses above -3.5", Rule.on(Series("import.my_series-2"), Operator.CROSSES_ABOVE, -3.5)),
    ("regime ≥ 1", Rule.on(Series("regime.state"), Operator.AT_LEAST, 1)),
]


@pytest.mark.parametrize(("line", "rule"), FORMS, ids=[line for line, _ in FORMS])
def test_a_form_reads_as_its_rule_and_prints_as_itself(line: str, rule: Rule) -> None:
    assert parse(line) == rule
    assert rule.line == line


@given(valid_rules())
@settings(max_examples=300, deadline=None)
def test_a_rule_reads_back_from_its_line(rule: Rule) -> None:
    assert check(rule) is rule
    again = parse(rule.line)
    assert again == rule
    assert again.line == rule.line
    assert len(rule.line) <= MAX_LINE
    assert watched_from(rule.watched.key) == rule.watched


SAME = Rule.on(SMALL, Operator.ABOVE, 60)


@pytest.mark.parametrize(
    "line",
    [
        "small above 200d above 60",
        "small above 200d over 60",
        "small above 200d more than 60",
        "small above 200d greater than 60",
        "small above 200d higher than 60",
        "small above 200d is above 60",
        "SMALL ABOVE 200D ABOVE 60",
        "Small above 200-day average > 60 %",
        "small above 200 days > 60%",
        "small above 200\u2011day > 60",
        "small breadth > 60",
        "breadth.above_200d.small > 60",
        "BREADTH.ABOVE_200D.SMALL>60",
        "small above 200d>60",
        "  small   above\u00a0200d \t> \u202f60 ",
        "small above 200d > 60.",
        "small above 200d > +60",
        "small above 200d exceeds 60 percent",
        "small above 200d > 60 points",
        "small above 200d > 60,0",
        "small above 200d > 60.00",
        "small above 200d > 60 every time",
        "small above 200d > 60, every time",
        "small above 200d > 60 for 1 day",
        "small above 200d ＞ ６０",
        "\u200fsmall above 200d > 60\u200e",
        "\u202esmall above 200d\u202c > 60",
        "sm\u00adall above 200d > 60",
        "\ufeffsmall above 200d >\x07 60\x00",
        "small\nabove 200d\r\n> 60",
        "small above 200d\ud800 > 60",
    ],
)
def test_one_rule_may_be_said_in_many_ways(line: str) -> None:
    assert parse(line) == SAME


@pytest.mark.parametrize(
    ("words", "operator"),
    [
        ("no less than", Operator.AT_LEAST), ("greater than or equal to", Operator.AT_LEAST),
        ("no more than", Operator.AT_MOST), ("less than or equal to", Operator.AT_MOST),
        ("at least", Operator.AT_LEAST), (">=", Operator.AT_LEAST), ("is at least", Operator.AT_LEAST),
        ("at most", Operator.AT_MOST), ("<=", Operator.AT_MOST), ("below", Operator.BELOW), ("under", Operator.BELOW),
        ("less than", Operator.BELOW), ("lower than", Operator.BELOW), ("crosses over", Operator.CROSSES_ABOVE),
        ("cross above", Operator.CROSSES_ABOVE), ("rises above", Operator.CROSSES_ABOVE),
        ("goes above", Operator.CROSSES_ABOVE), ("crosses under", Operator.CROSSES_BELOW),
        ("falls below", Operator.CROSSES_BELOW), ("drops under", Operator.CROSSES_BELOW), ("crosses", Operator.CROSSES),
    ],
)  # fmt: skip
def test_words_for_the_signs_are_understood(words: str, operator: Operator) -> None:
    assert parse(f"small above 200d {words} 60") == Rule.on(SMALL, operator, 60)


@pytest.mark.parametrize(
    "words",
    [
        "its 50d average",
        "its 50-day average",
        "its 50 day moving average",
        "the 50d average",
        "its own 50 days average",
    ],
)
def test_its_own_average_may_be_said_in_many_ways(words: str) -> None:
    assert parse(f"iwm/spy above {words}") == Rule.on(own(50), Operator.ABOVE, 0)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("IWM/SPY at new 252-day high", "iwm/spy at a new high 252d"),
        ("iwm/spy makes a new 52-week low", "iwm/spy at a new low 252d"),
        ("rsp itself at a new high of 63 sessions", "equal weight at a new high 63d"),
        ("Equal Weight hits a 252d high", "equal weight at a new high 252d"),
        ("fund.rsp at a new low 63d", "equal weight at a new low 63d"),
        ("price.RSP over 200", "rsp > 200"),
        ("pct(252) of iwm/spy < 5", "percentile 252d of iwm/spy < 5"),
        ("iwm/spy percentile 252d under 5 %", "percentile 252d of iwm/spy < 5"),
        ("Percentile(all) of IWM/SPY at most 5", "percentile all of iwm/spy ≤ 5"),
        ("z(252) of iwm/spy > 2", "z-score 252d of iwm/spy > 2"),
        ("zscore 252 days of iwm/spy > 2", "z-score 252d of iwm/spy > 2"),
        ("change(21) of iwm/spy > 0", "iwm/spy rising 21d"),
        ("iwm/spy is falling over the last 21 sessions", "iwm/spy falling 21d"),
        ("avg(20) of small above 200d > 60", "average 20d of small above 200d > 60"),
        ("lead 21d outside of −2 to 2", "lead 21d outside -2..2"),
        ("lead 21d between -2 and 2 and lead 63d > 0", "lead 21d inside -2..2 and lead 63d > 0"),
        ("fed rate changes", "fed upper changes"),
        ("zweig breadth thrust happens once", "zweig thrust once"),
        ("small zweig thrust", "small zweig thrust"),
        ("small above 200d > 60 clear at 55", "small above 200d > 60 clear 55"),
        ("small above 200d > 60, remind me every session, until 2099-01-01",
         "small above 200d > 60 remind every 1 day until 2099-01-01"),
    ],
)  # fmt: skip
def test_other_words_for_the_same(said: str, line: str) -> None:
    assert parse(said).line == line


@pytest.mark.parametrize("tail", ["for 3 days once", "once for 3 days", "for 3d, once", "; for 3 sessions only once"])
def test_options_stand_in_any_order(tail: str) -> None:
    assert parse(f"small above 200d > 60 {tail}") == Rule.on(SMALL, Operator.ABOVE, 60, hold=3, repeat=Repeat.ONCE)


@pytest.mark.parametrize("minus", ["-", "−", "–", "—", "‐", "‑", "‒", "－", "﹣"])
def test_every_kind_of_minus_is_a_minus(minus: str) -> None:
    assert parse(f"valuation discount < {minus}25 %").first.level == -25.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("60", 60.0), ("-25", -25.0), ("+3", 3.0), ("60%", 60.0), ("60 %", 60.0), ("2 pp", 2.0), ("20×", 20.0),
        ("20x", 20.0), ("12,5", 12.5), ("12.5", 12.5), (".5", 0.5), (",5", 0.5), ("-.5", -0.5), ("0,125", 0.125),
        ("0,500", 0.5), ("1,234", 1234.0), ("1,234.5", 1234.5), ("1.234,5", 1234.5), ("1 234,5", 1234.5),
        ("1 234 567", 1234567.0), ("1'234.5", 1234.5), ("1,234,567", 1234567.0), ("1.234.567", 1234567.0),
        ("1.234", 1.234), ("1234,567", 1234.567), ("007", 7.0), ("1234567.25", 1234567.25), ("-0", 0.0),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, value: float) -> None:
    assert number_of(text) == value
    assert parse(f"lead 21d > {text}").first.level == value


def test_minus_nothing_is_nothing() -> None:
    assert parse("lead 21d > -0").line == "lead 21d > 0"


@pytest.mark.parametrize(
    "text", ["", "-", "x", "1.2.3", "1,2,3", "1,234,5", "1,2.5", "1.2,3,4", "60 70", "1e5", "nan", "inf", "0x10", "--5"]
)
def test_what_is_no_number_is_not_guessed(text: str) -> None:
    with pytest.raises(GrammarError):
        number_of(text)
    with pytest.raises(GrammarError):
        parse(f"iwm/spy > {text}")


TODAY = date(2025, 7, 31)


def example_in(error: Exception) -> str:
    return str(error).rsplit("An example that works: ", 1)[1]


REFUSED = [
    ("", "Nothing to watch"),
    (" \u200e\t ", "Nothing to watch"),
    ("hello", "“hello” is not a known metric"),
    ("> 60", "is not a known metric"),
    ("small above 200d", "a comparison is missing"),
    ("small above 200d 60", "“60” is none"),
    ("small above 200d >", "a number is missing"),
    ("small above 200d > high", "“high” is none"),
    ("small above 200d > 60 70", "“70” is not understood"),
    ("small above 200d > 60 tomorrow", "“tomorrow” is not understood"),
    ("small above 200d > 60 once every time", "“every time” is not understood"),
    ("small above 200d > 60 for 2 days for 3 days", "“for 3 days” is not understood"),
    ("small above 200d > 60 for three days", "“for three days” is not understood"),
    ("small above 200d > 60 for 2 days clear", "after “clear” a number is missing"),
    ("small above 200d > 60 clear high", "after “clear” a number is missing"),
    ("small above 200d > 60 clear 65", "on the wrong side"),
    ("small above 200d < 40 clear 35", "on the wrong side"),
    ("small above 200d > 60 clear -1", "would never be reached"),
    ("small above 200d > 60 clear 0", "would never be reached"),
    ("small above 200d crosses above 60 clear 65", "on the wrong side"),
    ("small above 200d crosses 60 clear 55", "means nothing with a crossing either way"),
    ("lead 21d outside -2..2 clear 1", "means nothing with a range"),
    ("regime changes clear 1", "means nothing with what happens"),
    ("iwm/spy above its 50d average clear 60", "an average moves"),
    ("small above 200d > 60 clear 9" + "9" * 13, "is out of range"),
    ("iwm/spy rising 21d and small above 200d > 50 clear 45", "a rule joined by “and” has several"),
    ("small above 200d inside 40", "A range has two ends"),
    ("small above 200d inside 60..40", "from the lower end to the higher"),
    ("small above 200d inside 40..40", "from the lower end to the higher"),
    ("small above 200d inside 40..140", "from 0 to 100"),
    ("small above 200d outside 0..100", "from 0 to 100"),
    ("small above 200d inside 40..x", "a number is missing"),
    ("percentile 252d of iwm/spy > 100", "from 0 to 100"),
    ("percentile 252d of iwm/spy", "a comparison is missing"),
    ("percentile 5d of iwm/spy < 5", "say 20 to 1260"),
    ("percentile 0d of iwm/spy < 5", "0 sessions are none"),
    ("z-score 2d of iwm/spy < 5", "say 5 to 1260"),
    ("change 2000d of iwm/spy < 5", "say 1 to 1260"),
    ("average all of iwm/spy < 5", "only a percentile is taken over all"),
    ("change 5d of small above 200d > 101", "from −100 to 100"),
    ("iwm/spy rising", "over how many sessions"),
    ("iwm/spy rising 2000d", "say 1 to 1260"),
    ("iwm/spy at a new high", "over how many sessions"),
    ("equal weight at a new low", "over how many sessions"),
    ("iwm/spy at a new high 1d", "say 2 to 1260"),
    ("equal weight at a new high 252d for 3 days", "happens on one session"),
    ("equal weight at a new high 252d keep 3 days", "happens on one session"),
    ("equal weight at a new high 252d remind every 3 days", "nothing to remind of"),
    ("rsp changes", "changes nearly every session"),
    ("rsp < 0", "would never be true"),
    ("iwm/spy changes", "changes nearly every session"),
    ("small above 200d crosses above 60 keep 3 days", "happens on one session"),
    ("small above 200d crosses above 60 remind every 3 days", "nothing to remind of"),
    ("small above 200d > 60 once remind every 3 days", "a reminder is a second time"),
    ("small above 200d > 60 keep 251 days", "say 1 to 250"),
    ("small above 200d > 60 remind every 251 days", "say 1 to 250"),
    ("small above 200d > 60 until tomorrow", "a date is missing"),
    ("small above 200d > 60 until 31/12/2026", "a date is missing"),
    ("small above 200d > 60 until 2026-02-30", "a date is missing"),
    ("small above 200d > 60 until 2025-07-30", "2025-07-30 is gone by; today is 2025-07-31"),
    ("small above 200d > 60 clear 55 clear 50", "was said already"),
    ("iwm/spy rising 21d and", "a second condition is missing"),
    ("iwm/spy rising 21d and hello > 3", "“hello” is not a known metric"),
    ("iwm/spy rising 21d and small above 200d crosses above 60", "“and” joins conditions that hold"),
    ("iwm/spy rising 21d and regime changes", "“and” joins conditions that hold"),
    ("small above 200d > 60 for 3 days and iwm/spy rising 21d", "“and iwm/spy rising 21d” is not understood"),
    (" and ".join(["iwm/spy rising 21d"] * 5), "5 conditions are too many"),
    ("iwm/spy > its average", "a number is missing"),
    ("x" * (MAX_LINE + 1), "301 characters"),
    ("small above 200d > 60 for 0 days", "out of range"),
    ("small above 200d > 60 for 251 days", "out of range"),
    ("small above 200d > 60 for 999999999 days", "out of range"),
    ("small above 200d crosses above 60 for 3 days", "happens on one session"),
    ("small above 200d crosses 100 for 3 days", "happens on one session"),
    ("size trend crosses below its 50d average for 3 days", "happens on one session"),
    ("iwm/spy above its 1d average", "say 2 to 1260"),
    ("iwm/spy above its 1261d average", "say 2 to 1260"),
    ("iwm/spy at least its 50d average", "Against its own average"),
    ("iwm/spy > " + "9" * 13, "beyond any figure"),
    ("iwm/spy > 9" + "9" * 280, "beyond any figure"),
    ("lead 21d > 0." + "0" * 20 + "1", "as good as 0"),
    ("small above 200d > 100", "never be true"),
    ("small above 200d > -1", "always be true"),
    ("small above 200d at least 100.5", "never be true"),
    ("small above 200d at least 0", "always be true"),
    ("small above 200d < 0", "never be true"),
    ("small above 200d < 101", "always be true"),
    ("small above 200d at most -1", "never be true"),
    ("small above 200d at most 100", "always be true"),
    ("small above 200d crosses above 100", "never be true"),
    ("small above 200d crosses below 0", "never be true"),
    ("small above 200d crosses 101", "from 0 to 100"),
    ("rsp drawdown > 0", "from −100 to 0"),
    ("iwm/spy < 0", "at least 0"),
    ("valuation discount < -100", "at least −100"),
]


@pytest.mark.parametrize(("line", "problem"), REFUSED)
def test_a_refusal_says_what_was_wrong_and_a_line_that_works(line: str, problem: str) -> None:
    with pytest.raises((GrammarError, RuleError)) as refused:
        parse(line, TODAY)
    assert problem in str(refused.value)
    parse(example_in(refused.value), TODAY)
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("smal above 200d > 60", "small above 200d"),
        ("small above 200 > 60", "small above 200d"),
        ("valuation discont < -25", "valuation discount"),
        ("iwm spx crosses above 100", "iwm/spy"),
    ],
)
def test_a_name_misspelt_brings_the_nearest_ones(line: str, meant: str) -> None:
    with pytest.raises(GrammarError) as refused:
        parse(line)
    assert meant in refused.value.suggestions
    assert f"Did you mean “{refused.value.suggestions[0]}”" in str(refused.value)
    assert all(metric_named(name) for name in refused.value.suggestions)


def test_the_boundaries_of_a_range_are_thresholds_where_a_value_can_pass_them() -> None:
    for line in (
        "small above 200d > 0", "small above 200d at least 100", "small above 200d < 100", "small above 200d at most 0",
        "small above 200d crosses above 0", "small above 200d crosses below 100", "small above 200d crosses 100",
        "rsp drawdown at least 0", "regime > -1", "regime crosses below 1",
    ):  # fmt: skip
        assert parse(line)


def test_the_longest_name_wins() -> None:
    assert parse("iwm/spy trend > 0").first.series.metric == "size.trend"
    assert parse("iwm/spy > 90").first.series.metric == "size.ratio"
    assert parse("regime score > 2").first.series.metric == "regime.score"
    assert parse("small pe profitable < 15").first.series.metric == "valuation.forward_pe_profitable.small"
    assert parse("small breadth 50 > 60").first.series.metric == "breadth.above_50d.small"
    assert parse("top 7 > 30").first.series.metric == "concentration.top7"
    assert parse("sectors above 8").first.series.metric == "breadth.sectors_above_200d"


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_a_normalised_text_holds_no_control_sign_and_no_double_space(text: str) -> None:
    plain = normalise(text)
    assert not [sign for sign in plain if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Mn")]
    assert plain == plain.strip()
    assert "  " not in plain


def test_errors_may_be_kept_in_a_set() -> None:
    assert len({GrammarError("a"), GrammarError("a"), RuleError("a", "b")}) == 3


def test_every_metric_has_an_example_in_a_refusal_about_it() -> None:
    for of in catalog().values():
        with pytest.raises(GrammarError) as refused:
            parse(f"{of.aliases[0]} >")
        assert parse(example_in(refused.value)).first.series.metric == of.id


@pytest.mark.parametrize(
    ("metric_id", "value", "line"),
    [
        ("breadth.above_200d.small", 64.26, "small above 200d crosses above 65"),
        ("breadth.above_200d.small", 99.7, "small above 200d crosses below 95"),
        ("valuation.discount_profitable", -30.6, "valuation discount profitable crosses above -30"),
        ("size.ratio", 71.77, "iwm/spy crosses above 75"),
        ("breadth.equal_weight_drawdown", -3.2, "equal weight drawdown crosses above -3"),
        ("breadth.equal_weight_drawdown", 0.0, "equal weight drawdown crosses below -0.05"),
        ("breadth.sectors_above_200d", 0.0, "sectors above 200d crosses above 0.5"),
        ("size.ratio", None, "iwm/spy crosses above 100"),
    ],
)
def test_a_suggested_threshold_lies_near_the_value(metric_id: str, value: float | None, line: str) -> None:
    assert example_near(metric(metric_id), value) == line


@given(st.sampled_from(sorted(catalog())), st.floats(-1e7, 1e7))
def test_a_suggested_threshold_is_one_that_is_accepted(metric_id: str, value: float) -> None:
    of = metric(metric_id)
    low, high = -1e7 if of.low is None else of.low, 1e7 if of.high is None else of.high
    parse(example_near(of, min(max(value, low), high)))
