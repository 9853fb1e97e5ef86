"""Draws charts in a separate process, so that the event loop never waits for a picture and never loads matplotlib.

The process is a fresh interpreter running `bot.charts.child`, with a pipe in each direction. It does not use
multiprocessing's spawn: that would first import the program's main module, and with it the whole bot, into a process
that only draws; and its children notice a killed parent through a queue that other children may keep open.

Errors::

    ChartFailed       no picture; the text names the chart and the reason
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import bot
from bot.charts.child import DRAWN, HEADER
from bot.charts.spec import Picture

_TRIES = 2
_ENDING_SECONDS = 2.0


class ChartFailed(Exception):
    """A chart could not be drawn."""


class _Died(Exception):
    """The process ended, or was ended after a timeout, before it answered."""


class ChartWorker:
    """Draws one chart at a time in a child process, started for the first and ended after `idle_seconds` without one.

    `cache` is a permanent folder for matplotlib's list of fonts, created if missing: building that list takes longer
    than a chart. A child that dies, or does not answer for `patience` seconds, is replaced once for each chart.
    Belongs to the event loop in which it is first used.
    """

    def __init__(self, cache: Path, *, idle_seconds: float = 120.0, patience: float = 30.0) -> None:
        self._cache = cache
        self._idle_seconds = idle_seconds
        self._patience = patience
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._drawing: dict[str, asyncio.Task[bytes]] = {}
        self._idle: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The child's process id; None if there is no child."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process and running else None

    async def draw(self, chart: Picture) -> bytes:
        """The chart as PNG. Equal charts requested at the same time are drawn once. Raises ChartFailed.

        A cancelled caller does not stop the drawing, because others may wait for the same chart.
        """
        if self._closed:
            raise ChartFailed(f"chart {chart.title!r}: the chart worker is closed")
        key = chart.key()
        task = self._drawing.get(key)
        if task is None:
            task = self._drawing[key] = asyncio.create_task(self._drawn(chart), name=f"chart {key}")
            task.add_done_callback(lambda done: self._finished(key, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End the child; charts in progress fail. Closing again changes nothing."""
        self._closed = True
        if self._process and self._process.returncode is None:
            self._process.kill()  # it has no state that could be lost
        await asyncio.gather(*self._drawing.values(), return_exceptions=True)
        if self._idle:
            self._idle.cancel()
        async with self._turn:
            await self._end()

    async def _drawn(self, chart: Picture) -> bytes:
        async with self._turn:
            if self._idle:
                self._idle.cancel()
            try:
                return await self._tried(chart)
            finally:
                self._idle = asyncio.create_task(self._end_when_idle(), name="chart worker idle")

    async def _tried(self, chart: Picture) -> bytes:
        request = pickle.dumps(chart, protocol=pickle.HIGHEST_PROTOCOL)
        reason = ""
        for _ in range(_TRIES):
            if self._closed:
                raise ChartFailed(f"chart {chart.title!r}: the chart worker was closed")
            try:
                kind, answer = await self._asked(request)
            except _Died as died:
                reason = str(died)
                continue
            if kind == DRAWN:
                return answer
            raise ChartFailed(f"chart {chart.title!r}: {answer.decode(errors='replace').strip()}")
        raise ChartFailed(f"chart {chart.title!r}: drawn {_TRIES} times without a picture; {reason}")

    async def _asked(self, request: bytes) -> tuple[bytes, bytes]:
        """The child's answer to one chart; if there is none, the child is ended."""
        try:
            process = await self._running()
            async with asyncio.timeout(self._patience):
                return await _exchange(process, request)
        except TimeoutError:
            await self._end()
            raise _Died(f"the drawing process said nothing for {self._patience:g} seconds") from None
        except (asyncio.IncompleteReadError, OSError):
            code = await self._end()
            raise _Died(f"the drawing process ended, code {code}") from None
        except asyncio.CancelledError:
            await self._end()  # half an answer must not be taken for the next one's
            raise

    async def _running(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._cache.mkdir(parents=True, exist_ok=True)
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "bot.charts.child"),
                stdin=PIPE,
                stdout=PIPE,
                env=_environment(self._cache),
                process_group=0,  # Ctrl-C while it starts would end it with a traceback on the terminal
            )
        return self._process

    async def _end(self) -> int | None:
        """End the child and wait for it; its exit code, None if there was no child.

        The child ends by itself when its input ends, and is killed only if it does not: a signal to a child that is
        just ending makes asyncio lose its exit code.
        """
        process, self._process = self._process, None
        if process is None:
            return None
        if process.stdin:
            process.stdin.close()
        try:
            return await asyncio.wait_for(process.wait(), _ENDING_SECONDS)
        except TimeoutError:
            process.kill()
            return await process.wait()

    async def _end_when_idle(self) -> None:
        await asyncio.sleep(self._idle_seconds)
        async with self._turn:
            await self._end()

    def _finished(self, key: str, task: asyncio.Task[bytes]) -> None:
        self._drawing.pop(key, None)
        if not task.cancelled():
            task.exception()  # retrieved, in case nobody waits any more


async def _exchange(process: Process, request: bytes) -> tuple[bytes, bytes]:
    assert process.stdin
    assert process.stdout
    process.stdin.write(request)
    await process.stdin.drain()
    kind, length = HEADER.unpack(await process.stdout.readexactly(HEADER.size))
    return kind, await process.stdout.readexactly(length)


def _environment(cache: Path) -> dict[str, str]:
    """The parent's, with the folder for matplotlib, and with where this package is, for the child imports it anew."""
    home = str(Path(bot.__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    # One thread: drawing multiplies no matrices, and a pool of threads for it would take memory.
    return {**os.environ, "MPLCONFIGDIR": str(cache.resolve()), "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
