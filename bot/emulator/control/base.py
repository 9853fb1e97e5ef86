"""The routes under /_local/: what people do, what they see, and what tests ask for. JSON in, JSON out.

A request that cannot be done gets 400 {"error": why}.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError

from bot.emulator.api.handlers import LocalHandler
from bot.emulator.chats import Json
from bot.emulator.state import World

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def from_here(request: HTTPServerRequest) -> bool:
    """Whether the request names loopback as its host, and comes from no other site's page."""
    host = urlsplit(f"//{request.host}").hostname
    origin = request.headers.get("Origin")
    return host in LOOPBACK and (origin is None or urlsplit(origin).netloc == request.host)


class ControlHandler(LocalHandler):
    """Loopback's own: a page of another site cannot reach it through a reader's browser."""

    def prepare(self) -> None:
        """Refuse other hosts' names, and requests that a page from elsewhere sends."""
        if not from_here(self.request):
            raise HTTPError(403)

    @property
    def world(self) -> World:
        """The state that the server works on."""
        return self.local.world

    def body(self) -> Json:
        """The request's JSON object; {} where there is no body."""
        given = json.loads(self.request.body or b"{}")
        if not isinstance(given, dict):
            raise ValueError("object expected as body")
        return given

    def number(self, name: str) -> int:
        """A number out of the query."""
        value = self.get_query_argument(name, "")
        try:
            return int(value)
        except ValueError:
            raise ValueError(f"{name}={value}: not a number") from None

    def done(self, work: Callable[[], Any]) -> None:
        """Answer with what `work` returns; 400 where it cannot be done."""
        try:
            result = work()
        except KeyError as error:
            self.answer(400, {"error": f"{error.args[0]}: missing"})
        except (ValueError, TypeError) as error:
            self.answer(400, {"error": str(error)})
        else:
            self.answer(200, result)
