"""Outbox → Telegram, at Telegram's pace.

Messages are claimed a few at a time, sent side by side, and marked sent on Telegram's word alone; one transaction
records what is confirmed and claims what is next, and results are kept until it is committed. What went wrong becomes a
decision by name (bot/transport/settlement.py). A message that cannot be sent never holds up another chat. As many
messages as are under way may come twice after a kill, and say so.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlite_utils import Database
from telegram import Bot
from telegram.error import BadRequest, RetryAfter, TelegramError

from bot.database import Store
from bot.formatting import unbroken
from bot.messages.alert import MAYBE_REPEAT
from bot.transport.errors import retry_seconds
from bot.transport.headroom import Headroom
from bot.transport.ptb_private import form
from bot.transport.rate_limit import Pace
from bot.transport.rounds import GATHER_SECONDS, LOOK_EVERY, Rounds
from bot.transport.settlement import Results, Unconfirmed, record_results, set_aside, utc_now
from bot.transport.telemetry import SENDS
from bot.transport.texts import with_texts
from storage import file_ids, outbox, pictures
from storage.outbox import Due, Sent

log = logging.getLogger(__name__)

MOST_UNDER_WAY = 128
UNDER_WAY_SECONDS = 0.2  # of the pace: enough to keep it with an answer that takes so long
SENT_TOGETHER = 4
LONGEST_DELAY = timedelta(minutes=15)  # of a repeat, by a clock that was put back
CLOCK_BACK = 2.0  # seconds that the clock goes back before that is noticed
STOP_SECONDS = 10.0
FREE_RATE = 30.0  # above it Telegram charges
#: In a refusal of the picture: not allowed there, or its id is not known any more.
_OF_THE_PICTURE = ("send photos", "file identifier", "file_id", "image", "photo")
_FIELDS = {"parse_mode": "HTML", "link_preview_options": json.dumps({"is_disabled": True})}


class Delivery(Rounds[Due]):
    """Sends what is due, until stopped. `bot` is for delivery alone; `pace` is shared with the conversations.

    answers: how many answers to people are being made.
    """

    def __init__(
        self, bot: Bot, store: Store, pace: Pace, operators: Sequence[int] = (),
        clock: Callable[[], datetime] = utc_now, answers: Callable[[], int] = lambda: 0,
    ) -> None:  # fmt: skip
        super().__init__(store, "messages")
        self._bot = bot
        self._pace = pace
        self._operators = operators
        self._clock = clock
        self._answers = answers
        self._most = max(4, min(MOST_UNDER_WAY, round(pace.rate * UNDER_WAY_SECONDS)))
        self._headroom = Headroom(self._most)
        self._fields = _FIELDS | ({"allow_paid_broadcast": "true"} if pace.rate > FREE_RATE else {})
        self._sent: list[Sent] = []
        self._unconfirmed: list[Unconfirmed] = []
        self._looked_at: tuple[datetime, float] | None = None  # by the clock, and by the monotonic one

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """As of all rounds; a message that has had no answer is sent again by the next start, and says so."""
        await super().stop(seconds)

    def _recover(self, db: Database) -> None:
        if left := outbox.recover(db, self._clock()):
            log.warning("%d messages were under way when the bot ended; they are sent again and say so", left)

    async def _record(self, unanswered: Sequence[Due]) -> None:
        await self._exchange(0, {}, [due.id for due in unanswered])

    async def _round(self) -> None:
        self._wake.clear()
        async with self._exchanging:
            allowed = min(self._pace.allowance(), self._most - len(self._under_way), self._headroom.at_once)
            claimed = await self._exchange(allowed, self._pace.resting())
            for at, due in enumerate(claimed, start=1):
                self._pace.left(due.chat)
                self._start(due, asyncio.create_task(self._send(due)))
                if at % SENT_TOGETHER == 0:
                    await asyncio.sleep(0)  # whoever asks something meanwhile does not wait for all of them
        if claimed or self._sent or self._unconfirmed:
            begun = time.monotonic()
            await asyncio.sleep(GATHER_SECONDS)
            self._headroom.waited(time.monotonic() - begun - GATHER_SECONDS, self._answers())
            if (seconds := self._pace.wait()) > GATHER_SECONDS:
                await self._pause(min(seconds - GATHER_SECONDS, LOOK_EVERY), until_woken=True)
        elif allowed <= 0 and len(self._under_way) < self._most:
            await self._pause(min(self._pace.wait(), LOOK_EVERY))
        else:
            resting = self._pace.resting().values()
            await self._pause(min((LOOK_EVERY, *resting)), until_woken=True)

    async def _exchange(self, most: int, resting: Collection[int], unanswered: Sequence[int] = ()) -> list[Due]:
        """In one transaction: record what came back, and claim up to `most`. Forgets results once it is committed."""
        now, looked_at = self._clock(), time.monotonic()
        results = Results(self._sent[:], self._unconfirmed[:], unanswered)
        put_back = self._put_back(now, looked_at)

        def exchange(db: Database) -> list[Due]:
            if put_back and (moved := outbox.limit_delays(db, now, LONGEST_DELAY)):
                log.warning("the clock was put back: %d messages wait no longer than they were meant to", moved)
            if results:
                record_results(db, results, self._operators, now)
            if self._stopping.is_set():
                return []
            return with_texts(
                db, outbox.claim(db, now, most, resting=resting), partial(set_aside, db, self._operators, now)
            )

        claimed = await self._store.write(exchange)
        self._looked_at = (now, looked_at)
        del self._sent[: len(results.sent)], self._unconfirmed[: len(results.unconfirmed)]
        return claimed

    def _put_back(self, now: datetime, looked_at: float) -> bool:
        """Whether the clock may have gone back since the last exchange: at the start nobody knows."""
        if self._looked_at is None:
            return True
        before, then = self._looked_at
        return (now - before).total_seconds() < looked_at - then - CLOCK_BACK

    async def _send(self, due: Due) -> None:
        text = unbroken((MAYBE_REPEAT + due.text) if due.maybe_repeat else due.text)
        fields = self._fields | {"chat_id": str(due.chat), "text": text}
        if due.topic is not None:
            fields["message_thread_id"] = str(due.topic)
        if due.keyboard is not None and not due.channel:  # whoever reads a channel changes nothing in it
            fields["reply_markup"] = due.keyboard
        if due.silent:
            fields["disable_notification"] = "true"
        if due.reply_to is not None:  # where that message is gone, this one comes without
            fields["reply_parameters"] = json.dumps({"message_id": due.reply_to, "allow_sending_without_reply": True})
        try:
            number = await self._send_picture(due, fields) if due.picture is not None else None
            if number is None:
                # Of the answer only the id is wanted: making a Message of it costs more than sending it.
                answer: Any = await self._bot.request.post(f"{self._bot.base_url}/sendMessage", form(fields))
                number = int(answer["message_id"])
            sent = Sent(due.id, number)
        except TelegramError as error:
            if isinstance(error, RetryAfter):
                self._pace.turned_away(due.chat, retry_seconds(error))
            self._unconfirmed.append(Unconfirmed(due, error))
        except Exception as error:  # noqa: BLE001 – whatever it is, it concerns this message alone
            self._unconfirmed.append(Unconfirmed(due, error))
        else:
            self._pace.accepted()
            self._sent.append(sent)
            SENDS.labels("sent").inc()

    async def _send_picture(self, due: Due, fields: dict[str, str]) -> int | None:
        """Send the picture with the text as its caption; its message's id. None where the text has to go alone.

        Uploaded once: after that Telegram's id of it is sent.
        """
        assert due.picture is not None
        found = await self._store.read(pictures.picture, due.picture)
        if found is None:
            return None
        given = {name: value for name, value in fields.items() if name not in ("text", "link_preview_options")}
        request = form(given | {"caption": fields["text"]}, photo=found)
        try:
            answer: Any = await self._bot.request.post(f"{self._bot.base_url}/sendPhoto", request)
        except BadRequest as error:
            if not any(word in error.message.lower() for word in _OF_THE_PICTURE):
                raise
            log.info("a message goes without its picture: %s", error.message)
            return None
        if isinstance(found, bytes):
            identity = str(answer["photo"][-1]["file_id"])
            await self._store.write(file_ids.keep_file_id, due.picture, identity, self._clock())
        return int(answer["message_id"])
