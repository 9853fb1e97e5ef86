"""What the page's routes answer: its files, its snapshot, the pictures in it, the clock. The socket is in socket.py."""

import asyncio
from pathlib import Path

from aiohttp import web

from bot.demo.page.clock import Clock
from bot.demo.page.live import Live
from bot.emulator import CONTEXT
from bot.emulator.answers import answer, refuse
from bot.emulator.api.errors import ApiError
from bot.emulator.control.base import Handler

FOLDER = Path(__file__).parent
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws://{host}; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
NOT_FOUND = ApiError(404, "Not Found")


def safe(handler: Handler) -> Handler:
    """The handler with headers by which only what this server gives may be loaded, and no page may frame it."""

    async def handle(request: web.Request) -> web.StreamResponse:
        response = await handler(request)
        response.headers["Content-Security-Policy"] = POLICY.format(host=request.host)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return handle


async def file(request: web.Request) -> web.Response:
    """The files beside this module: page.html at /, and by their names."""
    path = FOLDER / request.match_info.get("name", "page.html")
    kind = TYPES.get(path.suffix)
    if kind is None or path.parent != FOLDER or not path.is_file():
        return refuse(NOT_FOUND)
    return web.Response(body=path.read_bytes(), content_type=kind, charset="utf-8")


def snapshot(live: Live) -> Handler:
    """→ {"run", "number", "bot", "description", "notice", "clock", "people": [{…, "messages": […]}, …]}; groups too."""

    async def handle(request: web.Request) -> web.Response:
        return answer(200, live.snapshot(request.app[CONTEXT].world))

    return handle


async def picture(request: web.Request) -> web.Response:
    """?id=FILE_ID → a picture that the bot sent, or a document to save; 404 where it is not kept."""
    upload = request.app[CONTEXT].world.uploads.by_id.get(request.query.get("id", ""))
    if upload is None:
        return refuse(NOT_FOUND)
    if upload.kind == "photo":
        # An id is made of the bytes: it never shows others.
        headers = {"Cache-Control": "private, max-age=86400"}
        kind = "image/png" if upload.path.endswith(".png") else "image/jpeg"
    else:
        headers, kind = {"Content-Disposition": "attachment"}, "application/octet-stream"
    return web.Response(body=upload.body, content_type=kind, headers=headers)


def clock_state(clock: Clock) -> Handler:
    """→ the clock's state."""

    async def handle(request: web.Request) -> web.Response:
        return answer(200, clock.state())

    return handle


def clock_step(clock: Clock) -> Handler:
    """next, play or pause → the clock's state. A step that is being worked on is not joined by another."""

    async def handle(request: web.Request) -> web.Response:
        step = request.match_info["step"]
        if step == "play":
            clock.play()
        elif step == "pause":
            clock.pause()
        elif not clock.state()["working"]:
            # Shielded: a server that stops lets the session that is being worked on finish.
            await asyncio.shield(asyncio.ensure_future(clock.next()))
        return answer(200, clock.state())

    return handle
