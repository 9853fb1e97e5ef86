"""/track and `rotation-alerts track`, over the same database."""

from __future__ import annotations

import json

import pytest
from support import sent_alerts
from support.program import Program
from support.telegram_people import Person, buttons, text

from storage.database import open_database

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
    assert max(map(len, shown.splitlines())) <= 100
    assert str(ADA) not in shown

    program.start("run")
    ada = Person(telegram, ADA)
    answer = ada.ask("/track")
    assert "6 alerts since 2 Oct 2024, 5 to be judged so far: 3 missed" in text(answer)
    assert buttons(answer) == ["Ready-made alerts, all chats"]
    presets = ada.press_and_wait(answer, "Ready-made alerts, all chats")
    assert "Track record of the ready-made alerts, all chats" in text(presets)
    assert sent_alerts.OWN not in text(presets)
    assert "None of your alerts has fired" in text(Person(telegram, 1003).ask("/track"))
