"""Levels that would fire so often: found through the rule's own steps."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.rules.backtest import Histories, backtest
from alerts.rules.grammar import parse
from alerts.rules.state import Kind
from alerts.rules.suggest import YEAR, levels_firing

#: Waves that reach higher from one to the next: ten a year, of heights 51 to 90 in turn.
WAVES: Histories = {
    "breadth.above_200d.small": [
        (date(2020, 1, 1) + timedelta(days=at), 50 + (1 + (at // 25) * 7 % 40) * math.sin(math.pi * (at % 25) / 25))
        for at in range(4 * YEAR)
    ]
}


def rate(line: str) -> float:
    found = backtest(parse(line), WAVES)
    return len(found.of(Kind.FIRED)) * YEAR / len(found.sessions)


def test_each_level_fires_about_as_often_as_it_was_asked_to() -> None:
    for sign in (">", "≥", "crosses above"):
        levels = levels_firing(parse(f"small above 200d {sign} 95"), WAVES, (8.0, 4.0, 1.0))
        assert None not in levels
        assert levels == sorted(levels, key=lambda level: level or 0.0)
        for level, wanted in zip(levels, (8.0, 4.0, 1.0), strict=True):
            assert wanted / 2 <= rate(f"small above 200d {sign} {level}") <= wanted * 2


def test_the_rules_own_words_are_part_of_it() -> None:
    (plain,) = levels_firing(parse("small above 200d > 95"), WAVES, (4.0,))
    (held,) = levels_firing(parse("small above 200d > 95 for 8 days clear 90"), WAVES, (4.0,))
    assert plain is not None
    assert held is not None
    assert held < plain
    assert 2 <= rate(f"small above 200d > {held} for 8 days clear {held - 5}") <= 8


def test_where_no_level_fires_that_often_there_is_none() -> None:
    assert levels_firing(parse("small above 200d > 95"), WAVES, (200.0,)) == [None]


def test_what_has_no_level_or_no_direction_or_no_history_has_none() -> None:
    for line in ("small above 200d outside 10..90", "small above 200d crosses 60",
                 "small above 200d crosses above its 50d average", "small above 200d at a new high 50d",
                 "small above 200d > 95 and small above 200d > 90"):  # fmt: skip
        assert levels_firing(parse(line), WAVES, (4.0,)) == []
    short: Histories = {name: past[:60] for name, past in WAVES.items()}
    assert levels_firing(parse("small above 200d > 95"), short, (4.0,)) == []


@example(seed=4894, n=641, pull=0.07421875, form="<")  # two firings within seven weeks, on either side of a year
@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(130, 1300),
    st.floats(0.0, 0.1),
    st.sampled_from([">", "<", "crosses above", "crosses below", ">= 95 for 3 days #", "< 5 for 2 days #"]),
)
def test_rarer_levels_lie_further_out_and_fire_over_the_years(seed: int, n: int, pull: float, form: str) -> None:
    draw, value, path = np.random.default_rng(seed), 50.0, []
    for _ in range(n):
        value = min(99.0, max(1.0, value + pull * (50.0 - value) + float(draw.normal(0, 3))))
        path.append(round(value, 1))
    history: Histories = {
        "breadth.above_200d.small": [(date(2020, 1, 1) + timedelta(days=at), one) for at, one in enumerate(path)]
    }
    line = "small above 200d " + form.replace(" #", "")
    if not form.endswith("#"):
        line += " 95" if form in (">", "crosses above") else " 5"
    rule = parse(line)
    up = rule.first.operator.sign > 0
    found = [
        (at, level) for at, level in enumerate(levels_firing(rule, history, (12.0, 4.0, 1.0))) if level is not None
    ]
    levels = [level if up else -level for _, level in found]
    assert levels == sorted(set(levels))
    rates = []
    for at, level in found:
        moved = replace(rule, conditions=(replace(rule.first, level=level),))
        fired = [one.session for one in backtest(moved, history).of(Kind.FIRED)]
        rates.append(len(fired) * YEAR / n)
        wanted = (12.0, 4.0, 1.0)[at]
        assert wanted / 2 <= rates[-1] <= wanted * 2
        assert len(fired) >= 2
        if n >= 2 * YEAR:  # not all in one year
            assert (fired[-1] - fired[0]).days >= YEAR // 2
    assert rates == sorted(set(rates), reverse=True)


def test_firings_of_one_year_alone_are_no_yearly_level() -> None:
    """Five visits above 70 in the first of five years, none later."""
    quiet = [50 + 5 * math.sin(at / 9) for at in range(5 * YEAR)]
    for visit in range(5):
        for at in range(30 + 40 * visit, 35 + 40 * visit):
            quiet[at] = 80.0
    history: Histories = {
        "breadth.above_200d.small": [(date(2020, 1, 1) + timedelta(days=at), one) for at, one in enumerate(quiet)]
    }
    assert all(
        level is None or level < 60
        for level in levels_firing(parse("small above 200d > 95"), history, (12.0, 4.0, 1.0))
    )
