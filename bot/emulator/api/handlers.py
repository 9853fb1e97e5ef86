"""How a request of the bot becomes a call and its result an answer: /bot<token>/<method>, /file/bot<token>/<path>."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.emulator.answers import answer, refuse
from bot.emulator.api.errors import ApiError, too_many_requests
from bot.emulator.api.methods import SERVED
from bot.emulator.api.parameters import METHODS, NAMES, read
from bot.emulator.api.requests import arguments
from bot.emulator.context import CONTEXT, Context
from bot.emulator.control.base import guarded
from bot.emulator.faults import Fault
from bot.emulator.uploads import Sent

TOKEN = re.compile(r"([0-9]+):[A-Za-z0-9_-]{35,}")
NUMBER = re.compile(r"-?[0-9]{1,18}")
NOT_FOUND = ApiError(404, "Not Found")
UNAUTHORIZED = ApiError(401, "Unauthorized")
SENDS = frozenset({"sendMessage", "sendPhoto", "sendDocument"})


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a method: its parameters as they came, the files with them, and the chat that it is for."""

    method: str
    raw: dict[str, Any]
    files: dict[str, Sent]
    chat_id: int | str | None


def bot_id(context: Context, token: str) -> int:
    """The number before the colon; ApiError 401 for a malformed token, or another than the server is held to."""
    found = TOKEN.fullmatch(token)
    if found is None or (context.token is not None and token != context.token):
        raise UNAUTHORIZED
    return int(found[1])


async def call_method(request: web.Request) -> web.Response:
    """Serve a method and log the call, without the token."""
    context = request.app[CONTEXT]
    name = request.match_info["method"]
    method = NAMES.get(name.lower(), name)
    chat_id: int | str | None = None
    response: web.Response
    try:
        context.world.become(bot_id(context, request.match_info["token"]))
        if method not in SERVED and method != "getUpdates":
            raise NOT_FOUND
        raw, files = await arguments(request)
        chat_id = _chat_of(raw)
        call = Call(method, raw, files, chat_id)
        fault = context.faults.meet(method, chat_id) if context.faults.waiting else None
        if fault is None:
            outcome, response = "ok", answer(200, {"ok": True, "result": await _result(context, call)})
        else:
            outcome, response = await _faulty(request, call, fault)
    except ApiError as error:
        outcome, response = f"{error.error_code} {error.description}", refuse(error)
    if method == "getUpdates" and request.transport is None:
        outcome = "the client hung up"
    context.calls.add(context.world.clock(), method if method in METHODS else "unknown", chat_id, outcome)
    return response


async def _result(context: Context, call: Call) -> Any:
    """What the method returns; ApiError where it refuses, or the call comes too fast."""
    if context.pace.on and call.method in SENDS and call.chat_id is not None:
        paid = call.raw.get("allow_paid_broadcast") in ("true", "True", "1", True)
        wait = context.pace.retry_after(call.chat_id, paid)
        if wait is not None:
            raise too_many_requests(wait)
    given = read(call.method, call.raw, call.files)
    if call.method == "getUpdates":
        return await context.world.updates.poll(
            given.get("offset", 0), given.get("limit", 100), given.get("timeout", 0), given.get("allowed_updates")
        )
    return SERVED[call.method](context.world, given, call.files)


async def _faulty(request: web.Request, call: Call, fault: Fault) -> tuple[str, web.Response]:
    """The outcome and the answer of a call that meets `fault`."""
    if error := fault.error():
        raise error
    if fault.kind == "drop_before":
        return "dropped before", _drop(request)
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    result = await _result(request.app[CONTEXT], call)
    if fault.kind == "drop_after":
        return "dropped after", _drop(request)
    if fault.kind == "slow_answer":
        await asyncio.sleep(fault.seconds)
    return "ok", answer(200, {"ok": True, "result": result})


def _drop(request: web.Request) -> web.Response:
    """Close the connection; the response that is returned is not sent."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def _chat_of(raw: dict[str, Any]) -> int | str | None:
    """The chat that a request is for, as a number where it is one."""
    value = raw.get("chat_id")
    if isinstance(value, str):
        return int(value) if NUMBER.fullmatch(value) else value[:64]
    return value if isinstance(value, int) else None


async def download(request: web.Request) -> web.Response:
    """The bytes of the file that getFile named, as they were sent."""
    context = request.app[CONTEXT]
    try:
        bot_id(context, request.match_info["token"])
    except ApiError as error:
        return refuse(error)
    upload = context.world.uploads.by_path.get(request.match_info["path"])
    if upload is None:
        return refuse(NOT_FOUND)
    return web.Response(body=upload.body, content_type="application/octet-stream")


METHOD_PATH = r"/bot{token:[^/]*}/{method:[A-Za-z]+}{slash:/?}"
ROUTES = [
    guarded(METHOD_PATH, get=call_method, post=call_method),
    guarded(r"/file/bot{token:[^/]*}/{path:.+}", get=download),
]
