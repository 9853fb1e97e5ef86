"""The real program as a process, over real HTTP: from a subscription to a message, and through a kill between them."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database
from support.program import DAYS, Program, until
from support.telegram_people import Person, buttons, text
from support.web import web

from bot.messages.buttons import callback
from storage import figures
from storage.database import open_to_look

pytestmark = pytest.mark.process


@pytest.fixture
def line(prepared: list[Path], figures_of_two_days: None) -> str:
    """Two sealed sessions in the program's database, and a line that fires on the third of DAYS."""
    scout = open_to_look(prepared[2])
    one, two = (value(scout, day) for day in DAYS[1:3])
    scout.close()
    return f"large above 50d crosses {'above' if two > one else 'below'} {(one + two) / 2:.3f}"


def value(db: Database, day: object) -> float:
    found = figures.on_session(db, day)["breadth.above_50d.large"].value  # type: ignore[arg-type]
    assert found is not None
    return found


def alerts_heard(person: Person) -> list[str]:
    return [said for said in person.heard() if "🔔" in said]


def outbox(program: Program) -> list[tuple[str, int]]:
    with sqlite3.connect(program.folder / "rotation.db") as db:
        return db.execute("SELECT state, attempts FROM outbox").fetchall()


def test_from_a_subscription_to_a_message(program: Program, telegram: str, line: str) -> None:
    program.preforked = False  # a start as it is for a user
    program.start("run")
    ada = Person(telegram)
    hello = ada.ask("/start")
    assert "not investment advice" in text(hello)
    assert "simulated" in text(hello)
    assert "You are subscribed" in text(ada.press_and_wait(hello, "Subscribe"))
    assert "Alert 1 is set" in text(ada.set_alert(line))
    ran = program.run("refresh", "--session", DAYS[2].isoformat())
    assert "1 fired" in ran.stdout, ran.stderr
    until(lambda: alerts_heard(ada))
    assert len(alerts_heard(ada)) == 1
    assert "21 Aug 2025" in alerts_heard(ada)[0]
    assert ada.quiet_for(2)
    assert outbox(program) == [("sent", 1)]


def test_an_answer_that_did_not_arrive_is_sent_again_and_nothing_else(program: Program, telegram: str) -> None:
    program.start("run")
    ada = Person(telegram)
    ada.ask("/start")
    web.post(
        f"{telegram}/_local/faults", json={"kind": "server_error", "method": "sendMessage", "count": 2}
    ).raise_for_status()
    assert "/alert" in text(ada.ask("/help"))
    assert ada.quiet_for(1)
    assert len(ada.heard()) == 2


def test_a_kill_between_recording_and_sending_loses_and_repeats_nothing(
    program: Program, telegram: str, line: str
) -> None:
    bot = program.start("run")
    ada = Person(telegram)
    ada.set_alert(line)
    os.kill(bot.pid, signal.SIGSTOP)  # so that it cannot send what is recorded beside it
    assert "1 fired" in program.run("refresh", "--session", DAYS[2].isoformat()).stdout
    assert outbox(program) == [("pending", 0)]
    bot.send_signal(signal.SIGKILL)
    bot.wait()
    assert alerts_heard(ada) == []
    program.start("run")
    until(lambda: alerts_heard(ada))
    assert ada.quiet_for(3)
    assert len(alerts_heard(ada)) == 1
    assert "repeat" not in alerts_heard(ada)[0]
    assert outbox(program) == [("sent", 1)]
    with sqlite3.connect(program.folder / "rotation.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_kill_while_sending_is_taken_up_and_says_that_it_may_repeat(
    program: Program, telegram: str, line: str
) -> None:
    bot = program.start("run")
    ada = Person(telegram)
    ada.set_alert(line)
    web.post(f"{telegram}/_local/faults", json={"kind": "slow_answer", "method": "sendMessage", "seconds": 30})
    program.run("refresh", "--session", DAYS[2].isoformat())
    until(lambda: alerts_heard(ada))  # it arrived, and the bot does not know
    assert outbox(program) == [("sending", 1)]
    bot.kill()
    bot.wait()
    program.start("run")
    until(lambda: len(alerts_heard(ada)) == 2)
    assert alerts_heard(ada)[1].startswith("This may be a repeat")
    until(lambda: outbox(program) == [("sent", 2)])


def test_it_stops_on_sigterm_and_leaves_nothing_claimed(program: Program, telegram: str, line: str) -> None:
    bot = program.start("run")
    Person(telegram).ask("/help")
    bot.terminate()
    assert bot.wait(timeout=60) == 0
    assert all(state != "sending" for state, _ in outbox(program))


def test_a_first_start_gathers_and_fills_the_history_by_itself(program: Program, telegram: str) -> None:
    program.start("run", SCHEDULE="on", HISTORY_YEARS="1")
    ada = Person(telegram)
    ada.ask("/start")

    def sessions() -> int:
        with sqlite3.connect(program.folder / "rotation.db") as db:
            counted = db.execute("SELECT count(*) FROM figures WHERE metric = 'breadth.ad_ratio.all'").fetchone()
            return int(counted[0])

    until(lambda: sessions() >= 20, 240)
    said = text(ada.ask("/summary"))
    assert "of 4 signs" in said
    assert "simulated" in said


def test_people_are_answered_whatever_they_type(program: Program, telegram: str, line: str) -> None:
    program.start("run")
    ada = Person(telegram)
    unknown = ada.ask("what is this?")
    assert "not understand" in text(unknown)
    assert buttons(unknown)[-1] == "Help"
    assert "not understand" in text(ada.ask("/unknown"))
    assert "small above 200d > 60" in text(ada.ask("/alert smal above 200d > 60"))
    previewed = ada.ask("small above 200d > 60")
    assert "Not set yet" in text(previewed)
    assert buttons(previewed) == ["Save", "Change", "Cancel"]
    assert "no alerts" in text(ada.ask("/alerts"))
    assert "Alert 1 is set" in text(ada.press_and_wait(previewed, "Save"))
    assert "had that one already" in text(ada.set_alert("small above 200d > 60"))
    assert "Small above 200d" in text(ada.ask("small above 200d"))
    listed = ada.ask("/alerts")
    assert buttons(listed)[0].endswith(" 1")
    opened = ada.press_until(listed, buttons(listed)[0], "Alert 1")
    ada.press_until(opened, "Delete", "Alert 1 is deleted")
    assert "no alerts" in text(ada.ask("/alerts"))
    assert "subscribed already" in text(ada.ask("/subscribe"))
    assert "hear nothing more" in text(ada.ask("/unsubscribe"))
    listed = ada.press_and_wait(ada.ask("/metrics"), "Breadth")
    assert "large above 200d" in text(listed)
    assert "chat's number" in text(ada.ask("/privacy"))
    erased = ada.ask("/forgetme")
    ada.press(erased, "Erase")
    until(lambda: text(ada.rows()[-1]).startswith("Erased"))
    with sqlite3.connect(program.folder / "rotation.db") as db:
        for table in ("chats", "rules", "watches", "events", "outbox"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_every_family_is_answered_with_a_picture_and_its_session(program: Program, telegram: str, line: str) -> None:
    program.start("run")
    ada = Person(telegram)
    for command in ("/summary", "/breadth", "/size", "/valuation", "/thesis"):
        row = picture_for(ada, command)
        assert row["message"]["photo"][-1]["width"] >= 1000, command
        assert "20 Aug 2025" in text(row)
        assert "simulated" in text(row)
    until(lambda: any("Small caps lead large caps this quarter" in said for said in ada.heard()), 60)
    ids = {row["message"]["photo"][-1]["file_id"] for row in ada.rows() if row["message"].get("photo")}
    assert len(ids) == 5
    again = picture_for(ada, "/summary")["message"]["photo"][-1]["file_id"]
    assert again in ids  # sent again by its id, not uploaded again
    with sqlite3.connect(program.folder / "rotation.db") as db:
        db.execute("UPDATE file_ids SET file_id = 'AgACnobody-knows-this-one'")
    refused = picture_for(ada, "/summary")["message"]["photo"][-1]["file_id"]
    assert refused in ids  # the id was refused, the picture drawn and uploaded again: the same one


def picture_for(person: Person, command: str) -> dict[str, Any]:
    """The picture that answers a command; what is too long for its caption follows it in a message of its own."""
    before = len(person.rows())
    person.say(command)
    look = lambda: [row for row in person.rows()[before:] if row["message"].get("photo")]  # noqa: E731
    found: list[dict[str, Any]] = until(look, 60)
    return found[0]


def test_a_rule_is_confirmed_in_words_that_say_which_series_is_meant(
    program: Program, telegram: str, line: str
) -> None:
    program.settings |= {"MAX_RULES_PER_CHAT": "4", "HISTORY_YEARS": "0"}
    program.start("run")
    ada = Person(telegram)
    fund = text(ada.set_alert("equal weight at a new high 252d"))
    assert "Alert 1 is set: equal weight at a new high 252d" in fund
    assert "a new 252-session high of RSP itself" in fund
    assert "RSP/SPY, equal weight against cap weight:" in text(ada.set_alert("equal weight over 90, only once"))
    joined = text(ada.set_alert("IWM/SPY rising 21 days AND small above 200-day more than 50 % for 2 days keep 1 day"))
    assert "iwm/spy rising 21d and small above 200d > 50 for 2 days keep 1 day" in joined
    assert "the change of IWM/SPY, small against large over 21 sessions" in joined
    assert "Small above 200d:" in joined
    assert "on the wrong side" in text(ada.ask("/alert small above 200d > 60 clear 65"))
    assert "is gone by" in text(ada.ask("/alert small above 200d > 60 until 2020-01-31"))
    assert "no series import.mine" in text(ada.ask("/alert import.mine > 3"))
    assert "needs 1000 sessions" in text(ada.ask("/alert small above 200d at a new low 1000d"))
    assert "Not set yet: small above 200d > 60 once" in text(ada.ask(f"/alert small above 200d > 60{' ' * 280}once"))
    assert "Alert 4 is set" in text(ada.set_alert("lead 21d outside -3..3 remind every 5 days until 2099-12-31"))
    assert "as many as one chat may keep" in text(ada.set_alert("small above 50d > 60"))
    assert len([button for button in buttons(ada.ask("/alerts")) if button[-1].isdigit()]) == 4


def test_one_persons_button_does_not_reach_anothers_alert(program: Program, telegram: str, line: str) -> None:
    program.start("run")
    ada, ben = Person(telegram), Person(telegram, 1002)
    ada.set_alert("small above 200d > 60")
    listed = ben.set_alert("large above 200d > 60")
    stolen = {"message": listed["message"] | {"reply_markup": {"inline_keyboard": [[
        {"text": "Delete", "callback_data": callback("delete:1")}]]}}}  # fmt: skip
    web.post(
        f"{telegram}/_local/press",
        json={"person": 1002, "message_id": stolen["message"]["message_id"], "data": callback("delete:1")},
    )
    time.sleep(1)
    assert "1. small above 200d > 60" in text(ada.ask("/alerts"))


def test_the_menu_is_registered(program: Program, telegram: str) -> None:
    program.start("run")
    until(lambda: web.get(f"{telegram}/_local/commands").json())
    names = [entry["command"] for entry in web.get(f"{telegram}/_local/commands").json()[0]["commands"]]
    assert names[:2] == ["summary", "breadth"]
    assert {"alert", "alerts", "metrics", "subscribe", "unsubscribe", "help", "privacy", "forgetme"} <= set(names)
