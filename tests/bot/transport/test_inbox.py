"""Queues of chats: in order, fair, bounded, kept through a kill, and each update once."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from telegram import Update

from bot.database import Store
from bot.transport.inbox import Inbox, TooMany
from storage import chats, updates

PER_MINUTE = 20
_numbers = itertools.count(1)


def message(chat: int, text: str, number: int | None = None) -> dict[str, Any]:
    described = {"id": chat, "type": "private", "first_name": "Ada"}
    return {
        "update_id": number or next(_numbers),
        "message": {"message_id": 1, "date": 1, "chat": described, "from": described | {"is_bot": False}, "text": text},
    }


def press(chat: int, button: str) -> dict[str, Any]:
    under = message(chat, "")["message"]
    return {
        "update_id": next(_numbers),
        "callback_query": {"id": "1", "from": under["from"], "chat_instance": "1", "message": under, "data": button},
    }


def read(raw: dict[str, Any]) -> Update | None:
    return Update.de_json(raw, None)


class Recorder:
    """An inbox over a database, and what was answered."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path)
        self.now = 1_000.0
        self.answered: list[tuple[int, str]] = []
        self.told: list[tuple[int, int]] = []  # the chat, and the limit
        self.waits: dict[str, asyncio.Event] = {}  # by text, before it is answered
        self.inbox = Inbox(self.store, read, self.answer, TooMany(PER_MINUTE, self.too_many), clock=lambda: self.now)

    async def answer(self, update: Update) -> None:
        assert update.effective_chat is not None
        text = str(update.callback_query.data if update.callback_query else update.message and update.message.text)
        if text in self.waits:
            await self.waits[text].wait()
        if text == "raise":
            raise ValueError("an error of a handler")
        self.answered.append((update.effective_chat.id, text))

    async def too_many(self, limit: int, update: Update) -> None:
        assert update.effective_chat is not None
        self.told.append((update.effective_chat.id, limit))

    async def has_answered(self, count: int) -> list[tuple[int, str]]:
        async with asyncio.timeout(60):
            while len(self.answered) < count:
                await asyncio.sleep(0.005)
        return self.answered

    async def waiting(self) -> list[str]:
        return [row.content for row in await self.store.read(updates.waiting)]

    async def nothing_waits(self) -> None:
        async with asyncio.timeout(60):
            while await self.waiting():
                await asyncio.sleep(0.005)


@pytest.fixture
async def recorder(path: Path) -> AsyncIterator[Recorder]:
    made = Recorder(path)
    yield made
    await made.inbox.stop(0.1)
    await made.store.close()


async def test_one_chat_is_answered_in_order_while_others_go_ahead(recorder: Recorder) -> None:
    recorder.waits["/mute"] = asyncio.Event()
    await recorder.inbox.take([message(1, "/mute"), message(1, "/unmute"), message(2, "/help")])
    assert await recorder.has_answered(1) == [(2, "/help")]
    recorder.waits["/mute"].set()
    assert await recorder.has_answered(3) == [(2, "/help"), (1, "/mute"), (1, "/unmute")]


async def test_order_holds_where_many_wait_for_their_turn(recorder: Recorder) -> None:
    texts = [f"/{number}" for number in range(PER_MINUTE)]
    recorder.waits = {text: asyncio.Event() for text in texts}
    for text in texts:
        await recorder.inbox.take([message(1, text)])
    for event in reversed(recorder.waits.values()):
        event.set()
        await asyncio.sleep(0)
    assert [text for _, text in await recorder.has_answered(PER_MINUTE)] == texts


async def test_a_chat_that_sends_too_much_is_told_once_and_nobody_waits_for_it(recorder: Recorder) -> None:
    recorder.waits["/0"] = asyncio.Event()
    flood = [message(1, f"/{number}") for number in range(200)]
    await recorder.inbox.take([*flood[:100], message(2, "/help"), *flood[100:]])
    assert await recorder.has_answered(1) == [(2, "/help")]
    recorder.waits["/0"].set()
    await recorder.has_answered(1 + PER_MINUTE)
    await recorder.nothing_waits()
    assert [text for chat, text in recorder.answered if chat == 1] == [f"/{number}" for number in range(PER_MINUTE)]
    assert recorder.told == [(1, PER_MINUTE)]
    recorder.now += 61
    await recorder.inbox.take([message(1, "/again")])
    assert (await recorder.has_answered(2 + PER_MINUTE))[-1] == (1, "/again")


async def test_taps_that_reach_a_level_are_no_flood_and_leave_messages_their_own_limit(recorder: Recorder) -> None:
    taps = [press(1, f"level {number}") for number in range(3 * PER_MINUTE)]
    for tap in taps:
        await recorder.inbox.take([tap])
        await recorder.nothing_waits()
    await recorder.inbox.take([message(1, "/alerts"), press(1, "one more")])
    answered = await recorder.has_answered(len(taps) + 1)
    await recorder.nothing_waits()
    assert [text for _, text in answered] == [*(f"level {number}" for number in range(len(taps))), "/alerts"]
    assert recorder.told == [(1, 3 * PER_MINUTE)]


async def test_an_error_of_one_answer_leaves_the_chat_and_the_others_served(recorder: Recorder) -> None:
    await recorder.inbox.take([message(1, "raise"), message(1, "/help"), message(2, "/help")])
    assert sorted(await recorder.has_answered(2)) == [(1, "/help"), (2, "/help")]


async def test_what_a_kill_leaves_unanswered_is_answered_by_the_next_process_once(path: Path) -> None:
    killed = Recorder(path)
    killed.waits["/slow"] = asyncio.Event()
    batch = [message(1, "/slow"), message(1, "/next"), message(2, "/help")]
    await killed.inbox.take(batch)
    await killed.has_answered(1)
    async with asyncio.timeout(60):
        while len(await killed.waiting()) > 2:
            await asyncio.sleep(0.005)
    await killed.inbox.stop(0.05)
    await killed.store.close()
    after = Recorder(path)
    await after.inbox.resume()
    await after.inbox.take(batch)  # not confirmed, so Telegram repeats it
    assert await after.has_answered(2) == [(1, "/slow"), (1, "/next")]
    await after.nothing_waits()
    assert len(after.answered) == 2
    await after.inbox.stop()
    await after.store.close()


async def test_an_update_that_comes_twice_acts_once(recorder: Recorder) -> None:
    twice = message(1, "/start")
    await recorder.inbox.take([twice, twice])
    await recorder.has_answered(1)
    await recorder.inbox.take([twice, message(2, "/help")])
    assert await recorder.has_answered(2) == [(1, "/start"), (2, "/help")]


async def test_stopping_does_not_wait_for_what_waits(recorder: Recorder) -> None:
    recorder.waits["/slow"] = asyncio.Event()
    await recorder.inbox.take([message(chat, "/slow") for chat in range(1, 30)])
    began = asyncio.get_running_loop().time()
    await recorder.inbox.stop(0.2)
    assert asyncio.get_running_loop().time() - began < 2
    assert len(await recorder.waiting()) == 29


async def test_what_waits_of_a_chat_is_erased_with_it(recorder: Recorder) -> None:
    recorder.waits["/slow"] = asyncio.Event()
    await recorder.inbox.take([message(111, "/slow"), message(222, "/slow")])
    await recorder.store.write(chats.forget, 111)
    assert [row.chat for row in await recorder.store.read(updates.waiting)] == [222]
    await recorder.store.write(updates.note_handled, [1], datetime.now(UTC))
