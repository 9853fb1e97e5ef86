"""The editor on what is a chat's own: pairs, prices, lists, series. Another chat's names lead nowhere."""

from __future__ import annotations

import base64
import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest
from support.program import DAYS, Program, until
from support.telegram_people import Person, buttons, text

from bot.messages.buttons import callback, keyboard_json
from storage import outbox
from storage.chat_export import export_chat
from storage.database import open_database, writing

pytestmark = [pytest.mark.process, pytest.mark.timeout(900)]

SECONDS = 120.0
SERIES = "date,value\n" + "\n".join(f"2025-08-{day:02},{day}.5" for day in (11, 12, 13, 14, 15, 18, 19, 20))


#: Buttons that another chat's things would have, and that no message of this chat has: data can be made up.
MADE_UP = (
    "alert:import.vix@1", "alert:import.vix", "pick:import.vix@1", "alert:breadth.above_50d.funds@1",
    "metric:import.vix@1", "about:import.vix@1", "way:up:import.vix@1", "way:up:breadth.above_50d.funds", "level:1:60",
    "levels:1", "options:1", "commit:1", "leave:1", "change:1", "draft:1", "every:1:2", "open:1", "share:1", "undo:4",
    "clearat:1:5", "set:import.vix@1 > 5", "save:import.vix@1 > 5", "set:breadth.above_50d.funds@1 > 5",
    "save:breadth.above_50d.funds@1 > 5",
)  # fmt: skip


def offered(program: Program, person: Person, data: tuple[str, ...]) -> dict[str, Any]:
    """A message in a person's chat with those buttons."""
    keyboard = keyboard_json([[(str(at), one)] for at, one in enumerate(data)])
    db = open_database(program.folder / "rotation.db")
    with writing(db):
        message = outbox.Outgoing(person.place, ["buttons"], [], keyboard=keyboard)
        outbox.enqueue(db, DAYS[1], "alert", [message], datetime.now(UTC))
    db.conn.close()
    until(lambda: text(person.rows()[-1]) == "buttons", SECONDS)
    return person.rows()[-1]


def lines(program: Program, chat: int) -> list[tuple[str, str]]:
    """(series, operator) of a chat's rules."""
    with sqlite3.connect(program.folder / "rotation.db") as db:
        return db.execute("SELECT series, operator FROM rules WHERE chat = ? ORDER BY number", [chat]).fetchall()


def payload(line: str) -> str:
    """What a shared link to a short line carries."""
    return "a" + base64.urlsafe_b64encode(line.encode()).decode().rstrip("=")


def test_a_chats_own_figures_in_the_editor(program: Program, telegram: str, figures_of_two_days: None) -> None:
    program.start("run")
    ada, bob = Person(telegram, 1001), Person(telegram, 1002)
    ada.ask("/list funds QQQ MDY IWM", 1, SECONDS)
    ada.press(ada.send_file("vix.csv", SERIES), "Import")
    until(lambda: "8 of them new" in text(ada.rows()[-1]), SECONDS)

    # A pair, a price, a list's figure, a series: "Alert me" opens the editor at it, and its taps lead to an alert.
    for asked, series in (
        ("qqq/rsp", "pair.QQQ/RSP"),
        ("MDY", "price.MDY"),
        ("funds above 50d", "breadth.above_50d.funds@1"),
        ("import.vix", "import.vix@1"),
    ):
        begun = ada.press_and_wait(ada.ask(asked, 1, SECONDS), "Alert me")
        assert "When shall I tell you?" in text(begun), asked
        assert not any("@" in data for data in _data(begun)), asked
        step = ada.tap(begun, "Rises through a level")
        assert "New alert, not set yet" in text(step), asked
        step = ada.tap(step, "+ ")
        step = ada.tap(ada.tap(step, "More…"), "‹ Level")
        assert "is set" in text(ada.tap(step, "Save")), asked
        assert lines(program, 1001)[-1] == (series, "crosses above")

    # They stand in the editor's lists, and in a rule that is edited, deleted and brought back.
    assert "funds above 50d" in " ".join(_every_page(ada, "Breadth")).casefold()
    for family, name in (("Pairs", "QQQ/RSP"), ("Fund prices", "MDY"), ("Your own series", "Import.vix")):
        assert name in _every_page(ada, family), family
    opened = ada.tap(ada.ask("/alerts", seconds=SECONDS), "· 3")
    edited = ada.press_and_wait(opened, "Edit")
    assert "Alert 3, change not saved yet" in text(edited)
    assert "is set" in text(ada.tap(ada.tap(edited, "− "), "Save"))
    opened = ada.tap(ada.ask("/alerts", seconds=SECONDS), "· 4")
    assert "nobody else sees that" in text(ada.press_and_wait(opened, "Share"))
    assert "is back" in text(ada.tap(ada.tap(opened, "Delete"), "Undo"))
    assert len(lines(program, 1001)) == 4

    # Another chat sees none of it, by list, by link, by a line, or by a button whose data were made up.
    assert "Your own series" in buttons(ada.ask("/alert", seconds=SECONDS))
    assert "Your own series" not in buttons(bob.ask("/alert", seconds=SECONDS))
    assert "funds above 50d" not in " ".join(_every_page(bob, "Breadth")).casefold()
    for start in (payload("import.vix crosses above 5"), payload("import.vix@1 > 5"), payload("funds above 50d > 5")):
        assert "Not set yet" not in text(bob.ask(f"/start {start}", 1, SECONDS)), start
    bob.ask("/subscribe", seconds=SECONDS)
    message = offered(program, bob, MADE_UP)
    known = len(bob.rows())
    for data in MADE_UP:
        query = bob.press_data(message, callback(data))
        until(lambda query=query: bob.note(query).get("answered"), SECONDS)
    bob.ask("/help", seconds=SECONDS)  # a chat's updates are answered one after the other: all of it is said by now
    said = " ".join(text(row) for row in [*bob.rows()[known:], bob.again(message)])
    assert "went wrong" not in said
    assert "20.5" not in said
    assert "Not set yet" not in said
    assert lines(program, 1002) == []
    assert len(lines(program, 1001)) == 4

    # The export holds what is the chat's own, and nothing of another's.
    held = {person.id: _exported(program, person) for person in (ada, bob)}
    assert "funds" in held[1001]
    assert "vix" in held[1001]
    assert "QQQ MDY IWM" not in held[1002]
    assert "20.5" not in held[1002]
    assert "was not handled" not in program.logs()


def _data(row: dict[str, Any]) -> list[str]:
    return [key["callback_data"] for line in row["message"]["reply_markup"]["inline_keyboard"] for key in line]


def _every_page(person: Person, family: str) -> list[str]:
    """The names on every page of a family in a new editor."""
    page = person.tap(person.ask("/alert", seconds=SECONDS), family)
    found = buttons(page)
    while "Page ›" in buttons(page):
        page = person.tap(page, "Page ›")
        found += buttons(page)
    return found


def _exported(program: Program, person: Person) -> str:
    """What is in a chat's file of everything that is kept of it, in the words of the database."""
    db = open_database(program.folder / "rotation.db")
    try:
        return json.dumps(export_chat(db, person.place), default=str)
    finally:
        db.conn.close()
