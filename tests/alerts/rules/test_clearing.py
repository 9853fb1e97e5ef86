"""The clear level that is offered for a rule that fires often."""

from __future__ import annotations

import pytest

from alerts.rules.clearing import clear_level, takes_clear
from alerts.rules.grammar import parse

# Five touches of 60 in a row, each of a session or two, a dip to 52, and then a long stay above it.
FLAPPING = [50.0, 61, 58, 62, 59, 61, 57, 61, 58, 52] + [61.0] * 20 + [50.0]


def test_it_is_the_one_that_leaves_the_fewest_firings_and_loses_no_long_one() -> None:
    clear = clear_level(parse("small above 200d > 60"), FLAPPING)
    assert clear is not None
    assert 52 <= clear < 57  # below the dips between the touches, not below the one before the long stay


def test_a_long_firing_that_would_be_lost_keeps_the_clear_level_near() -> None:
    # Every dip is followed by a firing of more than ten sessions: none may go.
    stays = [50.0] + ([61.0] * 12 + [58.0]) * 4
    assert clear_level(parse("small above 200d > 60"), stays) is None


def test_a_fall_clears_above_its_level() -> None:
    mirrored = [100 - value for value in FLAPPING]
    clear = clear_level(parse("small above 200d crosses below 40"), mirrored)
    assert clear is not None
    assert 43 < clear <= 48


def test_nothing_is_offered_where_it_fires_seldom() -> None:
    assert clear_level(parse("small above 200d > 60"), [50.0] * 30 + [61.0] * 30) is None


@pytest.mark.parametrize(
    "line",
    [
        "regime changes", "zweig thrust", "lead 21d outside -2..2", "iwm/spy crosses above its 50d average",
        "small above 200d > 60 and lead 21d > 2", "iwm/spy crosses 70", "regime > 0",
    ],
)  # fmt: skip
def test_rules_without_one_level_and_a_direction_take_none(line: str) -> None:
    assert not takes_clear(parse(line))
    assert clear_level(parse(line), FLAPPING) is None
