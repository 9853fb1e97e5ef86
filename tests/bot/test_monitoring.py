"""What watches the program from outside: HEARTBEAT_URL after a sealed session, and logs as JSON."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.program import TOKEN, Program, until
from support.telegram_people import Person, text
from support.web import free_port

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]


class Monitor(BaseHTTPRequestHandler):
    """Notes which paths are asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        """Answer 200."""
        type(self).asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def monitor() -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it was asked for."""
    handler = type("Monitor", (Monitor,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", handler.asked
    server.shutdown()
    server.server_close()


def test_the_heartbeat_follows_a_sealed_session_and_logs_are_json(
    program: Program, telegram: str, monitor: tuple[str, list[str]]
) -> None:
    address, asked = monitor
    program.settings |= {"SCHEDULE": "on", "HISTORY_SESSIONS": "0", "HISTORY_YEARS": "0", "LOG_FORMAT": "json"}
    bot = program.start("run", HEARTBEAT_URL=f"{address}/ping/a-secret-check")
    until(lambda: asked)
    bot.terminate()
    bot.wait(30)
    assert asked == ["/ping/a-secret-check"]
    lines = (program.folder / "process-1.log").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert all(record.keys() >= {"time", "level", "logger", "message"} for record in records)
    assert any(record["message"].endswith("resolved") and "sealed" in record["message"] for record in records)
    assert "a-secret-check" not in "".join(lines)


def test_a_monitor_that_does_not_answer_is_one_line_without_its_address(program: Program, telegram: str) -> None:
    program.settings |= {"SCHEDULE": "on", "HISTORY_SESSIONS": "0", "HISTORY_YEARS": "0"}
    program.start("run", HEARTBEAT_URL="http://127.0.0.1:9/ping/a-secret-check")
    until(lambda: "HEARTBEAT_URL" in program.logs())
    assert "HEARTBEAT_URL (not shown here) was not reached: ConnectError" in program.logs()
    assert "a-secret-check" not in program.logs()


def test_a_cache_folder_that_cannot_be_written_to_costs_one_warning(program: Program, telegram: str) -> None:
    (program.folder / "in the way").write_text("a file, and no folder")
    program.settings |= {"CACHE_PATH": str(program.folder / "in the way" / "cache")}
    program.start("run")
    assert "Rotation alerts" in text(Person(telegram).ask("/start"))
    assert program.logs().count("a temporary folder is used") == 1


def test_telegram_that_is_not_there_at_the_start_is_one_line_and_no_unclosed_session(program: Program) -> None:
    program.settings |= {"TELEGRAM_API_URL": f"http://127.0.0.1:{free_port()}", "TELEGRAM_BOT_TOKEN": TOKEN}
    bot = program.start("run", SCHEDULE="off")
    until(lambda: "Telegram does not answer" in program.logs())
    time.sleep(3)  # in which it is asked again
    bot.terminate()
    assert bot.wait(30) == 0
    assert program.logs().count("Telegram does not answer") == 1
    assert "Unclosed" not in program.logs()
    assert "Traceback" not in program.logs()
