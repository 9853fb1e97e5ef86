"""Refreshes in a process of their own: the same console command that a person may run beside the bot.

Its memory goes back when it ends, its crash is not the bot's, and the event loop never waits for it. One at a time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr
from sqlite_utils import Database

from alerts.market.sessions import last_complete_session, previous_sessions, sessions_between
from bot.database import Store
from bot.pipeline import schedule
from bot.pipeline.operators import note_refresh
from bot.transport.telemetry import COMMAND_SECONDS, COMMANDS
from storage import histories, sessions

log = logging.getLogger(__name__)

FIRST_PASS = 252  # sessions of figures that are filled first: percentiles are shown from there on
SLACK = timedelta(days=10)  # a history that begins so little later is the same one
HEARTBEAT_SECONDS = 10.0
_REQUESTS = 5_000  # more than a first history or the valuation history asks for
_BACKOFF_MINUTES = (5, 10, 20, 30, 60)


def longest_seconds(per_second: float) -> dict[str, float]:
    """Seconds that a command may take as a whole, at so many charts a second. What it has stored by then is kept."""
    long = 4 * 3600 + _REQUESTS / per_second
    return {"refresh": 1800.0, "backfill": long, "valuation-history": long}


class Refresher:
    """Runs `rotation-alerts refresh` when there is something to refresh, and tries again until it is sealed."""

    def __init__(
        self, store: Store, history_years: int, done: Callable[[], None], operators: Sequence[int] = (),
        longest: Mapping[str, float] | None = None,
    ) -> None:  # fmt: skip
        """`longest`: the seconds that a command may take as a whole; for ever where it has none."""
        self._store = store
        self._operators = operators
        self._longest = longest or {}
        self._history_years = history_years
        self._done = done
        self._turn = asyncio.Lock()
        self._failures = 0
        self._stopping = False
        self._child: asyncio.subprocess.Process | None = None
        self.scheduler: Any = None  # given once the application has one
        self.heartbeat: SecretStr | None = None  # an address to ask after each sealed session

    async def run(self) -> None:
        """Bring the figures up to the last session that has settled; fill the history first thing on a new file."""
        async with self._turn:
            session = last_complete_session(datetime.now(UTC), schedule.SETTLE)
            done = await self._store.read(sessions.is_sealed, session) or await self._refresh(session)
            for start in history_passes(session, self._history_years):
                if not self._stopping and await self._store.read(_history_short, start):
                    filled = await self._backfill(start)
                    done = filled and done
                    if not filled:
                        break
            if done and self._history_years and not self._stopping:
                await self._value(session)
            if done or self._stopping:
                self._failures = 0
                return
            minutes = _BACKOFF_MINUTES[min(self._failures, len(_BACKOFF_MINUTES) - 1)] * random.uniform(0.9, 1.1)
            self._failures += 1
            log.warning("%s is not complete; the next try is in %.0f minutes", session, minutes)
            schedule.again(self.scheduler, self.run, datetime.now(UTC) + timedelta(minutes=minutes))

    async def catch_up(self) -> None:
        """Run at start, for the sessions that closed while the program was down; a failure is logged."""
        try:
            await self.run()
        except Exception:
            log.exception("the refresh at start failed; the next one follows the next close")

    async def stop(self) -> None:
        """End a refresh that is under way; what it recorded is kept, and the next one goes on from there."""
        self._stopping = True
        if self._child is not None and self._child.returncode is None:
            self._child.terminate()
            await self._child.wait()

    async def _refresh(self, session: date) -> bool:
        """Whether the session is judged."""
        status, text = await self._command("refresh", "--json", "--session", session.isoformat(), "--by-itself")
        if self._stopping:
            return False
        # The refresh itself reports sources that fail; only this process can report that the refresh failed.
        why = None if status == 0 else f"it ended with status {status}"
        await self._store.write(note_refresh, self._operators, why, datetime.now(UTC))
        self._done()
        outcomes = json.loads(text or "[]") if status == 0 else []
        if any(outcome["sealed"] for outcome in outcomes):
            await self._heartbeat()
        return status == 0 and all(outcome["sealed"] for outcome in outcomes)

    async def _backfill(self, start: date) -> bool:
        """Whether the history from `start` on is there."""
        log.info("filling the history of companies from %s on; everything else is there meanwhile", start)
        status, _ = await self._command("backfill", "--from", start.isoformat())
        if status != 0:
            log.warning("the history is not complete; it is gone on with by itself")
        return status == 0

    async def _value(self, session: date) -> None:
        """Fill the valuation history, once a month; where it fails, the next refresh tries again."""
        if left := await self._store.read_long(_companies_to_value, session):
            log.info("asking for the valuation history of %d companies; everything else is there meanwhile", len(left))
            status, _ = await self._command("valuation-history")
            if status != 0:
                log.warning("the valuation history is not complete; it is gone on with at the next refresh")

    async def _heartbeat(self) -> None:
        """Ask HEARTBEAT_URL, so that what watches it hears of a sealed session."""
        if self.heartbeat is None:
            return
        try:
            async with httpx.AsyncClient(timeout=HEARTBEAT_SECONDS) as client:
                answer = await client.get(self.heartbeat.get_secret_value())
            why = None if answer.is_success else f"HTTP {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:  # neither names the address, which is a secret
            why = type(error).__name__
        if why is not None:
            log.warning("HEARTBEAT_URL (not shown here) was not reached: %s", why)

    async def _command(self, *words: str) -> tuple[int, str]:
        """Run a console command; its exit status and standard output. Its log goes where ours goes."""
        began = time.monotonic()
        status, out = await self._child_output(*words)
        COMMAND_SECONDS.labels(words[0]).set(time.monotonic() - began)
        COMMANDS.labels(words[0], status).inc()
        return status, out

    async def _child_output(self, *words: str) -> tuple[int, str]:
        self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *words, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(self._longest.get(words[0])):
                out, _ = await self._child.communicate()
        except TimeoutError:
            log.error("%s is not done after %.0f seconds; it is ended", words[0], self._longest[words[0]])
            self._child.kill()
            await self._child.wait()
            return 1, ""
        if self._child.returncode:
            log.warning("%s ended with status %s", words[0], self._child.returncode)
        return self._child.returncode or 0, out.decode()


def history_passes(session: date, years: int) -> list[date]:
    """The first sessions of the two passes in which a history that ends with `session` is filled; none for 0 years."""
    if not years:
        return []
    first = previous_sessions(session, FIRST_PASS - 1)[0]
    whole = sessions_between(session.replace(year=session.year - years, day=min(session.day, 28)), session)[0]
    return [first, whole] if whole < first - SLACK else [first]


def _history_short(db: Database, start: date) -> bool:
    filled = histories.filled_from(db)
    return filled is None or filled > start + SLACK


def _companies_to_value(db: Database, session: date) -> list[str]:
    from bot.pipeline.valuations import companies_to_ask  # pandas

    return companies_to_ask(db, session)
