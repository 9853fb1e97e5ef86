"""Levels to tap, directions of a metric, and the clear level that makes a rule fire less."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.metrics.catalog import catalog, metric
from alerts.rules.backtest import Histories
from alerts.rules.directions import Direction, at_level, condition_of, directions, leveled
from alerts.rules.grammar import parse
from alerts.rules.levels import Steps, first_level, standing_levels, steps_of
from alerts.rules.rule import Rule
from alerts.rules.series import Series
from alerts.rules.state import Kind, Observation
from alerts.rules.step import initial, step
from alerts.rules.suggest import _fired

SMALL = "breadth.above_200d.small"


def dated(values: list[float]) -> Histories:
    return {SMALL: [(date(2020, 1, 1) + timedelta(days=at), value) for at, value in enumerate(values)]}


@pytest.mark.parametrize(
    ("level", "steps", "large", "to"),
    [(64.3, 1, False, 64.5), (64.3, -1, False, 64.0), (64.5, 1, False, 65.0), (64.5, -1, False, 64.0),
     (64.3, 1, True, 65.0),
     (64.5, 1, True, 70.0), (60.5, -1, True, 55.0), (60.0, -1, True, 55.0),
     (64.3, -1, True, 60.0), (-2.2, -1, False, -2.5), (0.5, -1, False, 0.0)],
)  # fmt: skip
def test_a_step_goes_to_the_next_round_level(level: float, steps: int, large: bool, to: float) -> None:
    assert Steps(0.5, 5.0).moved(level, steps, large=large) == to


def test_steps_suit_the_metric() -> None:
    assert steps_of(Series(SMALL), [40, 60]) == Steps(0.5, 5.0)
    assert steps_of(Series("regime.score"), [0, 4]) == Steps(1.0, 2.0)
    ratio = steps_of(Series("size.ratio"), list(np.linspace(60, 110, 500)))
    assert ratio == Steps(0.5, 5.0)  # 40 between the 10th and 90th percentile, in about sixty steps
    assert steps_of(Series("size.ratio"), []).small > 0


def test_every_metric_begins_in_every_direction_with_a_line_that_parses() -> None:
    count = 0
    for of in catalog().values():
        values = [float(state) for state in of.labels] or [0.2, 0.4, 0.6] if of.unit == "fraction" else [
            float(state) for state in of.labels] or [-3.0, -1.0, 5.0, 20.0]  # fmt: skip
        for direction in directions(of):
            rule = Rule((condition_of(of.id, direction),))
            if direction.has_level:
                level = first_level(rule, values)
                assert level is not None, (of.id, direction)
                moved = at_level(rule, level)
                assert moved is not None
                rule = moved
            assert parse(rule.line) == rule, rule.line
            count += 1
    assert count > 900
    assert directions(metric("breadth.zweig_thrust.all")) == (Direction.HAPPENS,)
    assert Direction.CHANGES in directions(metric("regime.state"))


def test_a_level_that_could_never_fire_is_not_offered() -> None:
    rule = parse("small above 200d > 60")
    assert at_level(rule, 100.0) is None
    assert at_level(rule, -1.0) is None
    moved = at_level(parse("small above 200d > 60 clear 55"), 70.0)
    assert moved is not None
    assert moved.line == "small above 200d > 70 clear 65"
    assert [percentile for percentile, _ in standing_levels(rule, [0.0, 0.0, 100.0, 100.0])] == [10, 25]
    assert not leveled(parse("small above 200d outside 10..90"))


@settings(max_examples=60)
@given(
    st.lists(st.integers(40, 80), min_size=2, max_size=120),
    st.sampled_from([">", "<", "≥", "≤", "crosses above", "crosses below"]),
    st.integers(45, 75),
)
def test_counting_firings_at_once_agrees_with_the_rules_own_steps(values: list[int], operator: str, level: int) -> None:
    rule = parse(f"small above 200d {operator} {level}")
    seen = [Observation(date(2020, 1, 1) + timedelta(days=at), at + 1, float(one)) for at, one in enumerate(values)]
    state, fired = initial(rule), []
    for at, observation in enumerate(seen):
        state, kinds = step(rule, state, observation)
        if Kind.FIRED in kinds:
            fired.append(at)
    assert _fired(rule, seen) == fired


def test_waves_have_their_quarter_as_first_level() -> None:
    values = [50 + 20 * math.sin(at / 9) for at in range(500)]
    above, below = parse("small above 200d > 1"), parse("small above 200d < 99")
    assert first_level(above, values) == pytest.approx(np.quantile(values, 0.75), abs=0.06)
    assert first_level(below, values) == pytest.approx(np.quantile(values, 0.25), abs=0.06)
