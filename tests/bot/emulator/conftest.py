"""A local Bot API on a free port, python-telegram-bot's own Bot and plain httpx as its clients."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import telegram
from telegram.request import HTTPXRequest

from bot.emulator import LocalTelegram, start

# Loopback is plain HTTP: reading the certificates for each test would take most of its time.
PLAIN: dict[str, Any] = {"verify": False}
TOKEN = "123456789:" + "Aa0_-" * 7


@dataclass(slots=True)
class Raw:
    """Requests as they are, without python-telegram-bot's checks."""

    client: httpx.AsyncClient
    token: str = TOKEN

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The whole answer to a method called with JSON."""
        return (await self.client.post(f"/bot{self.token}/{method}", json=parameters)).json()

    async def refusal(self, method: str, **parameters: Any) -> str:
        """The description of the refusal to a method called with JSON."""
        answer = await self.call(method, **parameters)
        assert answer["ok"] is False, answer
        return str(answer["description"])

    async def do(self, route: str, **body: Any) -> Any:
        """POST to a control route; what it answers."""
        response = await self.client.post(f"/_local/{route}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    async def see(self, route: str, **query: Any) -> Any:
        """GET a control route."""
        response = await self.client.get(f"/_local/{route}", params=query)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
async def local() -> AsyncIterator[LocalTelegram]:
    server = await start(0)
    yield server
    await server.stop()


@pytest.fixture
async def raw(local: LocalTelegram) -> AsyncIterator[Raw]:
    async with httpx.AsyncClient(base_url=local.address, **PLAIN) as client:
        yield Raw(client)


@pytest.fixture
async def ada(raw: Raw) -> int:
    """Ada's id; she has written /start."""
    await raw.do("say", person=1001, text="/start")
    return 1001


@pytest.fixture
async def bot(local: LocalTelegram) -> AsyncIterator[telegram.Bot]:
    request, polling = HTTPXRequest(httpx_kwargs=PLAIN), HTTPXRequest(httpx_kwargs=PLAIN)
    client = telegram.Bot(TOKEN, local.base_url, local.base_file_url, request, polling)
    async with client:
        yield client
