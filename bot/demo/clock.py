"""The market clock: sessions of the simulated market that pass on demand.

A step of the clock is a real session: gathered, evaluated, recorded, and sent by the bot.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from sqlite_utils import Database

from alerts.market.feed import EconomyFeed, FeedError, MarketFeed
from alerts.market.sessions import close_of, last_complete_session, next_session, previous_sessions
from bot.pipeline.backfill import backfill
from bot.pipeline.context import RunContext
from bot.pipeline.session import refresh
from storage import figures, sessions
from storage.database import open_database

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

#: Where the demo's market begins: small caps have begun to recover, and the first crossing is two sessions away.
FIRST_SESSION = date(2026, 1, 22)
HISTORY = 504  # sessions of figures before it that a new file begins with; the years before them follow, history.py
SHOWN = 120  # sessions of the clock's chart
PLAY_SECONDS = 3.0


class MarketClock:
    """Sessions of the simulated market that pass on demand; see bot.demo.page.clock.Clock."""

    def __init__(self, path: Path, feed: MarketFeed, economy: EconomyFeed | None = None) -> None:
        self.on_change: list[Callable[[], None]] = []
        self._path = path
        self._feed = feed
        self._economy = economy
        self._turn = asyncio.Lock()
        self._playing: asyncio.Task[None] | None = None
        self._working = False
        self._doing: str | None = None
        self._error: str | None = None
        self._ending = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: date | None = None
        self._series: list[tuple[str, float]] = []

    def state(self) -> dict[str, Any]:
        """What the page shows."""
        return {
            "session": self._session.isoformat() if self._session else None,
            "playing": self._playing is not None,
            "working": self._working,
            "doing": self._doing,
            "error": self._error,
            "simulated": True,
            "title": "IWM/SPY",
            "series": self._series,
        }

    async def begin(self) -> None:
        """Fill a new file up to the first session; go on where an old one stands."""
        self._loop = asyncio.get_running_loop()
        await self._work(self._filled)

    async def next(self) -> None:
        """One session on."""
        await self._work(self._stepped)

    def play(self) -> None:
        """A session every few seconds."""
        if self._playing is None:
            self._playing = asyncio.create_task(self._play(), name="market clock")
            self._changed()

    def end(self) -> None:
        """Leave what is being worked on, at the next point where that is possible."""
        self.pause()
        self._ending = True

    def pause(self) -> None:
        """No further session by itself."""
        if self._playing is not None:
            self._playing.cancel()
            self._playing = None
            self._changed()

    async def _play(self) -> None:
        try:
            while self._error is None:
                # Shielded: a pause lets the session that is being worked on finish.
                await asyncio.shield(asyncio.create_task(self.next()))
                await asyncio.sleep(PLAY_SECONDS)
        finally:
            if self._error is not None:
                self._playing = None
                self._changed()

    async def _work(self, work: Callable[[Database], None]) -> None:
        async with self._turn:
            self._working, self._error = True, None
            self._changed()
            try:
                self._session, self._series = await _in_thread(self._done, work)
            except _Ending:
                log.info("the demo ends; the next start continues from here")
            except (FeedError, ClockEnds) as error:
                self._error = str(error)
            except Exception:
                log.exception("a step of the market clock failed")
                self._error = "The step failed; the terminal says why."
            finally:
                self._working, self._doing = False, None
                self._changed()

    def _done(self, work: Callable[[Database], None]) -> tuple[date | None, list[tuple[str, float]]]:
        db = open_database(self._path)
        try:
            work(db)
            session = figures.last_session(db)
            past = figures.latest_values(db, "size.ratio", session, SHOWN) if session else []
            return session, [(day.isoformat(), value) for day, value in past if value is not None]
        finally:
            db.close()

    def _filled(self, db: Database) -> None:
        if sessions.last_sealed(db) is not None:
            return
        context = RunContext(db, self._feed, evening(FIRST_SESSION), self._economy, self._filling)
        backfill(context, previous_sessions(FIRST_SESSION, HISTORY)[0], FIRST_SESSION)
        refresh(context, FIRST_SESSION)

    def _stepped(self, db: Database) -> None:
        standing = sessions.last_sealed(db) or FIRST_SESSION
        session = next_session(standing)
        if session > last_complete_session(datetime.now(UTC)):
            raise ClockEnds(f"{standing} is the last session that has closed; the next one comes with the next close.")
        refresh(RunContext(db, self._feed, evening(session), self._economy, self._unless_ending), session)

    def _unless_ending(self, _what: str, _done: int, _total: int) -> None:
        """Progress is where the work can be left: what is recorded is kept, and the next start continues from there."""
        if self._ending:
            raise _Ending

    def _filling(self, what: str, done: int, total: int) -> None:
        """As `_unless_ending`, and the page shows how far the filling is, in steps of ten percent."""
        self._unless_ending(what, done, total)
        doing = f"filling the market: {what} {done * 10 // max(total, 1) * 10}\u00a0%"
        if doing != self._doing and self._loop is not None:
            self._doing = doing
            self._loop.call_soon_threadsafe(self._changed)

    def _changed(self) -> None:
        for observer in self.on_change:
            observer()


class _Ending(Exception):
    """The demo ends while a session is being worked on."""


class ClockEnds(Exception):
    """The clock has reached the present."""


def evening(session: date) -> datetime:
    """The time at which a session is gathered."""
    return close_of(session) + timedelta(hours=1)


async def _in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `function` returns, called in a thread that does not hold up the end of the program.

    `asyncio.to_thread` would: its threads are joined at the end, and a session being computed takes seconds. A
    transaction that is cut short is undone.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if result.done():
            return
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(cast(T, value))

    def call() -> None:
        value: T | None = None
        error: BaseException | None = None
        try:
            value = function(*args, **kwargs)
        except BaseException as raised:  # noqa: BLE001 – it belongs to whoever awaits
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=call, name="market clock", daemon=True).start()
    return await result
