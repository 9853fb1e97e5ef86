"""Telegram's pace: how many messages may leave, to whom, and when.

About 30 messages a second to all chats (or what is paid for), one a second to a chat with small bursts, 20 a minute to
a group. Answers to people go at once, on credit, and what is broadcast waits the longer. A 429 halts the chat it was
about for exactly as long as told; when a second chat is turned away meanwhile, it is about the bot, and all halts.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from telegram.error import RetryAfter, TelegramError
from telegram.ext import BaseRateLimiter

CHAT_PER_SECOND = 1.0
CHAT_BURST = 3.0
GROUP_PER_MINUTE = 20
SAVED_SECONDS = 0.1  # what a late wake may catch up with
CREDIT_SECONDS = 0.5  # how far ahead of the pace answers to people may run
ANSWER_TRIES = 3
ANSWER_PAUSE = 0.4  # seconds before what did not arrive is sent again
FORGET_SECONDS = 5.0
_PACED = ("sendMessage", "sendPhoto", "sendDocument", "editMessageText", "editMessageCaption", "editMessageMedia")


@dataclass
class _Chat:
    tokens: float
    at: float
    until: float = 0.0  # told to wait
    minute: deque[float] = field(default_factory=deque)


class Pace:
    """Counts what leaves. `rate`: messages a second overall. `clock`: seconds that only go forward."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._saved = max(1.5, rate * SAVED_SECONDS)
        self._tokens = 1.0
        self._at = clock()
        self._halted = 0.0
        self._told: tuple[int, float] = (0, 0.0)  # the last chat that was turned away, and until when
        self._chats: dict[int, _Chat] = {}
        self._busy: dict[int, float] = {}  # until when; few, however many chats hear something
        self._forgot_at = self._at

    def allowance(self) -> int:
        """How many messages of a broadcast may leave now."""
        if self._clock() < self._halted:
            return 0
        self._fill()
        return max(0, int(self._tokens))

    def wait(self) -> float:
        """Seconds until a broadcast's next message may leave."""
        now = self._clock()
        if now < self._halted:
            return self._halted - now
        self._fill()
        return max(0.0, (1.0 - self._tokens) / self.rate)

    def wait_for_answer(self, chat: int) -> float:
        """Seconds until an answer to a person may leave: none, unless answers alone come faster than the pace."""
        now = self._clock()
        self._fill()
        overall = max(self._halted - now, (-self.rate * CREDIT_SECONDS - self._tokens) / self.rate, 0.0)
        return max(overall, self._rest(chat, now))

    def left(self, chat: int) -> None:
        """Count a message to `chat` that leaves now."""
        now = self._clock()
        self._fill()
        self._tokens -= 1.0
        counted = self._chat(chat, now)
        counted.tokens -= 1.0
        if chat < 0:
            counted.minute.append(now)
        if (rest := self._rest(chat, now)) > 0:
            self._busy[chat] = now + rest
        if now - self._forgot_at > FORGET_SECONDS:
            self._forget(now)

    def turned_away(self, chat: int, seconds: float) -> None:
        """Telegram answered 429 to a message to `chat`."""
        now = self._clock()
        self._chat(chat, now).until = now + seconds
        self._busy[chat] = max(self._busy.get(chat, 0.0), now + seconds)
        other, until = self._told
        if other not in (0, chat) and until > now:
            self._halted = max(self._halted, now + seconds)
        self._told = (chat, now + seconds)

    def resting(self) -> dict[int, float]:
        """Chats that nothing may be sent to now, and the seconds until it may."""
        now = self._clock()
        self._busy = {chat: until for chat, until in self._busy.items() if until > now}
        return {chat: until - now for chat, until in self._busy.items()}

    def _forget(self, now: float) -> None:
        """Drop what is as if it had never heard anything."""
        self._forgot_at = now
        for chat in list(self._chats):
            counted = self._chat(chat, now)
            if counted.tokens >= CHAT_BURST and not counted.minute and counted.until <= now:
                del self._chats[chat]

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._saved, self._tokens + (now - self._at) * self.rate)
        self._at = now

    def _chat(self, chat: int, now: float) -> _Chat:
        found = self._chats.get(chat)
        if found is None:
            found = self._chats[chat] = _Chat(CHAT_BURST, now)
        found.tokens = min(CHAT_BURST, found.tokens + (now - found.at) * CHAT_PER_SECOND)
        found.at = now
        while found.minute and found.minute[0] <= now - 60.0:
            found.minute.popleft()
        return found

    def _rest(self, chat: int, now: float) -> float:
        if chat not in self._chats:
            return 0.0
        counted = self._chat(chat, now)
        wait = max(counted.until - now, (1.0 - counted.tokens) / CHAT_PER_SECOND, 0.0)
        if len(counted.minute) >= GROUP_PER_MINUTE:
            wait = max(wait, counted.minute[0] + 60.0 - now)
        return wait


class Answers(BaseRateLimiter[None]):
    """Paces what conversations send.

    A 429 is waited out and tried again, and so is what `not_sent` says did not arrive; everything else is the caller's.
    """

    def __init__(self, pace: Pace, not_sent: Callable[[TelegramError], bool] = lambda _error: False) -> None:
        self._pace = pace
        self._not_sent = not_sent

    async def initialize(self) -> None:
        """Nothing to do."""

    async def shutdown(self) -> None:
        """Nothing to do."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> Any:
        """Wait for the chat's turn, then make the request."""
        chat = data.get("chat_id")
        if endpoint not in _PACED or not isinstance(chat, int):
            return await callback(*args, **kwargs)
        for attempt in range(1, ANSWER_TRIES + 1):
            while (seconds := self._pace.wait_for_answer(chat)) > 0:
                await asyncio.sleep(seconds)
            self._pace.left(chat)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                self._pace.turned_away(chat, _seconds(error))
                if attempt == ANSWER_TRIES:
                    raise
            except TelegramError as error:
                if attempt == ANSWER_TRIES or not self._not_sent(error):
                    raise
                await asyncio.sleep(ANSWER_PAUSE * attempt)
        raise AssertionError("unreachable")


def _seconds(error: RetryAfter) -> float:
    after: Any = error.retry_after
    return float(after.total_seconds() if hasattr(after, "total_seconds") else after)
