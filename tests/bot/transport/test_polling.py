"""Listening to Telegram: through refusals, conflicts, stalls and updates that cannot be kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest
import telegram
from support.program import TOKEN

from bot.emulator import Fault, LocalTelegram, people, start
from bot.transport.polling import AnotherPoller, Patience, Poller, TokenRefused

QUICK = Patience(poll=1, slack=1, refused=1.0, conflict=1.5, here=0.1, came=0.4)


class Listener:
    """A poller over HTTP, and the texts that it took."""

    def __init__(self, local: LocalTelegram, patience: Patience = QUICK) -> None:
        self.heard: list[str] = []
        self.fails = 0  # of the next takes
        self.bot = telegram.Bot(TOKEN, local.base_url, local.base_file_url)
        self.poller = Poller(self.bot, self.take, patience)
        self.task: asyncio.Task[None] | None = None

    async def take(self, updates: Sequence[dict[str, Any]]) -> None:
        if self.fails:
            self.fails -= 1
            raise OSError("no space left on device")
        self.heard += [update["message"]["text"] for update in updates]

    def begin(self) -> Listener:
        self.task = asyncio.create_task(self.poller.run())
        return self

    async def hears(self, count: int, seconds: float = 10.0) -> list[str]:
        async with asyncio.timeout(seconds):
            while len(self.heard) < count:
                assert self.task is not None
                assert not self.task.done(), self.task
                await asyncio.sleep(0.02)
        return self.heard

    async def end(self) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.mark.parametrize("kind", ["not_found", "unauthorized", "server_error", "drop_before", "drop_after"])
async def test_it_listens_again_after_a_bad_answer(kind: str) -> None:
    local = await start(0)
    local.faults.add(Fault(kind, method="getUpdates", count=3))
    listener = Listener(local, Patience(poll=1, refused=20)).begin()
    people.say(local.world, 1001, "still there?")
    assert await listener.hears(1) == ["still there?"]
    await listener.end()
    await local.stop()


async def test_a_token_that_stays_refused_ends_it() -> None:
    local = await start(0)
    local.faults.add(Fault("unauthorized", method="getUpdates", count=None))
    listener = Listener(local).begin()
    with pytest.raises(TokenRefused, match="copy the new one") as raised:
        await asyncio.wait_for(listener.task, 60)  # type: ignore[arg-type]
    assert TOKEN not in str(raised.value)
    await local.stop()


async def test_an_answer_that_never_comes_is_given_up_at_a_deadline() -> None:
    local = await start(0)
    local.faults.add(Fault("slow", method="getUpdates", seconds=3600, count=1))
    listener = Listener(local).begin()
    people.say(local.world, 1001, "still there?")
    began = time.monotonic()
    assert await listener.hears(1) == ["still there?"]
    assert time.monotonic() - began < 5
    await listener.end()
    await local.stop()


async def test_of_two_with_one_token_the_second_stops_and_polls_no_more() -> None:
    patience = Patience(poll=1, slack=1, conflict=3.0, here=0.1, came=0.4)
    local = await start(0)
    first = Listener(local, patience).begin()
    people.say(local.world, 1001, "one")
    await first.hears(1)
    await asyncio.sleep(patience.conflict)  # it was there before
    second = Listener(local, patience).begin()
    with pytest.raises(AnotherPoller, match="another process polls Telegram with this token; this one stops"):
        await asyncio.wait_for(second.task, 60)  # type: ignore[arg-type]
    calls = local.context.calls.counts["getUpdates"]
    people.say(local.world, 1001, "two")
    async with asyncio.timeout(60):
        while "two" not in first.heard + second.heard:
            await asyncio.sleep(0.02)
    assert first.heard[-1] == "two"
    async with asyncio.timeout(60):
        while local.context.calls.counts["getUpdates"] < calls + 3:
            await asyncio.sleep(0.02)
    assert not first.task.done()  # type: ignore[union-attr]
    polls = [call for call in local.context.calls.since(0) if call["method"] == "getUpdates"]
    assert not any(str(call["outcome"]).startswith("409") for call in polls[-2:])  # nobody ends its polls any more
    await first.end()
    await local.stop()


async def test_what_could_not_be_kept_is_fetched_again_and_then_confirmed() -> None:
    local = await start(0)
    listener = Listener(local)
    listener.fails = 2
    people.say(local.world, 1001, "keep this")
    listener.begin()
    assert await listener.hears(1) == ["keep this"]
    async with asyncio.timeout(60):
        while local.world.updates.pending:
            await asyncio.sleep(0.02)
    assert listener.heard == ["keep this"]
    await listener.end()
    await local.stop()


async def test_nothing_is_confirmed_that_is_not_kept() -> None:
    local = await start(0)
    listener = Listener(local)
    listener.fails = 1_000
    people.say(local.world, 1001, "keep this")
    listener.begin()
    async with asyncio.timeout(60):
        while listener.fails > 998:
            await asyncio.sleep(0.02)
    assert [update["message"]["text"] for update in local.world.updates.pending] == ["keep this"]
    await listener.end()
    await local.stop()
