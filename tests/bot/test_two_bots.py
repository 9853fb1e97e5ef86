"""Two real processes of the bot with one token: in a rolling deploy, and by mistake."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from support.program import TOKEN, Program

from bot.emulator import LocalTelegram, people, start

pytestmark = [pytest.mark.process, pytest.mark.timeout(400)]

ADA = 1001


async def until(look: Callable[[], Any], seconds: float = 120.0) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := look()):
            await asyncio.sleep(0.02)
        return found


class Bots:
    """Processes of the bot with one token and a database each."""

    def __init__(self, program: Program, local: LocalTelegram) -> None:
        self.program, self.local = program, local
        program.settings |= {"TELEGRAM_API_URL": local.address, "TELEGRAM_BOT_TOKEN": TOKEN, "SCHEDULE": "off"}

    async def begin(self, name: str) -> subprocess.Popen[str]:
        """Start one, and wait until it polls."""
        polled = self.polls()
        process = self.program.start("run", DATABASE_PATH=str(self.program.folder / f"{name}.db"))
        await until(lambda: self.polls() > polled or process.poll() is not None)
        return process

    def polls(self) -> int:
        return self.local.context.calls.counts["getUpdates"]

    def conflicts(self) -> int:
        return sum(str(call["outcome"]).startswith("409") for call in self.local.context.calls.since(0))

    def answers(self) -> int:
        chat = self.local.world.chats.get(ADA)
        return sum(row.from_bot for row in (chat.stored.values() if chat else ()))


@pytest.fixture
async def bots(program: Program) -> AsyncIterator[Bots]:
    local = await start(0)
    yield Bots(program, local)
    for process in program.started:
        process.kill()
    await local.stop()


async def test_the_one_that_is_told_to_stop_lets_go_and_polls_no_more(bots: Bots) -> None:
    older = await bots.begin("older")
    shutil.copy(bots.program.folder / "older.db", bots.program.folder / "newer.db")
    newer = await bots.begin("newer")
    older.terminate()
    await until(lambda: older.poll() is not None)
    assert older.returncode == 0
    conflicts = bots.conflicts()
    people.say(bots.local.world, ADA, "/help")
    await until(bots.answers)
    for _ in range(2):  # polls of the one that is left: no 409 any more
        polls = bots.polls()
        people.say(bots.local.world, ADA, "/privacy")
        await until(lambda before=polls: bots.polls() > before)
    assert bots.conflicts() <= conflicts + 1  # one that was under way
    assert newer.poll() is None


async def test_where_both_stay_one_survives_and_answers(bots: Bots) -> None:
    older = await bots.begin("older")
    await asyncio.to_thread(older.poll)
    newer = await bots.begin("newer")
    await until(lambda: older.poll() is not None or newer.poll() is not None, 200)
    gone, left = (older, newer) if older.poll() is not None else (newer, older)
    assert gone.returncode == 1
    line = next(line for line in bots.program.logs().splitlines() if line.startswith("another process polls"))
    assert "Run one bot a token" in line
    conflicts = bots.conflicts()
    people.say(bots.local.world, ADA, "/help")
    await until(bots.answers)
    assert left.poll() is None
    assert bots.conflicts() == conflicts  # the one that stopped asked no more
