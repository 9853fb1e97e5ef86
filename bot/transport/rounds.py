"""What leaves the database in rounds: messages for Telegram, posts for a program of the operator.

A round claims rows in one transaction, exchanges them side by side, and the next transaction records what came of them.
Results are kept until they are committed, whatever the database says meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from sqlite_utils import Database

from bot.database import Store
from storage.errors import usable_error

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.015  # answers are gathered for so long before they are recorded together
LOOK_EVERY = 1.0  # another process may have put something into the database
UNWRITABLE_AGAIN = 1.0  # seconds before a file that could not be written to is tried again
UNKNOWN_AGAIN = 5.0  # seconds after an error that is a fault of the program

Row = TypeVar("Row")  # what is claimed


class Rounds(ABC, Generic[Row]):
    """Rounds until stopped. `rows`: what they are called in the log."""

    def __init__(self, store: Store, rows: str) -> None:
        self._store = store
        self._rows = rows
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._exchanging = asyncio.Lock()  # one exchange at a time, and what it claimed is under way when it ends
        self._under_way: dict[asyncio.Task[None], Row] = {}

    @abstractmethod
    def _recover(self, db: Database) -> None:
        """Take up again what a former process left half-way."""

    @abstractmethod
    async def _round(self) -> None:
        """Record what came back, claim what may leave now, let it leave, and wait for whatever comes first."""

    @abstractmethod
    async def _record(self, unanswered: Sequence[Row]) -> None:
        """Record what came back, and claim nothing. unanswered: what was under way and will have no answer."""

    def wake(self) -> None:
        """Look into the database now."""
        self._wake.set()

    async def run(self) -> None:
        """Go on until `stop`. At the start, what a former process left half-way is taken up again."""
        recovered = False
        while not self._stopping.is_set():
            try:
                if not recovered:
                    await self._store.write(self._recover)
                    recovered = True
                await self._round()
            except Exception as error:
                if (unusable := usable_error(error, self._store.path)) is None:
                    log.exception("a round of %s met an error it does not know; the next comes soon", self._rows)
                    await self._pause(UNKNOWN_AGAIN)
                else:
                    log.error("%s; what came of %s is kept until it can be recorded", unusable, self._rows)
                    await self._pause(UNWRITABLE_AGAIN)

    async def stop(self, seconds: float) -> None:
        """Claim nothing more, finish what is under way, and record what came of it; it ends in about `seconds`.

        What has had no answer by then may have arrived: the next start takes it up again. So it does where the
        database cannot be written to in that time.
        """
        end = time.monotonic() + seconds
        self._stopping.set()
        self._wake.set()
        try:
            async with asyncio.timeout(seconds), self._exchanging:
                pass  # what is being claimed now is under way
        except TimeoutError:
            log.error(
                "the database has been in use for %.0f seconds; %s under way are taken up at the next start",
                seconds, self._rows,
            )  # fmt: skip
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=max(0.0, end - time.monotonic()))
        unanswered = dict(self._under_way)
        for task in unanswered:
            task.cancel()
        while True:
            try:
                await self._record(list(unanswered.values()))
            except Exception as error:
                if (unusable := usable_error(error, self._store.path)) is None:
                    raise
                if time.monotonic() > end:
                    log.error("%s; %s under way are taken up at the next start", unusable, self._rows)
                    return
                await asyncio.sleep(UNWRITABLE_AGAIN / 2)
            else:
                return

    def _start(self, row: Row, task: asyncio.Task[None]) -> None:
        self._under_way[task] = row
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._wake.set()

    async def _pause(self, seconds: float, *, until_woken: bool = False) -> None:
        event = self._wake if until_woken else self._stopping
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return
