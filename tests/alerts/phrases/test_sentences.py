"""Sentences as people type them, and the lines of the grammar that they mean."""

from __future__ import annotations

import pytest

from alerts.phrases.doubts import Doubt, doubt_about
from alerts.phrases.sentences import meant
from alerts.rules.grammar import parse

VALUES = {
    "size.ratio": 75.3, "breadth.equal_weight": 90.0, "breadth.above_200d.small": 55.0,
    "valuation.discount": -20.0, "valuation.discount_profitable": -28.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "line"),
    [
        ("tell me when small caps beat large caps", "lead 63d crosses above 0"),
        ("large caps beat small caps", "lead 63d crosses below 0"),
        ("alert me if IWM outperforms SPY by 5%", "lead 63d > 5"),
        ("small caps outperform large caps this quarter", "lead quarter crosses above 0"),
        ("rsp/spy falls 5%", "change 21d of rsp/spy < -4.5"),  # 5 % of 90
        ("60% of small caps above their 200 day average", "small above 200d crosses above 60"),
        ("small abov 200d croses above 60", "small above 200d crosses above 60"),
        ("equal weight at a new high", "equal weight at a new high 252d"),
        ("iwm vs spy at a 26 week high", "iwm/spy at a new high 126d"),
        ("energy enters leading", "xle quadrant ≥ 2"),
    ],
)
def test_one_near_meaning_is_taken(sentence: str, line: str) -> None:
    found = meant(sentence, VALUES.get)
    assert found.lines == (line,)
    assert found.sure


@pytest.mark.parametrize("sentence", ["breadth above 60", "small caps at a new high", "small caps are in an uptrend"])
def test_near_meanings_are_offered(sentence: str) -> None:
    found = meant(sentence, VALUES.get)
    assert len(found.lines) > 1
    assert not found.together
    assert all(parse(line) for line in found.lines)


def test_or_asks_for_two_alerts_and_lends_its_subject() -> None:
    found = meant("small breadth over 60 or under 40", VALUES.get)
    assert found.lines == ("small above 200d > 60", "small above 200d < 40")
    assert found.together


@pytest.mark.parametrize("sentence", ["what is the weather", "thanks a lot", "tell me a joke", "", "QQQ/RSP falls 5%"])
def test_what_means_no_alert_means_none(sentence: str) -> None:
    assert meant(sentence, VALUES.get).lines == ()


def test_a_factor_a_fraction_and_a_namesake_are_doubted() -> None:
    factor = doubt_about(parse("iwm/spy > 1.05"), VALUES.get)
    assert factor is not None
    assert factor.doubt is Doubt.FACTOR
    assert factor.instead[0] == "iwm/spy > 79.1"  # 1.05 × 75.3
    fraction = doubt_about(parse("small above 200d > 0.6"), VALUES.get)
    assert fraction is not None
    assert fraction.instead == ("small above 200d > 60", "small above 200d > 0.6")
    namesake = doubt_about(parse("valuation discount < -25"), VALUES.get)
    assert namesake is not None
    assert namesake.instead[0] == "valuation discount profitable < -25"
    assert doubt_about(parse("small above 200d > 60"), VALUES.get) is None
    assert doubt_about(parse("valuation discount profitable < -25"), VALUES.get) is None
