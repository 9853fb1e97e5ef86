"""Updates in hand: one queue a chat, in order, fair between chats, and kept in the database until they are answered.

A chat has at most one update under way, whose waiting (for the chat's rate limit, for Telegram) holds up nobody else.
A chat that sends more than is answered in a minute is told so once a minute; what exceeds that is dropped.

`Inbox.take` keeps updates before the poller confirms them to Telegram, `Inbox.resume` takes up what a former process
left. Each update is answered once, unless a kill comes between its answer and the record of it: answers have to
stand being given twice.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from telegram import Update

from bot.database import Store
from bot.transport.telemetry import ANSWER_SECONDS
from storage import updates
from storage.updates import KEPT, Waiting

log = logging.getLogger(__name__)

MOST_IN_HAND = 10_000  # of all chats; beyond, Telegram keeps them
FORGET_SECONDS = 60.0
STOP_SECONDS = 3.0
FAILED_SECONDS = 5.0  # until a record that failed is tried again

Answer = Callable[[Update], Awaitable[None]]
#: An update out of JSON; None for one that nobody answers.
Read = Callable[[dict[str, Any]], Update | None]


#: How many buttons are answered for each message: a level is reached by taps that follow each other by seconds.
PRESSES = 3


@dataclass(frozen=True)
class TooMany:
    """per_minute: how many messages of a chat are answered in a minute, beside `PRESSES` times as many pressed buttons.

    tell: tells a chat that there were more than a number of them.
    """

    per_minute: int
    tell: Callable[[int, Update], Awaitable[None]]

    def most(self, update: Update) -> int:
        """How many updates of this kind are answered in a minute."""
        return self.per_minute * (PRESSES if update.callback_query is not None else 1)

    @property
    def queued(self) -> int:
        """How many updates of a chat may wait, of both kinds together."""
        return self.per_minute * (1 + PRESSES)


@dataclass(slots=True)
class _Chat:
    queue: deque[tuple[Update, Answer, float]] = field(default_factory=deque)  # with the time of receipt
    messages: deque[float] = field(default_factory=deque)  # times of those accepted in the last minute
    presses: deque[float] = field(default_factory=deque)  # and of buttons
    told: float = float("-inf")  # when it was told that it sends too many
    working: asyncio.Task[None] | None = None


class Inbox:
    """The queues of all chats. `clock`: a monotonic clock, in seconds."""

    def __init__(
        self, store: Store, read: Read, answer: Answer, too_many: TooMany, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._read = read
        self._answer = answer
        self._too_many = too_many
        self._clock = clock
        self._chats: dict[int, _Chat] = {}
        self._in_hand: set[int] = set()
        self._room = asyncio.Event()
        self._room.set()
        self._unkept: dict[int, Waiting] = {}  # in hand, and not in the database yet
        self._handled: deque[int] = deque(maxlen=KEPT)  # by this process
        self._newest_before: int | None = None  # the newest update that a former process handled
        self._unrecorded: list[int] = []  # answered, and not recorded yet
        self._recording: asyncio.Task[None] | None = None
        self._stopping = False
        self._forgot_at = clock()

    @property
    def in_hand(self) -> int:
        """How many updates wait for their answer."""
        return len(self._in_hand)

    async def resume(self) -> None:
        """Queue what a former process had accepted and not answered."""
        for row in await self._store.read(updates.waiting):
            update = self._read(json.loads(row.content))
            if update is None or await self._was_handled(row.id):
                self._done(row.id)
            else:
                self._queue(update, self._answer)

    async def take(self, raw: Sequence[dict[str, Any]]) -> None:
        """Queue updates, and return once they are in the database. An error: they are not, and have to come again."""
        accepted = []
        for one in raw:
            update = self._read(one)
            if update is None or self._has(update.update_id) or await self._was_handled(update.update_id):
                continue
            if self._accepts(update):
                chat = update.effective_chat.id if update.effective_chat else None
                accepted.append(update)
                self._unkept[update.update_id] = Waiting(update.update_id, chat, json.dumps(one, ensure_ascii=False))
        if self._unkept:
            keeping = asyncio.ensure_future(self._keep())
            await asyncio.sleep(0)  # its write comes before the records of what is answered meanwhile
            for update in accepted:
                self._queue(update, self._answer)
            await keeping
        await self._room.wait()
        self._forget()

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Begin no answer more, and let those under way finish in `seconds`; the others are given after a restart."""
        self._stopping = True
        working = [chat.working for chat in self._chats.values() if chat.working is not None]
        if working:
            _, late = await asyncio.wait(working, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
        if self._recording is not None:
            await asyncio.wait([self._recording], timeout=seconds)

    def _has(self, update: int) -> bool:
        return update in self._in_hand or update in self._unkept

    async def _keep(self) -> None:
        rows = list(self._unkept.values())
        await self._store.write(updates.keep_waiting, rows, datetime.now(UTC))
        for row in rows:
            self._unkept.pop(row.id, None)

    async def _was_handled(self, update: int) -> bool:
        """Whether this process, or according to the database a former one, has handled the update."""
        if self._newest_before is None:
            self._newest_before = await self._store.read(updates.newest_handled)
        if update in self._handled:
            return True
        return update <= self._newest_before and await self._store.read(updates.was_handled, update)

    def _accepts(self, update: Update) -> bool:
        """Whether the update is to be answered; the first of too many has the chat told."""
        if update.my_chat_member is not None:  # the end of a subscription is never too much
            return True
        chat, now = self._chat(_key(update)), self._clock()
        accepted = chat.presses if update.callback_query is not None else chat.messages
        while accepted and accepted[0] <= now - 60.0:
            accepted.popleft()
        most = self._too_many.most(update)
        if len(accepted) < most and len(chat.queue) < self._too_many.queued:
            accepted.append(now)
            return True
        if now - chat.told > 60.0:
            chat.told = now
            self._queue(update, partial(self._too_many.tell, most))
        return False

    def _chat(self, key: int) -> _Chat:
        return self._chats.setdefault(key, _Chat())

    def _queue(self, update: Update, answer: Answer) -> None:
        key = _key(update)
        chat = self._chat(key)
        chat.queue.append((update, answer, self._clock()))
        self._in_hand.add(update.update_id)
        if len(self._in_hand) >= MOST_IN_HAND:
            self._room.clear()
        if chat.working is None:
            chat.working = asyncio.create_task(self._work(chat), name=f"chat {key}")

    async def _work(self, chat: _Chat) -> None:
        try:
            while chat.queue and not self._stopping:
                update, answer, received = chat.queue.popleft()
                try:
                    await answer(update)
                except Exception:
                    log.exception("update %d was not answered", update.update_id)
                ANSWER_SECONDS.observe(self._clock() - received)
                self._done(update.update_id)
        finally:
            chat.working = None

    def _done(self, update: int) -> None:
        """The update is answered: record that, together with whatever is answered until the database is free."""
        self._in_hand.discard(update)
        self._unkept.pop(update, None)
        self._handled.append(update)
        self._room.set()
        self._unrecorded.append(update)
        if self._recording is None or self._recording.done():
            self._recording = asyncio.create_task(self._record(), name="record of updates")

    async def _record(self) -> None:
        while self._unrecorded:
            now_done = self._unrecorded[:]
            try:
                await self._store.write(updates.note_handled, now_done, datetime.now(UTC))
            except Exception:
                log.exception("%d answered updates are not recorded yet", len(now_done))
                if self._stopping:
                    return
                await asyncio.sleep(FAILED_SECONDS)
                continue
            del self._unrecorded[: len(now_done)]

    def _forget(self) -> None:
        """Delete what is counted of chats that have been silent for a minute."""
        now = self._clock()
        if now - self._forgot_at < FORGET_SECONDS:
            return
        self._forgot_at = now
        for key, chat in list(self._chats.items()):
            times = (*chat.messages, *chat.presses)
            if chat.working is None and not chat.queue and (not times or max(times) <= now - 60.0):
                del self._chats[key]


def _key(update: Update) -> int:
    """Whose queue: the chat's; of what has no chat, the sender's."""
    found = update.effective_chat or update.effective_user
    return found.id if found is not None else 0
