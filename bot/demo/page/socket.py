"""The page's socket: every change, as it happens."""

import asyncio
from contextlib import suppress

from aiohttp import WSCloseCode, web

from bot.demo.page.live import Live
from bot.emulator.control.base import Handler


class Listener:
    """The changes that an open socket has still to send; None ends it."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue()

    def push(self, text: str) -> None:
        """Send a change."""
        self._waiting.put_nowait(text)

    def end(self) -> None:
        """The server stops."""
        self._waiting.put_nowait(None)

    async def send_to(self, socket: web.WebSocketResponse) -> None:
        """Send what comes until the end, or until the other side has gone."""
        with suppress(ConnectionError):
            while (text := await self._waiting.get()) is not None:
                await socket.send_str(text)
            await socket.close(code=WSCloseCode.GOING_AWAY)


def socket(live: Live) -> Handler:
    """{"number", "kind", "chat", "what"} for each change. What comes from the page is not read."""

    async def handle(request: web.Request) -> web.StreamResponse:
        response, listener = web.WebSocketResponse(), Listener()
        # Before the handshake: a page that is connected misses no change.
        live.listeners.add(listener)
        try:
            await response.prepare(request)
            sending = asyncio.create_task(listener.send_to(response), name="page socket")
            try:
                async for _ in response:
                    pass  # people act over the control routes
            finally:
                sending.cancel()
        finally:
            live.listeners.discard(listener)
        return response

    return handle
