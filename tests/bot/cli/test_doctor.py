"""`doctor`: each thing really broken, and its line."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.program import TOKEN, Program
from support.telegram_people import Person, text

from storage import outbox
from storage.backup import name_at
from storage.database import open_database, writing

pytestmark = pytest.mark.process
NOWHERE = "http://127.0.0.1:1"  # nobody listens


def examined(program: Program, expected: int, **settings: str) -> dict[str, tuple[str, str, str]]:
    """The doctor's lines by name: state, what it says, cure."""
    ran = program.run("doctor", "--json", **settings)
    assert ran.returncode == expected, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    assert TOKEN not in ran.stdout + ran.stderr
    return {one["check"]: (one["state"], one["says"], one["cure"]) for one in json.loads(ran.stdout)["checks"]}


def test_without_token_network_or_database_each_is_a_line(program: Program) -> None:
    found = examined(program, 2, MARKET="yahoo", HTTPS_PROXY=NOWHERE)
    assert found["settings"][0] == "ok"
    assert found["token"][:2] == ("fail", "TELEGRAM_BOT_TOKEN is not set")
    assert "BotFather" in found["token"][2]
    for source in ("Yahoo", "FRED"):
        assert found[source][0] == "fail"
        assert "cannot be reached" in found[source][1]
    assert found["database"][0] == "warn"
    assert "does not exist yet" in found["database"][1]
    assert not (program.folder / "rotation.db").exists()


def test_a_telegram_that_is_not_there(program: Program) -> None:
    found = examined(program, 2, TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_URL=NOWHERE)
    assert found["token"][:2] == ("fail", f"Telegram at {NOWHERE} cannot be reached: Connection refused")


def test_wrong_settings_are_all_that_is_said(program: Program) -> None:
    found = examined(program, 2, MESSAGES_PER_SECOND="abc")
    assert list(found) == ["settings"]
    assert "MESSAGES_PER_SECOND=abc: not a number" in found["settings"][1]


def test_beside_a_running_bot(program: Program, telegram: str, figures_of_two_days: None) -> None:
    backups = program.folder / "backups"
    backups.mkdir()
    (backups / name_at(datetime.now(UTC) - timedelta(hours=30))).touch()
    program.settings["ADMIN_CHAT_IDS"] = "1001"
    program.start("run")
    ada, ben = Person(telegram), Person(telegram, 1002)
    ada.ask("/start")
    found = examined(program, 2, BACKUP_DIR=str(backups))
    assert found["token"][0] == found["webhook"][0] == found["clock"][0] == found["database"][0] == "ok"
    assert found["clock"][1].startswith("0 seconds")
    assert (found["back-up"][0], "30 hours old" in found["back-up"][1]) == ("warn", True)
    assert (found["sessions"][0], "the last sealed one is 2025-08-20" in found["sessions"][1]) == ("fail", True)
    assert "rotation-alerts refresh" in found["sessions"][2]
    assert "figures on 2025-08-20" in found["coverage"][1]
    assert found["outbox"][:2] == ("ok", "0 due, 0 held for later, 0 refused for good")
    told = text(ada.ask("/status"))
    assert "Status" in told and "❌ sessions" in told and "0 of 0 chats subscribed; 0 alerts" in told
    assert "not understand" in text(ben.ask("/status"))


class Telegram(BaseHTTPRequestHandler):
    """Answers getMe and getWebhookInfo, with a clock 90 seconds behind ours."""

    accepts = True

    def do_GET(self) -> None:
        result = {"url": "https://example.org/a/secret/path"} if "Webhook" in self.path else {"username": "rotations"}
        answer = json.dumps({"ok": self.accepts, "result": result} if self.accepts else {"ok": False}).encode()
        self.send_response_only(200 if self.accepts else 401)
        self.send_header("Date", formatdate(time.time() - 90, usegmt=True))
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


@pytest.fixture
def refusing() -> Iterator[str]:
    """The address of such a Telegram."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Telegram)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_webhook_that_is_set_a_wrong_clock_and_a_token_that_is_not_accepted(
    program: Program, refusing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.settings |= {"TELEGRAM_API_URL": refusing, "TELEGRAM_BOT_TOKEN": TOKEN}
    found = examined(program, 2)
    assert found["token"][:2] == ("ok", f"@rotations, accepted by {refusing}")
    assert found["webhook"][:2] == ("warn", "set, to example.org")
    assert found["clock"][0] == "fail"
    assert re.match(r"(89|9\d) seconds ahead of Telegram's", found["clock"][1])
    monkeypatch.setattr(Telegram, "accepts", False)
    found = examined(program, 2)
    assert found["token"][:2] == ("fail", f"Telegram at {refusing} does not accept it")
    assert "BotFather" in found["token"][2]


def waiting_since(path: Path, age: timedelta) -> None:
    db = open_database(path)
    with writing(db):
        outbox.tell_operators(db, [1], "notice", "hello", datetime.now(UTC) - age)
    db.close()


@pytest.mark.parametrize(("minutes", "state", "status"), [(5, "ok", 2), (20, "warn", 2), (90, "fail", 2)])
def test_what_waits_to_be_sent(program: Program, minutes: int, state: str, status: int) -> None:
    waiting_since(program.folder / "rotation.db", timedelta(minutes=minutes))
    found = examined(program, status)
    assert found["outbox"][0] == state
    assert f"1 due, 0 held for later, 0 refused for good; the oldest waits for {minutes} minutes" in found["outbox"][1]


def test_a_damaged_file_and_what_is_none(program: Program) -> None:
    path = program.folder / "rotation.db"
    open_database(path).close()
    with closing(sqlite3.connect(path)) as held:
        size = held.execute("PRAGMA page_size").fetchone()[0]
        root = held.execute("SELECT rootpage FROM sqlite_master WHERE name = 'figures'").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    found = examined(program, 2)
    assert found["database"][0] == "fail"
    assert "damaged" in " ".join(found["database"])
    assert "sessions" not in found
    path.write_bytes(b"month;value\n" * 999)
    assert "not an SQLite database" in examined(program, 2)["database"][1]


def test_a_person_reads_lines_with_cures(program: Program) -> None:
    ran = program.run("doctor")
    assert ran.returncode == 2
    assert "fail  token" in ran.stdout
    assert "→ set BACKUP_DIR" in ran.stdout
