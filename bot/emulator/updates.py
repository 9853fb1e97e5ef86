"""The updates that wait for the bot, and the one getUpdates that may wait for them.

An update stays until a getUpdates asks with a higher offset. Only one getUpdates waits at a time: a second one
ends the first with 409.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

from bot.emulator.api.errors import ApiError
from bot.emulator.webhook import Webhook

MOST = 100
LONGEST_WAIT = 50
# What Telegram sends only to those who ask for it by name.
ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


class UpdateQueue:
    """Updates in order of their ids, oldest first."""

    def __init__(self) -> None:
        self.pending: deque[dict[str, Any]] = deque()
        self.allowed: frozenset[str] = frozenset()
        self.last_id = 100_000_000
        self.webhook: Webhook | None = None
        self._waiting: asyncio.Future[None] | None = None

    def add(self, kind: str, what: dict[str, Any]) -> int | None:
        """Queue `what` under its name (message, callback_query, my_chat_member, …); the update's id.

        None where allowed_updates leaves this kind out: such an update is lost, as at Telegram.
        """
        if (self.allowed and kind not in self.allowed) or (not self.allowed and kind in ON_REQUEST):
            return None
        return self.add_raw({kind: what})

    def add_raw(self, update: dict[str, Any]) -> int:
        """Queue an update as it is, under the next id, which is returned."""
        self.last_id += 1
        self.pending.append({"update_id": self.last_id} | update)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
        if self.webhook is not None:
            self.webhook.look(self.pending)
        return self.last_id

    def register(self, webhook: Webhook | None, allowed: Sequence[str] | None = None) -> None:
        """Post updates to an address from now on, or, with None, have them wait for getUpdates again."""
        if self.webhook is not None:
            self.webhook.end()
        self.webhook = webhook
        if allowed is not None:
            self.allowed = frozenset(allowed)
        if webhook is not None:
            self._end(ApiError(409, WEBHOOK_ACTIVE))
            webhook.look(self.pending)

    def take(self, offset: int, limit: int) -> list[dict[str, Any]]:
        """Up to `limit` updates from `offset` on; those before it are confirmed and gone.

        A negative offset counts from the end, and forgets what lies before.
        """
        pending = self.pending
        if offset < 0:
            while len(pending) > -offset:
                pending.popleft()
        while offset > 0 and pending and pending[0]["update_id"] < offset:
            pending.popleft()
        return [pending[index] for index in range(min(limit, len(pending)))]

    async def poll(
        self, offset: int, limit: int, timeout: float, allowed: Sequence[str] | None
    ) -> list[dict[str, Any]]:
        """getUpdates: answered at once when there is an update, else when one comes or `timeout` seconds pass.

        Raises ApiError 409 when another getUpdates comes meanwhile.
        """
        if self.webhook is not None:
            raise ApiError(409, WEBHOOK_ACTIVE)
        self._end(ApiError(409, CONFLICT))
        if allowed is not None:
            self.allowed = frozenset(allowed)
        limit = limit if 1 <= limit <= MOST else MOST
        found = self.take(offset, limit)
        if found or timeout <= 0:
            return found
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        try:
            await asyncio.wait_for(waiting, min(timeout, LONGEST_WAIT))
        except TimeoutError:
            return []
        finally:
            if self._waiting is waiting:
                self._waiting = None
        return self.take(offset, limit)

    def release(self) -> None:
        """Answer a waiting getUpdates now, and post nothing more."""
        if self.webhook is not None:
            self.webhook.end()
        self._end(None)

    def _end(self, error: ApiError | None) -> None:
        if self._waiting is None or self._waiting.done():
            return
        if error is None:
            self._waiting.set_result(None)
        else:
            self._waiting.set_exception(error)
