"""Delivery as a whole – claimed, sent, marked in SQLite – beside python-telegram-bot's stock client sending alone.

    python -m bench.delivery [--messages 4000] [--runs 5] [--json]

The pace is lifted beyond what Telegram sells, to see what it would hold; the local Bot API is a process of its own.
The stock client marks nothing and is taken at its best number of requests under way. The runs take turns.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from telegram import Bot
from telegram.request import HTTPXRequest

from bench.table import Aim, Beside, arguments, line, show
from bench.transport import TEXT, TOKEN, UNDER_WAY, rate, with_server
from bot.database import Store
from bot.transport.delivery import MOST_UNDER_WAY, Delivery
from bot.transport.http import AiohttpRequest
from bot.transport.rate_limit import Pace
from storage import chats, outbox
from storage.database import open_database, writing

LIFTED = 100_000.0  # messages a second
LATENCY = 0.08
FIRST_CHAT = 10_000


def main() -> None:
    """Run, and print the table."""
    given = arguments(__doc__)
    given.add_argument("--messages", type=int, default=4_000)
    asked = given.parse_args()
    people = range(FIRST_CHAT, FIRST_CHAT + asked.messages)
    stock: dict[int, list[float]] = {under_way: [] for under_way in UNDER_WAY}
    whole: dict[float, list[float]] = {0.0: [], LATENCY: []}
    for _ in range(asked.runs):
        for under_way, rates in stock.items():
            rates.append(with_server(lambda url, most=under_way: rate(HTTPXRequest, url, most, 1.0)))
        for latency, rates in whole.items():
            rates.append(with_server(lambda url: delivered(url, people), people=people, latency=latency))
    best = max(stock, key=lambda under_way: median(stock[under_way]))
    beside = Beside(f"stock client, nothing marked, {best} under way", stock[best])
    late = f"delivery, {LATENCY * 1000:.0f} ms until each answer"
    show(
        [
            line(
                "delivery with its bookkeeping, pace lifted",
                "messages/s",
                whole[0.0],
                Aim(at_least=1_500, ratio=3),
                beside,
            ),
            line(late, "messages/s", whole[LATENCY], Aim(at_least=900)),
        ],
        as_json=asked.json,
    )


def delivered(base_url: str, people: range) -> float:
    """Messages a second, from the first marked sent to the last: one to each of `people`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rotation.db"
        db, now = open_database(path), datetime.now(UTC)
        with writing(db):
            for chat in people:
                chats.subscribe(db, chat, now)
                outbox.enqueue(db, now.date(), "alert", [outbox.Outgoing(chat, [TEXT])], now)
        db.close()
        asyncio.run(_deliver(path, base_url))
        with sqlite3.connect(path) as result:
            sent, seconds = result.execute(
                "SELECT count(*), (max(julianday(sent_at)) - min(julianday(sent_at))) * 86400 FROM outbox "
                "WHERE state = 'sent'"
            ).fetchone()
        assert sent == len(people), f"{sent} of {len(people)} sent"
        return float((sent - 1) / seconds)


async def _deliver(path: Path, base_url: str) -> None:
    """The bot's own delivery until the outbox is empty."""
    store = Store(path)
    request = AiohttpRequest(connection_pool_size=MOST_UNDER_WAY)
    async with Bot(TOKEN, base_url=base_url, request=request) as bot:
        delivery = Delivery(bot, store, Pace(LIFTED))
        running = asyncio.create_task(delivery.run())
        while (await store.read(outbox.counts)).keys() != {"sent"}:
            await asyncio.sleep(0.1)
        await delivery.stop()
        await running
    await store.close()


if __name__ == "__main__":
    main()
