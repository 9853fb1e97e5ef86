"""The page's routes: its files, its snapshot, its socket, the pictures in it, the clock."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from bot.demo.page.clock import Clock
from bot.demo.page.live import Live
from bot.emulator.control.base import ControlHandler, from_here

if TYPE_CHECKING:
    from bot.emulator.server import LocalTelegram

FOLDER = Path(__file__).parent
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws://{host}; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class PageHandler(ControlHandler):
    """Refuses other hosts' names and other sites' pages, as all control routes do; nothing of it is kept or sniffed."""

    live: Live

    def initialize(self, local: "LocalTelegram", live: Live) -> None:  # type: ignore[override]
        """`live` knows the open pages."""
        super().initialize(local)
        self.live = live
        live.follow(local)

    def set_default_headers(self) -> None:
        """Only what this server gives may be loaded, and no page may frame it."""
        super().set_default_headers()
        self.set_header("Content-Security-Policy", POLICY.format(host=self.request.host))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")


class File(PageHandler):
    """GET / and /page/NAME: the files beside this module."""

    def get(self, name: str = "page.html") -> None:
        path = FOLDER / name
        kind = TYPES.get(path.suffix)
        if kind is None or path.parent != FOLDER or not path.is_file():
            raise HTTPError(404)
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.finish(path.read_bytes())


class Snapshot(PageHandler):
    """GET → {"run", "number", "bot", "description", "notice", "clock", "people": [{…, "messages": […]}, …]}."""

    def get(self) -> None:
        self.done(lambda: self.live.snapshot(self.world))


class Picture(PageHandler):
    """GET ?id=FILE_ID → a picture that the bot sent, or a document to save; 404 where it is not kept."""

    def get(self) -> None:
        upload = self.world.uploads.by_id.get(self.get_query_argument("id", ""))
        if upload is None:
            raise HTTPError(404)
        if upload.kind == "photo":
            self.set_header("Content-Type", "image/png" if upload.path.endswith(".png") else "image/jpeg")
            # An id is made of the bytes: it never shows others.
            self.set_header("Cache-Control", "private, max-age=86400")
        else:
            self.set_header("Content-Type", "application/octet-stream")
            self.set_header("Content-Disposition", "attachment")
        self.finish(upload.body)


class ClockHandler(PageHandler):
    """What the clock's routes share, which exist only where there is one."""

    @property
    def clock(self) -> Clock:
        """The clock."""
        assert self.live.clock is not None
        return self.live.clock


class ClockState(ClockHandler):
    """GET → the clock's state."""

    def get(self) -> None:
        self.answer(200, self.clock.state())


class ClockStep(ClockHandler):
    """POST next, play or pause → the clock's state. A step that is being worked on is not joined by another."""

    async def post(self, step: str) -> None:
        if step == "play":
            self.clock.play()
        elif step == "pause":
            self.clock.pause()
        elif not self.clock.state()["working"]:
            await self.clock.next()
        self.answer(200, self.clock.state())


class Socket(WebSocketHandler):
    """Every change, as it happens: {"number", "kind", "chat", "what"}. Nothing is read from it."""

    live: Live

    def initialize(self, local: "LocalTelegram", live: Live) -> None:
        """`live` knows the open pages."""
        self.live = live
        live.follow(local)

    def prepare(self) -> None:
        """Refuse other hosts' names, and the socket that another site's page opens."""
        if not from_here(self.request):
            raise HTTPError(403)

    def check_origin(self, origin: str) -> bool:
        """`prepare` has checked it."""
        return True

    def open(self, *args: str, **kwargs: str) -> None:
        """Listen."""
        self.live.listeners.add(self)

    def on_message(self, message: str | bytes) -> None:
        """People act over the control routes."""

    def on_close(self) -> None:
        """Listen no more."""
        self.live.listeners.discard(self)

    def push(self, text: str) -> None:
        """Send a change."""
        try:
            self.write_message(text)
        except WebSocketClosedError:
            self.live.listeners.discard(self)

    def end(self) -> None:
        """The server stops."""
        self.close(1001)

    def log_exception(self, *exc_info: Any) -> None:
        """A refusal is no trouble of the server's."""
        if exc_info[0] is None or not issubclass(exc_info[0], HTTPError):
            super().log_exception(*exc_info)
