"""Levels that would fire so often: found through the rule's own steps."""

from __future__ import annotations

import math
from datetime import date, timedelta

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
