"""What one chat, one answer of Telegram or one update can do to all: over the real program and the local Bot API."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web
from support.program import TOKEN, Program

from bot.emulator import Fault, LocalTelegram, groups, people, start
from bot.emulator.groups import NewGroup
from bot.messages.buttons import callback

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]  # a start takes its time on a busy machine

ADA, BEN = 1001, 1002


async def until(look: Callable[[], Any], seconds: float = 100.0) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := look()):
            await asyncio.sleep(0.01)
        return found


class Bot:
    """The program as a process beside a local Bot API in this one."""

    def __init__(self, program: Program, local: LocalTelegram) -> None:
        self.program = program
        self.local = local
        program.settings |= {"TELEGRAM_API_URL": local.address, "TELEGRAM_BOT_TOKEN": TOKEN, "SCHEDULE": "off"}
        self.process = self.start()

    def start(self, **settings: str) -> subprocess.Popen[str]:
        self.process = self.program.start("run", **settings)
        return self.process

    def said(self, chat: int) -> list[str]:
        """What the bot has said in a chat, oldest first."""
        found = self.local.world.chats.get(chat)
        return [str(row.message.get("text")) for row in (found.stored.values() if found else ()) if row.from_bot]

    async def ask(self, person: int, text: str, seconds: float = 100.0) -> str:
        before = len(self.said(person))
        people.say(self.local.world, person, text)
        await until(lambda: len(self.said(person)) > before, seconds)
        return self.said(person)[-1]

    async def ended(self, seconds: float = 150.0) -> int:
        """The process's exit status."""
        await until(lambda: self.process.poll() is not None, seconds)
        return int(self.process.returncode)

    def rows(self, question: str) -> list[Any]:
        with sqlite3.connect(self.program.folder / "rotation.db") as db:
            return db.execute(question).fetchall()


@pytest.fixture
def unpaced(program: Program) -> None:
    """Answers to one chat follow one another without the second between them that Telegram asks for."""
    program.settings["CHAT_MESSAGES_PER_SECOND"] = "1000"


@pytest.fixture
async def bot(program: Program) -> AsyncIterator[Bot]:
    local = await start(0)
    made = Bot(program, local)
    yield made
    assert TOKEN not in program.logs()
    made.process.kill()
    await local.stop()


async def answer_seconds(bot: Bot, count: int) -> list[float]:
    """How long answers to a bystander take, asked as fast as a chat's own rate limit allows: one a second."""
    took = []
    for _ in range(count):
        began = time.monotonic()
        await bot.ask(BEN, "/privacy")
        took.append(time.monotonic() - began)
        await asyncio.sleep(max(0.0, 1.1 - took[-1]))
    return took


async def test_a_flood_of_one_chat_makes_nobody_else_wait_and_the_end_comes_in_time(bot: Bot) -> None:
    await bot.ask(BEN, "/help")
    alone = max(await answer_seconds(bot, 3))  # a busy machine is slow without a flood, too
    for _ in range(200):
        people.say(bot.local.world, ADA, "/help")
    took = await answer_seconds(bot, 12)
    print(f"bystander: slowest of {len(took)} answers {max(took):.3f} s, {alone:.3f} s without a flood")
    assert max(took) < max(1.0, 5 * alone)
    began = time.monotonic()
    bot.process.terminate()
    assert await bot.ended() == 0
    print(f"SIGTERM: {time.monotonic() - began:.2f} s")
    assert time.monotonic() - began < max(10.0, 20 * alone)
    bot.start()  # what was accepted before is answered now
    await until(lambda: not bot.rows("SELECT 1 FROM waiting_updates"), 100)
    assert sum("20 requests a minute" in text for text in bot.said(ADA)) == 1
    assert len(bot.said(ADA)) == 21


async def test_a_404_and_a_401_to_getupdates_are_survived(bot: Bot) -> None:
    await bot.ask(ADA, "/help")
    bot.local.faults.add(Fault("not_found", method="getUpdates", count=1))
    bot.local.faults.add(Fault("unauthorized", method="getUpdates", count=1))
    people.say(bot.local.world, BEN, "/help")  # ends the poll that waits
    assert "/alert" in await bot.ask(ADA, "/help")
    assert bot.process.poll() is None


async def test_a_token_that_stays_refused_ends_the_process_with_a_line(bot: Bot) -> None:
    await bot.ask(ADA, "/help")
    bot.local.faults.add(Fault("unauthorized", method="getUpdates", count=None))
    assert await bot.ended() == 1
    assert "copy the new one from @BotFather" in bot.program.logs()
    assert "Traceback" not in bot.program.logs()


async def test_an_update_that_cannot_be_read_is_skipped_and_its_content_is_not_logged(bot: Bot) -> None:
    person = {"id": ADA, "is_bot": False, "first_name": "Somebody"}
    bad = {
        "message": {"message_id": 7, "date": 10**30, "from": person, "chat": person | {"type": "private"},
                    "text": "my secret"}
    }  # fmt: skip
    number = bot.local.world.updates.add_raw(bad)
    bot.local.world.updates.add_raw({"message": "not an object"})
    assert "/alert" in await bot.ask(ADA, "/help")
    await until(lambda: not bot.local.world.updates.pending)
    logged = [line for line in bot.program.logs().splitlines() if "cannot be read" in line]
    assert len(logged) == 2
    assert f"update {number} (message)" in logged[0]
    assert "secret" not in bot.program.logs()
    assert "Somebody" not in bot.program.logs()


@pytest.mark.usefixtures("unpaced")
async def test_mute_and_unmute_keep_their_order(bot: Bot) -> None:
    await bot.ask(ADA, "/subscribe")
    for _ in range(6):
        people.say(bot.local.world, ADA, "/mute")
        people.say(bot.local.world, ADA, "/unmute")
    await until(lambda: len(bot.said(ADA)) == 13)
    assert bot.rows("SELECT muted FROM chats") == [(0,)]


async def test_a_kill_with_updates_in_hand_leaves_nobody_without_an_answer(bot: Bot) -> None:
    await bot.ask(ADA, "/help")
    persons = [bot.local.world.add_person("Somebody")["id"] for _ in range(120)]
    for person in persons:
        people.say(bot.local.world, person, "/privacy")
    await until(lambda: any(bot.said(person) for person in persons))
    bot.process.kill()
    bot.process.wait()
    unanswered = [person for person in persons if not bot.said(person)]
    bot.start()
    await until(lambda: all(bot.said(person) for person in persons), 100)
    print(f"unanswered at the kill: {len(unanswered)} of {len(persons)}; after the restart: 0")


async def test_a_file_belongs_to_one_bot(bot: Bot) -> None:
    await bot.ask(ADA, "/help")
    bot.process.terminate()
    await bot.ended()
    bot.start(TELEGRAM_BOT_TOKEN="123456789:" + TOKEN.partition(":")[2])
    assert await bot.ended() == 2
    line = bot.program.logs().splitlines()[-1]
    assert "belongs to bot 987654321" in line
    assert "use the token of bot 987654321, or name another file" in line
    assert "Traceback" not in bot.program.logs()


async def test_a_member_of_a_group_changes_nothing_whoever_the_bot_writes_as(bot: Bot) -> None:
    world = bot.local.world
    await until(lambda: bot.local.context.calls.counts["getUpdates"])
    group = groups.add_group(
        world, ADA, NewGroup("Investors", members=(BEN,), bot_status="administrator", anonymous=True)
    ).id
    await until(lambda: len(bot.said(group)) == 1)  # the greeting
    people.say(world, ADA, "/subscribe", chat_id=group, anonymous=True)
    await until(lambda: len(bot.said(group)) == 2)
    assert bot.rows("SELECT id FROM chats") == [(group,)]
    people.say(world, ADA, "/forgetme", chat_id=group, anonymous=True)
    await until(lambda: len(bot.said(group)) == 3)
    question = max(world.chats[group].stored)
    pressed = people.press(world, BEN, question, chat_id=group, data=callback("forget"))
    await until(lambda: pressed.answer)
    assert pressed.answer == {"text": "Only this group's administrators change what it hears."}
    assert bot.rows("SELECT id FROM chats") == [(group,)]
    people.press(world, ADA, question, chat_id=group, data=callback("forget"))
    await until(lambda: world.chats[group].stored[question].message["text"].startswith("Erased"))
    assert bot.rows("SELECT id FROM chats") == []


async def test_presses_without_a_chat_or_a_message_are_answered(bot: Bot) -> None:
    world = bot.local.world
    await bot.ask(ADA, "/help")
    person = world.people[ADA]
    chat = world.private_chat(ADA).described
    unreachable = {"chat": chat, "message_id": 1, "date": 0}
    for press in (
        {"inline_message_id": "x", "data": callback("forget")},
        {"message": unreachable, "data": callback("change")},
        {"message": unreachable, "data": callback("keep")},
        {"message": unreachable, "data": callback("more:2025-02-30:1")},
        {"message": unreachable, "data": callback("why:٣")},
        {"message": unreachable, "data": callback("cancel")},
        {"message": unreachable},
    ):
        world.updates.add("callback_query", {"id": world.next_query_id(), "from": person, "chat_instance": "1"} | press)
    people.say(world, ADA, "/help")
    await until(lambda: bot.said(ADA)[1:] and "/alert" in bot.said(ADA)[-1])
    await until(lambda: not bot.rows("SELECT 1 FROM waiting_updates"))
    assert "Traceback" not in bot.program.logs()
    assert not any("went wrong" in text for text in bot.said(ADA))


async def test_a_clock_that_telegram_contradicts_is_said_once(program: Program) -> None:
    ahead = timedelta(days=-30)

    def dated(application: web.Application) -> None:
        async def sign(_request: web.Request, response: web.StreamResponse) -> None:
            response.headers["Date"] = format_datetime(datetime.now(UTC) + ahead, usegmt=True)

        application.on_response_prepare.append(sign)

    local = await start(0, extend=dated)
    people.say(local.world, ADA, "/start")
    program.settings["ADMIN_CHAT_IDS"] = str(ADA)
    bot = Bot(program, local)
    try:
        await until(lambda: any("clock" in text for text in bot.said(ADA)), 100)
        bot.process.terminate()
        assert await bot.ended() == 0
        bot.start()  # it is as wrong as before
        await bot.ask(ADA, "/help", 100)
        told = [text for text in bot.said(ADA) if "clock" in text]
        assert len(told) == 1, told
        assert told[0].startswith("⚠️ The clock is 30.0 days ahead"), told
        assert program.logs().count("this machine's clock is 43,200 minutes ahead of the dates of answers") == 1
    finally:
        bot.process.kill()
        await local.stop()
