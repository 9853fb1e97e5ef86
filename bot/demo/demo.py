"""The bot on this machine alone: a local Bot API with a chat page, the unmodified bot, and a market clock.

One process serves the page and turns the clock; the bot runs in another, as it would anywhere, and is told by its
settings where Telegram is. A step of the clock is a real session: gathered, judged, recorded, and sent by the bot.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from alerts.rules.grammar import parse
from bot.demo.clock import MarketClock
from bot.demo.page import chat_page
from bot.emulator import LocalTelegram, groups, people, start
from bot.emulator.snapshot import keep, kept
from bot.emulator.state import World
from bot.pipeline.sources import make_economy, make_feed
from bot.settings import Settings
from storage import rules
from storage.database import claim_market, open_database

log = logging.getLogger(__name__)

KEEP_SECONDS = 1.0
#: What the page's first person has asked for, so that playing shows alerts.
FIRST_LINES = (
    "iwm/spy crosses above its 200d average",
    "small above 200d crosses above 40",
    "small above 200d crosses above 60",
)
BOT_ID = 1000000001
NOTICE = {"sample": "The market is simulated.", "yahoo": ""}


async def _answer(world: World, person: int, act: Callable[[], object]) -> int:
    """Do something as a person, and wait for the bot's answer; its message's id."""
    chat = world.private_chat(person)
    before = chat.last_message_id
    act()
    while not (answers := [at for at, stored in chat.stored.items() if stored.from_bot and at > before]):
        await asyncio.sleep(0.05)
    return answers[-1]


def _add_places(world: World) -> None:
    """A group with two topics, of the first person, and a channel of the last one."""
    world.become(BOT_ID)  # the bot has not said yet who it is
    first, *_, last = world.people
    members = tuple(world.people)
    group = groups.add_group(world, first, groups.NewGroup("Investors", members=members, forum=True))
    for name in ("Alerts", "Talk"):
        groups.add_topic(world, group.id, first, name)
    groups.add_group(world, last, groups.NewGroup("Rotation notes", kind="channel", bot_status="administrator"))


@dataclass
class Demo:
    """What `rotation-alerts demo` runs."""

    settings: Settings
    port: int
    opened: Callable[[str], None]  # called with the page's address once somebody may look at it
    fresh: bool = False
    #: Of this run alone: no page of another site can know it.
    token: str = field(default_factory=lambda: f"{BOT_ID}:{secrets.token_urlsafe(32)}", repr=False)
    _bot: asyncio.subprocess.Process | None = None
    _changes: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def folder(self) -> Path:
        """Where the chat is kept, beside the database."""
        path = self.settings.database_path
        return path.with_name(path.name + ".chat")

    async def run(self) -> None:
        """Serve until SIGINT or SIGTERM. Raises what `start` and `open_database` do."""
        if self.fresh:
            self._forget()
        simulated = self.settings.market == "sample"
        self._claim()
        world = kept(self.folder) or World()
        feeds = (make_feed(self.settings), make_economy(self.settings))
        clock = MarketClock(self.settings.database_path, *feeds) if simulated else None
        local = await start(
            self.port, world=world, token=self.token, extend=chat_page(clock, NOTICE[self.settings.market])
        )
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        world.on_change.append(lambda _: self._changes.set())
        keeper = asyncio.create_task(self._keep(world), name="keeper")
        bot = asyncio.create_task(self._keep_running(local), name="bot")
        first = asyncio.create_task(self._begin(local, clock), name="begin")
        try:
            self.opened(f"{local.address}/")
            await stopped.wait()
        finally:
            if clock is not None:
                clock.end()
            for task in (first, bot, keeper):
                task.cancel()
            await asyncio.gather(first, bot, keeper, return_exceptions=True)
            await self._end_bot()
            await local.stop()
            keep(world, self.folder)

    def _forget(self) -> None:
        path = self.settings.database_path
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _claim(self) -> None:
        db = open_database(self.settings.database_path)
        try:
            claim_market(db, self.settings.market, datetime.now(UTC))
        finally:
            db.close()

    async def _begin(self, local: LocalTelegram, clock: MarketClock | None) -> None:
        """Fill the market, and let the first person ask for the first alerts, once in the life of a file."""
        if clock is None:
            return
        begun = self._begun_file.exists()  # a start that was ended before goes on from where it was
        person = next(iter(local.world.people))
        greeting = None
        if not begun and not local.world.chats:
            _add_places(local.world)
            # answered while the market is being filled
            greeting = asyncio.create_task(
                _answer(local.world, person, lambda: people.say(local.world, person, "/start")), name="greeting"
            )
        await clock.begin()
        if greeting is not None:
            await greeting
        if not begun:
            for line in await asyncio.to_thread(self._first_lines_left, person):
                await self._set(local.world, person, line)
            self.folder.mkdir(parents=True, exist_ok=True)
            self._begun_file.touch()
        await self._fill_history()

    async def _fill_history(self) -> None:
        """Fill the years before those that the market began with, in a process that ends with this one."""
        if not self.settings.history_years:
            return
        filling = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.demo.history"),
            *(str(self.settings.database_path), str(self.settings.history_years)),
            stdin=asyncio.subprocess.PIPE,
            process_group=0,
        )
        try:
            if status := await filling.wait():
                log.warning("the years before are not filled, status %s; the next start goes on", status)
        finally:
            if filling.returncode is None:
                filling.kill()  # what is not recorded is undone
                await filling.wait()

    async def _set(self, world: World, person: int, line: str) -> None:
        """As anyone does: send the line, look at the preview, press Save."""
        shown = await _answer(world, person, lambda: people.say(world, person, f"/alert {line}"))
        await _answer(world, person, lambda: people.press(world, person, shown, text="Save"))

    @property
    def _begun_file(self) -> Path:
        """It is there once the first alerts are set: whoever deletes them later does not get them again."""
        return self.folder / "begun"

    def _first_lines_left(self, person: int) -> list[str]:
        """The first alerts that the person has not set yet."""
        db = open_database(self.settings.database_path)
        try:
            there = {watch.rule.line for watch in rules.rules_of(db, person)}
        finally:
            db.close()
        return [line for line in FIRST_LINES if parse(line).line not in there]

    async def _keep(self, world: World) -> None:
        while True:
            await self._changes.wait()
            await asyncio.sleep(KEEP_SECONDS)
            self._changes.clear()
            try:
                keep(world, self.folder)
            except OSError as error:
                log.warning("the chat cannot be kept in %s: %s", self.folder, error)

    async def _keep_running(self, local: LocalTelegram) -> None:
        """The bot, started again should it end by itself."""
        own = {
            "TELEGRAM_BOT_TOKEN": self.token,
            "TELEGRAM_API_URL": local.address,
            "DATABASE_PATH": str(self.settings.database_path),
            "MARKET": self.settings.market,
            "CHAT_MESSAGES_PER_SECOND": os.environ.get("CHAT_MESSAGES_PER_SECOND", "20"),  # the local one sets no limit
            "SCHEDULE": "off" if self.settings.market == "sample" else "on",
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "ERROR"),
        }
        while True:
            self._bot = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run", "--end-with-stdin"),
                stdin=asyncio.subprocess.PIPE,  # closes when this process ends, however it ends
                env=os.environ | own,
                process_group=0,  # Ctrl-C is for this process, which ends the bot in order
            )
            status = await self._bot.wait()
            log.error("the bot ended with status %s; it is started again", status)
            await asyncio.sleep(2)

    async def _end_bot(self) -> None:
        if self._bot is None or self._bot.returncode is not None:
            return
        self._bot.terminate()
        try:
            await asyncio.wait_for(self._bot.wait(), 12)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._bot.kill()
            await self._bot.wait()
