"""Refreshes in a process of their own: the same console command that a person may run beside the bot.

Its memory goes back when it ends, its crash is not the bot's, and the event loop never waits for it. One at a time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from alerts.market.sessions import last_complete_session, previous_sessions
from bot import schedule
from bot.store import Store
from storage import figures

log = logging.getLogger(__name__)

ENOUGH_HISTORY = 252  # sessions from which percentiles are shown
_BACKOFF_MINUTES = (5, 10, 20, 30, 60)


class Refresher:
    """Runs `rotation-alerts refresh` when there is something to refresh, and tries again until it is sealed."""

    def __init__(self, store: Store, history_sessions: int, done: Callable[[], None]) -> None:
        self._store = store
        self._history_sessions = history_sessions
        self._done = done
        self._turn = asyncio.Lock()
        self._failures = 0
        self._child: asyncio.subprocess.Process | None = None
        self.scheduler: Any = None  # given once the application has one

    async def run(self) -> None:
        """Bring the figures up to the last session that has settled; fill the history first thing on a new file."""
        async with self._turn:
            session = last_complete_session(datetime.now(UTC), schedule.SETTLE)
            if not await self._store.read(figures.is_sealed, session):
                await self._refresh(session)
            if self._history_sessions and await self._store.read(_history_short, session):
                await self._backfill(session)

    async def stop(self) -> None:
        """End a refresh that is under way; what it recorded is kept, and the next one goes on from there."""
        if self._child is not None and self._child.returncode is None:
            self._child.terminate()
            await self._child.wait()

    async def _refresh(self, session: date) -> None:
        status, text = await self._command("refresh", "--json", "--session", session.isoformat())
        sealed = status == 0 and all(outcome["sealed"] for outcome in json.loads(text or "[]"))
        self._done()
        if sealed:
            self._failures = 0
            return
        minutes = _BACKOFF_MINUTES[min(self._failures, len(_BACKOFF_MINUTES) - 1)] * random.uniform(0.9, 1.1)
        self._failures += 1
        log.warning("%s is not complete; the next try is in %.0f minutes", session, minutes)
        schedule.again(self.scheduler, self.run, datetime.now(UTC) + timedelta(minutes=minutes))

    async def _backfill(self, session: date) -> None:
        start = previous_sessions(session, self._history_sessions - 1)[0]
        log.info("filling the history from %s on; figures are there meanwhile, percentiles come with it", start)
        status, _ = await self._command("backfill", "--from", start.isoformat())
        if status != 0:
            log.warning("the history is not complete; `rotation-alerts backfill --from %s` goes on with it", start)

    async def _command(self, *words: str) -> tuple[int, str]:
        """Run a console command; its exit status and standard output. Its log goes where ours goes."""
        self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *words, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
        )
        out, _ = await self._child.communicate()
        if self._child.returncode:
            log.warning("%s ended with status %s", words[0], self._child.returncode)
        return self._child.returncode or 0, out.decode()


def _history_short(db: Any, session: date) -> bool:
    past = figures.latest_values(db, "breadth.above_200d.all", session, ENOUGH_HISTORY)
    return len(past) < ENOUGH_HISTORY
