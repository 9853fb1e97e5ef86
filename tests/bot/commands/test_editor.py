"""Alerts made and changed by taps, over the real program: taps counted, restarts, weeks, groups."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.program import Program, until
from support.telegram_people import Person, buttons, text
from support.web import web

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]


@dataclass
class Taps:
    """Taps on one message, counted. It is edited in place: nothing else is sent."""

    person: Person
    message: dict[str, Any]
    count: int = 0

    def __call__(self, button: str) -> str:
        """Tap the button that begins so; what the message says then."""
        self.message = self.person.tap(self.message, button)
        self.count += 1
        return text(self.message)

    def to(self, target: float, prefix: str = "") -> None:
        """Tap − and + until the level is the target."""
        for _ in range(40):
            offered = {
                level_of(one): one for one in buttons(self.message) if one.startswith(("−", "+")) and prefix in one
            }
            nearest = min(offered, key=lambda level: abs(level - target))
            self(offered[nearest])
            if nearest == target:
                return
        raise AssertionError(f"{target} is not reached")


def level_of(button: str) -> float:
    """The level on a button: "−− 57.5", "+ clear 58"."""
    return float(button.split()[-1].replace("−", "-"))


def lines(program: Program) -> list[tuple[Any, ...]]:
    with sqlite3.connect(program.folder / "rotation.db") as db:
        return db.execute("SELECT number, series, operator, level, clear FROM rules ORDER BY number").fetchall()


def test_by_taps_alone(program: Program, telegram: str, figures_of_two_days: None) -> None:
    bot = program.start("run")
    ada = Person(telegram)

    # Five taps to a level that a chip names.
    taps = Taps(ada, ada.ask("/alert", seconds=60))
    said_before = len(ada.heard())
    assert "Choose a family" in text(taps.message)
    assert "Which figure?" in taps("Breadth")
    assert "When shall I tell you?" in taps("Small above 200d")
    assert "New alert, not set yet" in taps("Rises through a level")
    assert taps.message["message"]["photo"]
    now = next(one for one in buttons(taps.message) if "now" in one)
    assert f"small above 200d crosses above {level_of(now):g}" in taps(now)
    assert "Alert 1 is set" in taps("Save")
    assert taps.count == 5
    assert lines(program) == [(1, "breadth.above_200d.small", "crosses above", level_of(now), None)]
    assert len(ada.heard()) == said_before  # one message, edited in place

    # A level and a clear level that no chip names.
    taps = Taps(ada, ada.ask("/alert", seconds=60))
    for button in ("Breadth", "Small above 200d", "Rises through a level"):
        taps(button)
    taps.to(62.5)
    taps("More…")
    taps("Add clear")
    taps.to(58, "clear")
    assert "small above 200d crosses above 62.5 clear 58" in text(taps.message)
    taps("Save")
    assert lines(program)[1] == (2, "breadth.above_200d.small", "crosses above", 62.5, 58.0)
    print(f"62.5 clear 58: {taps.count} taps")
    assert taps.count <= 20

    # Editing a level: from the list, in the editor, after a restart and a week.
    opened = ada.tap(ada.ask("/alerts", seconds=60), "· 2")
    assert "62.5" in text(opened)
    taps = Taps(ada, ada.press_and_wait(opened, "Edit"))
    assert "Alert 2, change not saved yet" in text(taps.message)
    assert "/edit 2 small above 200d crosses above 62.5 clear 58" in text(taps.message)
    bot.terminate()
    bot.wait(60)
    with sqlite3.connect(program.folder / "rotation.db") as db:
        db.execute("UPDATE drafts SET created_at = ?", [(datetime.now(UTC) - timedelta(days=8)).isoformat()])
    program.start("run")
    assert "crosses above 63 clear 58.5" in taps("+ 63")
    assert "You have this already" not in text(taps.message)
    assert "Alert 2 is set: small above 200d crosses above 63 clear 58.5" in taps("Save")
    assert lines(program)[1] == (2, "breadth.above_200d.small", "crosses above", 63.0, 58.5)

    # A second press of Save, and one of a button from before, set nothing.
    query = ada.press_data(taps.message, "v1:commit:3")
    assert "done with" in until(lambda: ada.note(query).get("text"), 60)
    assert len(lines(program)) == 2


def test_what_is_offered_suits_the_metric(program: Program, telegram: str, figures_of_two_days: None) -> None:
    program.start("run")
    ada = Person(telegram)
    # Every answer about a metric leads to the editor at that metric.
    begun = ada.press_and_wait(ada.ask("/metric regime", seconds=60), "Alert me")
    assert buttons(begun)[:3] == ["Changes", "Reaches a state, or higher", "Reaches a state, or lower"]
    taps = Taps(ada, begun)
    taps("Reaches a state, or higher")
    assert "regime ≥ 1" in taps("broadening")
    assert "✓ broadening" in buttons(taps.message)
    taps("‹ Back")
    assert "regime changes" in taps("Changes")
    assert not [one for one in buttons(taps.message) if one.startswith(("+", "−"))]
    taps("Cancel")
    assert text(taps.message) == "Nothing was set."
    # Options: what a crossing cannot have is not offered.
    taps = Taps(ada, ada.press_and_wait(ada.ask("/metric small above 200d", seconds=60), "Alert me"))
    taps("Is above a level")
    taps("More…")
    assert "for 3 days" in taps("for 3 days")
    assert "once" in taps("once")
    assert "until 20" in taps("3 months")
    taps("‹ Level")
    taps("Save")
    assert "Alert 1 is set: small above 200d >" in text(taps.message)
    assert "for 3 days once until 20" in text(taps.message)
    # The same line again is known.
    line = text(taps.message).splitlines()[0].removeprefix("Alert 1 is set: ")
    assert "You have this already (#1)." in text(ada.ask(f"/alert {line}", seconds=60))


def test_two_people_in_a_group_do_not_meet(program: Program, telegram: str, figures_of_two_days: None) -> None:
    program.start("run")
    what = {"title": "Desk", "by": 1001, "members": [1002, 1003], "admins": [1002]}
    group = web.post(f"{telegram}/_local/group", json=what).raise_for_status().json()["id"]
    ada, ben, cleo = (Person(telegram, one, group) for one in (1001, 1002, 1003))
    until(ada.heard, 60)  # the greeting of a new group
    hers = Taps(ada, ada.ask("/alert", seconds=60))
    his = Taps(ben, ben.ask("/alert", seconds=60))
    for button in ("Breadth", "Small above 200d"):
        hers(button)
    for button in ("Size", "Lead 63d"):
        his(button)
    hers("Rises through a level")
    his("Falls through a level")
    assert "small above 200d crosses above" in hers("+ ")
    assert "lead 63d crosses below" in his("− ")
    as_it_was = text(hers.message)
    query = cleo.press_data(hers.message, next(data for data in data_of(hers.message) if ":level:" in data))
    assert "administrators" in until(lambda: cleo.note(query).get("text"), 60)
    assert text(ada.again(hers.message)) == as_it_was
    hers("Save")
    his("Save")
    assert [row[1] for row in lines(program)] == ["breadth.above_200d.small", "size.lead_63d"]
    refused = cleo.ask("/alert", seconds=60)
    assert "administrators" in text(refused)


def data_of(row: dict[str, Any]) -> list[str]:
    return [key["callback_data"] for line in row["message"]["reply_markup"]["inline_keyboard"] for key in line]
