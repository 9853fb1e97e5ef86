"""What a rule tells along a path of values; the tables stand in tests/scenarios."""

from __future__ import annotations

import pytest
from support.paths import Scenario, observations, quiet, scenarios, values_of, walk

from alerts.rules.condition import Operator
from alerts.rules.grammar import parse
from alerts.rules.state import Kind, Phase
from alerts.rules.step import settled


@pytest.mark.parametrize("only_touched", [False, True], ids=["every session", "touched sessions"])
@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario, only_touched: bool) -> None:
    rule = parse(scenario.rule)
    past = observations(values_of(scenario.past or ""))
    start = quiet(rule) if scenario.past is None else settled(rule, past)
    states, told = walk(rule, start, observations(scenario.watched(rule), past), only_touched=only_touched)
    # No data and data back belong to the series: the sessions that touch a rule do not show them.
    assert told == [one for one in scenario.expected if not only_touched or one[1] not in ("no data", "data back")]
    assert states[-1].phase.value == scenario.ends


def test_there_are_scenarios_and_no_two_bear_one_name() -> None:
    names = [scenario.name for scenario in scenarios()]
    assert len(names) == len(set(names)) >= 120


def test_scenarios_come_by_every_state_and_tell_every_kind_of_transition() -> None:
    states: set[Phase] = set()
    kinds: set[str] = set()
    steps: set[tuple[Phase, bool, Phase]] = set()  # from, whether the observation was missing, to
    operators: set[Operator] = set()
    for scenario in scenarios():
        rule = parse(scenario.rule)
        operators |= {condition.operator for condition in rule.conditions}
        past = observations(values_of(scenario.past or ""))
        state = quiet(rule) if scenario.past is None else settled(rule, past)
        path = observations(scenario.watched(rule), past)
        walked, told = walk(rule, state, path)
        kinds |= {kind for _, kind in told}
        for before, after, seen in zip([state, *walked], walked, path, strict=False):
            states |= {before.phase, after.phase}
            steps.add((before.phase, seen.value is None, after.phase))
    assert states == set(Phase)
    assert kinds == set(Kind)
    assert operators == set(Operator)
    level = {
        Phase.INACTIVE: {Phase.INACTIVE, Phase.PENDING, Phase.FIRING},
        Phase.PENDING: {Phase.PENDING, Phase.FIRING, Phase.INACTIVE},
        Phase.FIRING: {Phase.FIRING, Phase.RECOVERING, Phase.INACTIVE},
        Phase.RECOVERING: {Phase.RECOVERING, Phase.FIRING, Phase.INACTIVE},
    }
    for phase, following in level.items():
        assert {after for before, missing, after in steps if before is phase and not missing} >= following
        assert (phase, True, phase) in steps
        assert {after for before, missing, after in steps if before is phase and missing} <= {phase, Phase.EXPIRED}
