"""A market clock for the tests: sessions that pass on demand, without a market."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from math import sin
from typing import Any

FIRST = date(2025, 7, 1)


class SmallClock:
    """One weekday a step. `hold` set to an Event makes a step wait for it; `fail` makes the next one fail."""

    def __init__(self, sessions: int = 22, every: float = 0.05) -> None:
        self.on_change: list[Callable[[], None]] = []
        self.series: list[list[Any]] = []
        self.every = every
        self.working = False
        self.error: str | None = None
        self.fail = ""
        self.hold: asyncio.Event | None = None
        self.player: asyncio.Task[None] | None = None
        self.after: Callable[[str], Any] | None = None
        while len(self.series) < sessions:
            self.pass_one()

    def pass_one(self) -> None:
        day = date.fromisoformat(self.series[-1][0]) + timedelta(days=1) if self.series else FIRST
        while day.weekday() > 4:
            day += timedelta(days=1)
        count = len(self.series)
        self.series.append([day.isoformat(), round(67.6 + 1.4 * sin(count / 6) + 0.5 * sin(count * 1.7), 1)])

    def state(self) -> dict[str, Any]:
        return {
            "session": self.series[-1][0], "playing": self.player is not None, "working": self.working,
            "error": self.error, "simulated": True, "title": "IWM/SPY", "series": self.series,
        }  # fmt: skip

    def changed(self) -> None:
        for listener in self.on_change:
            listener()

    async def next(self) -> None:
        self.working, self.error = True, None
        self.changed()
        await (self.hold.wait() if self.hold else asyncio.sleep(0.05))
        self.working = False
        if self.fail:
            self.error, self.fail = self.fail, ""
        else:
            self.pass_one()
        self.changed()
        if self.after and not self.error:
            await self.after(self.series[-1][0])

    def play(self) -> None:
        self.player = self.player or asyncio.create_task(self._play())
        self.changed()

    async def _play(self) -> None:
        while True:
            await self.next()
            await asyncio.sleep(self.every)

    def pause(self) -> None:
        if self.player is not None:
            self.player.cancel()
            self.player, self.working = None, False
        self.changed()
