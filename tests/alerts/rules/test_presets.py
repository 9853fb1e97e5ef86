"""Packs: every line is one the bot prints, of what the catalogue has; the essentials hold what they promise."""

from __future__ import annotations

import pytest

from alerts.metrics.catalog import catalog
from alerts.metrics.symbols import named_pairs
from alerts.rules.condition import series_of
from alerts.rules.grammar import parse
from alerts.rules.presets import Pack, Preset, packs
from bot.emulator.api.entities import parse_html
from bot.emulator.api.keyboards import check_keyboard
from bot.messages.buttons import callback, fits, keyboard_json, line_offered, previews, saves
from bot.messages.presets import pack_buttons, pack_text, packs_buttons, packs_text

PRESETS = [(pack, preset) for pack in packs().values() for preset in pack.presets]
ESSENTIALS = (
    "iwm/spy trend crosses above 0 clear -1", "iwm/spy trend crosses below 0 clear 1",
    "small above 200d crosses above 60 clear 55", "small above 200d crosses below 40 clear 45",
    "equal weight at a new high 252d", "valuation discount profitable ≤ -25", "zweig thrust", "deemer thrust",
    "whaley thrust", "regime changes", "fed cut odds > 50",
)  # fmt: skip


@pytest.mark.parametrize(("pack", "preset"), PRESETS, ids=lambda one: getattr(one, "line", ""))
def test_a_preset_is_a_rule_as_it_prints_and_fits_into_a_button(pack: Pack, preset: Preset) -> None:
    rule = parse(preset.line)
    assert rule.line == preset.line
    assert all(series.metric in (*catalog(), *named_pairs()) for series in series_of(rule.watched))
    assert fits(previews(preset.line))
    assert fits(saves(preset.line))
    assert parse(line_offered([callback("change"), callback(saves(preset.line))]) or "") == rule
    assert preset.why == preset.why.strip() != ""
    assert not preset.why.endswith(".")


def test_the_essentials_hold_what_they_promise() -> None:
    assert {preset.line for preset in packs()["rotation"].presets} >= set(ESSENTIALS)


def test_no_pack_has_a_rule_twice() -> None:
    for pack in packs().values():
        assert len({parse(preset.line) for preset in pack.presets}) == len(pack.presets)


def test_telegram_takes_how_packs_are_offered() -> None:
    import json

    assert [pack.title for pack in packs().values()] == [
        "Rotation essentials",
        "Breadth",
        "Valuation",
        "Rates",
        "Sectors and styles",
    ]
    parse_html(packs_text(packs().values()))
    check_keyboard(json.loads(keyboard_json(packs_buttons(packs().values())) or "{}"))
    for pack in packs().values():
        plain, _ = parse_html(pack_text(pack))
        assert len(plain) <= 4096
        check_keyboard(json.loads(keyboard_json(pack_buttons(pack)) or "{}"))
