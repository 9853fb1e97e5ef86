"""What a chat hears, session by session; the tables stand in tests/scenarios/messages."""

from __future__ import annotations

import pytest
from sqlite_utils import Database
from support.message_scenarios import Scenario, Walk, scenarios

from bot.commands.reply import visible_length
from bot.emulator.api.entities import parse_html


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario, db: Database) -> None:
    assert Walk(db, scenario).run() == scenario.hears
    for (text,) in db.conn.execute("SELECT text FROM outbox"):
        parse_html(text)
        assert 0 < visible_length(text) <= 4096


def test_there_are_scenarios_and_no_two_bear_one_name() -> None:
    names = [scenario.name for scenario in scenarios()]
    assert len(names) == len(set(names)) >= 45
