"""Several requests with one deadline, over real HTTP where answers drip."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from alerts.market import fred
from alerts.market.feed import FeedError, FeedUnavailable
from bot.pipeline.parallel import ask_all
from bot.transport.settlement import utc_now


class Dripping(BaseHTTPRequestHandler):
    """Answers GOOD at once; of anything else, a byte every tenth of a second."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        if "GOOD" in self.path:
            self.wfile.write(b"observation_date,GOOD\n2025-08-21,4.25\n")
            return
        try:
            while True:
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def dripping(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """FRED's address is that of a server whose answers drip."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(fred, "ADDRESS", f"http://127.0.0.1:{server.server_address[1]}/")
    yield
    server.shutdown()
    server.server_close()


def test_series_that_drip_cost_no_more_than_all_series_may_take(dripping: None) -> None:
    began = time.monotonic()
    found = dict(ask_all(fred.Fred(utc_now, pause=0.01).series, ["GOOD", "A", "B", "C"], 1.5))
    assert time.monotonic() - began < 3
    assert not isinstance(found["GOOD"], FeedError)
    assert list(found["GOOD"]) == [4.25]
    assert all(isinstance(found[name], FeedUnavailable) for name in "ABC")


def test_a_whole_request_has_a_deadline(dripping: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fred, "REQUEST_SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(FeedUnavailable, match="ReadTimeout"):
        fred.Fred(utc_now, pause=0.01).series("A")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "nonsense://x"])
def test_a_proxy_that_cannot_be_used_is_one_line(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(FeedUnavailable, match="proxy"):
        fred.Fred(utc_now, pause=0.01).series("A")
