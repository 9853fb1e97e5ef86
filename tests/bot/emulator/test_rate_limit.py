import pytest
from telegram.error import RetryAfter

from bot.emulator.rate_limit import Pace


async def test_the_fourth_message_to_one_chat_is_too_much(bot, raw, ada):
    await raw.do("pace", on=True)
    for _ in range(3):
        await bot.send_message(ada, "a")
    with pytest.raises(RetryAfter) as met:
        await bot.send_message(ada, "a")
    assert "Retry in 1 seconds" in str(met.value)
    await raw.do("pace", on=False)
    await bot.send_message(ada, "a")


def test_thirty_a_second_to_all_and_a_thousand_where_paid():
    pace = Pace(clock=lambda: 0.0)
    assert [pace.retry_after(chat, False) for chat in range(31)] == [None] * 30 + [1]
    assert [pace.retry_after(chat, True) for chat in range(100, 1101)] == [None] * 1000 + [1]


def test_the_pace_of_one_chat_is_one_a_second():
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    accepted = 0
    for step in range(100):
        now[0] = step / 10
        accepted += pace.retry_after(5, False) is None
    assert accepted == 3 + 9


def test_a_group_takes_twenty_a_minute():
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    for step in range(20):
        now[0] = step * 2.0
        assert pace.retry_after(-5, False) is None
    assert pace.retry_after(-5, False) == 22
    now[0] = 60.0
    assert pace.retry_after(-5, False) is None
