"""How many messages begin at once, beside answers that people wait for."""

from __future__ import annotations

import pytest

from bot.transport.headroom import FEWEST, LATE_SECONDS, Headroom

LATE, IN_TIME = 2 * LATE_SECONDS, 0.0


def after(most: int, *waits: tuple[float, int]) -> int:
    """How many begin at once after waits that ended so late, beside so many answers."""
    headroom = Headroom(most)
    for late, answers in waits:
        headroom.waited(late, answers)
    return headroom.at_once


@pytest.mark.parametrize(
    ("waits", "at_once"),
    [
        ([], 128),
        ([(LATE, 0)] * 9, 128),  # nobody asks: delivery has the machine to itself
        ([(IN_TIME, 3)] * 9, 128),
        ([(LATE, 1)], 76),
        ([(LATE, 1)] * 2, 46),
        ([(LATE, 1)] * 50, int(FEWEST)),  # a broadcast never stands still
        ([*[(LATE, 1)] * 50, *[(IN_TIME, 1)] * 6], int(FEWEST) + 3),
        ([*[(LATE, 1)] * 50, (IN_TIME, 0)], 128),  # answered: at once at its full pace again
    ],
)
def test_a_broadcast_gives_way_to_answers_where_the_event_loop_is_late(
    waits: list[tuple[float, int]], at_once: int
) -> None:
    assert after(128, *waits) == at_once
