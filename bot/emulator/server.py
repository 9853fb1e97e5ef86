"""The server: /bot<token>/<method> and /file/bot<token>/<path> as Telegram answers them, /_local/… for people.

local = await start(0)          # any free port on loopback
bot = telegram.Bot(token, base_url=local.base_url, base_file_url=local.base_file_url)
…
await local.stop()
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from bot.emulator.api.handlers import FileHandler, MethodHandler, NowhereHandler
from bot.emulator.calls import Calls
from bot.emulator.control.routes import ROUTES
from bot.emulator.faults import Faults
from bot.emulator.rate_limit import Pace
from bot.emulator.state import World
from bot.emulator.uploads import DOCUMENT_BYTES

log = logging.getLogger(__name__)

LOOPBACK = ("127.0.0.1", "::1", "localhost")
# Room for the largest file and the form around it.
LARGEST_REQUEST = DOCUMENT_BYTES + 2**20


class PortInUse(OSError):
    """The port is taken, or may not be taken; str() is one line for people."""


@dataclass(slots=True)
class LocalTelegram:
    """A running server and all that it works on."""

    host: str
    port: int
    world: World
    faults: Faults
    pace: Pace
    calls: Calls
    token: str | None
    on_stop: list[Callable[[], None]] = field(default_factory=list)
    _server: HTTPServer | None = None

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
        if self._server is None:
            return
        server, self._server = self._server, None
        server.stop()
        self.world.updates.release()
        for work in self.on_stop:
            work()
        # One turn of the loop for the answer to leave.
        await asyncio.sleep(0.01)
        await server.close_all_connections()


async def start(
    port: int,
    *,
    host: str = "127.0.0.1",
    world: World | None = None,
    token: str | None = None,
    routes: Sequence[tuple[Any, ...]] = (),
) -> LocalTelegram:
    """Serve on `port` of loopback, 0 for any free one.

    `token` restricts the server to that one; without, any well-formed token is the bot's. `routes` are more
    routes of tornado, each handler given `local` beside its own arguments. Raises ValueError for a host that is
    not loopback, PortInUse.
    """
    if host not in LOOPBACK:
        raise ValueError(f"host={host}: the local Bot API serves loopback only; use 127.0.0.1")
    local = LocalTelegram(host, port, world or World(), Faults(), Pace(), Calls(), token)
    try:
        sockets = bind_sockets(port, host)
    except OSError as error:
        raise PortInUse(
            error.errno, f"port {port} on {host} cannot be taken ({error.strerror}): stop what uses it or give another"
        ) from None
    shared = {"local": local}
    application = Application(
        [
            (r"/bot([^/]*)/([A-Za-z]+)/?", MethodHandler, shared),
            (r"/file/bot([^/]*)/(.+)", FileHandler, shared),
            *((pattern, handler, shared) for pattern, handler in ROUTES),
            *((*route[:2], shared | (route[2] if len(route) > 2 else {})) for route in routes),
        ],
        default_handler_class=NowhereHandler,
        # Requests carry the token in their path: no log of them.
        log_function=lambda handler: None,
    )
    server = HTTPServer(application, max_buffer_size=LARGEST_REQUEST, max_body_size=LARGEST_REQUEST)
    server.add_sockets(sockets)
    local.port = sockets[0].getsockname()[1]
    local._server = server
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
