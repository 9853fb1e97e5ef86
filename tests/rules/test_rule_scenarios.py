"""What a rule tells along a path of values; the tables stand in tests/scenarios."""

from __future__ import annotations

import pytest
from paths import Scenario, observations, scenarios, values_of, walk

from alerts.rules.grammar import parse
from alerts.rules.state import initial, settled


@pytest.mark.parametrize("only_touched", [False, True], ids=["every session", "touched sessions"])
@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario, only_touched: bool) -> None:
    rule = parse(scenario.rule)
    past = observations(values_of(scenario.past or ""))
    start = initial(rule) if scenario.past is None else settled(rule, past)
    states, told = walk(rule, start, observations(values_of(scenario.path), past), only_touched=only_touched)
    # No data and data back belong to the series: the sessions that touch a rule do not show them.
    assert told == [one for one in scenario.expected if not only_touched or one[1] not in ("no data", "data back")]
    assert states[-1].phase.value == scenario.ends


def test_there_are_scenarios_and_no_two_bear_one_name() -> None:
    names = [scenario.name for scenario in scenarios()]
    assert len(names) == len(set(names)) >= 60
