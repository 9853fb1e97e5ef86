"""Lists and series of a chat's own: made, changed, watched and deleted in the chat, and seen by no other chat."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.program import DAYS, Program, until
from support.telegram_people import Person, text

from storage import chat_migration, chats, figures, imports, lists, symbols
from storage.database import open_database, writing

pytestmark = [pytest.mark.process, pytest.mark.timeout(900)]

SECONDS = 120.0


def test_symbols_lists_and_files_are_the_chats_own(program: Program, telegram: str, figures_of_two_days: None) -> None:
    program.start("run")
    ada, bob = Person(telegram, 1001), Person(telegram, 1002)

    # A pair that nobody held: fetched at once, then previewed and watched.
    row = ada.ask("qqq/rsp", 1, SECONDS)
    assert "QQQ/RSP" in text(row)
    assert "200d average" in text(row)
    assert row["message"]["photo"]
    assert "rsp rising 21d" in text(ada.ask("qqq/rsp rising 21d", 1, SECONDS))
    assert "qqq/rsp" in text(ada.ask("/symbols", 1, SECONDS))
    assert "None yet" in text(bob.ask("/symbols", 1, SECONDS))

    # What cannot be had is named.
    assert "neither NOPEA nor NOPEB" in text(ada.ask("/list xx NOPEA NOPEB QQQ", 1, SECONDS))
    assert "small is taken" in text(ada.ask("/list small QQQ MDY", 1, SECONDS))
    assert "pair of currencies" in text(ada.ask("eur/usd", 1, SECONDS))

    # A list, its figures, a rule on it; the other chat knows nothing of it.
    made = text(ada.ask("/list funds QQQ MDY IWM", 1, SECONDS))
    assert "funds, 3 companies" in made
    assert "3/3" in made
    line = "funds above 50d crosses above 60"
    assert f"Not set yet: {line}" in text(ada.ask(line, 1, SECONDS))
    assert "SPY" in text(ada.ask("/list funds + SPY", 1, SECONDS))
    assert "funds" not in text(bob.ask("/list", 1, SECONDS))
    assert "Not set yet" not in text(bob.ask(line, 1, SECONDS))

    # A file: asked for what can be read in two ways, previewed, imported, watched.
    asked = ada.send_file("Put Call.csv", "date;value\n01/02/2025;1,234\n03/04/2025;2,345\n")
    assert "01/02/2025 can be read in two ways" in text(asked)
    asked = ada.press_and_wait(asked, "Day first")
    assert "1,234 can be read in two ways" in text(asked)
    shown = ada.press_and_wait(asked, "Decimal comma")
    assert "import.put-call" in text(shown)
    assert "2 values from 1 Feb 2025 to 3 Apr 2025" in text(shown)
    assert "1.234" in text(shown)
    assert "no date" in text(ada.send_file("words.csv", "date,value\nsoon,many\n"))

    whole = ada.send_file("vix.csv", "date,value\n2025-08-18,16.5\n2025-08-19,17.25\n2025-08-20,18\n")
    assert "3 values" in text(whole)
    ada.press(whole, "Import")
    db = open_database(program.folder / "rotation.db")
    try:
        until(lambda: imports.own_series(db, 1001), SECONDS)
        assert "18" in text(ada.ask("import.vix", 1, SECONDS))
        assert "18" not in text(bob.ask("import.vix", 1, SECONDS))
        own = imports.own_series(db, 1001)[0]
        assert "18" not in text(bob.ask(own, 1, SECONDS))
        assert "18" not in text(bob.ask(f"/metric {own}", 1, SECONDS))
        assert imports.everybodys(db) == {}

        # A group that becomes a supergroup keeps them; /forgetme erases them.
        with writing(db):
            chats.subscribe(db, 1001, datetime.now(UTC))
            chat_migration.move_chat(db, 1001, -1009)
        assert [one.name for one in lists.of_chat(db, -1009)] == ["funds"]
        assert imports.own_series(db, -1009) == [own]
        assert "pair.QQQ/RSP" in symbols.asked_by(db, -1009)
        ids = [*lists.of_chat(db, -1009)[0].metrics, own]
        assert all(figures.latest_values(db, one, DAYS[1], 1) for one in ids)
        with writing(db):
            chats.forget(db, -1009)
        assert not lists.of_chat(db, -1009)
        assert not imports.own_series(db, -1009)
        assert not any(figures.latest_values(db, one, DAYS[1], 1) for one in ids)
    finally:
        db.close()
