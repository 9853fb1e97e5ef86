"""How a request of the bot becomes a call and its result an answer."""

import asyncio
import json
import logging
import re
from typing import TYPE_CHECKING, Any

from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError, RequestHandler

from bot.emulator.api.errors import LOCAL, ApiError, bad_request, too_many_requests
from bot.emulator.api.methods import SERVED
from bot.emulator.api.parameters import METHODS, NAMES, read
from bot.emulator.state import World
from bot.emulator.uploads import Sent

if TYPE_CHECKING:
    from bot.emulator.server import LocalTelegram

log = logging.getLogger(__name__)

TOKEN = re.compile(r"([0-9]+):[A-Za-z0-9_-]{35,}")
NOT_UTF_8 = "strings must be encoded in UTF-8"
NUMBER = re.compile(r"-?[0-9]{1,18}")
NOT_FOUND = ApiError(404, "Not Found")
UNAUTHORIZED = ApiError(401, "Unauthorized")
SENDS = frozenset({"sendMessage", "sendPhoto", "sendDocument"})


class LocalHandler(RequestHandler):
    """What the handlers here have in common: JSON answers, and no word of the request's path in any log."""

    local: "LocalTelegram"

    def initialize(self, local: "LocalTelegram") -> None:
        """`local` is the running server."""
        self.local = local

    def set_default_headers(self) -> None:
        """Everything here is JSON."""
        self.set_header("Content-Type", "application/json")

    def answer(self, status: int, body: Any) -> None:
        """Send `body` as JSON."""
        self.set_status(status)
        self.finish(json.dumps(body, separators=(",", ":")))

    def refuse(self, error: ApiError) -> None:
        """Send a refusal."""
        self.answer(error.error_code, error.answer())

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """What tornado refuses by itself, in Telegram's form."""
        self.refuse(ApiError(status_code, self._reason))

    def log_exception(self, *exc_info: Any) -> None:
        """The traceback without the request, whose path holds the token."""
        kind = exc_info[0]
        if kind is None or not issubclass(kind, HTTPError):
            log.error("local Bot API: a request failed", exc_info=exc_info)

    def compute_etag(self) -> None:
        """Answers are not cached: nothing to compute."""
        return None


class NowhereHandler(LocalHandler):
    """Any other path: 404."""

    def initialize(self) -> None:  # type: ignore[override]
        """Needs nothing."""

    def prepare(self) -> None:
        """Refuse every verb alike."""
        self.refuse(NOT_FOUND)


def bot_id(local: "LocalTelegram", token: str) -> int:
    """The number before the colon; ApiError 401 for a malformed token, or another than the server is held to."""
    found = TOKEN.fullmatch(token)
    if found is None or (local.token is not None and token != local.token):
        raise UNAUTHORIZED
    return int(found[1])


class MethodHandler(LocalHandler):
    """/bot<token>/<method>, GET or POST."""

    async def get(self, token: str, name: str) -> None:
        """Parameters in the query."""
        await self.post(token, name)

    async def post(self, token: str, name: str) -> None:
        """Parameters in the query, a form (URL-encoded or multipart) or JSON."""
        local = self.local
        method = NAMES.get(name.lower(), name)
        chat_id: int | str | None = None
        try:
            local.world.become(bot_id(local, token))
            if method not in SERVED and method != "getUpdates":
                raise NOT_FOUND
            raw, files = arguments(self.request)
            chat_id = chat_of(raw)
            outcome = await self.carry_out(method, raw, files, chat_id)
        except ApiError as error:
            outcome = f"{error.error_code} {error.description}"
            self.refuse(error)
        local.calls.add(local.world.clock(), method if method in METHODS else "unknown", chat_id, outcome)

    async def carry_out(
        self, method: str, raw: dict[str, Any], files: dict[str, Sent], chat_id: int | str | None
    ) -> str:
        """Meet the faults in wait, keep the pace, answer; how it ended, for the log."""
        local = self.local
        fault = local.faults.meet(method, chat_id) if local.faults.waiting else None
        if fault is not None:
            if error := fault.error():
                raise error
            if fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            elif fault.kind == "drop_before":
                self.drop()
                return "dropped before"
        if local.pace.on and method in SENDS and chat_id is not None:
            wait = local.pace.retry_after(chat_id, raw.get("allow_paid_broadcast") in ("true", "True", "1", True))
            if wait is not None:
                raise too_many_requests(wait)
        given = read(method, raw, files)
        if method == "getUpdates":
            result = await self.updates(local.world, given)
        else:
            result = SERVED[method](local.world, given, files)
        if fault is not None and fault.kind == "drop_after":
            self.drop()
            return "dropped after"
        if fault is not None and fault.kind == "slow_answer":
            await asyncio.sleep(fault.seconds)
        self.answer(200, {"ok": True, "result": result})
        return "ok"

    async def updates(self, world: World, given: dict[str, Any]) -> list[dict[str, Any]]:
        """getUpdates: ends early when an update comes, another getUpdates comes, or the server stops."""
        return await world.updates.poll(
            given.get("offset", 0), given.get("limit", 100), given.get("timeout", 0), given.get("allowed_updates"), self
        )

    def drop(self) -> None:
        """Close the connection without an answer."""
        self.detach().close()

    def on_connection_close(self) -> None:
        """The bot has hung up: whatever it waited for stays."""
        self.local.world.updates.abandon(self)


def arguments(request: HTTPServerRequest) -> tuple[dict[str, Any], dict[str, Sent]]:
    """The parameters as they came, and the files of a multipart form by the names of their fields."""
    raw: dict[str, Any] = {}
    try:
        for name, values in request.arguments.items():
            raw[name] = values[-1].decode()
    except UnicodeDecodeError:
        raise bad_request(NOT_UTF_8) from None
    if request.body and request.headers.get("Content-Type", "").startswith("application/json"):
        try:
            body = json.loads(request.body)
        except ValueError:
            raise bad_request(f"can't parse the body as JSON {LOCAL}") from None
        if not isinstance(body, dict):
            raise bad_request(f"object expected as body {LOCAL}")
        _check_text(body)
        raw |= body
    files: dict[str, Sent] = {}
    for name, sent in request.files.items():
        file = sent[-1]
        files[name] = Sent(file.filename, file.content_type, file.body)
    return raw, files


def _check_text(body: dict[str, Any]) -> None:
    """JSON can escape half a surrogate pair, which is no text."""
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise bad_request(NOT_UTF_8) from None


def chat_of(raw: dict[str, Any]) -> int | str | None:
    """The chat that a request is for, as a number where it is one."""
    value = raw.get("chat_id")
    if isinstance(value, str):
        return int(value) if NUMBER.fullmatch(value) else value[:64]
    return value if isinstance(value, int) else None


class FileHandler(LocalHandler):
    """/file/bot<token>/<path>: the file that getFile named."""

    def get(self, token: str, path: str) -> None:
        """The bytes, as they were sent."""
        try:
            bot_id(self.local, token)
            upload = self.local.world.uploads.by_path.get(path)
            if upload is None:
                raise NOT_FOUND
        except ApiError as error:
            return self.refuse(error)
        self.set_header("Content-Type", "application/octet-stream")
        self.finish(upload.body)
