"""The receiver of docs/webhook.md takes what the real program posts, once, and refuses what is forged."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.alert_events import small
from support.program import Program, until
from support.web import free_port, web

from alerts.rules.grammar import parse
from storage import chats, rules
from storage.database import open_database, writing
from storage.events import NewEvent, record_events

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "webhook.md"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CHAT = 1001
pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]


def test_the_documented_receiver_takes_each_event_once_and_no_log_shows_the_address(
    program: Program, telegram: str, tmp_path: Path
) -> None:
    port, taken = free_port(), tmp_path / "taken.txt"
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    (tmp_path / "receiver.py").write_text(found[1].replace("8090", str(port)), encoding="utf-8")
    with taken.open("w") as out, subprocess.Popen(
        [sys.executable, str(tmp_path / "receiver.py")], env={"WEBHOOK_OUT_SECRET": SECRET}, stdout=out,
        stderr=subprocess.DEVNULL,
    ) as receiver:  # fmt: skip
        try:
            out_settings = {"WEBHOOK_OUT_URL": f"http://127.0.0.1:{port}/own-path", "WEBHOOK_OUT_SECRET": SECRET}
            bot = program.start("run", LOG_LEVEL="DEBUG", **out_settings)
            db = open_database(program.folder / "rotation.db")
            until(lambda: db.conn.execute("SELECT count(*) FROM webhook_gathered").fetchone()[0])
            with writing(db):
                chats.subscribe(db, CHAT, datetime.now(UTC))
                rules.add_rule(db, CHAT, parse("small above 200d > 60"), [], datetime.now(UTC))
                rule = rules.rules_of(db, CHAT)[0].id
                record_events(db, [NewEvent(CHAT, small(id=rule))], datetime.now(UTC))
            until(lambda: taken.read_text() == "alert.fired 2025-08-22\n")
            until(lambda: db.conn.execute("SELECT state FROM webhook_posts").fetchone()[0] == "sent")
            with writing(db):  # the answer was lost: the event comes again, with its key
                db.conn.execute(
                    "UPDATE webhook_posts SET state = 'pending', body = (SELECT json_object('id', key)), sent_at = NULL"
                )
            until(lambda: db.conn.execute("SELECT attempts, state FROM webhook_posts").fetchone() == (2, "sent"))
            db.close()
            forged = {"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
            assert web.post(f"http://127.0.0.1:{port}/own-path", content=b"{}", headers=forged).status_code == 403
            bot.terminate()
            bot.wait(30)
        finally:
            receiver.kill()
    assert taken.read_text() == "alert.fired 2025-08-22\n"
    assert "own-path" not in program.logs()
    assert SECRET.removeprefix("whsec_") not in program.logs()
