"""What a request works on, whichever route it takes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from bot.emulator.calls import Calls
from bot.emulator.faults import Faults
from bot.emulator.rate_limit import Pace
from bot.emulator.state import World


@dataclass(slots=True)
class Context:
    """The state of one server: what Telegram knows, the faults in wait, the rate limit and the log of calls.

    `token` is the only one accepted; None accepts any well-formed token. `on_stop` is called when the server stops.
    """

    world: World = field(default_factory=World)
    token: str | None = None
    faults: Faults = field(default_factory=Faults)
    pace: Pace = field(default_factory=Pace)
    calls: Calls = field(default_factory=Calls)
    on_stop: list[Callable[[], None]] = field(default_factory=list)


#: Under which `request.app` holds the context.
CONTEXT = web.AppKey("context", Context)
