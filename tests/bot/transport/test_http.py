"""HTTP to Telegram: what is answered, what is raised, and whether a request can have left, over real sockets."""

from __future__ import annotations

import asyncio
import base64
import gc
import io
import random
import ssl
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from urllib.parse import parse_qsl

import pytest
import telegram
from support.program import TOKEN
from support.web import free_port
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.ext import Application, CommandHandler
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot.emulator import Fault, LocalTelegram, people, start
from bot.transport.errors import Decision, decide
from bot.transport.http import AiohttpRequest, MaybeSent, NotSent, Unanswered

ADA = 1001
SECRET = TOKEN.partition(":")[2]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WHOLE = b'HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{"ok":true,"result":true} '[:-1]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's proxies and certificates are not part of a test."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
async def local() -> AsyncIterator[LocalTelegram]:
    served = await start(0)
    people.say(served.world, ADA, "/start")
    yield served
    await served.stop()


@asynccontextmanager
async def bot_at(local: LocalTelegram, request: AiohttpRequest | None = None) -> AsyncIterator[telegram.Bot]:
    made = telegram.Bot(
        TOKEN, base_url=local.base_url, base_file_url=local.base_file_url,
        request=request or AiohttpRequest(), get_updates_request=AiohttpRequest(connection_pool_size=1),
    )  # fmt: skip
    async with made:
        yield made


def heard(local: LocalTelegram) -> list[str]:
    """What the bot has said to Ada."""
    return [stored.message["text"] for stored in local.world.chats[ADA].stored.values() if stored.from_bot]


@dataclass
class Raw:
    """A server of bytes: what it was sent, and how many connections it has had."""

    port: int = 0
    connections: int = 0
    open: int = 0
    most_open: int = 0
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/bot{TOKEN}/sendMessage"

    async def read(self, reader: asyncio.StreamReader) -> bytes:
        """One request, kept; its head."""
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if lengths:
            self.bodies.append(await reader.readexactly(int(lengths[0].split(b":")[1])))
        self.heads.append(head)
        return head


Behaviour = Callable[[Raw, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> AsyncIterator[Raw]:
    """A server on loopback that behaves so to each connection, and then closes it."""
    seen = Raw()
    at_work: set[asyncio.Task[None]] = set()

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        at_work.add(task)
        seen.connections += 1
        seen.open += 1
        seen.most_open = max(seen.most_open, seen.open)
        try:
            await behaviour(seen, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            seen.open -= 1
            writer.close()
            at_work.discard(task)

    server = await asyncio.start_server(met, "127.0.0.1", 0, ssl=tls)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)


async def silent(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await seen.read(reader)
    await asyncio.sleep(60)


async def deaf(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(60)


async def closes(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await seen.read(reader)


async def resets(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await seen.read(reader)
    writer.transport.abort()


async def half(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await seen.read(reader)
    writer.write(WHOLE[:-5])
    await writer.drain()


async def half_and_silent(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await half(seen, reader, writer)
    await asyncio.sleep(60)


async def nonsense(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.write(b"220 mail.example ESMTP\r\n\r\n")
    await writer.drain()


async def answers(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await seen.read(reader)
        writer.write(WHOLE)
        await writer.drain()


async def once(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers one request, takes another, and closes: as a kept connection ends under a request."""
    await seen.read(reader)
    writer.write(WHOLE)
    await writer.drain()
    await seen.read(reader)


def form(**fields: str) -> RequestData:
    return RequestData([RequestParameter(name, value, None) for name, value in fields.items()])


async def failure(url: str, request: AiohttpRequest, **more: float | None) -> NetworkError:
    """What sending to `url` raises, after a look at its texts."""
    async with request:
        with pytest.raises(NetworkError) as caught:
            await request.post(url, form(chat_id="1", text="hello"), **more)
    shows_no_token(caught.value)
    return caught.value


def shows_no_token(error: TelegramError) -> None:
    texts = [str(error), repr(error), repr(error.__cause__), *traceback.format_exception(error)]
    assert not [text for text in texts if SECRET in text]


# ------------------------------------------------------------------------------------------------ what is answered


async def test_a_bot_works_with_it_unmodified(local: LocalTelegram) -> None:
    async with bot_at(local) as bot:
        assert (await bot.get_me()).is_bot
        sent = await bot.send_message(ADA, "a & b = 50 % + ü 🎉\n“x”")
        assert sent.text == "a & b = 50 % + ü 🎉\n“x”"
        assert (await bot.edit_message_text("other", ADA, sent.message_id)).text == "other"


async def test_an_application_answers_through_it(local: LocalTelegram) -> None:
    async def hello(update: telegram.Update, context: object) -> None:
        assert update.effective_chat is not None
        await update.effective_chat.send_message("hello back")

    application = (
        Application.builder().token(TOKEN).base_url(local.base_url).base_file_url(local.base_file_url)
        .request(AiohttpRequest()).get_updates_request(AiohttpRequest(connection_pool_size=1)).build()
    )  # fmt: skip
    application.add_handler(CommandHandler("start", hello))
    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling()
        async with asyncio.timeout(60):
            while not heard(local):
                await asyncio.sleep(0.02)
        await application.updater.stop()
        await application.stop()


@pytest.mark.parametrize("name", ["chart.png", 'ü "quoted"\r\n.png'])
async def test_a_picture_is_uploaded_and_comes_back_as_it_was(local: LocalTelegram, name: str) -> None:
    async with bot_at(local) as bot:
        sent = await bot.send_photo(ADA, PIXEL, caption="a & ü", filename=name)
        assert sent.caption == "a & ü"
        again = await bot.send_photo(ADA, sent.photo[-1].file_id)
        file = await again.photo[-1].get_file()
        assert bytes(await file.download_as_bytearray()) == PIXEL


async def test_an_album_is_uploaded_with_its_attachments_named(local: LocalTelegram) -> None:
    async with bot_at(local) as bot:
        first = await bot.send_photo(ADA, PIXEL, caption="one")
        edited = await bot.edit_message_media(telegram.InputMediaPhoto(PIXEL, caption="two"), ADA, first.message_id)
        assert isinstance(edited, telegram.Message)
        assert edited.caption == "two"


async def test_an_open_file_is_sent_from_its_beginning_in_pieces_and_left_open(local: LocalTelegram) -> None:
    content = bytes(range(256)) * 2000
    with tempfile.TemporaryFile() as file:
        file.write(content)
        async with bot_at(local) as bot:
            given = telegram.InputFile(file, filename="figures.bin", read_file_handle=False)
            sent = await bot.send_document(ADA, given)
            assert sent.document is not None
            assert sent.document.file_name == "figures.bin"
            found = await (await sent.document.get_file()).download_as_bytearray()
        assert bytes(found) == content
        assert not file.closed


async def test_a_file_that_cannot_tell_its_size_is_sent_in_chunks() -> None:
    left = [b"abc", b"defg"]

    class Pipe(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return left.pop(0) if left else b""

    async def chunked(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.heads.append(await reader.readuntil(b"\r\n\r\n"))
        seen.bodies.append(await reader.readuntil(b"\r\n0\r\n\r\n"))
        writer.write(WHOLE)
        await writer.drain()

    async with raw(chunked) as server, AiohttpRequest() as request:
        file = telegram.InputFile(Pipe(), filename="x.bin", read_file_handle=False)  # type: ignore[arg-type]
        await request.post(server.url, RequestData([RequestParameter("document", None, [file])]))
    assert b"transfer-encoding: chunked" in server.heads[0].lower()
    assert b"3\r\nabc\r\n" in server.bodies[0]


async def test_parameters_go_as_a_form_and_say_who_sends_them() -> None:
    async with raw(answers) as server, AiohttpRequest() as request:
        assert await request.post(server.url, form(text="a b&ü", chat_id="-1")) is True
        assert await request.post(server.url) is True
    head = server.heads[0].lower()
    assert b"content-type: application/x-www-form-urlencoded" in head
    assert f"user-agent: {AiohttpRequest.USER_AGENT}".lower().encode() in head
    assert server.bodies == [b"text=a+b%26%C3%BC&chat_id=-1", b""]
    assert server.connections == 1, "the connection is kept"


async def test_any_text_arrives_as_it_was_and_half_a_surrogate_pair_is_refused() -> None:
    chance = random.Random(20251127)
    texts = ["", " ", "+ &=%;#?/", "%41", "\r\n\0", "é\u2028😀"]
    for _ in range(300):
        codes = (chance.choice([chance.randrange(0x80), chance.randrange(0xD800), chance.randrange(0xE000, 0x110000)])
                 for _ in range(chance.randrange(40)))  # fmt: skip
        texts.append("".join(map(chr, codes)))
    async with raw(answers) as server, AiohttpRequest() as request:
        for text in texts:
            await request.post(server.url, form(**{"text": text, "a&=+ ü": "1"}))
        with pytest.raises(NetworkError, match="UnicodeEncodeError; the request was not sent"):
            await request.post(server.url, form(text="a\ud800b"))
    found = [parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True) for body in server.bodies]
    assert found == [[("text", text), ("a&=+ ü", "1")] for text in texts]


async def test_cookies_are_neither_kept_nor_sent() -> None:
    async def baker(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await seen.read(reader)
            writer.write(WHOLE.replace(b"OK\r\n", b"OK\r\nSet-Cookie: a=b\r\n"))

    async with raw(baker) as server, AiohttpRequest() as request:
        await request.post(server.url)
        await request.post(server.url)
    assert b"cookie" not in server.heads[1].lower()


async def test_a_redirect_is_not_followed_since_it_would_send_twice() -> None:
    async def elsewhere(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await seen.read(reader)
            writer.write(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nContent-Length: 2\r\n\r\n{}")

    async with raw(elsewhere) as server, AiohttpRequest() as request:
        status, _ = await request.do_request(server.url, "POST", form(text="x"))
    assert status == 307
    assert len(server.heads) == 1


async def test_two_hundred_at_once_are_all_answered_over_eight_connections(local: LocalTelegram) -> None:
    async with bot_at(local, AiohttpRequest(connection_pool_size=8, pool_timeout=30)) as bot:
        sent = await asyncio.gather(*(bot.send_message(ADA, f"number {n}") for n in range(200)))
    assert len({message.message_id for message in sent}) == 200


async def test_no_more_connections_are_open_than_the_pool_has() -> None:
    async with raw(answers) as server, AiohttpRequest(connection_pool_size=3, pool_timeout=30) as request:
        await asyncio.gather(*(request.post(server.url, form(text=str(n))) for n in range(60)))
    assert len(server.heads) == 60
    assert server.most_open <= 3


async def test_long_polling_waits_longer_than_the_usual_read_timeout(local: LocalTelegram) -> None:
    async with telegram.Bot(
        TOKEN, base_url=local.base_url, request=AiohttpRequest(), get_updates_request=AiohttpRequest(read_timeout=0.5)
    ) as bot:
        (first,) = await bot.get_updates(timeout=0)
        asyncio.get_running_loop().call_later(1.5, people.say, local.world, ADA, "at last")
        (update,) = await bot.get_updates(offset=first.update_id + 1, timeout=5)
        assert update.message is not None
        assert update.message.text == "at last"
        assert update.update_id > first.update_id


def test_its_read_timeout_can_be_asked_for() -> None:
    assert AiohttpRequest().read_timeout == 5
    assert AiohttpRequest(read_timeout=None).read_timeout is None


@pytest.mark.parametrize(
    ("fault", "error", "decision"),
    [
        (Fault("too_many_requests", retry_after=7), RetryAfter, Decision.WAIT),
        (Fault("server_error", error_code=500), NetworkError, Decision.AGAIN),
        (Fault("server_error", error_code=502), NetworkError, Decision.AGAIN),
        (Fault("bad_request", description="chat not found"), BadRequest, Decision.GONE),
    ],
)
async def test_refusals_are_the_ones_python_telegram_bot_knows(
    local: LocalTelegram, fault: Fault, error: type[TelegramError], decision: Decision
) -> None:
    async with bot_at(local) as bot:
        local.faults.add(fault)
        with pytest.raises(error) as caught:
            await bot.send_message(ADA, "x")
        assert decide(caught.value) is decision
        assert (await bot.send_message(ADA, "goes on")).text == "goes on"


# ------------------------------------------------------------------------------- what cannot have left the machine


async def test_a_refused_connection_was_not_sent() -> None:
    port = free_port()
    error = await failure(f"http://127.0.0.1:{port}/bot{TOKEN}/sendMessage", AiohttpRequest())
    assert not isinstance(error, TimedOut)
    assert isinstance(error.__cause__, NotSent)
    assert f"127.0.0.1:{port}" in str(error)
    assert decide(error) is Decision.AGAIN


async def test_a_name_nobody_has_was_not_sent() -> None:
    error = await failure(f"http://telegram.invalid/bot{TOKEN}/sendMessage", AiohttpRequest(connect_timeout=20))
    assert isinstance(error.__cause__, NotSent)
    assert "telegram.invalid" in str(error)


@pytest.mark.parametrize("address", ["not an address/", "ftp://127.0.0.1/", "http://"])
async def test_an_address_that_is_none_was_not_sent(address: str) -> None:
    error = await failure(f"{address}bot{TOKEN}/sendMessage", AiohttpRequest())
    assert isinstance(error.__cause__, NotSent)


async def test_a_connection_that_is_not_ready_in_time_was_not_sent() -> None:
    async def never_shakes_hands(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with raw(never_shakes_hands) as server:
        error = await failure(server.url.replace("http", "https", 1), AiohttpRequest(connect_timeout=0.2))
        assert isinstance(error, TimedOut)
        assert isinstance(error.__cause__, NotSent)
        endless = AiohttpRequest(connect_timeout=None)
        again = await failure(server.url.replace("http", "https", 1), endless, connect_timeout=0.2)
        assert isinstance(again, TimedOut), "a call's own limit counts"


async def test_a_server_that_does_not_speak_tls_was_not_sent_anything() -> None:
    async with raw(nonsense) as server:
        error = await failure(server.url.replace("http", "https", 1), AiohttpRequest())
    assert isinstance(error.__cause__, NotSent)


async def test_a_full_pool_was_not_sent() -> None:
    async with raw(silent) as server, AiohttpRequest(connection_pool_size=1, pool_timeout=0.2) as request:
        first = asyncio.create_task(request.post(server.url, form(text="first")))
        while not server.heads:
            await asyncio.sleep(0.01)
        with pytest.raises(TimedOut, match="Pool timeout") as caught:
            await request.post(server.url, form(text="second"))
        shows_no_token(caught.value)
        assert isinstance(caught.value.__cause__, NotSent)
        with pytest.raises(TimedOut, match="Pool timeout"):
            await request.post(server.url, form(text="third"), pool_timeout=0)
        assert len(server.heads) == 1
        first.cancel()
        await asyncio.wait([first])
        with pytest.raises(TimedOut) as caught:  # the turn came back: this one gets as far as the server
            await request.post(server.url, form(text="fourth"), read_timeout=0.1)
        assert isinstance(caught.value.__cause__, MaybeSent)


# ----------------------------------------------------------------------------------- what may have been carried out


async def test_no_answer_in_time_may_have_been_sent() -> None:
    async with raw(silent) as server:
        error = await failure(server.url, AiohttpRequest(read_timeout=0.2))
        assert isinstance(error, TimedOut)
        assert isinstance(error.__cause__, MaybeSent)
        assert decide(error) is Decision.UNKNOWN
        for seconds in (0.2, 0):
            error = await failure(server.url, AiohttpRequest(read_timeout=None), read_timeout=seconds)
            assert isinstance(error, TimedOut), "a call's own limit counts"


@pytest.mark.parametrize("behaviour", [closes, resets, half, nonsense], ids=lambda behaviour: behaviour.__name__)
async def test_a_connection_lost_before_the_whole_answer_may_have_been_sent_and_is_not_tried_again(
    behaviour: Behaviour,
) -> None:
    async with raw(behaviour) as server:
        error = await failure(server.url, AiohttpRequest())
        await asyncio.sleep(0.05)
    assert not isinstance(error, TimedOut)
    assert isinstance(error.__cause__, MaybeSent)
    assert decide(error) is Decision.UNKNOWN
    assert server.connections == 1


async def test_an_answer_that_stops_half_way_times_out_and_may_have_been_sent() -> None:
    async with raw(half_and_silent) as server:
        error = await failure(server.url, AiohttpRequest(read_timeout=0.2))
    assert isinstance(error, TimedOut)
    assert isinstance(error.__cause__, MaybeSent)


async def test_a_kept_connection_that_ends_under_a_request_may_have_been_sent_and_is_not_tried_again() -> None:
    async with raw(once) as server, AiohttpRequest() as request:
        await request.post(server.url, form(text="first"))
        with pytest.raises(NetworkError) as caught:
            await request.post(server.url, form(text="second"))
        await asyncio.sleep(0.05)
        assert isinstance(caught.value.__cause__, MaybeSent)
        assert (server.connections, len(server.heads)) == (1, 2)


async def test_a_kept_connection_that_the_server_closed_meanwhile_is_not_used_again() -> None:
    async def one_each(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await seen.read(reader)
        writer.write(WHOLE)
        await writer.drain()

    async with raw(one_each) as server, AiohttpRequest() as request:
        for _ in range(5):
            assert await request.post(server.url, form(text="x")) is True
            await asyncio.sleep(0.02)
    assert server.connections == 5


async def test_an_upload_nobody_takes_times_out_after_the_time_for_uploads() -> None:
    large = telegram.InputFile(bytes(32 * 2**20), filename="large.bin")
    async with raw(deaf) as server, AiohttpRequest(write_timeout=None, media_write_timeout=0.3) as request:
        with pytest.raises(TimedOut) as caught:
            await request.post(server.url, RequestData([RequestParameter("document", None, [large])]))
    shows_no_token(caught.value)
    assert isinstance(caught.value.__cause__, MaybeSent)


async def test_a_long_form_nobody_takes_times_out_after_the_time_for_writing() -> None:
    async with raw(deaf) as server, AiohttpRequest(write_timeout=0.3, read_timeout=None) as request:
        with pytest.raises(TimedOut) as caught:
            await request.post(server.url, form(text="x" * (16 * 2**20)))
    assert isinstance(caught.value.__cause__, MaybeSent)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
async def test_a_dropped_request_is_unknown_and_the_next_one_goes_through(local: LocalTelegram, kind: str) -> None:
    async with bot_at(local) as bot:
        local.faults.add(Fault(kind))
        with pytest.raises(NetworkError) as caught:
            await bot.send_message(ADA, "once")
        shows_no_token(caught.value)
        assert isinstance(caught.value.__cause__, MaybeSent)
        await bot.send_message(ADA, "next")
        assert heard(local) == (["next"] if kind == "drop_before" else ["once", "next"])


async def test_a_slow_answer_is_waited_for_as_long_as_was_said(local: LocalTelegram) -> None:
    async with bot_at(local, AiohttpRequest(read_timeout=0.2)) as bot:
        local.faults.add(Fault("slow_answer", seconds=0.6, count=2))
        with pytest.raises(TimedOut) as caught:
            await bot.send_message(ADA, "x")
        assert isinstance(caught.value.__cause__, MaybeSent)
        assert (await bot.send_message(ADA, "y", read_timeout=5)).text == "y"


# ------------------------------------------------------------------------------------------------- proxies and TLS


async def test_the_proxy_of_the_environment_is_used_except_for_hosts_that_need_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with raw(answers) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://ada:secret@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        async with AiohttpRequest() as request:
            assert await request.post(f"http://telegram.invalid/bot{TOKEN}/getMe", form(a="b")) is True
            assert await request.post(proxy.url, form(c="d")) is True
    through, direct = proxy.heads
    assert through.startswith(b"POST http://telegram.invalid/bot")
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"ada:secret") in through
    assert direct.startswith(b"POST /bot")


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", b""], ids=["407", "closes"]
)
async def test_a_proxy_that_does_not_let_it_through_was_not_sent(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    async def doorman(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()

    async with raw(doorman) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        error = await failure(f"https://telegram.invalid/bot{TOKEN}/sendMessage", AiohttpRequest())
    assert proxy.heads[0].startswith(b"CONNECT telegram.invalid:443 ")
    assert SECRET.encode() not in proxy.heads[0]
    assert isinstance(error.__cause__, NotSent)


async def test_a_proxy_that_nobody_is_at_was_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", f"127.0.0.1:{free_port()}")
    error = await failure(f"https://telegram.invalid/bot{TOKEN}/sendMessage", AiohttpRequest())
    assert isinstance(error.__cause__, NotSent)


async def test_a_proxy_that_is_not_spoken_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://ada:secret@127.0.0.1:1080")
    error = await failure(f"https://telegram.invalid/bot{TOKEN}/sendMessage", AiohttpRequest())
    assert isinstance(error.__cause__, NotSent)
    assert "ALL_PROXY=socks5://" in str(error)
    assert "secret" not in str(error)


@pytest.mark.skipif(which("openssl") is None, reason="no openssl to make a certificate with")
async def test_a_certificate_is_checked_and_ssl_cert_file_says_which_are_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    async with raw(answers, tls) as server:
        url = server.url.replace("http", "https", 1)
        error = await failure(url, AiohttpRequest())
        assert isinstance(error.__cause__, NotSent)
        assert "certificate verify failed" in str(error)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        async with AiohttpRequest() as request:
            assert await request.post(url, form(text="x")) is True


# ----------------------------------------------------------------------------------------------- beginning and end


async def test_a_cancelled_request_is_cancelled_and_its_connection_closed() -> None:
    gone = asyncio.Event()

    async def waits(seen: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await seen.read(reader)
        assert await reader.read() == b""
        gone.set()

    async with raw(waits) as server, AiohttpRequest() as request:
        sending = asyncio.create_task(request.post(server.url, form(text="x")))
        while not server.heads:
            await asyncio.sleep(0.01)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        async with asyncio.timeout(60):
            await gone.wait()


async def test_shutdown_ends_what_is_under_way_and_it_can_be_initialized_again() -> None:
    request = AiohttpRequest(connection_pool_size=1, pool_timeout=None)
    async with raw(silent) as server:
        await request.initialize()
        await request.initialize()
        first, second = (asyncio.create_task(request.post(server.url, form(text=text))) for text in "ab")
        while not server.heads:
            await asyncio.sleep(0.01)
        await request.shutdown()
        await request.shutdown()
        async with asyncio.timeout(60):
            found = await asyncio.gather(first, second, return_exceptions=True)
    causes = [type(error.__cause__) for error in found if isinstance(error, NetworkError)]
    assert causes == [MaybeSent, NotSent]
    with pytest.raises(NetworkError, match="not initialized"):
        await request.post(server.url)
    async with raw(answers) as server, request:
        assert await request.post(server.url) is True


CLOSES_ALL = """
import asyncio
from bot.transport.http import AiohttpRequest
from test_http import answers, form, raw

async def run():
    async with raw(answers) as server:
        request = AiohttpRequest(connection_pool_size=8, pool_timeout=30)
        await request.initialize()
        await asyncio.gather(*(request.post(server.url, form(text=str(n))) for n in range(30)))
        held = server.open
        await request.shutdown()
        async with asyncio.timeout(60):
            while server.open:
                await asyncio.sleep(0.01)
        print(held > 0, server.open)

asyncio.run(run())
"""


def test_shutdown_closes_every_socket() -> None:
    here = Path(__file__).resolve()
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error::ResourceWarning", "-c", CLOSES_ALL],
        capture_output=True, text=True, cwd=here.parents[3], timeout=60, check=False,
        env={"PYTHONPATH": f"{here.parents[3]}:{here.parents[2]}:{here.parent}"},
    )  # fmt: skip
    assert ran.stdout.split() == ["True", "0"], ran.stderr
    assert "ResourceWarning" not in ran.stderr
    assert "Unclosed" not in ran.stderr


async def test_nothing_is_left_open_after_failures() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        for behaviour in (closes, resets, half, silent):
            async with raw(behaviour) as server:
                await failure(server.url, AiohttpRequest(read_timeout=0.1))
        gc.collect()
    assert [str(warning.message) for warning in caught if "unclosed" in str(warning.message).lower()] == []


def test_the_two_causes_are_apart_and_of_one_kind() -> None:
    assert issubclass(NotSent, Unanswered)
    assert issubclass(MaybeSent, Unanswered)
    assert not issubclass(NotSent, MaybeSent)
