"""JSON answers, and refusals in the form of the Bot API for what the server refuses by itself."""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.emulator.api.errors import ApiError

log = logging.getLogger(__name__)


def answer(status: int, body: Any) -> web.Response:
    """`body` as JSON."""
    text = json.dumps(body, separators=(",", ":"))
    return web.Response(status=status, body=text.encode(), content_type="application/json")


def refuse(error: ApiError) -> web.Response:
    """A refusal as Telegram sends it: the HTTP status equals the error_code."""
    return answer(error.error_code, error.answer())


@web.middleware
async def errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer in JSON for a path that does not exist, a verb that a path lacks, a body too large, a handler that fails.

    A failure is logged without the request, whose path holds the token.
    """
    try:
        return await handler(request)
    except web.HTTPException as error:
        return refuse(ApiError(error.status, error.reason))
    except Exception:
        log.exception("local Bot API: a request failed")
        return refuse(ApiError(500, "Internal Server Error"))
