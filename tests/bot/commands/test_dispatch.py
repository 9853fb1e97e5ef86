"""What the conversations' files declare: every command and every button has one answer."""

from __future__ import annotations

import re

import pytest

from bot.commands import dispatch
from bot.messages.buttons import callback


def test_the_menu_begins_with_the_figures_and_no_two_lines_stand_at_one_place() -> None:
    places = [command.place for command in dispatch.commands() if command.menu]
    assert len(places) == len(set(places))
    assert places == sorted(places)
    assert [name for name, _ in dispatch.menu()][:3] == ["summary", "breadth", "size"]


@pytest.mark.parametrize(
    "action",
    [
        "subscribe", "summary", "breadth", "size", "valuation", "howto", "alerts", "forget", "keep", "delete:1",
        "set:small above 200d > 60", "save:lead 21d > 2 once", "draft:7", "change", "change:7", "cancel", "chart:3",
        "why:3", "history", "more:2025-08-22:8", "rule:3", "erase:3", "edit:3", "snooze:3", "nap:3:day", "nap:3:off",
        "nap:3:resolve", "now:3", "wait:3", "unmute", "presets", "pack:breadth", "packall:breadth",
        "begin", "editor", "listed:breadth:2", "watch:size", "alert:size.ratio", "pick:price.RSP",
        "way:up:breadth.above_200d.small", "level:7:-2.5", "levels:7", "options:7", "clear:7:58", "clear:7:none",
        "calm:7:58", "hold:7:3", "repeat:7:once", "repeat:7:5", "until:7:2030-12-31", "until:7:none", "commit:7",
        "leave:7", "mine:2", "open:3", "pause:3", "resume:3", "share:3", "undo:3", "mute", "silence:7", "thesis",
        "details", "claims", "claim:13", "claim:all", "clearat:7:-2.5", "alert:pair.QQQ/RSP", "alert:price.^VIX",
        "pick:import.vix", "way:pctdown:breadth.beating_index_63d.mybanks", "metric:import.vix@7",
        "track:own:8", "track:presets:0", "who:breadth.above_200d.small",
    ],
)  # fmt: skip
def test_a_button_of_ours_has_exactly_one_answer(action: str) -> None:
    data = callback(action)
    assert len([button for button in dispatch.buttons() if re.match(button.pattern, data)]) == 1


@pytest.mark.parametrize("action", ["delete:", "delete:x", "nap:3:year", "more:2025-08-22", "set", "nobody", "why:3:4"])
def test_a_button_of_a_former_version_or_tampered_with_has_none(action: str) -> None:
    assert [button for button in dispatch.buttons() if re.match(button.pattern, callback(action))] == []
