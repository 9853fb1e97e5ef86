"""The routes under /_local/: what people do, what they see, and what tests ask for. JSON in, JSON out.

A request that cannot be done gets 400 {"error": why}; one that names another host than loopback, or comes from
another site's page, gets 403.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.emulator.answers import answer, refuse
from bot.emulator.api.errors import ApiError
from bot.emulator.chats import Json
from bot.emulator.context import CONTEXT, Context
from bot.emulator.state import World

LOOPBACK = ("127.0.0.1", "localhost", "::1")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a control route: its query, and its body as it came."""

    context: Context
    query: Mapping[str, str]
    body: bytes

    @property
    def world(self) -> World:
        """The state that the server works on."""
        return self.context.world

    def given(self) -> Json:
        """The request's JSON object; {} where there is no body."""
        given = json.loads(self.body or b"{}")
        if not isinstance(given, dict):
            raise ValueError("object expected as body")
        return given

    def number(self, name: str) -> int:
        """A number out of the query."""
        value = self.query.get(name, "")
        try:
            return int(value)
        except ValueError:
            raise ValueError(f"{name}={value}: not a number") from None


# What a route does: its result is the answer. KeyError, ValueError and TypeError say why it cannot be done.
Work = Callable[[Asked], Any]


def control(path: str, **verbs: Work) -> web.RouteDef:
    """The route `path` with what it does for each verb: get, post, delete."""
    return guarded(path, **{verb: _answering(work) for verb, work in verbs.items()})


def guarded(path: str, **verbs: Handler) -> web.RouteDef:
    """A route that a page of another site cannot reach through a reader's browser, with a handler for each verb."""
    handlers = {verb.upper(): handler for verb, handler in verbs.items()}

    async def handle(request: web.Request) -> web.StreamResponse:
        if not from_here(request):
            return refuse(ApiError(403, "Forbidden"))
        handler = handlers.get(request.method)
        if handler is None:
            return refuse(ApiError(405, "Method Not Allowed"))
        return await handler(request)

    return web.route("*", path, handle)


def from_here(request: web.Request) -> bool:
    """Whether the request names loopback as its host, and comes from no other site's page.

    A browser says so in Sec-Fetch-Site where it sends no Origin, as for a picture.
    """
    host = urlsplit(f"//{request.host}").hostname
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "none")
    ours = origin is None or urlsplit(origin).netloc == request.host
    return host in LOOPBACK and ours and site in ("none", "same-origin")


def _answering(work: Work) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        asked = Asked(request.app[CONTEXT], request.query, await request.read())
        try:
            return answer(200, work(asked))
        except KeyError as error:
            return answer(400, {"error": f"{error.args[0]}: missing"})
        except (ValueError, TypeError) as error:
            return answer(400, {"error": str(error)})

    return handle
