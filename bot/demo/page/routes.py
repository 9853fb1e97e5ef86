"""The page's paths."""

from typing import Any

from bot.demo.page import handlers
from bot.demo.page.clock import Clock
from bot.demo.page.live import Live


def page_routes(clock: Clock | None, notice: str) -> list[tuple[Any, ...]]:
    """Routes for `bot.emulator.start(…, routes=…)`, for one server: the chat page at /, and what it works with.

    `notice` is one quiet sentence for people ("The market is simulated."), "" for none. Without a clock the page
    shows none, and the clock's routes are not there.
    """
    page = {"live": Live(clock, notice)}
    routes: list[tuple[Any, ...]] = [
        (r"/", handlers.File, page),
        (r"/page/([a-z_]+\.(?:css|js))", handlers.File, page),
        (r"/_local/snapshot", handlers.Snapshot, page),
        (r"/_local/picture", handlers.Picture, page),
        (r"/_local/socket", handlers.Socket, page),
    ]
    if clock is not None:
        routes.append((r"/_local/clock", handlers.ClockState, page))
        routes.append((r"/_local/clock/(next|play|pause)", handlers.ClockStep, page))
    return routes
