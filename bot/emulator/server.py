"""The server: /bot<token>/<method> and /file/bot<token>/<path> as Telegram answers them, /_local/… for people.

local = await start(0)          # any free port on loopback
bot = telegram.Bot(token, base_url=local.base_url, base_file_url=local.base_file_url)
…
await local.stop()
"""

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from bot.emulator.answers import errors_as_json
from bot.emulator.api import handlers
from bot.emulator.context import CONTEXT, Context
from bot.emulator.control import routes as control
from bot.emulator.faults import Faults
from bot.emulator.rate_limit import Pace
from bot.emulator.state import World
from bot.emulator.uploads import DOCUMENT_BYTES

log = logging.getLogger(__name__)

LOOPBACK = ("127.0.0.1", "::1", "localhost")
# Room for the largest file and the form around it.
LARGEST_REQUEST = DOCUMENT_BYTES + 2**20
STOP_SECONDS = 0.1  # that answers under way have to leave when the server stops


class PortInUse(OSError):
    """The port is taken, or may not be taken; str() is one line for people."""


@dataclass(slots=True)
class LocalTelegram:
    """A running server and what it works on."""

    host: str
    port: int
    context: Context
    _runner: web.AppRunner | None = None

    @property
    def world(self) -> World:
        """What Telegram knows."""
        return self.context.world

    @property
    def faults(self) -> Faults:
        """The faults in wait."""
        return self.context.faults

    @property
    def pace(self) -> Pace:
        """The rate limit."""
        return self.context.pace

    @property
    def address(self) -> str:
        """http://HOST:PORT"""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """What python-telegram-bot takes as base_url."""
        return f"{self.address}/bot"

    @property
    def base_file_url(self) -> str:
        """What python-telegram-bot takes as base_file_url."""
        return f"{self.address}/file/bot"

    async def stop(self) -> None:
        """Answer the getUpdates in wait, do what `on_stop` asks for, close the port and every connection."""
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        for site in list(runner.sites):
            await site.stop()
        self.world.updates.release()
        for work in self.context.on_stop:
            work()
        await runner.cleanup()


async def start(
    port: int,
    *,
    host: str = "127.0.0.1",
    world: World | None = None,
    token: str | None = None,
    extend: Callable[[web.Application], None] | None = None,
) -> LocalTelegram:
    """Serve on `port` of loopback, 0 for any free one.

    `token` restricts the server to that one; without, any well-formed token is the bot's. `extend` adds
    routes to the application, which holds what the server works on under CONTEXT. Raises ValueError for a host that
    is not loopback, PortInUse.
    """
    if host not in LOOPBACK:
        raise ValueError(f"host={host}: the local Bot API serves loopback only; use 127.0.0.1")
    application = web.Application(middlewares=[errors_as_json], client_max_size=LARGEST_REQUEST)
    context = application[CONTEXT] = Context(world or World(), token)
    application.add_routes([*handlers.ROUTES, *control.ROUTES])
    if extend is not None:
        extend(application)
    # Requests carry the token in their path: no log of them.
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise PortInUse(
            error.errno, f"port {port} on {host} cannot be taken ({reason}): stop what uses it or give another"
        ) from None
    local = LocalTelegram(host, runner.addresses[0][1], context, runner)
    return local


def serve(
    port: int,
    *,
    host: str = "127.0.0.1",
    token: str | None = None,
    ready: Callable[[LocalTelegram], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is called once the port is open. Raises as `start` does."""
    asyncio.run(_serve(port, host, token, ready))


async def _serve(port: int, host: str, token: str | None, ready: Callable[[LocalTelegram], None] | None) -> None:
    local = await start(port, host=host, token=token)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    log.info("local Bot API on %s", local.address)
    if ready is not None:
        ready(local)
    try:
        await stopped.wait()
    finally:
        await local.stop()
