"""What the page asks of a market clock."""

from collections.abc import Callable
from typing import Any, Protocol


class Clock(Protocol):
    """Sessions that pass on demand. Everything is called on the server's event loop, `on_change` too.

    `state` gives what the page shows::

        {"session": "2025-07-30", "playing": False, "working": False, "doing": None, "error": None,
         "simulated": True, "title": "IWM/SPY", "series": [["2025-07-01", 67.6], …]}

    `session`, `doing` (what long work is at) and `error` may be None; `series` ends at `session`. A step that fails
    says so in `error`, as one line for people. Each function of `on_change` is called after any of this has changed.
    """

    on_change: list[Callable[[], None]]

    def state(self) -> dict[str, Any]:
        """What the page shows, as JSON."""
        ...

    async def next(self) -> None:
        """One session on; returns when its work is done."""
        ...

    def play(self) -> None:
        """A session every few seconds, until `pause`."""
        ...

    def pause(self) -> None:
        """No further session by itself; one that is being worked on is finished."""
        ...
