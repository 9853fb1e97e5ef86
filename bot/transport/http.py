"""python-telegram-bot's HTTP over aiohttp, with one question answered for every failure: can the request have left?

python-telegram-bot's errors say what went wrong; delivery has to know more. Every error raised here has one of these
as its `__cause__`:

    Unanswered
    ├── NotSent      it never left this machine: no free connection, no address, no connection, no TLS, no proxy
    └── MaybeSent    it may have been carried out: the answer did not come, or not whole

    TimedOut         no free connection, or no connection, in time (NotSent); writing or the answer took too long
                     (MaybeSent)
    NetworkError     everything else, with either cause

A kept connection that the server closes at the very moment it is used again counts as MaybeSent: nobody can tell. It
is rare, since idle connections are given up long before servers do. Nothing is sent twice: a POST is never repeated,
a redirect never followed.

Addresses of Telegram hold the token, so no text here repeats an address or the words of a library that might.
"""

from __future__ import annotations

import asyncio
import io
import os
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.request import getproxies, proxy_bypass
from uuid import uuid4

import aiohttp
import certifi
from aiohttp.abc import AbstractStreamWriter
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

from alerts.market.dates import Dates

if TYPE_CHECKING:
    from bot.transport.ptb_private import ODVInput, UploadFileDict

KEEP_SECONDS = 15.0  # an idle connection; the servers in front of Telegram keep theirs for a minute or more
ADDRESS_SECONDS = 30  # an address found is believed for so long
CHUNK_BYTES = 64 * 1024  # of a body, written at once
LEAST_SECONDS = 0.001  # aiohttp takes 0 for "no limit"
FORM = "application/x-www-form-urlencoded"

_Piece = bytes | IO[bytes]


class Unanswered(Exception):
    """A request that has no answer, or not a whole one."""


class NotSent(Unanswered):
    """Not a byte of the request left this machine: sending it again cannot repeat anything."""


class MaybeSent(Unanswered):
    """The request may have been carried out: sending it again may repeat it."""


class AiohttpRequest(BaseRequest):
    """What `telegram.Bot` and `Application` take as `request` and `get_updates_request`.

    Seconds and defaults are those of python-telegram-bot's own client, None being without limit: `read_timeout` between
    two pieces of the answer, `write_timeout` to hand on one piece of the request (`media_write_timeout` where files
    go with it), `connect_timeout` to have a connection, TLS and proxy included, `pool_timeout` until one of
    `connection_pool_size` requests at a time is done. HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and
    SSL_CERT_DIR are read at `initialize`, which may follow a `shutdown`.
    """

    def __init__(
        self,
        connection_pool_size: int = 256,
        read_timeout: float | None = 5.0,
        write_timeout: float | None = 5.0,
        connect_timeout: float | None = 5.0,
        pool_timeout: float | None = 1.0,
        media_write_timeout: float | None = 20.0,
    ) -> None:
        self._pool_size = connection_pool_size
        self._read_timeout = read_timeout
        self._write_timeout = write_timeout
        self._connect_timeout = connect_timeout
        self._pool_timeout = pool_timeout
        self._media_write_timeout = media_write_timeout
        self._turns = asyncio.Semaphore(connection_pool_size)
        self._session: aiohttp.ClientSession | None = None
        self._proxies = _Proxies()
        self.dates: Dates | None = None  # what answers say of the time, where somebody wants to know

    @property
    def read_timeout(self) -> float | None:
        """Seconds that an answer may take where a call does not say otherwise."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Make the session, in the loop that is going to use it. Nothing happens when there is one."""
        if self._session is not None:
            return
        self._turns = asyncio.Semaphore(self._pool_size)
        self._proxies = _Proxies()
        leaving = aiohttp.TraceConfig()
        leaving.on_request_headers_sent.append(_leaves)
        self._session = aiohttp.ClientSession(
            # The turns bound the connections. TCP_NODELAY is aiohttp's habit.
            connector=aiohttp.TCPConnector(
                limit=0, keepalive_timeout=KEEP_SECONDS, ttl_dns_cache=ADDRESS_SECONDS, ssl=_trusted()
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.USER_AGENT},
            trace_configs=[leaving],
        )

    async def shutdown(self) -> None:
        """Close every connection. What is under way ends with an error. Nothing happens when it was done before."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The status and the body of the answer, whatever the status. Raises TimedOut, NetworkError; see above."""
        session = self._session
        if session is None:
            raise RuntimeError("this AiohttpRequest is not initialized: await its initialize() first")
        files = request_data.multipart_data if request_data else {}
        writing = _seconds(write_timeout, self._media_write_timeout if files else self._write_timeout)
        limits = aiohttp.ClientTimeout(
            total=None,
            connect=_seconds(connect_timeout, self._connect_timeout),
            sock_read=_seconds(read_timeout, self._read_timeout),
        )
        request = SimpleNamespace(left=False)
        try:
            async with self._turn(_seconds(pool_timeout, self._pool_timeout)):
                where = URL(url)
                body = None if method == "GET" else _body(request_data, files, writing)
                proxy = self._proxies.to(where)
                async with session.request(
                    method, where, data=body, timeout=limits, proxy=proxy,
                    allow_redirects=False, trace_request_ctx=request,
                ) as response:  # fmt: skip
                    if self.dates is not None:
                        self.dates.note(response.headers.get("Date"), response.headers.get("Age"))
                    return response.status, await response.read()
        except NetworkError as told:
            failure = told
        except Exception as error:  # noqa: BLE001 – whatever a library raises may hold the address in its text
            failure = _failure(error, left=request.left)
        raise failure  # out here it has no context, which a traceback would print, address and all

    @asynccontextmanager
    async def _turn(self, seconds: float | None) -> AsyncIterator[None]:
        """One of the requests that may be under way at a time."""
        turns = self._turns
        try:
            if turns.locked():
                async with asyncio.timeout(seconds):
                    await turns.acquire()
            else:
                await turns.acquire()
        except TimeoutError:
            why = f"Pool timeout: all {self._pool_size} connections are in use and none came free in {seconds:g} s"
            failure = TimedOut(f"{why}; the request was not sent")
            failure.__cause__ = NotSent(why)
            raise failure from failure.__cause__
        try:
            yield
        finally:
            turns.release()


async def _leaves(session: aiohttp.ClientSession, context: SimpleNamespace, params: Any) -> None:
    """aiohttp has a connection and is about to write: from here on the request can have left."""
    context.trace_request_ctx.left = True


def _seconds(given: ODVInput[float], default: float | None) -> float | None:
    seconds = default if given is BaseRequest.DEFAULT_NONE else cast("float | None", given)
    return None if seconds is None else max(seconds, LEAST_SECONDS)


def _failure(error: Exception, *, left: bool) -> NetworkError:
    """The error to raise in place of the library's, without an address in its text."""
    why = ": ".join(filter(None, (type(error).__name__, _words(error))))
    if left:
        cause: Unanswered = MaybeSent(why)
        text = f"{why}; the request may have been carried out"
    else:
        cause = NotSent(why)
        text = f"{why}; the request was not sent"
    failure = TimedOut(f"Timed out: {text}") if isinstance(error, TimeoutError) else NetworkError(text)
    failure.__cause__ = cause
    return failure


def _words(error: Exception) -> str:
    """What can be said of an error: hosts, ports, and the system's words, never the library's own sentence."""
    match error:
        case NotSent():
            return str(error)
        case aiohttp.ConnectionTimeoutError():
            return "no connection in time"
        case aiohttp.SocketTimeoutError():
            return "no answer in time"
        case TimeoutError():
            return "it could not be written in time"
        case aiohttp.ClientConnectorCertificateError():
            return f"{error.host}:{error.port}: {error.certificate_error}"
        case aiohttp.ClientConnectorError():
            return f"{error.host}:{error.port}: {error.os_error.strerror or error.os_error}"
        case aiohttp.ClientHttpProxyError():
            return f"the proxy answered {error.status}"
        case OSError() if error.errno:
            return os.strerror(error.errno)
    return ""


class _Proxies:
    """The proxies of the environment, asked for once a host: the question costs more than a request."""

    def __init__(self) -> None:
        self._known = getproxies()
        self._found: dict[tuple[str, str], URL | None] = {}

    def to(self, where: URL) -> URL | None:
        """The proxy to `where`, None for the straight way. Raises NotSent for a kind of proxy that is not spoken."""
        if not self._known:
            return None
        key = (where.scheme, where.host or "")
        if key not in self._found:
            self._found[key] = self._find(*key)
        return self._found[key]

    def _find(self, scheme: str, host: str) -> URL | None:
        named = self._known.get(scheme) or self._known.get("all")
        if not named or proxy_bypass(host):
            return None
        variable = f"{scheme.upper()}_PROXY" if self._known.get(scheme) else "ALL_PROXY"
        try:
            proxy = URL(named if "://" in named else f"http://{named}")
        except ValueError:  # its text has the address, and so a password
            raise NotSent(f"{variable}: not the address of a proxy; give one such as http://proxy:3128") from None
        if proxy.scheme not in ("http", "https"):
            raise NotSent(f"{variable}={proxy.scheme}://…: not a proxy this program can use; give an http:// one")
        return proxy


def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted: those python-telegram-bot's own client would trust."""
    return _context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _context(file: str | None, folder: str | None) -> ssl.SSLContext:
    if file or folder:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    return ssl.create_default_context(cafile=certifi.where())


def _body(request_data: RequestData | None, files: UploadFileDict, writing: float | None) -> _Body:
    """Parameters as a form; with files, as a form of several parts."""
    if request_data is None or not files:
        return _Body([_form(request_data.json_parameters if request_data else {})], FORM, writing)
    boundary = uuid4().hex
    return _Body(
        _parts(request_data.json_parameters, files, boundary), f"multipart/form-data; boundary={boundary}", writing
    )


def _form(parameters: dict[str, str]) -> bytes:
    """Parameters as application/x-www-form-urlencoded, by yarl, which takes a fifth of the time that urllib takes.

    Raises UnicodeEncodeError for half a surrogate pair, which yarl would leave out.
    """
    for value in parameters.values():
        value.encode()
    return URL().with_query(parameters).raw_query_string.encode()


def _parts(parameters: dict[str, str], files: UploadFileDict, boundary: str) -> list[_Piece]:
    """multipart/form-data (RFC 7578) with names as browsers write them: UTF-8, quotes and line ends as %22 %0D %0A."""
    pieces: list[_Piece] = []
    text = ""
    for name, value in parameters.items():
        text += f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
    for name, (filename, content, kind) in files.items():
        text += f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"; '
        text += f'filename="{_quoted(filename)}"\r\nContent-Type: {kind}\r\n\r\n'
        pieces += [text.encode(), content]
        text = "\r\n"
    return [*pieces, f"{text}--{boundary}--\r\n".encode()]


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


class _Body(aiohttp.Payload):
    """Bytes and open files, written one after the other. Files are sent from their beginning and left open."""

    def __init__(self, pieces: Sequence[_Piece], content_type: str, writing: float | None) -> None:
        super().__init__(pieces, content_type=content_type)
        self._pieces = pieces
        self._writing = writing
        sizes = [_size(piece) for piece in pieces]
        self._size = None if None in sizes else sum(cast("list[int]", sizes))  # None: sent in chunks

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write all of it; TimeoutError when a chunk cannot be handed on in time."""
        for piece in self._pieces:
            async for chunk in _chunks(piece):
                async with asyncio.timeout(self._writing):
                    await writer.write(chunk)
                    await writer.drain()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Not for a body with files in it."""
        raise TypeError("the body of a request is written, not read")


def _size(piece: _Piece) -> int | None:
    """Bytes in a piece, None where a file cannot tell. A file is wound back to its beginning."""
    if isinstance(piece, bytes):
        return len(piece)
    try:
        size = piece.seek(0, io.SEEK_END)
        piece.seek(0)
    except (OSError, AttributeError):
        return None
    return size


async def _chunks(piece: _Piece) -> AsyncIterator[bytes | memoryview]:
    if isinstance(piece, bytes):
        for start in range(0, len(piece), CHUNK_BYTES):
            yield memoryview(piece)[start : start + CHUNK_BYTES]
        return
    while chunk := await asyncio.to_thread(piece.read, CHUNK_BYTES):
        yield chunk
