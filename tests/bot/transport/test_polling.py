"""Listening to Telegram: through an outage, a stall, and an update that comes twice."""

from __future__ import annotations

import asyncio
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.program import TOKEN, Program, until
from support.telegram_people import Person, text

from bot.commands.dispatch import PerChatProcessor
from bot.database import Store
from bot.emulator import Fault, start
from bot.emulator import people as local_people
from bot.transport.polling import Polled, watch


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.process
def test_starting_without_a_network_waits_and_then_answers(program: Program) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    program.settings |= {"TELEGRAM_API_URL": address, "TELEGRAM_BOT_TOKEN": TOKEN, "SCHEDULE": "off"}
    bot = program.start("run")
    time.sleep(4)
    assert bot.poll() is None
    program.start("local-telegram", "--port", str(port))
    until(lambda: reachable(address))
    assert "Rotation alerts" in text(Person(address).ask("/start", seconds=60))
    assert TOKEN not in program.logs()
    assert "Traceback" not in program.logs()


def reachable(address: str) -> bool:
    try:
        return httpx.get(f"{address}/_local/people").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.process
def test_a_second_bot_with_the_same_token_is_told_so_and_one_of_them_stops(program: Program) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    program.start("local-telegram", "--port", str(port))
    until(lambda: reachable(address))
    program.settings |= {"TELEGRAM_API_URL": address, "TELEGRAM_BOT_TOKEN": TOKEN, "SCHEDULE": "off"}
    one = program.start("run")
    Person(address).ask("/help")
    other = program.start("run")
    until(lambda: one.poll() is not None or other.poll() is not None, 40)
    assert "another process polls Telegram with this token" in program.logs()
    stopped = one if one.poll() is not None else other
    assert stopped.returncode == 1


async def test_a_stalled_poller_is_started_again(path: Path) -> None:
    from telegram.ext import Application, MessageHandler, filters

    local = await start(0)
    polling = Polled()
    heard: list[str] = []

    async def hear(update: Any, _context: Any) -> None:
        heard.append(update.message.text)

    application = Application.builder().token(TOKEN).base_url(local.base_url).get_updates_request(polling).build()
    application.add_handler(MessageHandler(filters.TEXT, hear))
    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(timeout=1)
        local.faults.add(Fault("slow", method="getUpdates", seconds=3600, count=1))
        watchdog = asyncio.create_task(watch(application, polling, stalled_seconds=1.5, look_seconds=0.2))
        await asyncio.sleep(2.5)
        local_people.say(local.world, 1001, "still there?")
        async with asyncio.timeout(20):
            while not heard:
                await asyncio.sleep(0.05)
        watchdog.cancel()
        await application.updater.stop()
        await application.stop()
    await local.stop()
    assert heard == ["still there?"]


async def test_an_update_that_comes_twice_acts_once(path: Path) -> None:
    from telegram import Chat, Message, Update

    store = Store(path)
    processor = PerChatProcessor(8, store)
    update = Update(7, message=Message(1, datetime.now(UTC), Chat(1001, "private"), text="/start"))
    acted = []

    async def act() -> None:
        acted.append(update.update_id)

    for _ in range(2):
        await processor.do_process_update(update, act())
    await store.close()
    again = Store(path)
    await PerChatProcessor(8, again).do_process_update(update, act())  # after a restart, too
    await again.close()
    assert acted == [7]
