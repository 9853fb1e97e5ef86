"""Long polling: takes updates from Telegram, through every outage, and confirms them once they are kept.

Telegram repeats an update until a getUpdates asks with a higher offset. That offset is sent only after `take` has
returned, so that a kill at any moment loses no update.

What getUpdates may meet, and what follows:

    no answer, a 5xx    asked again, at growing intervals
    no end of an answer given up at a deadline, asked again at once
    429                 asked again when Telegram says
    401, 404            asked again for `Patience.refused` seconds, then TokenRefused
    409                 asked again for `Patience.conflict` seconds (a process that was there before: five times as
                        long), then AnotherPoller

Of two processes with one token, each getUpdates ends that of the other. The one that came second looks less often and
gives up first, so that the first goes on; the one that stops does not ask once more.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from alerts.market.dates import Dates
from bot.transport.errors import retry_seconds
from bot.transport.http import AiohttpRequest
from bot.transport.ptb_private import form

log = logging.getLogger(__name__)

#: The kinds of updates that are answered. Telegram keeps the others to itself.
KINDS = ("message", "callback_query", "my_chat_member", "chat_member", "inline_query")
MOST_AT_ONCE = 100
HERE_FIRST = 5  # times as long as one that came second, a process stands by a conflict
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds, after failures in a row

Update = dict[str, Any]
#: Keeps updates and returns once a kill cannot lose them. An error has them fetched again.
Take = Callable[[Sequence[Update]], Awaitable[None]]


class TokenRefused(Exception):
    """Telegram goes on refusing the token."""


class AnotherPoller(Exception):
    """Another process goes on polling with the same token."""


@dataclass(frozen=True)
class Patience:
    """Seconds.

    poll: how long Telegram may hold a getUpdates; an answer has `slack` beyond it. refused, conflict: how long a
    refusal and a conflict may last. here, came: until the next look at a conflict, of a process that had polled for
    longer than `conflict` when it began, and of one that had not.
    """

    poll: float = 10.0
    slack: float = 10.0
    refused: float = 30.0
    conflict: float = 60.0
    here: float = 3.0
    came: float = 15.0


class Poller:
    """Polls until it is cancelled. `clock`: a monotonic clock, in seconds; `dates`: notes the date of every answer."""

    def __init__(
        self, bot: Bot, take: Take, patience: Patience | None = None, clock: Callable[[], float] = time.monotonic,
        dates: Dates | None = None,
    ) -> None:  # fmt: skip
        self._bot = bot
        self._take = take
        self._dates = dates
        self._patience = patience or Patience()
        self._clock = clock
        self._began = clock()
        self._answered = self._began
        self._offset = 0  # one above the newest update that is kept and not confirmed; 0: nothing to confirm
        self._failures = 0  # in a row
        self._refused_since: float | None = None
        self._conflict: tuple[float, float] | None = None  # the first and the last 409

    @property
    def silent_seconds(self) -> float:
        """How long ago Telegram last answered a getUpdates; since the start where it has not yet."""
        return self._clock() - self._answered

    async def run(self) -> None:
        """Poll for ever. Raises TokenRefused, AnotherPoller."""
        async with AiohttpRequest(connection_pool_size=1) as request:
            request.dates = self._dates
            while True:
                if pause := await self._round(request):
                    await asyncio.sleep(pause)

    async def _round(self, request: AiohttpRequest) -> float:
        """One getUpdates; the seconds until the next."""
        try:
            updates = await self._ask(request)
        except RetryAfter as error:
            return retry_seconds(error)
        except Conflict as error:
            return await self._conflicting(error)
        except InvalidToken as error:
            return self._refused(error)
        except TimeoutError:
            return self._failed("no whole answer in time")
        except TelegramError as error:
            return self._failed(error.message)
        if self._failures:
            log.info("Telegram answers again")
        self._failures, self._refused_since, self._answered = 0, None, self._clock()
        if not updates:
            self._offset = 0
            return 0.0
        try:
            await self._take(updates)
        except Exception:
            log.exception("%d updates could not be kept; they are fetched again", len(updates))
            self._failures += 1
            return self._pause()
        numbers = [number for update in updates if isinstance(number := update.get("update_id"), int)]
        self._offset = max(numbers, default=-1) + 1
        return 0.0 if numbers else self._failed("updates without a number")

    async def _ask(self, request: AiohttpRequest) -> list[Update]:
        seconds = self._patience.poll
        fields = {"timeout": f"{seconds:.0f}", "limit": str(MOST_AT_ONCE), "allowed_updates": json.dumps(KINDS)}
        if self._offset:
            fields["offset"] = str(self._offset)
        async with asyncio.timeout(seconds + self._patience.slack):
            answer: Any = await request.post(
                f"{self._bot.base_url}/getUpdates", form(fields), read_timeout=seconds + self._patience.slack / 2
            )
        if not isinstance(answer, list):
            raise TelegramError("an answer to getUpdates that is not a list")
        return [update for update in answer if isinstance(update, dict)]

    def _failed(self, why: str) -> float:
        self._failures += 1
        level = logging.WARNING if self._failures in (1, 10) or self._failures % 100 == 0 else logging.DEBUG
        log.log(level, "Telegram does not answer: %s", why)
        return self._pause()

    def _pause(self) -> float:
        return PAUSES[min(self._failures, len(PAUSES)) - 1]

    def _refused(self, error: InvalidToken) -> float:
        now = self._clock()
        if self._refused_since is None:
            self._refused_since = now
            log.warning("Telegram refuses the token (%s); it is asked again", error.message)
        if now - self._refused_since >= self._patience.refused:
            raise TokenRefused(
                "TELEGRAM_BOT_TOKEN (not shown here) is refused by Telegram: it was revoked or replaced; copy the new "
                "one from @BotFather (/mybots → API Token)"
            )
        self._failures += 1
        return min(self._pause(), self._patience.refused / 4)

    async def _conflicting(self, error: Conflict) -> float:
        if "webhook" in error.message.lower():
            log.warning("a webhook is set for this bot, which keeps its updates from polling; it is removed")
            try:
                await self._bot.delete_webhook()
            except TelegramError as second:
                return self._failed(second.message)
            return 0.0
        now, patience = self._clock(), self._patience
        first, last = self._conflict or (now, now)
        begins = self._conflict is None or now - last > patience.conflict
        first = now if begins else first
        self._conflict = (first, now)
        here = first - self._began > patience.conflict
        lasts = patience.conflict * (HERE_FIRST if here else 1)
        if begins:
            log.warning("another process polls with this token; this one looks again for %g s", lasts)
        if now - first >= lasts:
            raise AnotherPoller(
                "another process polls Telegram with this token; this one stops. Run one bot a token: stop the other, "
                "or give this one a token of its own from @BotFather"
            )
        return patience.here if here else patience.came
