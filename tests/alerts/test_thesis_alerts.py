"""The rule of each claim is true while the claim holds."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from alerts.metrics.figure import Figure
from alerts.rules.backtest import backtest
from alerts.rules.grammar import parse
from alerts.rules.state import Kind
from alerts.thesis import CLAIMS, METRICS, Holding, judge
from alerts.thesis_alerts import claim_numbered, rule_of

START = date(2024, 1, 1)
#: A path of 30 sessions for each claim that is judged by one metric's own level: it crosses the level both ways.
PATHS = {
    "size.lead_quarter": (-1.0, 0.0, 2.0, 3.0, -0.5),
    "size.lead_quarter.micro": (-1.0, 0.0, 2.0, 3.0, -0.5),
    "size.lead_quarter.abroad": (-1.0, 0.0, 2.0, 3.0, -0.5),
    "breadth.equal_weight_trend": (-1.0, 0.0, 2.0, 3.0, -0.5),
    "sectors.cyclicals_lead_63d": (-1.0, 0.0, 2.0, 3.0, -0.5),
    "earnings.growth_gap": (-1.0, 0.0, 2.0, 3.0, -0.5),
    "breadth.above_200d.all": (55.0, 60.0, 61.0, 59.9, 40.0),
    "valuation.discount_profitable": (-10.0, -20.0, -25.0, -19.9, -5.0),
    "breadth.equal_weight_drawdown": (-3.0,) * 10 + (0.0,) + (-1.0,) * 12 + (0.0, -1.0),
}


@pytest.mark.parametrize("name", PATHS)
def test_a_claims_rule_fires_and_ends_with_its_verdict(name: str) -> None:
    days = [START + timedelta(days=at) for at in range(len(PATHS[name]))]
    history = [Figure(day, name, value, 1.0, 1, 1, "test", None) for day, value in zip(days, PATHS[name], strict=True)]
    claim = next(one for one in CLAIMS if one.metric == name)
    holds = []
    for at in range(len(days)):
        told = judge({metric: history[: at + 1] if metric == name else [] for metric in METRICS})
        assert told is not None
        holds.append(next(one.judged.holding for one in told.verdicts if one.claim is claim) is Holding.HOLDS)
    began = [day for at, day in enumerate(days) if at and holds[at] and not holds[at - 1]]
    ended = [day for at, day in enumerate(days) if at and holds[at - 1] and not holds[at]]
    found = backtest(rule_of(claim), {name: [(one.session, one.value) for one in history]})
    assert began
    assert ended
    assert [one.session for one in found.of(Kind.FIRED)] == began
    assert [one.session for one in found.of(Kind.RESOLVED)] == ended


def test_every_claim_has_a_rule_that_a_person_could_type() -> None:
    for number, claim in enumerate(CLAIMS, start=1):
        rule = rule_of(claim)
        assert parse(rule.line) == rule
        assert claim_numbered(number) is claim
    assert claim_numbered(0) is None
    assert claim_numbered(99) is None
