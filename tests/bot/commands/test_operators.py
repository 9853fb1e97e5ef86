"""What operators do in the chat (/notice, /invite), who is let in, and what /export gives a person."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest
from support.program import TOKEN, Program, until
from support.telegram_people import Person, buttons, text
from support.web import web

pytestmark = [pytest.mark.process, pytest.mark.timeout(400)]

OPERATOR = 1003


def test_a_notice_goes_to_every_subscriber_once_after_a_preview(program: Program, telegram: str) -> None:
    program.settings |= {"ADMIN_CHAT_IDS": str(OPERATOR)}
    program.start("run")
    ada, ben, operator = Person(telegram), Person(telegram, 1002), Person(telegram, OPERATOR)
    for person in (ada, ben):
        person.ask("/subscribe")
    ben.ask("/mute")
    assert "/notice" not in text(ada.ask("/help"))
    assert "do not understand" in text(ada.ask("/notice Buy now"))
    assert "Write the notice after the command" in text(operator.ask("/notice"))
    assert "3,600 characters" in text(operator.ask("/notice " + "x" * 3600))
    cancelled = operator.ask("/notice Nothing")
    operator.press(cancelled, "Cancel")
    until(lambda: "not sent" in text(operator.rows()[-1]))
    shown = operator.ask("/notice Moving <b>on</b> Sunday")
    assert "Moving <b>on</b> Sunday" in text(shown)
    assert "2 subscribers, at 30 a second: a few seconds" in text(shown)
    assert buttons(shown) == ["Send to 2", "Cancel"]
    operator.press(shown, "Send")
    for person in (ada, ben):
        until(lambda person=person: "Notice\nMoving <b>on</b> Sunday" in person.heard()[-1])
    until(lambda: "Sent to 2 subscribers" in text(operator.rows()[-1]))
    # From the console as well.
    refused = program.run("notice", "  ")
    assert (refused.returncode, refused.stderr.strip()) == (2, "TEXT is empty: write the notice in quotes")
    asked = program.run("notice", "Back again", "--yes")
    assert "Back again\n\nIt goes to 2 subscribers" in asked.stdout
    until(lambda: "Back again" in ada.heard()[-1])


def test_export_holds_all_that_is_stored_of_the_chat_and_nothing_of_others(
    program: Program, telegram: str, figures_of_two_days: None
) -> None:
    program.start("run")
    ada, ben = Person(telegram), Person(telegram, 1002)
    for person in (ada, ben):
        person.ask("/subscribe")
        person.set_alert("small above 200d > 99")
    ada.ask("/quiet 22:00-07:00 berlin")
    ada.ask("/digest daily 7:30 berlin")
    file = ada.ask("/export")
    document = file["message"]["document"]
    assert document["file_name"] == "rotation-alerts-1001.json"
    asked = web.get(f"{telegram}/bot{TOKEN}/getFile", params={"file_id": document["file_id"]}).json()
    path = asked["result"]["file_path"]
    kept = web.get(f"{telegram}/file/bot{TOKEN}/{path}").json()["kept"]
    assert kept["rules"][0]["series"] == "breadth.above_200d.small"
    assert kept["digests"][0]["chat"] == 1001
    assert "1002" not in json.dumps(kept)
    with sqlite3.connect(program.folder / "rotation.db") as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            if "chat" in columns and table != "waiting_updates":
                count = db.execute(f"SELECT count(*) FROM {table} WHERE chat = 1001").fetchone()[0]
                assert len(kept.get(table, [])) == count, table
    assert "Nothing is kept" in Person(telegram, 1003).ask("/export")["message"]["caption"]


def test_by_invitation(program: Program, telegram: str) -> None:
    program.settings |= {"ADMIN_CHAT_IDS": str(OPERATOR), "ACCESS": "invite"}
    program.start("run")
    ada, ben, operator = Person(telegram), Person(telegram, 1002), Person(telegram, OPERATOR)
    assert "Ask whoever runs it for an invitation" in text(ada.ask("/summary"))
    assert "Ask whoever runs it" in text(ada.ask("/start inv-AAAAAAAAAAAAAAAA"))
    assert "is not a number of people" in text(operator.ask("/invite many"))
    link = text(operator.ask("/invite"))
    code = re.search(r"\?start=(inv-[\w-]+)", link)
    assert code is not None
    assert "one person or group" in link
    assert "Rotation alerts" in text(ada.ask(f"/start {code[1]}"))
    assert "You are subscribed" in text(ada.ask("/subscribe"))
    assert "Ask whoever runs it" in text(ben.ask(f"/start {code[1]}"))  # used up

    # An operator who closes the list later ends the other subscriptions and keeps their alerts.
    bot = program.started[-1]
    bot.terminate()
    bot.wait(30)
    program.start("run", ACCESS="list", ACCESS_CHAT_IDS="1002")
    assert "Rotation alerts" in text(ben.ask("/start"))
    assert "add this chat: 1001" in text(ada.ask("/summary"))
    with sqlite3.connect(program.folder / "rotation.db") as db:
        assert db.execute("SELECT id, ended_why FROM chats WHERE subscribed_at IS NULL").fetchall() == [
            (1001, "not in ACCESS_CHAT_IDS")
        ]
