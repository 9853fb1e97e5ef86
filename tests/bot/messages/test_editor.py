"""The editor's and the list's texts: golden, taken by the emulator's strict reading, within Telegram's limits."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from support.alert_events import reading

from alerts.metrics.catalog import catalog
from alerts.rules.directions import directions
from alerts.rules.evaluate import Watch
from alerts.rules.grammar import MAX_LINE, parse
from alerts.rules.levels import Steps
from alerts.rules.reading import ConditionReading
from alerts.rules.state import Phase, State
from bot.emulator.api.formatting import parse_html
from bot.messages import editor, mute, my_alerts
from bot.messages.buttons import MOST_BYTES, Buttons, callback
from bot.messages.editor import Draft
from bot.messages.preview import decided, preview_text
from bot.reports.editor import Chips, Edited
from bot.reports.preview import Preview, Tried
from bot.reports.rule_status import PAGE, ChatRule, ChatRules
from storage.preferences import ChatPreferences
from storage.snoozes import PAUSED, Snooze

DAY = date(2025, 8, 22)
TRIED = Tried(
    sessions=410, since=date(2024, 1, 3), fired=24, last=date(2025, 8, 1), quiet=63, share=0.4,
    true_since=date(2025, 8, 1), a_year=14.8, clear=56.0,
)  # fmt: skip
CHIPS = Chips(64.3, ((10, 33.5), (25, 42.2), (75, 60.0), (90, 67.2)), (58.5, 66.0, None))


def edited(line: str = "small above 200d > 60", **given: object) -> Edited:
    rule = parse(line)
    found = Preview(rule, TRIED, (reading(rule.first.series, 64.3),), None, 4)
    return Edited(found, Steps(0.5, 5.0), CHIPS, **given)  # type: ignore[arg-type]


def shown(buttons: Buttons) -> list[list[str]]:
    return [[text for text, _ in row] for row in buttons]


def check(text: str, buttons: Buttons, limit: int = 4096) -> None:
    plain, _ = parse_html(text)
    assert 0 < len(plain.encode("utf-16-le")) // 2 <= limit
    data = [callback(action) for row in buttons for _, action in row]
    assert len(data) == len(set(data))
    assert all(len(one.encode()) <= MOST_BYTES for one in data)
    assert len(data) <= 100
    assert all(len(row) <= 8 for row in buttons)
    assert all(0 < len(text) <= 64 for row in buttons for text, _ in row)


def test_the_level_step() -> None:
    text = editor.level_step(Draft(7), edited())
    buttons = editor.level_buttons(Draft(7), edited())
    check(text, buttons, 1024)
    plain = parse_html(text)[0].splitlines()
    assert plain[:3] == ["New alert, not set yet", "small above 200d > 60", "You have this already (#4)."]
    assert "it would have fired 24 times" in text
    assert "True now, since 1 Aug 2025." in text
    assert "That is 15 times a year; <code>clear 56</code> makes it fewer" in text
    assert shown(buttons) == [
        ["−− 55", "− 59.5", "+ 60.5", "++ 65"],
        ["now 64.3", "10th 33.5", "25th 42.2"],
        ["✓ 75th 60", "90th 67.2"],
        ["monthly 58.5", "quarterly 66"],
        ["Fires often: add clear 56"],
        ["Save", "More…", "‹ Back"],
        ["Cancel"],
    ]


def test_the_options_step() -> None:
    now = edited("small above 200d > 60 clear 55 for 3 days until 2025-09-21")
    text, buttons = editor.options_step(Draft(7, 3), now), editor.options_buttons(Draft(7, 3), now, DAY)
    check(text, buttons, 1024)
    assert shown(buttons) == [
        ["at once", "✓ for 3 days", "for 5 days", "for 10 days"],
        ["−− clear 50", "− clear 54.5"],
        ["+ clear 55.5", "++ clear 60"],
        ["No clear level"],
        ["✓ every time", "once"],
        ["remind every 5 days", "remind every 21 days"],
        ["no end", "✓ 1 month", "3 months", "1 year"],
        ["‹ Level", "Save"],
    ]
    crossing = editor.options_buttons(Draft(7), edited("small above 200d crosses above 60", clear=57.0), DAY)
    assert shown(crossing)[:2] == [["Add clear 57 (fires least)"], ["✓ every time", "once"]]


def test_an_edited_alert_names_what_it_replaces_and_how_to_type_it() -> None:
    text = editor.level_step(Draft(7, 3, "small above 200d > 55"), edited())
    assert text.startswith("<b>Alert 3</b>, change not saved yet\n<code>small above 200d &gt; 60</code>\ninstead of")
    assert "<code>/edit 3 small above 200d &gt; 60</code>" in text
    assert "You have this already" not in editor.level_step(Draft(7, 4, "small above 200d > 60"), edited())


def test_every_metric_fits_into_its_buttons() -> None:
    for of in catalog().values():
        ways = directions(of)
        check(editor.directions_step(of, None), editor.directions_buttons(of, ways), 1024)
    for family in {of.family for of in catalog().values()}:
        ids = [of.id for of in catalog().values() if of.family == family]
        for page in range(1, editor.pages_of(len(ids)) + 1):
            check(
                editor.metrics_step(family, page, editor.pages_of(len(ids))), editor.metrics_buttons(family, ids, page)
            )


def test_the_longest_line_still_fits_under_a_picture() -> None:
    longest = max(catalog().values(), key=lambda of: len(of.aliases[0]) if of.unit not in ("event", "state") else 0)
    line = " and ".join(f"{longest.aliases[0]} > 0.{at}12345678" for at in range(1, 5)) + " for 10 days keep 3 days"
    assert len(line) <= MAX_LINE
    made = parse(line)
    found = Preview(made, TRIED, tuple(reading(one.series, 0.5) for one in made.conditions), None, 4)
    text = editor.level_step(Draft(7, 3, line.replace("> 0.1", "> 0.9")), Edited(found, None, Chips()))
    check(text, editor.level_buttons(Draft(7, 3, line), Edited(found, None, Chips())), 1024)


def chat_rule(
    number: int, line: str, value: float = 64.3, snooze: Snooze | None = None, phase: Phase = Phase.INACTIVE
) -> ChatRule:
    rule = parse(line)
    watch = Watch(number, 1001, number, rule, State(phase, DAY, announced=True))
    parts = tuple(ConditionReading(one, reading(one.series, value)) for one in rule.conditions)
    return ChatRule(watch, snooze, parts)


def test_the_list_has_a_row_each_with_state_line_and_distance() -> None:
    found = ChatRules(
        (
            chat_rule(1, "small above 200d > 60", phase=Phase.FIRING),
            chat_rule(2, "small above 200d < 40"),
            chat_rule(3, "small above 200d inside 10..50", snooze=Snooze(3, 1001, PAUSED)),
            chat_rule(4, "small above 200d > 70 and large above 200d > 10", snooze=Snooze(4, 1001, DAY)),
        ), 4, 1, DAY, ChatPreferences(subscribed=True),
    )  # fmt: skip
    text, buttons = my_alerts.list_text(found), my_alerts.list_buttons(found)
    check(text, buttons)
    assert parse_html(text)[0].splitlines()[:5] == [
        "Your alerts, 4 · 22 Aug 2025",
        "🔔 1. small above 200d > 60 – true since 22 Aug 2025; 64.3 %, 4.3 pp above 60 %",
        "· 2. small above 200d < 40 – 64.3 %, 24.3 pp above 40 %",
        "⏸ 3. small above 200d inside 10..50 – 64.3 %, 14.3 pp above 50 %, paused",
        "💤 4. small above 200d > 70 and large above 200d > 10 – 1 of 2 conditions hold, snoozed through 22 Aug 2025",
    ]
    assert shown(buttons) == [["🔔 1", "· 2", "⏸ 3", "💤 4"], ["New alert", "Mute all…", "History"]]


@pytest.mark.parametrize(("page", "turns"), [(1, ["Page ›"]), (3, ["‹ Page", "Page ›"]), (5, ["‹ Page"])])
def test_all_of_fifty_are_reached_by_pages(page: int, turns: list[str]) -> None:
    long = "all above 200d > 50 and " * 3 + "small above 200d > 60 for 10 days keep 5 days"
    rules = tuple(chat_rule(100 + at, long) for at in range(PAGE))
    found = ChatRules(rules, 50, page, DAY, ChatPreferences(subscribed=False))
    text, buttons = my_alerts.list_text(found), my_alerts.list_buttons(found)
    check(text, buttons)
    assert f"page {page} of 5" in text
    assert turns in shown(buttons)


def test_distances_are_never_nothing_where_the_value_is_past_its_level() -> None:
    one = chat_rule(1, "small above 200d > 60", 60.0004)
    assert my_alerts.distance(one) == "60.0004 %, 0.0004 above 60 %"
    assert my_alerts.distance(chat_rule(1, "small above 200d > 60", 60.0)) == "60.0 %, at 60 %"
    assert my_alerts.distance(chat_rule(1, "zweig thrust", 0.0)) == ""
    assert my_alerts.distance(chat_rule(1, "regime changes", 1.0)) == "broadening"
    snoozed = chat_rule(1, "small above 200d > 60", snooze=Snooze(1, 1001, DAY))
    assert "Waiting, snoozed through 22 Aug 2025" in my_alerts.one_text(snoozed)


def test_one_alert_opened() -> None:
    one = chat_rule(3, "iwm/spy crosses above its 50d average", 1.5)
    check(my_alerts.one_text(one), my_alerts.one_buttons(one))
    assert shown(my_alerts.one_buttons(one)) == [
        ["Chart", "Why", "Edit"], ["Pause", "Snooze…", "Share", "Delete"], ["‹ All alerts"],
    ]  # fmt: skip
    paused = chat_rule(3, "small above 200d > 60", snooze=Snooze(3, 1001, PAUSED))
    assert shown(my_alerts.one_buttons(paused))[1] == ["Resume", "Share", "Delete"]
    assert "Waiting, paused" in my_alerts.one_text(paused)


def test_a_preview_says_what_became_of_it() -> None:
    rule = parse("small above 200d > 60")
    text = preview_text(rule, TRIED, now=None, replaces=None, same=4)
    assert text.startswith("<b>Not set yet:</b> <code>small above 200d &gt; 60</code>\nYou have this already (#4).")
    assert decided(text, "Saved").startswith("<b>Saved:</b> <code>small above 200d &gt; 60</code>")
    assert "Not set yet" not in decided(text, "Saved")


def test_mutes_say_when_they_end() -> None:
    until = datetime(2025, 8, 29, 18, 5, tzinfo=UTC)
    assert "nothing until 29 Aug 2025, 18:05 UTC, or /unmute." in mute.muted(True, until)
    assert "nothing until /unmute." in mute.muted(True)
    for text in (mute.mute_question(), mute.mute_refused("<soon>"), mute.muted(False)):
        assert parse_html(text)[0]


def test_a_shared_alert_shows_its_link() -> None:
    text = my_alerts.shared_text(chat_rule(3, "small above 200d > 60").watch, "https://t.me/some_bot?start=aXYZ")
    plain, entities = parse_html(text)
    assert "https://t.me/some_bot?start=aXYZ" in plain.splitlines()
    assert entities
