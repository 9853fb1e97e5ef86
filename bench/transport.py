"""Messages a second: python-telegram-bot's stock client beside ours, the local Bot API in a process of its own.

    python -m bench.transport [--seconds 1.0] [--runs 5] [--json]

The two clients take turns.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

import telegram
from telegram.request import BaseRequest, HTTPXRequest

from bench.table import RUNS, Beside, arguments, line, show
from bot.transport.http import AiohttpRequest

TOKEN = "987654321:BenchTokenBenchTokenBenchTokenBenchT"  # well-formed, nobody's
CHATS = range(1001, 1201)
UNDER_WAY = (16, 64, 128)
TEXT = "<b>Breadth fell below 40 %</b>\n38.2 % of large caps close above their 200-day average (41.0 % a day before)."


def main() -> None:
    """Run, and print the table."""
    given = arguments(__doc__)
    given.add_argument("--seconds", type=float, default=1.0, help="of each run")
    asked = given.parse_args()
    lines = []
    for under_way in UNDER_WAY:
        stock, ours = compare(under_way, asked.seconds, asked.runs)
        beside = Beside("HTTPXRequest", stock)
        lines.append(line(f"requests of our client, {under_way} under way", "messages/s", ours, beside=beside))
    show(lines, as_json=asked.json)


def compare(under_way: int, seconds: float = 1.0, runs: int = RUNS) -> tuple[list[float], list[float]]:
    """Messages a second of each run: (the stock client, ours)."""
    rates: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for client, found in zip((HTTPXRequest, AiohttpRequest), rates, strict=True):
            found.append(with_server(lambda url, make=client: rate(make, url, under_way, seconds)))
    return rates


def with_server(work: Callable[[str], float], *, people: range = CHATS, latency: float = 0.0) -> float:
    """What `work` returns, given the base_url of a fresh local Bot API in another process that knows `people`.

    `latency`: seconds from the carrying out of a request to its answer.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, people, latency), daemon=True)
    process.start()
    theirs.close()  # so that its end is seen here
    try:
        return work(ours.recv())
    finally:
        ours.close()
        process.join(5)


def serve(pipe: Connection, chats: range, latency: float) -> None:
    """The other process: the local Bot API until the pipe is closed."""

    async def run() -> None:
        from bot.emulator import people, start
        from bot.emulator.faults import Fault

        local = await start(0, token=TOKEN)
        for chat in chats:
            local.world.people.get(chat) or local.world.add_person("Reader", person_id=chat)
            people.say(local.world, chat, "/start")
        if latency:
            local.faults.add(Fault("slow_answer", "sendMessage", count=None, seconds=latency))
        pipe.send(local.base_url)
        with suppress(EOFError):
            await asyncio.to_thread(pipe.recv)
        await local.stop()

    asyncio.run(run())


def rate(client: Callable[..., BaseRequest], base_url: str, under_way: int, seconds: float) -> float:
    """Messages a second that are answered with `under_way` requests at a time."""

    async def run() -> float:
        request = client(connection_pool_size=under_way, pool_timeout=30.0, read_timeout=30.0)
        async with telegram.Bot(TOKEN, base_url=base_url, request=request) as bot:
            await asyncio.gather(*(bot.send_message(CHATS[0], TEXT) for _ in range(under_way)))  # connections are made
            sent = 0
            began = time.perf_counter()

            async def one(number: int) -> None:
                nonlocal sent
                while time.perf_counter() - began < seconds:
                    await bot.send_message(CHATS[(number + sent) % len(CHATS)], TEXT, parse_mode="HTML")
                    sent += 1

            await asyncio.gather(*(one(number) for number in range(under_way)))
            return sent / (time.perf_counter() - began)

    return asyncio.run(run())


if __name__ == "__main__":
    main()
