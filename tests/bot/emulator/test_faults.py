import asyncio
import time

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TimedOut


async def texts(raw, chat):
    """What the bot has said in the chat."""
    return [row["message"]["text"] for row in await raw.see("messages", chat=chat) if row["from_bot"]]


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ({"kind": "too_many_requests", "retry_after": 7}, RetryAfter, "Retry in 7 seconds"),
        ({"kind": "forbidden"}, Forbidden, "Forbidden: bot was blocked by the user"),
        ({"kind": "forbidden", "description": "user is deactivated"}, Forbidden, "Forbidden: user is deactivated"),
        ({"kind": "bad_request", "description": "chat not found"}, BadRequest, "Chat not found"),
        ({"kind": "server_error"}, NetworkError, "Internal Server Error"),
        ({"kind": "server_error", "error_code": 502}, NetworkError, "Bad Gateway"),
        ({"kind": "migrate", "migrate_to_chat_id": -1005}, ChatMigrated, "New chat id: -1005"),
        ({"kind": "drop_before"}, NetworkError, "RemoteProtocolError"),
    ],
)
async def test_a_fault_is_met_once_and_nothing_is_stored(bot, raw, ada, fault, error, message):
    await raw.do("faults", method="sendMessage", **fault)
    with pytest.raises(error) as met:
        await bot.send_message(ada, "first")
    assert message in str(met.value)
    assert await texts(raw, ada) == []
    await bot.send_message(ada, "second")
    assert await texts(raw, ada) == ["second"]
    assert await raw.see("faults") == []


async def test_a_connection_dropped_after_has_stored_the_message(bot, raw, ada):
    await raw.do("faults", kind="drop_after", method="send.*")
    with pytest.raises(NetworkError):
        await bot.send_message(ada, "first")
    assert await texts(raw, ada) == ["first"]
    assert [call["outcome"] for call in await raw.see("log") if call["method"] == "sendMessage"] == ["dropped after"]


@pytest.mark.parametrize("kind", ["slow", "slow_answer"])
async def test_a_slow_answer_comes_in_the_end(bot, raw, ada, kind):
    await raw.do("faults", kind=kind, seconds=0.3)
    began = time.monotonic()
    await bot.send_message(ada, "first")
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("kind", ["slow", "slow_answer"])
async def test_a_client_that_gives_up_waiting_has_sent_its_message(bot, raw, ada, kind, caplog):
    await raw.do("faults", kind=kind, seconds=0.3)
    with pytest.raises(TimedOut):
        await bot.send_message(ada, "first", read_timeout=0.1)
    assert await texts(raw, ada) == ([] if kind == "slow" else ["first"])
    await asyncio.sleep(0.3)
    assert await texts(raw, ada) == ["first"]
    assert caplog.text == ""


async def test_a_fault_waits_for_its_method_and_chat(bot, raw, ada):
    await raw.do("say", person=1002, text="hello")
    await raw.do("faults", kind="forbidden", method="sendMessage", chat_id=1002, count=2)
    await bot.send_message(ada, "a")
    await bot.send_chat_action(1002, "typing")
    for _ in range(2):
        with pytest.raises(Forbidden):
            await bot.send_message(1002, "a")
    await bot.send_message(1002, "a")


async def test_a_seed_makes_chance_repeat(bot, raw, ada):
    outcomes = []
    for _ in range(2):
        await raw.do("faults", kind="server_error", method="sendMessage", count=None, probability=0.5, seed=7)
        calls = [await raw.call("sendMessage", chat_id=ada, text="a") for _ in range(12)]
        outcomes.append([call["ok"] for call in calls])
        await raw.client.delete("/_local/faults")
    assert outcomes[0] == outcomes[1]
    assert set(outcomes[0]) == {True, False}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "sad"}, "kind=sad"),
        ({"kind": "slow"}, "seconds: needed"),
        ({"kind": "slow", "sec": 1}, "sec: unknown"),
        ({"kind": "forbidden", "method": "("}, "missing )"),
        ({}, "'kind'"),
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(raw, fault, error):
    response = await raw.client.post("/_local/faults", json=fault)
    assert response.status_code == 400
    assert error in response.json()["error"]


@pytest.mark.parametrize(("kind", "status"), [("unauthorized", 401), ("not_found", 404)])
async def test_a_good_token_may_be_refused(raw, kind, status):
    await raw.do("faults", kind=kind, method="getUpdates")
    assert (await raw.call("getUpdates"))["error_code"] == status
    assert (await raw.call("getUpdates"))["ok"]
