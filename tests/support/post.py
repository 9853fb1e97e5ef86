"""A local Telegram, a database, and a delivery between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import telegram
from sqlite_utils import Database

from bot.database import Store
from bot.emulator import LocalTelegram, people, start
from bot.transport.delivery import Delivery
from bot.transport.http import AiohttpRequest
from bot.transport.rate_limit import Pace
from bot.transport.settlement import utc_now
from storage import chats, outbox
from support.program import TOKEN

DAY = date(2025, 8, 22)
NOW = datetime(2025, 8, 22, 21, tzinfo=UTC)
ADA, BEN = 1001, 1002


@dataclass
class Post:
    """A local Telegram, a database, and a delivery between them."""

    local: LocalTelegram
    store: Store
    bot: telegram.Bot

    async def due(self, chat: int, *texts: str, session: date = DAY) -> None:
        """Put a message for `chat` into the outbox."""

        def put(db: Database) -> None:
            chats.subscribe(db, chat, NOW)
            outbox.enqueue(db, session, "alert", [outbox.Outgoing(chat, texts)], NOW)

        await self.store.write(put)

    async def states(self) -> dict[str, int]:
        return await self.store.read(outbox.counts)

    @asynccontextmanager
    async def delivering(
        self, rate: float = 1000.0, operators: Sequence[int] = (), clock: Callable[[], datetime] = utc_now
    ) -> AsyncIterator[Delivery]:
        delivery = Delivery(self.bot, self.store, Pace(rate), operators, clock)
        task = asyncio.create_task(delivery.run())
        yield delivery
        await delivery.stop()
        await task

    async def until(self, look: Callable[[dict[str, int]], bool], seconds: float = 60.0) -> dict[str, int]:
        """The outbox's states once they are as wanted."""
        async with asyncio.timeout(seconds):
            while not look(found := await self.states()):
                await asyncio.sleep(0.05)
        return found


@asynccontextmanager
async def posted(path: Path) -> AsyncIterator[Post]:
    """A local Telegram where Ada and Ben have written to the bot, and a database at `path`."""
    local = await start(0)
    for person in (ADA, BEN):
        people.say(local.world, person, "/start")
    store = Store(path)
    addresses = {"base_url": local.base_url, "base_file_url": local.base_file_url}
    async with telegram.Bot(TOKEN, request=AiohttpRequest(connection_pool_size=128), **addresses) as bot:
        yield Post(local, store, bot)
    await store.close()
    await local.stop()


async def messages(post: Post, chat: int) -> list[str]:
    async with httpx.AsyncClient() as client:
        rows = (await client.get(f"{post.local.address}/_local/messages", params={"chat": chat})).json()
    return [row["message"]["text"] for row in rows if row["from_bot"]]
