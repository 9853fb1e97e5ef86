"""Events → WEBHOOK_OUT_URL: each one posted as JSON, signed, at least once, in order per rule.

The signature is that of the Standard Webhooks specification (https://www.standardwebhooks.com): HMAC-SHA256 over
`ID.TIMESTAMP.BODY`, in the headers `webhook-id`, `webhook-timestamp` (seconds since 1970) and `webhook-signature`. The
id is the idempotency key: every attempt carries the same, so a receiver that notes ids takes each event once.

Only a 2xx counts. Anything else is posted again after 1, 2, 4 … seconds, at most a minute, for a day of trying; then it
is given up, and operators are told. While the receiver takes nothing at all, one post at a time asks whether it does
again. Redirects are not followed. Neither address nor secret appears in a log or an error.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr
from sqlite_utils import Database

from bot.database import Store
from bot.messages import operator
from bot.settings import LOOPBACK, WEBHOOK_SECRET_PREFIX
from bot.transport.rounds import GATHER_SECONDS, LOOK_EVERY, Rounds
from bot.transport.settlement import utc_now
from bot.transport.telemetry import WEBHOOK_POSTS
from storage import outbox, webhook_posts
from storage.webhook_posts import WebhookPost

log = logging.getLogger(__name__)

MOST_UNDER_WAY = 16
POST_SECONDS = 20.0  # for one attempt, its answer included
LONGEST_AGAIN = 60.0  # seconds between two attempts
LONGEST_ASKED = 3600.0  # of a Retry-After
GIVEN_UP = timedelta(days=1)  # of trying
STOOD_STILL = timedelta(minutes=1)  # between two rounds: the machine slept, or the database could not be written to
OPERATORS_TOLD = timedelta(hours=1)  # that one post has failed for, before operators are told
SAID_AGAIN = 300.0  # seconds between two warnings in the log
STOP_SECONDS = 5.0


@dataclass(frozen=True)
class Attempt:
    """What came of one. why: None where the receiver took it. wait: the seconds that the receiver asked for."""

    post: WebhookPost
    why: str | None = None
    wait: float = 0.0


def signature(secret: SecretStr, identity: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: `v1,` and the HMAC-SHA256 of `identity.timestamp.body` in base64."""
    key = base64.b64decode(secret.get_secret_value().removeprefix(WEBHOOK_SECRET_PREFIX))
    digest = hmac.digest(key, f"{identity}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def seconds_until_again(attempts: int, asked: float = 0.0) -> float:
    """The pause after so many attempts: doubled each time, and as long as the receiver asked for."""
    return max(min(2.0 ** min(attempts - 1, 20), LONGEST_AGAIN), min(asked, LONGEST_ASKED))


class WebhookOut(Rounds[WebhookPost]):
    """Posts what is due, until stopped."""

    def __init__(
        self, url: SecretStr, secret: SecretStr, store: Store, operators: Sequence[int] = (),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        super().__init__(store, "posts")
        self._url = url
        self._secret = secret
        self._operators = operators
        self._clock = clock
        self._client: httpx.AsyncClient
        self._attempts: list[Attempt] = []  # that are not recorded yet
        self._said = -SAID_AGAIN
        self._refused: set[int] = set()  # events that were not taken since one was
        self._asked = 0  # how often one post alone has asked since then
        self._looked_at: datetime | None = None  # the last round
        self._ask_at = 0.0  # by the monotonic clock, while the receiver takes nothing

    async def run(self) -> None:
        """Post until `stop`. At the start, what a former process left half-way is posted again, with its key."""
        direct = urlsplit(self._url.get_secret_value()).hostname in LOOPBACK
        limits = httpx.Limits(max_connections=MOST_UNDER_WAY)
        opened = partial(httpx.AsyncClient, timeout=POST_SECONDS, limits=limits, trust_env=not direct)
        async with await asyncio.to_thread(opened) as self._client:  # it reads the certificates, which takes a while
            await super().run()
            while self._under_way:  # `stop` limits how long
                await asyncio.wait(self._under_way)

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """As of all rounds; what has had no answer is posted again by the next start, with its key."""
        await super().stop(seconds)

    def _recover(self, db: Database) -> None:
        webhook_posts.begin(db)
        self._looked_at = self._clock()
        if left := webhook_posts.recover(db, self._looked_at):
            log.warning("%d posts were under way when the bot ended; they are posted again with their keys", left)

    async def _record(self, unanswered: Sequence[WebhookPost]) -> None:
        await self._exchange(0)

    async def _round(self) -> None:
        self._wake.clear()
        claimed: list[WebhookPost] = []
        async with self._exchanging:
            free, now = self._free(), self._clock()
            due = self._attempts or self._stood_still(now)
            if due or (free and await self._store.read(webhook_posts.anything, now)):
                claimed = await self._exchange(free)
            else:
                self._looked_at = now
            for post in claimed:
                self._start(post, asyncio.create_task(self._post(post)))
        await self._pause(GATHER_SECONDS)
        if not claimed and not self._attempts:
            await self._pause(LOOK_EVERY, until_woken=True)

    def _free(self) -> int:
        """How many posts may be claimed: one, now and then, while the receiver takes nothing."""
        if len(self._refused) < MOST_UNDER_WAY:
            return MOST_UNDER_WAY - len(self._under_way)
        return int(not self._under_way and time.monotonic() >= self._ask_at)

    def _stood_still(self, now: datetime) -> timedelta:
        """The time without a round before this one, which is no trying; zero where rounds follow one another."""
        gap = now - (self._looked_at or now)
        return gap if gap > STOOD_STILL else timedelta(0)

    async def _exchange(self, most: int) -> list[WebhookPost]:
        """In one transaction: record attempts, gather events, claim up to `most`. Forgets what is committed."""
        now, attempts = self._clock(), self._attempts[:]
        still = self._stood_still(now)

        def exchange(db: Database) -> list[WebhookPost]:
            if still:
                webhook_posts.stood_still(db, still)
            webhook_posts.mark_sent(db, [one.post for one in attempts if one.why is None], now)
            for one in attempts:
                if one.why is not None:
                    self._settle(db, one, one.why, now)
            if self._stopping.is_set():
                return []
            webhook_posts.gather(db, now)
            return webhook_posts.claim(db, now, most, timedelta(seconds=LONGEST_ASKED))

        claimed = await self._store.write(exchange)
        self._looked_at = now
        del self._attempts[: len(attempts)]
        return claimed

    def _settle(self, db: Database, attempt: Attempt, why: str, now: datetime) -> None:
        """Post again later, or give up after a day of trying. Operators are told of either once a day."""
        post, tried_for = attempt.post, webhook_posts.tried_for(db, attempt.post, now)
        if tried_for >= GIVEN_UP:
            webhook_posts.mark_failed(db, post, now, why)
            text = operator.webhook_given_up(why, post.event)
            outbox.tell_operators(db, self._operators, "webhook given up", text, now)
            return
        seconds = seconds_until_again(post.attempts, attempt.wait)
        webhook_posts.mark_again(db, post, now + timedelta(seconds=seconds), why)
        if tried_for >= OPERATORS_TOLD:
            outbox.tell_operators(db, self._operators, "webhook failing", operator.webhook_failing(why), now)

    async def _post(self, post: WebhookPost) -> None:
        body, stamp = post.body.encode(), int(self._clock().timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "rotation-alerts",
            "webhook-id": post.key,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(self._secret, post.key, stamp, body),
        }
        wait, why = 0.0, None
        try:
            async with asyncio.timeout(POST_SECONDS):
                answer = await self._client.post(self._url.get_secret_value(), content=body, headers=headers)
            if not answer.is_success:
                why = f"HTTP {answer.status_code}"
                asked = answer.headers.get("Retry-After", "")
                wait = float(asked) if asked.isdecimal() else 0.0
        except Exception as error:  # noqa: BLE001 – its name alone: its text may hold the address, which is a secret
            why = type(error).__name__
        self._count(post.event, taken=why is None)
        WEBHOOK_POSTS.labels("sent" if why is None else "again").inc()
        if why is not None and time.monotonic() - self._said >= SAID_AGAIN:
            self._said = time.monotonic()
            log.warning(
                "WEBHOOK_OUT_URL (not shown here) did not take event %d: %s; it is posted again for a day",
                post.event, why,
            )  # fmt: skip
        self._attempts.append(Attempt(post, why, wait))

    def _count(self, event: int, *, taken: bool) -> None:
        """Note what the receiver said. One that refuses a few events, however often, still takes the others."""
        if taken:
            self._refused.clear()
            self._asked = 0
            return
        if len(self._refused) >= MOST_UNDER_WAY and len(self._under_way) == 1:
            self._asked += 1
        self._refused.add(event)
        self._ask_at = time.monotonic() + seconds_until_again(max(1, self._asked))
