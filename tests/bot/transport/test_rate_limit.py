"""When a message may leave, on a clock that is an argument."""

from __future__ import annotations

import itertools

import pytest

from bot.transport.rate_limit import CHAT_BURST, REFUSED_CHATS, Pace

ADA, BEN, GROUP = 1001, 1002, -100500


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


def make(rate: float, clock: list[float]) -> Pace:
    return Pace(rate, clock=lambda: clock[0])


def test_a_broadcast_leaves_at_the_pace(clock: list[float]) -> None:
    pace, left = make(30, clock), 0
    for tick in range(10_000):  # ten seconds, looked at every millisecond
        clock[0] = 1000.0 + tick / 1000
        for _ in range(pace.allowance()):
            pace.left(2000 + left)
            left += 1
    assert 299 <= left <= 302


def test_a_late_wake_catches_up_no_more_than_a_moment(clock: list[float]) -> None:
    pace = make(1000, clock)
    clock[0] += 10
    assert pace.allowance() == 100


def test_a_chat_may_hear_three_at_once_and_then_one_a_second(clock: list[float]) -> None:
    pace, heard = make(1000, clock), []
    for tick in range(100):
        clock[0] = 1000.0 + tick / 10
        if ADA not in pace.resting():
            pace.left(ADA)
            heard.append(tick / 10)
    assert len(heard) == CHAT_BURST + 9
    assert all(later - earlier >= 0.99 for earlier, later in itertools.pairwise(heard[3:]))


def test_a_group_hears_twenty_a_minute(clock: list[float]) -> None:
    pace, heard = make(1000, clock), 0
    for tick in range(1200):
        clock[0] = 1000.0 + tick / 10
        if GROUP not in pace.resting():
            pace.left(GROUP)
            heard += 1
    assert heard == 40


@pytest.mark.parametrize(("chat", "heard"), [(ADA, 53), (GROUP, 53)])
def test_a_chat_hears_as_many_a_second_as_is_set(clock: list[float], chat: int, heard: int) -> None:
    pace, left = Pace(1000, 5, clock=lambda: clock[0]), 0
    for tick in range(1001):
        clock[0] = 1000.0 + tick / 100
        if chat not in pace.resting():
            pace.left(chat)
            left += 1
    assert abs(left - heard) <= 1


def test_answers_go_at_once_and_the_broadcast_waits_the_longer(clock: list[float]) -> None:
    pace = make(30, clock)
    pace.left(2000)
    before = pace.wait()
    for person in range(3000, 3010):
        assert pace.wait_for_answer(person) == 0
        pace.left(person)
    assert pace.wait() == pytest.approx(before + 10 / 30)


def test_answers_alone_cannot_outrun_telegram_for_long(clock: list[float]) -> None:
    pace = make(30, clock)
    answered = 0
    while pace.wait_for_answer(4000 + answered) == 0:
        pace.left(4000 + answered)
        answered += 1
    assert answered <= 18


def test_one_chat_that_is_turned_away_rests_for_as_long_as_told(clock: list[float]) -> None:
    pace = make(30, clock)
    pace.turned_away(ADA, 7)
    assert pace.resting() == {ADA: pytest.approx(7)}
    assert pace.allowance() == 1
    clock[0] += 7
    assert ADA not in pace.resting()


def test_two_chats_that_are_turned_away_hold_up_nobody_else(clock: list[float]) -> None:
    pace = make(30, clock)
    pace.turned_away(ADA, 40)
    pace.turned_away(BEN, 40)
    assert pace.allowance() == 1
    assert pace.wait_for_answer(5000) == 0
    assert pace.resting() == {ADA: pytest.approx(40), BEN: pytest.approx(40)}


def test_many_chats_in_a_row_that_are_turned_away_until_the_same_moment_halt_all(clock: list[float]) -> None:
    pace = make(30, clock)
    for person in range(REFUSED_CHATS):
        assert pace.allowance() == 1
        pace.turned_away(2000 + person, 7)
    assert pace.allowance() == 0
    assert pace.wait() == pytest.approx(7)
    assert pace.wait_for_answer(5000) == pytest.approx(7)
    clock[0] += 7
    assert pace.allowance() >= 1


def test_chats_with_limits_of_their_own_do_not_halt_all(clock: list[float]) -> None:
    pace = make(30, clock)
    for person in range(20):  # a message is accepted in between
        pace.turned_away(2000 + person, 40)
        pace.accepted()
    for person in range(20):  # their waits end at different moments
        pace.turned_away(3000 + person, 10 + 3 * person)
    assert pace.allowance() == 1


def test_chats_that_rest_no_more_are_forgotten(clock: list[float]) -> None:
    pace = make(1000, clock)
    for person in range(5000):
        pace.left(person)
    clock[0] += 60
    pace.left(ADA)
    assert set(pace._chats) == {ADA}
    assert pace.resting() == {}
