"""Asks for symbols in a process of its own, as refreshes are: its memory goes back, and the loop never waits for it."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from datetime import date

from bot.pipeline.symbols import Ask, SymbolRefused

log = logging.getLogger(__name__)

AT_A_TIME = 2  # on a small machine each takes a second of work and a hundred megabytes
SECONDS = 120.0  # that an ask may take
_turns = asyncio.Semaphore(AT_A_TIME)


class SymbolsUnavailable(Exception):
    """The source did not answer; the text says why."""


async def fetch(ask: Ask, through: date) -> None:
    """Run `rotation-alerts symbols ask`. Raises SymbolRefused, SymbolsUnavailable."""
    words = [*ask.metrics, *(f"--symbol={symbol}" for symbol in ask.symbols), f"--through={through}", "--json"]
    if ask.chat is not None:
        words.append(f"--chat={ask.chat}")
    async with _turns:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "symbols", "ask", *words),
            stdout=asyncio.subprocess.PIPE,
            stdin=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(SECONDS):
                out, _ = await child.communicate()
        except TimeoutError:
            child.kill()
            await child.wait()
            raise SymbolsUnavailable(f"no answer within {SECONDS:.0f} seconds") from None
    try:
        told = json.loads(out)
    except ValueError:
        log.error("asking for symbols ended with status %s", child.returncode)
        raise SymbolsUnavailable("the question ended without an answer") from None
    if "refused" in told:
        raise SymbolRefused(told["refused"])
    if "failed" in told:
        raise SymbolsUnavailable(told["failed"])
