"""The address to which updates are posted instead of waiting for getUpdates, as setWebhook registers it.

Updates go one after the other, oldest first, with the secret token in a header. One that is not answered with 2xx is
posted again, at growing intervals. Only addresses on loopback are accepted.
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds
POST_SECONDS = 60.0


@dataclass(slots=True)
class Webhook:
    """A registered address; `last_error`: when (seconds since 1970) and why a post last failed."""

    url: str
    secret_token: str = ""
    last_error: tuple[int, str] | None = None
    posting: asyncio.Task[None] | None = None

    def look(self, pending: deque[dict[str, Any]]) -> None:
        """Post what waits; call it whenever an update was added."""
        if pending and (self.posting is None or self.posting.done()):
            self.posting = asyncio.get_running_loop().create_task(self._post_all(pending), name="webhook")

    def end(self) -> None:
        """Post nothing more."""
        if self.posting is not None:
            self.posting.cancel()

    async def _post_all(self, pending: deque[dict[str, Any]]) -> None:
        headers = {SECRET_HEADER: self.secret_token} if self.secret_token else {}
        timeout = aiohttp.ClientTimeout(total=POST_SECONDS)
        pause = FIRST_PAUSE
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as client:
            while pending:
                update = pending[0]
                if (why := await self._post(client, update)) is None:
                    if pending and pending[0] is update:
                        pending.popleft()
                    pause = FIRST_PAUSE
                else:
                    self.last_error = (int(time.time()), why)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)

    async def _post(self, client: aiohttp.ClientSession, update: dict[str, Any]) -> str | None:
        """Why the update was not taken; None where it was."""
        try:
            async with client.post(self.url, json=update) as response:
                if 200 <= response.status < 300:
                    return None
                return f"Wrong response from the webhook: {response.status} {response.reason}"
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"Connection failed ({type(error).__name__})"


def is_loopback(url: str) -> bool:
    """Whether the address is on this machine."""
    return (urlsplit(url).hostname or "") in LOOPBACK
