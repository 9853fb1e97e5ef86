"""Talking to the real program about alerts: presets, previews, why, history, edits, silence, whose buttons work."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from support.program import Program, until
from support.telegram_people import Person, buttons, text

pytestmark = pytest.mark.process


def rows(program: Program, query: str) -> list[Any]:
    with sqlite3.connect(program.folder / "rotation.db") as db:
        return db.execute(query).fetchall()


def test_from_a_pack_to_silence(program: Program, telegram: str, figures_of_two_days: None) -> None:
    program.start("run")
    ada = Person(telegram)
    packs = ada.press_and_wait(ada.ask("/start"), "Choose alerts")
    assert buttons(packs) == ["Rotation essentials", "Breadth", "Valuation", "Rates", "Sectors and styles"]
    pack = ada.press_and_wait(packs, "Rotation essentials")
    assert "most small caps are in an uptrend" in text(pack)
    assert "Not set yet" in text(ada.press_and_wait(pack, "3"))
    assert "11 alerts set." in text(ada.press_and_wait(pack, "Set all 11"))
    assert "You have all of Rotation essentials already" in text(ada.press_and_wait(pack, "Set all 11"))
    assert len(rows(program, "SELECT 1 FROM rules")) == 11

    why = text(ada.ask("/why 3"))
    assert "Fires:" in why
    assert "20 Aug 2025" in why
    assert "simulated" in why
    assert "You have no alert 99" in text(ada.ask("/why 99"))
    assert "Which one?" in text(ada.ask("/why"))
    assert "Nothing has happened to your alerts yet" in text(ada.ask("/history"))
    assert "Nothing has happened to alert 3 yet" in text(ada.ask("/history 3"))

    length = ada.ask("/snooze 3")
    assert buttons(length) == ["1 day", "1 week", "Until I resume it", "No snooze"]  # a crossing never resolves
    ada.press(length, "1 week")
    until(lambda: "silent through the session of 27 Aug 2025" in text(ada.rows()[-1]))
    assert "snoozed through 27 Aug 2025" in text(ada.ask("/alerts"))

    assert "Muted: you hear nothing until /unmute" in text(ada.ask("/mute forever"))
    assert "You hear from your alerts again" in text(ada.ask("/unmute"))
    assert "You were not muted" in text(ada.ask("/unmute"))
    assert "time zone is missing" in text(ada.ask("/quiet 22:00-07:00"))
    assert "messages wait until 07:00" in text(ada.ask("/quiet 22:00-07:00 berlin"))
    assert "without a sound" in text(ada.ask("/quiet 23:00-07:00 silent"))
    assert "Quiet from 23:00 to 07:00, Europe/Berlin time" in text(ada.ask("/quiet"))
    assert "no quiet hours any more" in text(ada.ask("/quiet off"))

    assert "Say when" in text(ada.ask("/digest"))
    assert "names no time of day" in text(ada.ask("/digest tomorrow"))
    digest = ada.ask("/digest Mondays 7:30 berlin")
    assert "Digest: Mondays 07:30 Europe/Berlin" in text(digest)
    ada.press(digest, "– Rates")
    until(lambda: "✓ Rates" in buttons(ada.rows()[-1]))
    shown = text(ada.press_and_wait(ada.rows()[-1], "Show it now"))
    assert shown.startswith("📰 Digest: Wed 20 Aug 2025")
    assert "simulated" in shown
    assert "not investment advice" in shown

    ada.press(ada.ask("/forgetme"), "Erase")
    until(lambda: text(ada.rows()[-1]).startswith("Erased"))
    for table in ("chats", "rules", "watches", "events", "outbox", "snoozes", "drafts", "data_gaps", "digests"):
        assert rows(program, f"SELECT count(*) FROM {table}") == [(0,)], table


def test_a_line_is_previewed_saved_changed_and_never_half_kept(
    program: Program, telegram: str, figures_of_two_days: None
) -> None:
    program.start("run")
    ada = Person(telegram)
    shown = ada.ask("/alert small above 200d > 99")
    assert "Not set yet" in text(shown)
    assert rows(program, "SELECT count(*) FROM rules") == [(0,)]
    ada.press(shown, "Change")
    until(lambda: "New alert, not set yet" in text(ada.again(shown)))
    left = ada.ask("/alert small above 200d > 98")
    assert text(ada.press_and_wait(left, "Cancel")) == "Nothing was set."
    until(lambda: buttons(ada.again(left)) == [])
    assert text(ada.again(left)).startswith("Not set: small above 200d > 98")

    # A line too long for a button is kept for as long as the button.
    line = "small above 200d > 99 and large above 200d > 99 and small above 50d > 99 for 3 days keep 2 days"
    long = ada.ask(f"/alert {line}")
    assert (line, None) in rows(program, "SELECT line, replaces FROM drafts")
    assert f"Alert 1 is set: {line}" in text(ada.press_and_wait(long, "Save"))
    assert text(ada.again(long)).startswith(f"Saved: {line}")

    edited = ada.ask("/edit 1 large above 200d > 99")
    assert "instead of small above 200d" in text(edited)
    assert f"/edit 1 {line}" in text(ada.ask("/edit 1"))
    ada.press(edited, "Change")
    until(lambda: "/edit 1 large above 200d > 99" in text(ada.again(edited)))
    edited = ada.ask("/edit 1 large above 200d > 99")
    assert "Alert 1 is set: large above 200d > 99" in text(ada.press_and_wait(edited, "Save"))
    assert rows(program, "SELECT number, series FROM rules") == [(1, "breadth.above_200d.large")]

    # True when it is made: a choice.
    made = ada.set_alert("small above 200d > 2")
    assert "That is true already" in text(made)
    assert buttons(made) == ["Alert now", "Wait until it has cleared", "Edit", "Delete", "All alerts"]
    ada.press(made, "Alert now")
    until(lambda: "🔔" in text(ada.rows()[-1]))
    assert "Wed 20 Aug 2025" in text(ada.rows()[-1])
    assert "#2 small above 200d > 2" in text(ada.rows()[-1])
    assert "fired" in text(ada.ask("/history 2"))
    assert "Last message: fired on 20 Aug 2025" in text(ada.ask("/why 2"))


def test_an_alerts_buttons_work_after_a_restart_and_for_nobody_else(
    program: Program, telegram: str, figures_of_two_days: None
) -> None:
    bot = program.start("run")
    ada, ben = Person(telegram), Person(telegram, 1002)
    made = ada.set_alert("small above 200d > 2")
    ada.press(made, "Alert now")
    until(lambda: "🔔" in text(ada.rows()[-1]))
    alert = ada.rows()[-1]
    bot.terminate()
    bot.wait(60)
    program.start("run")

    # Ben's buttons name what is Ada's by now.
    set_by_ben = ben.set_alert("small above 200d > 3")
    ben.press(set_by_ben, "Alert now")
    until(lambda: "🔔" in text(ben.rows()[-1]))
    bens = ben.rows()[-1]
    asked = ben.press_and_wait(bens, "Snooze")
    more = ben.press_and_wait(bens, "More…")
    with sqlite3.connect(program.folder / "rotation.db") as db:
        db.execute("UPDATE rules SET chat = 1001, number = 2 WHERE id = 2")
    before = len(ben.heard())
    for button in ("Chart", "Why", "Snooze", "More…"):
        ben.press(bens, button)
    for button in ("Edit", "Delete"):
        ben.press(more, button)
    ben.press(asked, "1 week")
    assert ben.quiet_for(2)
    assert len(ben.heard()) == before
    assert rows(program, "SELECT id, chat FROM rules") == [(1, 1001), (2, 1001)]
    assert rows(program, "SELECT count(*) FROM snoozes") == [(0,)]

    assert ada.press_and_wait(alert, "Chart")["message"]["photo"]
    assert "Fires:" in text(ada.press_and_wait(alert, "Why"))
    assert "for how long" in text(ada.press_and_wait(alert, "Snooze"))
    opened = ada.press_and_wait(alert, "More…")
    assert "Alert 1, change not saved yet" in text(ada.press_and_wait(opened, "Edit"))
    ada.press(opened, "Delete")
    until(lambda: "Alert 1 is deleted" in text(ada.again(opened)))
    ada.press(ada.again(opened), "Undo")
    until(lambda: "Alert 1 is back: small above 200d > 2" in text(ada.again(opened)))
    assert rows(program, "SELECT id, chat, number FROM rules ORDER BY id") == [(1, 1001, 1), (2, 1001, 2)]
    opened = ada.press_and_wait(alert, "More…")
    ada.press(opened, "Delete")
    until(lambda: "Alert 1 is deleted" in text(ada.again(opened)))
    ada.press(alert, "Why")
    assert ada.quiet_for(1)  # a note at the button, and no message
