"""/track, *Who moved it*, and the console's `track` and `who`, over the same database."""

from __future__ import annotations

import json

import pytest
from support import sent_alerts, small_market
from support.program import DAYS, Program
from support.telegram_people import Person, buttons, text

from storage.database import open_database, writing

pytestmark = [pytest.mark.process, pytest.mark.timeout(900)]

ADA, BEN = 1001, 1002


def test_a_chat_sees_what_followed_its_alerts_and_the_console_what_followed_all(
    program: Program, telegram: str, figures_of_two_days: None
) -> None:
    db = open_database(program.folder / "rotation.db")
    sent_alerts.a_year(db, ADA, BEN)
    db.close()

    told = json.loads(program.run("track", "--json").stdout)
    assert (told["chat"], told["sent"], told["judged"], told["missed"]) == (None, 7, 5, 3)
    assert sent_alerts.OWN not in json.dumps(told)
    own = json.loads(program.run("track", "--chat", str(ADA), "--json").stdout)
    assert [one["verdict"] for one in own["alerts"]] == [*["missed"] * 3, *["as shown"] * 2, "not yet"]
    assert own["alerts"][0]["line"] == sent_alerts.OWN
    assert own["alerts"][0]["unknown"] == {"126": "not yet", "252": "not yet"}
    shown = program.run("track", COLUMNS="100").stdout
    assert "7 alerts sent, 5 judged, 3 missed; 1.2 misses expected by the shares shown" in shown
    assert "simulated market" in shown
    assert "✗ missed: after 63 sessions the other side of 0 than the median shown, or 0." in " ".join(shown.split())
    assert told["simulated"] is True
    assert max(map(len, shown.splitlines())) <= 100
    assert str(ADA) not in shown

    program.start("run")
    ada = Person(telegram, ADA)
    answer = ada.ask("/track")
    assert "6 alerts since 2 Oct 2024, 5 to be judged so far: 3 missed" in text(answer)
    assert buttons(answer) == ["Ready-made alerts, all chats"]
    presets = ada.press_until(answer, "Ready-made alerts", "Track record of the ready-made alerts, all chats")
    assert len(ada.heard()) == 1  # in the list's place
    assert "· simulated market" in text(presets)
    assert sent_alerts.OWN not in text(presets)
    ada.ask("/track presets:²")  # a digit of another kind is no page
    assert "Track record of the ready-made alerts, all chats" in text(ada.rows()[-1])
    assert "None of your alerts has fired" in text(Person(telegram, 1003).ask("/track"))


def test_a_figures_button_and_the_console_say_who_moved_it(program: Program, telegram: str) -> None:
    db = open_database(program.folder / "rotation.db")
    small_market.fill(db)
    db.close()
    program.start("run")
    ada = Person(telegram, ADA)
    shown = ada.ask("small above 50d")
    assert "Who moved it" in buttons(shown)
    moved = text(ada.press_and_wait(shown, "Who moved it"))
    assert "Who moved it: Small above 50d" in moved
    console = json.loads(program.run("who", "small above 50d", "--json").stdout)
    (first, *_) = console["causes"]
    assert f"{first['cause'].capitalize()}: {len(first['companies'])}, " in moved
    assert sum(cause["effect"] for cause in console["causes"]) + console["rest"] == pytest.approx(console["change"])
    table = program.run("who", "small above 50d", "--from", str(DAYS[1]), "--to", str(DAYS[2]), COLUMNS="80").stdout
    assert "Small above 50d: " in table
    assert "test, simulated" in table
    assert "test, simulated" in moved
    assert console["simulated"] is True
    assert first["companies"][0]["symbol"] in table
    assert max(map(len, table.splitlines())) <= 80
    refused = program.run("who", "iwm/spy")
    assert refused.returncode == 2
    assert refused.stderr.startswith("size.ratio: it is no count of members")
    assert "; ask for such a count: breadth.above_200d.small" in refused.stderr

    db = open_database(program.folder / "rotation.db")
    with writing(db):
        db.conn.execute("DELETE FROM figures WHERE session < ?", [DAYS[2].isoformat()])
    db.close()
    said = text(ada.press_and_wait(shown, "Who moved it"))
    assert "is the first one recorded, so nothing has moved it yet." in said
    assert "--" not in said
