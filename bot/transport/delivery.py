"""Outbox → Telegram, at Telegram's pace.

Messages are claimed a few at a time, sent side by side, and marked sent on Telegram's word alone; one transaction marks
what is confirmed and claims what is next. What went wrong becomes a decision by name (`decide`). A message that cannot
be sent never holds up another chat. As many messages as are under way may come twice after a kill, and say so.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlite_utils import Database
from telegram import Bot
from telegram.error import ChatMigrated, RetryAfter, TelegramError

from bot.database import Store
from bot.messages import operator
from bot.messages.alert import MAYBE_REPEAT
from bot.transport.errors import Decision, decide, retry_seconds
from bot.transport.ptb_private import form
from bot.transport.rate_limit import Pace
from storage import chats, outbox
from storage.chat_migration import move_chat
from storage.outbox import Due, Sent

log = logging.getLogger(__name__)

MOST_UNDER_WAY = 128
UNDER_WAY_SECONDS = 0.2  # of the pace: enough to keep it with an answer that takes so long
GATHER_SECONDS = 0.015  # answers are gathered for so long before they are written down together
SENT_TOGETHER = 4
LOOK_EVERY = 1.0  # a console command may have put something into the outbox
UNKNOWN_AGAIN = 60.0  # seconds before what may have arrived is sent again
LONGEST_AGAIN = 300.0
STOP_SECONDS = 10.0
FREE_RATE = 30.0  # above it Telegram charges
_FIELDS = {"parse_mode": "HTML", "link_preview_options": json.dumps({"is_disabled": True})}


@dataclass(frozen=True)
class _Trouble:
    """A message that was not confirmed, and why."""

    due: Due
    error: TelegramError


class Delivery:
    """Sends what is due, until stopped. `bot` is for delivery alone; `pace` is shared with the conversations."""

    def __init__(self, bot: Bot, store: Store, pace: Pace, operators: Sequence[int] = ()) -> None:
        self._bot = bot
        self._store = store
        self._pace = pace
        self._operators = operators
        self._most = max(4, min(MOST_UNDER_WAY, round(pace.rate * UNDER_WAY_SECONDS)))
        self._fields = _FIELDS | ({"allow_paid_broadcast": "true"} if pace.rate > FREE_RATE else {})
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._under_way: dict[asyncio.Task[None], Due] = {}
        self._sent: list[Sent] = []
        self._trouble: list[_Trouble] = []

    def wake(self) -> None:
        """Look into the outbox now."""
        self._wake.set()

    async def run(self) -> None:
        """Send until `stop`. At the start, what a former process left half-way is taken up again."""
        left = await self._store.write(outbox.recover, _now())
        if left:
            log.warning("%d messages were under way when the bot ended; they are sent again and say so", left)
        while not self._stopping.is_set():
            try:
                await self._round()
            except Exception:
                log.exception("delivery met an error it does not know; it goes on in a while")
                await self._pause(5.0)

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Claim nothing more, finish what is under way, and write down what came of it; nothing is left claimed.

        What has had no answer after so many seconds may have arrived: the next start sends it again and says so.
        """
        self._stopping.set()
        self._wake.set()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
        unanswered = list(self._under_way.items())
        for task, _ in unanswered:
            task.cancel()
        await self._store.write(self._exchange, 0, {})
        if unanswered:
            await self._store.write(_unanswered, [due.id for _, due in unanswered])

    async def _round(self) -> None:
        """Write down what came back, claim what may leave now, send it, and wait for whatever comes first."""
        self._wake.clear()
        allowed = min(self._pace.allowance(), self._most - len(self._under_way))
        claimed = await self._store.write(self._exchange, allowed, self._pace.resting())
        for at, due in enumerate(claimed, start=1):
            self._pace.left(due.chat)
            task = asyncio.create_task(self._send(due))
            self._under_way[task] = due
            task.add_done_callback(self._finished)
            if at % SENT_TOGETHER == 0:
                await asyncio.sleep(0)  # whoever asks something meanwhile does not wait for all of them
        if claimed or self._sent or self._trouble:
            await asyncio.sleep(GATHER_SECONDS)
            if (seconds := self._pace.wait()) > GATHER_SECONDS:
                await self._pause(min(seconds - GATHER_SECONDS, LOOK_EVERY), until_woken=True)
        elif allowed <= 0 and len(self._under_way) < self._most:
            await self._pause(min(self._pace.wait(), LOOK_EVERY))
        else:
            resting = self._pace.resting().values()
            await self._pause(min((LOOK_EVERY, *resting)), until_woken=True)

    async def _pause(self, seconds: float, *, until_woken: bool = False) -> None:
        event = self._wake if until_woken else self._stopping
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return

    async def _send(self, due: Due) -> None:
        text = (MAYBE_REPEAT + due.text) if due.maybe_repeat else due.text
        fields = self._fields | {"chat_id": str(due.chat), "text": text}
        if due.keyboard is not None:
            fields["reply_markup"] = due.keyboard
        if due.silent:
            fields["disable_notification"] = "true"
        if due.reply_to is not None:  # where that message is gone, this one comes without
            fields["reply_parameters"] = json.dumps({"message_id": due.reply_to, "allow_sending_without_reply": True})
        try:
            # Of the answer only the id is wanted: making a Message of it costs more than sending it.
            answer: Any = await self._bot.request.post(f"{self._bot.base_url}/sendMessage", form(fields))
        except TelegramError as error:
            if isinstance(error, RetryAfter):
                self._pace.turned_away(due.chat, retry_seconds(error))
            self._trouble.append(_Trouble(due, error))
        else:
            self._sent.append(Sent(due.id, answer["message_id"]))

    def _finished(self, task: asyncio.Task[None]) -> None:
        due = self._under_way.pop(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            log.error(
                "message %d: an error nobody expected; its row is looked at after the next start",
                due.id,
                exc_info=error,
            )

    def _exchange(self, db: Database, most: int, resting: Collection[int]) -> list[Due]:
        """In one transaction: mark what came back, and claim up to `most`. Runs in the writer's thread."""
        sent, trouble = self._sent[:], self._trouble[:]
        outbox.mark_sent(db, sent, _now())
        for one in trouble:
            self._settle(db, one.due, one.error)
        claimed = [] if self._stopping.is_set() else outbox.claim(db, _now(), most, resting=resting)
        del self._sent[: len(sent)], self._trouble[: len(trouble)]
        return claimed

    def _settle(self, db: Database, due: Due, error: TelegramError) -> None:
        decision, why = decide(error), f"{type(error).__name__}: {error.message}"
        log.log(
            logging.INFO if decision in (Decision.WAIT, Decision.AGAIN) else logging.WARNING,
            "message %d: %s → %s", due.id, why, decision.value,
        )  # fmt: skip
        match decision:
            case Decision.WAIT:
                assert isinstance(error, RetryAfter)
                outbox.mark_again(db, due.id, _later(retry_seconds(error)), why, maybe_repeat=False)
            case Decision.AGAIN:
                seconds = min(2.0 ** min(due.attempts, 9), LONGEST_AGAIN)
                outbox.mark_again(db, due.id, _later(seconds), why, maybe_repeat=False)
            case Decision.UNKNOWN:
                outbox.mark_again(db, due.id, _later(UNKNOWN_AGAIN), why, maybe_repeat=True)
            case Decision.GONE:
                outbox.mark_withdrawn(db, due.id, why)
                chats.unsubscribe(db, due.chat, _now(), why)
            case Decision.MOVED:
                assert isinstance(error, ChatMigrated)
                move_chat(db, due.chat, error.new_chat_id)
                outbox.mark_again(db, due.id, _now(), why, maybe_repeat=False)
            case Decision.DONE:
                outbox.mark_withdrawn(db, due.id, why)
            case Decision.REFUSED:
                outbox.mark_failed(db, due.id, why)
                outbox.tell_operators(db, self._operators, "refused", operator.refused(why, due.id), _now())


def _unanswered(db: Database, identities: Sequence[int]) -> None:
    for identity in identities:
        outbox.mark_again(db, identity, _now(), "the bot was stopped before the answer came", maybe_repeat=True)


def _now() -> datetime:
    return datetime.now(UTC)


def _later(seconds: float) -> datetime:
    return _now() + timedelta(seconds=seconds)
