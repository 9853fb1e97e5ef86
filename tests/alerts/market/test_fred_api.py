"""FRED's API, where a key is given: the same observations, and a refusal that does not show the key."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from alerts.market import fred
from alerts.market.feed import FeedIncomplete, FeedUnavailable


def now() -> datetime:
    return datetime.now(UTC)


KEY = "abcdefghijklmnopqrstuvwxyz123456"


class Api(BaseHTTPRequestHandler):
    """Answers as FRED's API does."""

    def do_GET(self) -> None:
        """One series, or the refusal of a key."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        status, body = 200, {"observations": [
            {"realtime_start": "2025-08-25", "date": "2025-08-21", "value": "4.25"},
            {"realtime_start": "2025-08-25", "date": "2025-08-22", "value": "."},
            {"realtime_start": "2025-08-25", "date": "2025-08-20", "value": "4.5"},
        ]}  # fmt: skip
        if asked["api_key"] != KEY:
            words = f"Bad Request.  The value for variable api_key is not registered: {asked['api_key']}"
            status, body = 400, {"error_code": 400, "error_message": words}
        elif asked["series_id"] == "NOTHING":
            status, body = 400, {"error_code": 400, "error_message": "Bad Request.  The series does not exist."}
        elif asked["series_id"] == "EMPTY":
            body = {"observations": []}
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(fred, "API", f"http://127.0.0.1:{server.server_address[1]}/fred/series/observations")
    yield
    server.shutdown()
    server.server_close()


def test_observations_come_in_order_without_missing_ones() -> None:
    found = fred.Fred(now, key=KEY).series("DFEDTARU")
    assert list(found) == [4.5, 4.25]
    assert list(found.index) == [pd.Timestamp("2025-08-20"), pd.Timestamp("2025-08-21")]


def test_refusals_say_why_and_show_no_key() -> None:
    with pytest.raises(FeedUnavailable, match="the key in FRED_API_KEY is not accepted") as refused:
        fred.Fred(now, key="x" * 32).series("DFEDTARU")
    assert "x" * 32 not in str(refused.value)
    with pytest.raises(FeedUnavailable, match=r"NOTHING: Bad Request\.  The series does not exist"):
        fred.Fred(now, key=KEY).series("NOTHING")
    with pytest.raises(FeedIncomplete):
        fred.Fred(now, key=KEY).series("EMPTY")
