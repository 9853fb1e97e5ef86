"""Telegram's rate limits: how many messages may be sent, to which chat, and when.

The limits are about 30 messages a second overall (or the paid rate), one a second to a chat with small bursts, and 20 a
minute to a group. Answers to people are sent at once, on credit, and broadcasts wait that much longer. After a 429 that
chat waits for the time that Telegram gave. A 429 does not say whether it limits the chat or the bot: it is the bot that
is limited where many chats in a row are turned away until the same moment, and no message is accepted in between. Then
all sending pauses until that moment.
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

from bot.transport.errors import retry_seconds

CHAT_PER_SECOND = 1.0
CHAT_BURST = 3.0
GROUP_PER_MINUTE = 20
SAVED_SECONDS = 0.1  # unused allowance that may be saved, to make up for late wake-ups
CREDIT_SECONDS = 0.5  # how far answers to people may exceed the overall limit
ANSWER_TRIES = 3
ANSWER_PAUSE = 0.4  # seconds before an unsent answer is retried
FORGET_SECONDS = 5.0
REFUSED_CHATS = 5  # turned away in a row, before the limit is taken to be the bot's
SAME_END_SECONDS = 2.0  # how far the ends of their waits may lie apart: Telegram gives whole seconds
_PACED = ("sendMessage", "sendPhoto", "sendDocument", "editMessageText", "editMessageCaption", "editMessageMedia")


@dataclass
class _Chat:
    tokens: float
    at: float
    until: float = 0.0  # end of the wait after a 429
    minute: deque[float] = field(default_factory=deque)


class Pace:
    """Counts sent messages.

    rate: messages a second overall; per_chat: to one chat, and 20 times that a minute to a group; clock: a monotonic
    clock, in seconds.
    """

    def __init__(
        self, rate: float, per_chat: float = CHAT_PER_SECOND, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate = rate
        self._per_chat = per_chat
        self._group_per_minute = max(1, round(GROUP_PER_MINUTE * per_chat))
        self._clock = clock
        self._saved = max(1.5, rate * SAVED_SECONDS)
        self._tokens = 1.0
        self._at = clock()
        self._halted = 0.0
        self._refused: dict[int, float] = {}  # since a message was accepted: chats with a 429, and the ends of waits
        self._chats: dict[int, _Chat] = {}
        self._busy: dict[int, float] = {}  # end of the wait by chat; few entries, however many chats there are
        self._forgot_at = self._at

    def allowance(self) -> int:
        """How many broadcast messages may be sent now."""
        if self._clock() < self._halted:
            return 0
        self._fill()
        return max(0, int(self._tokens))

    def wait(self) -> float:
        """Seconds until the next broadcast message may be sent."""
        now = self._clock()
        if now < self._halted:
            return self._halted - now
        self._fill()
        return max(0.0, (1.0 - self._tokens) / self.rate)

    def wait_for_answer(self, chat: int) -> float:
        """Seconds until an answer may be sent: 0, unless answers alone exceed the overall limit."""
        now = self._clock()
        self._fill()
        overall = max(self._halted - now, (-self.rate * CREDIT_SECONDS - self._tokens) / self.rate, 0.0)
        return max(overall, self._rest(chat, now))

    def left(self, chat: int) -> None:
        """Count a message that is sent to `chat` now."""
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
        """Record a 429 for a message to `chat`, with a wait of `seconds`."""
        now = self._clock()
        end = now + seconds
        self._chat(chat, now).until = end
        self._busy[chat] = max(self._busy.get(chat, 0.0), end)
        self._refused[chat] = end
        together = [until for until in self._refused.values() if abs(until - end) <= SAME_END_SECONDS]
        if len(together) >= REFUSED_CHATS:
            self._halted = max(self._halted, *together)

    def accepted(self) -> None:
        """Record that Telegram took a message: the bot as a whole is not limited."""
        self._refused.clear()

    def resting(self) -> dict[int, float]:
        """Chats that must wait now, with the seconds until a message may be sent."""
        now = self._clock()
        self._busy = {chat: until for chat, until in self._busy.items() if until > now}
        return {chat: until - now for chat, until in self._busy.items()}

    def _forget(self, now: float) -> None:
        """Delete chats whose counters are back at their initial state."""
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
        found.tokens = min(CHAT_BURST, found.tokens + (now - found.at) * self._per_chat)
        found.at = now
        while found.minute and found.minute[0] <= now - 60.0:
            found.minute.popleft()
        return found

    def _rest(self, chat: int, now: float) -> float:
        if chat not in self._chats:
            return 0.0
        counted = self._chat(chat, now)
        wait = max(counted.until - now, (1.0 - counted.tokens) / self._per_chat, 0.0)
        if len(counted.minute) >= self._group_per_minute:
            wait = max(wait, counted.minute[-self._group_per_minute] + 60.0 - now)
        return wait


class Answers(BaseRateLimiter[None]):
    """Applies the rate limits to answers in conversations.

    A request is retried after a 429, or if `not_sent` says that it was not sent; other errors are raised.
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
        """Wait until the rate limits allow it, then make the request."""
        chat = data.get("chat_id")
        if endpoint not in _PACED or not isinstance(chat, int):
            return await callback(*args, **kwargs)
        for attempt in range(1, ANSWER_TRIES + 1):
            while (seconds := self._pace.wait_for_answer(chat)) > 0:
                await asyncio.sleep(seconds)
            self._pace.left(chat)
            try:
                answer = await callback(*args, **kwargs)
            except RetryAfter as error:
                self._pace.turned_away(chat, retry_seconds(error))
                if attempt == ANSWER_TRIES:
                    raise
            except TelegramError as error:
                if attempt == ANSWER_TRIES or not self._not_sent(error):
                    raise
                await asyncio.sleep(ANSWER_PAUSE * attempt)
            else:
                self._pace.accepted()
                return answer
        raise AssertionError("unreachable")
