"""Updates that Telegram posts to WEBHOOK_URL, for hosts that run web processes alone.

A post counts only with the secret token that was registered with the address. It is answered with 200 once its update
is kept in the database, and with 500 otherwise, after which Telegram posts it again. The registration is looked at
every minute and made again where it is gone, so that a process that polls and one that is posted to may replace each
other at any time.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import time
from collections.abc import Callable, Sequence

from aiohttp import web
from pydantic import SecretStr
from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.transport.errors import retry_seconds
from bot.transport.polling import KINDS, PAUSES, Take, TokenRefused

log = logging.getLogger(__name__)

PATH = "/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
LOOK_SECONDS = 60.0
REFUSED_MOST = 4  # answers in a row that refuse the token
LARGEST_UPDATE = 2**20  # bytes


class Webhook:
    """Registers the address and takes what is posted to it. `clock`: a monotonic clock, in seconds."""

    def __init__(
        self, bot: Bot, take: Take, address: str, secret: SecretStr, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._bot = bot
        self._take = take
        self._url = f"{address}{PATH}"
        self._secret = secret
        self._clock = clock
        self._answered = clock()
        self._taking = asyncio.Lock()
        self._running = False
        self._complaint: tuple[object, str] | None = None  # of Telegram's, that was logged

    @property
    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """What the server on PORT has to serve."""
        return [web.post(PATH, self._posted)]

    @property
    def silent_seconds(self) -> float:
        """How long ago Telegram last posted or answered; since the start where it has not yet."""
        return self._clock() - self._answered

    async def run(self) -> None:
        """Keep the address registered, for ever. Raises TokenRefused."""
        self._running = True
        failures = refused = 0
        while True:
            try:
                await self._register()
            except RetryAfter as error:
                pause = retry_seconds(error)
            except InvalidToken as error:
                refused += 1
                if refused == REFUSED_MOST:
                    raise TokenRefused(
                        "TELEGRAM_BOT_TOKEN (not shown here) is refused by Telegram: it was revoked or replaced; copy "
                        "the new one from @BotFather (/mybots → API Token)"
                    ) from error
                pause = PAUSES[refused]
            except TelegramError as error:
                failures += 1
                log.log(logging.WARNING if failures == 1 else logging.DEBUG, "the webhook is not set: %s", error)
                pause = PAUSES[min(failures, len(PAUSES)) - 1]
            else:
                if failures:
                    log.info("Telegram answers again")
                failures, refused, pause = 0, 0, LOOK_SECONDS
                self._answered = self._clock()
            await asyncio.sleep(pause)

    async def _register(self) -> None:
        """Register the address where Telegram does not have it, and say what Telegram complains of."""
        info = await self._bot.get_webhook_info()
        if info.url != self._url:
            await self._bot.set_webhook(
                self._url, allowed_updates=list(KINDS), secret_token=self._secret.get_secret_value()
            )
            log.info("Telegram posts updates to %s", self._url)
        complaint = (info.last_error_date, info.last_error_message or "")
        if info.last_error_message and complaint != self._complaint:
            self._complaint = complaint
            log.warning("Telegram could not post to %s: %s", self._url, info.last_error_message)

    async def _posted(self, request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.get_secret_value().encode()):
            return web.Response(status=403)
        if (request.content_length or 0) > LARGEST_UPDATE:
            return web.Response(status=413)
        if not self._running:  # the bot is not ready to read updates; Telegram posts this one again
            return web.Response(status=503)
        try:
            update = json.loads(await request.read())
        except ValueError:
            update = None
        if not isinstance(update, dict):
            log.error("a post with the right secret that is no update; it is dropped")
            return web.Response()
        try:
            async with self._taking:
                await self._take([update])
        except Exception:
            log.exception("an update could not be kept; Telegram posts it again")
            return web.Response(status=500)
        self._answered = self._clock()
        return web.Response()
