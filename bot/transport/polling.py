"""Long polling that does not stall in silence.

python-telegram-bot goes on after a poll that timed out without telling anyone. What counts is when Telegram last
answered: once that is too long ago while it can be reached, the poller is started again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from telegram import Update
from telegram.error import TelegramError
from telegram.ext import Application

from bot.transport.http import AiohttpRequest

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
STALLED_SECONDS = 60.0  # six polls of ten seconds without an answer


class Polled(AiohttpRequest):
    """The connection that getUpdates has to itself; knows when it was last answered."""

    def __init__(self) -> None:
        super().__init__(connection_pool_size=1)
        self.answered_at = time.monotonic()

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """The request, and a note of its answer."""
        answer = await super().do_request(*args, **kwargs)
        self.answered_at = time.monotonic()
        return answer


async def watch(
    application: Application[Any, Any, Any, Any, Any, Any],
    polling: Polled,
    stalled_seconds: float = STALLED_SECONDS,
    look_seconds: float = LOOK_SECONDS,
) -> None:
    """Start the poller again whenever it has had no answer for too long, and Telegram answers otherwise."""
    while True:
        await asyncio.sleep(look_seconds)
        silent = time.monotonic() - polling.answered_at
        updater = application.updater
        if silent < stalled_seconds or updater is None or not updater.running:
            continue
        try:
            await application.bot.get_me()
        except TelegramError as error:
            log.warning("Telegram has not answered for %.0f seconds: %s", silent, error)
            continue
        log.error(
            "polling has had no answer for %.0f seconds though Telegram can be reached; it is started again", silent
        )
        try:
            await asyncio.wait_for(updater.stop(), 20)
        except TimeoutError:
            log.error("the stalled poller did not stop in 20 seconds")
            continue
        polling.answered_at = time.monotonic()
        await updater.start_polling(allowed_updates=Update.ALL_TYPES, bootstrap_retries=-1)
