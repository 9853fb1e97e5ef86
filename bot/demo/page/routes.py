"""The page's paths."""

from collections.abc import Callable

from aiohttp import web

from bot.demo.page import handlers
from bot.demo.page.clock import Clock
from bot.demo.page.live import Live
from bot.demo.page.socket import socket
from bot.emulator import CONTEXT
from bot.emulator.control.base import Handler, guarded


def chat_page(clock: Clock | None, notice: str) -> Callable[[web.Application], None]:
    """What `bot.emulator.start(…, extend=…)` adds to one server: the chat page at /, and what it works with.

    `notice` is one quiet sentence for people ("The market is simulated."), "" for none. Without a clock the page
    shows none, and the clock's routes are not there.
    """

    def extend(application: web.Application) -> None:
        live = Live(clock, notice)
        live.follow(application[CONTEXT])
        application.add_routes(_routes(live, clock))

    return extend


def _routes(live: Live, clock: Clock | None) -> list[web.RouteDef]:
    routes = [
        _safe("/", get=handlers.file),
        _safe(r"/page/{name:[a-z_]+\.(?:css|js)}", get=handlers.file),
        _safe("/_local/snapshot", get=handlers.snapshot(live)),
        _safe("/_local/picture", get=handlers.picture),
        guarded("/_local/socket", get=socket(live)),
    ]
    if clock is not None:
        routes.append(_safe("/_local/clock", get=handlers.clock_state(clock)))
        routes.append(_safe("/_local/clock/{step:next|play|pause}", post=handlers.clock_step(clock)))
    return routes


def _safe(path: str, **verbs: Handler) -> web.RouteDef:
    """A route for this page only, with the headers that keep it safe."""
    return guarded(path, **{verb: handlers.safe(handler) for verb, handler in verbs.items()})
