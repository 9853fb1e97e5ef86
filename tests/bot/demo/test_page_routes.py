"""The page over plain HTTP: what it serves, to whom, and with which headers."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx
import pytest
from support.page_bot import PLAIN, TOKEN, picture
from support.page_clocks import SmallClock
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.demo.page import chat_page
from bot.emulator import LocalTelegram, start


@dataclass
class Served:
    local: LocalTelegram
    clock: SmallClock
    http: httpx.AsyncClient
    bot: Bot
    sockets: aiohttp.ClientSession

    async def socket(self, **headers: str) -> aiohttp.ClientWebSocketResponse:
        return await self.sockets.ws_connect(f"{self.local.address}/_local/socket", headers=headers)

    async def say(self, text: str, person: int = 1001) -> None:
        (await self.http.post("/_local/say", json={"person": person, "text": text})).raise_for_status()


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    clock = SmallClock()
    local = await start(0, extend=chat_page(clock, "The market is simulated."))
    bot = Bot(TOKEN, local.base_url, local.base_file_url, *(HTTPXRequest(httpx_kwargs=PLAIN) for _ in range(2)))
    async with httpx.AsyncClient(base_url=local.address, **PLAIN) as http, bot, aiohttp.ClientSession() as sockets:
        yield Served(local, clock, http, bot, sockets)
    await local.stop()


async def told(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    return json.loads(await socket.receive_str(timeout=60))


async def test_the_page_and_all_that_it_names_are_served(served):
    page = await served.http.get("/")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    named = [word.split('"')[0] for word in page.text.split('="') if word.startswith("/page/")]
    assert len(named) > 5
    seen: dict[str, str] = {}
    while named:
        name = named.pop()
        answer = await served.http.get(name)
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, f"{kind}; charset=utf-8"), name
        seen[name] = answer.text
        imported = [f"/page/{word.split(chr(34))[0]}" for word in answer.text.split('from "./')[1:]]
        named += [module for module in imported if module not in seen and module not in named]
    assert "/page/entities.js" in seen
    # Text is never read as HTML, anywhere.
    assert [name for name, text in seen.items() if "innerHTML" in text or "insertAdjacentHTML" in text] == []


@pytest.mark.parametrize("path", ["/", "/_local/snapshot", "/page/main.js", "/_local/clock"])
async def test_everything_carries_the_headers_that_keep_a_page_safe(served, path):
    headers = (await served.http.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; img-src 'self' data: blob:;")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/_local/snapshot", "/_local/picture?id=a", "/_local/clock", "/_local/socket"])
@pytest.mark.parametrize("headers", [{"Host": "example.org"}, {"Origin": "https://example.org"}, {"Origin": "null"}])
async def test_other_hosts_and_other_sites_are_refused(served, path, headers):
    assert (await served.http.get(path, headers=headers)).status_code == 403


async def test_the_socket_opens_for_its_own_page_only(served):
    await (await served.socket(Origin=served.local.address)).close()
    for headers in ({"Origin": "http://127.0.0.1:1"}, {"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await served.socket(**headers)
        assert refused.value.status == 403


@pytest.mark.parametrize(
    "path", ["/page/handlers.py", "/page/../server.py", "/page/none.js", "/page/page.html", "/page/"]
)
async def test_nothing_but_the_pages_own_files_is_served(served, path):
    assert (await served.http.get(path)).status_code == 404


async def test_the_socket_tells_what_the_snapshot_does_not_have_yet(served):
    await served.say("/start")
    socket = await served.socket()
    before = (await served.http.get("/_local/snapshot")).json()
    assert [row["message"]["text"] for row in before["people"][0]["messages"]] == ["/start"]
    message = await served.bot.send_message(1001, "a")
    await message.edit_text("b")
    await message.delete()
    changes = [await told(socket) for _ in range(3)]
    assert [(change["kind"], change["chat"]) for change in changes] == [
        ("message", 1001), ("edited", 1001), ("deleted", 1001),
    ]  # fmt: skip
    assert [change["number"] for change in changes] == [before["number"] + at for at in (1, 2, 3)]
    after = (await served.http.get("/_local/snapshot")).json()
    assert after["number"] == changes[-1]["number"]
    assert after["run"] == before["run"]
    assert [row["message"]["text"] for row in after["people"][0]["messages"]] == ["/start"]


async def test_two_sockets_hear_the_same_and_a_closed_one_is_forgotten(served):
    first, second = await served.socket(), await served.socket()
    await served.say("a")
    assert await told(first) == await told(second)
    await first.close()
    await served.say("b")
    assert (await told(second))["what"]["message"]["text"] == "b"


async def test_stopping_the_server_closes_the_sockets(served):
    socket = await served.socket()
    closing = asyncio.create_task(served.local.stop())
    assert (await socket.receive(timeout=60)).type is aiohttp.WSMsgType.CLOSE
    assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
    await closing


async def test_a_picture_needs_no_token(served):
    await served.say("/start")
    body = picture()
    message = await served.bot.send_photo(1001, body)
    for size in message.photo:
        answer = await served.http.get("/_local/picture", params={"id": size.file_id})
        assert (answer.headers["Content-Type"], answer.content) == ("image/png", body)
    assert (await served.http.get("/_local/picture", params={"id": "none"})).status_code == 404


async def test_a_document_is_saved_and_never_shown(served):
    await served.say("/start")
    message = await served.bot.send_document(1001, b"<script>alert(1)</script>", filename="a.html")
    answer = await served.http.get("/_local/picture", params={"id": message.document.file_id})
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"


async def test_the_clock_steps_plays_and_pauses(served):
    before = (await served.http.get("/_local/clock")).json()
    socket = await served.socket()
    after = (await served.http.post("/_local/clock/next")).json()
    assert (before["session"], after["session"]) == ("2025-07-30", "2025-07-31")
    changes = [await told(socket) for _ in range(2)]
    assert [(change["kind"], change["what"]["working"]) for change in changes] == [("clock", True), ("clock", False)]
    assert (await served.http.post("/_local/clock/play")).json()["playing"] is True
    assert (await served.http.post("/_local/clock/pause")).json()["playing"] is False
    assert (await served.http.get("/_local/clock/next")).status_code == 405
    assert (await served.http.post("/_local/clock/back")).status_code == 404


async def test_a_step_is_not_joined_by_another(served):
    served.clock.hold = asyncio.Event()
    first = asyncio.create_task(served.http.post("/_local/clock/next"))
    while not served.clock.working:
        await asyncio.sleep(0.01)
    assert (await served.http.post("/_local/clock/next")).json()["working"] is True
    served.clock.hold.set()
    assert (await first).json()["session"] == "2025-07-31"


async def test_without_a_clock_there_is_none():
    local = await start(0, extend=chat_page(None, ""))
    async with httpx.AsyncClient(base_url=local.address, **PLAIN) as http:
        assert (await http.get("/_local/snapshot")).json()["clock"] is None
        assert (await http.get("/_local/clock")).status_code == 404
        assert (await http.get("/")).status_code == 200
    await local.stop()
