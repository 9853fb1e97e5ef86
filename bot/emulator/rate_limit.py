"""Telegram's pace, enforced where switched on: 429 with retry_after for what comes too fast.

About 30 messages a second to all chats (1,000 where paid for), 1 a second to one chat with bursts of 3 let
through, 20 a minute to one group.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

MANY_CHATS = 10_000


@dataclass(slots=True)
class Bucket:
    """Lets `burst` messages through at once, `rate` a second in the long run; `level` is what is left of the burst."""

    rate: float
    burst: float
    level: float
    filled_at: float

    def wait(self, now: float) -> float:
        """Seconds until a message may come; 0.0 takes it."""
        self.level = min(self.burst, self.level + (now - self.filled_at) * self.rate)
        self.filled_at = now
        return 0.0 if self.level >= 1 else (1 - self.level) / self.rate


class Pace:
    """Off unless `on`; `clock` gives seconds that only go forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.on = False
        self.per_second = 30.0
        self.paid_per_second = 1000.0
        self.chat_per_second = 1.0
        self.chat_burst = 3.0
        self.group_per_minute = 20
        self.reset()

    def reset(self) -> None:
        """Forget what has been sent."""
        now = self.clock()
        self._all = Bucket(self.per_second, self.per_second, self.per_second, now)
        self._paid = Bucket(self.paid_per_second, self.paid_per_second, self.paid_per_second, now)
        self._chats: dict[int | str, Bucket] = {}
        self._groups: dict[int | str, deque[float]] = {}

    def retry_after(self, chat_id: int | str, paid: bool) -> int | None:
        """Whole seconds after which to come again; None lets the message through and counts it."""
        now = self.clock()
        overall = self._paid if paid else self._all
        chat = self._chats.get(chat_id)
        if chat is None:
            chat = Bucket(self.chat_per_second, self.chat_burst, self.chat_burst, now)
            if len(self._chats) >= MANY_CHATS:
                del self._chats[next(iter(self._chats))]
            self._chats[chat_id] = chat
        wait = max(overall.wait(now), chat.wait(now))
        minute: deque[float] | None = None
        if isinstance(chat_id, int) and chat_id < 0:
            minute = self._groups.setdefault(chat_id, deque())
            while minute and minute[0] <= now - 60:
                minute.popleft()
            if len(minute) >= self.group_per_minute:
                wait = max(wait, minute[0] + 60 - now)
        if wait > 0:
            return max(1, math.ceil(wait))
        overall.level -= 1
        chat.level -= 1
        if minute is not None:
            minute.append(now)
        return None
