"""The clear level that an alert offers: one tap, over the real program."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest
from support.alert_events import DAY, event, fired_times, reading
from support.program import Program, until
from support.telegram_people import Person, buttons, text

from alerts.rules.series import Series
from bot.messages.alert import alert_keyboard, alert_texts
from bot.messages.buttons import keyboard_json
from storage import outbox
from storage.database import open_database, writing

pytestmark = pytest.mark.process
LINE = "small above 200d > 60"


def test_one_tap_gives_a_rule_that_fires_often_its_clear_level(
    program: Program, telegram: str, figures_of_two_days: None
) -> None:
    program.start("run")
    ada = Person(telegram)
    assert "Alert 1 is set" in text(ada.set_alert(LINE))
    often = event(
        LINE, reading(Series("breadth.above_200d.small"), 64.3), id=1, tally=fired_times(9, recent=5, clear=52.5)
    )
    keyboard = keyboard_json(alert_keyboard(DAY, [often]))
    db = open_database(program.folder / "rotation.db")
    with writing(db):
        message = outbox.Outgoing(1001, alert_texts(DAY, [often]), [], keyboard=keyboard)
        outbox.enqueue(db, DAY, "alert", [message], datetime.now(UTC))
    db.conn.close()
    until(lambda: "🔔" in text(ada.rows()[-1]), 60)
    alert = ada.rows()[-1]
    assert buttons(alert) == ["Chart", "Why", "Snooze", "More…", "Fires often: clear at 52.5 %"]
    answer = ada.press_and_wait(alert, "Fires often: clear at 52.5 %")
    assert text(answer).startswith("#1 is now small above 200d > 60 clear 52.5\n")
    assert "stays quiet until the value has been below 52.5" in text(answer)
    with sqlite3.connect(program.folder / "rotation.db") as looked:
        assert looked.execute("SELECT number, level, clear FROM rules").fetchall() == [(1, 60.0, 52.5)]
    ada.press(alert, "Fires often: clear at 52.5 %")  # the rule it names is gone: a note, and no message
    assert ada.quiet_for(1)


def test_a_chat_chooses_dark_pictures(program: Program, telegram: str, figures_of_two_days: None) -> None:
    program.start("run")
    ada = Person(telegram)
    asked = ada.ask("/theme")
    assert "Pictures are light in this chat" in text(asked)
    ada.press(asked, "Make them dark")
    until(lambda: "Pictures are dark from now on" in text(ada.rows()[-1]))
    dark = ada.ask("/breadth")["message"]["photo"][-1]["file_id"]
    assert "Pictures are light from now on" in text(ada.ask("/theme light"))
    assert ada.ask("/breadth")["message"]["photo"][-1]["file_id"] != dark
