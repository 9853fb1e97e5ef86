"""A golden text for every kind of alert, each in markup that Telegram takes and inside its limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from alerts.metrics.catalog import catalog
from alerts.rules.grammar import MAX_LINE
from bot.commands.reply import visible_length
from bot.emulator.api.entities import parse_html
from bot.emulator.api.keyboards import check_keyboard
from bot.messages.alert import IN_FULL, alert_keyboard, alert_texts, more_texts
from bot.messages.buttons import MOST_BYTES, keyboard_json

DAY = date(2025, 8, 22)
FIRED: dict[str, Any] = {
    "kind": "fired", "rule": 11, "number": 1, "line": "small above 200d > 60", "metric": "breadth.above_200d.small",
    "series": "breadth.above_200d.small", "words": "small above 200d", "transform": "value", "n": 0, "operator": ">",
    "average": None, "level": 60.0, "upper": None, "value": 64.3, "observed": 64.3, "before": ["2025-08-21", 55.3],
    "percentile": 88.2, "count": 410, "eligible": 1508, "members": 1510, "coverage": 0.998, "source": "Yahoo Finance",
    "session": "2025-08-22", "fired_on": None, "duration": None, "extreme": None, "late": False, "once": False,
    "reason": None,
}  # fmt: skip
EPISODE = {"fired_on": "2025-07-31", "duration": 16, "extreme": ["2025-08-14", 71.2]}
LEAD = FIRED | {
    "rule": 12, "number": 2, "line": "lead 21d > 2", "metric": "size.lead_21d", "words": "lead 21d", "level": 2.0,
    "value": 3.1, "observed": 3.1, "before": ["2025-08-21", 1.9], "eligible": 2, "members": 2,
}  # fmt: skip


def one(told: Mapping[str, Any]) -> str:
    (text,) = alert_texts(DAY, [told])
    parse_html(text)
    return text.split("\n\n", 1)[1]


def test_fired() -> None:
    assert alert_texts(DAY, [FIRED]) == [
        "🔔 <b>Fri 22 Aug 2025</b>\n\n"
        "<b>Small above 200d is above 60 %</b>\n"
        "<b>64.3 %</b> · 55.3 % on 21 Aug 2025 (+9.0 pp)\n"
        "88th percentile of 410 sessions · 1,508/1,510 companies · Yahoo Finance\n"
        "Alert 1: <code>small above 200d &gt; 60</code>"
    ]


def test_fired_with_what_followed_earlier_firings() -> None:
    told = FIRED | {"followed": {"horizon": 63, "n": 7, "median": 1.24, "all": -0.41}}
    assert (
        "\nIWM − SPY 63 sessions after 7 earlier firings: median +1.2 pp, all days −0.4 pp\nAlert 1:" in one(told)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (0, "too few to say (none yet)"),
        (4, "too few to say (4 far enough apart)"),
    ],
)
def test_under_five_earlier_firings_are_too_few(n: int, words: str) -> None:
    told = FIRED | {"followed": {"horizon": 63, "n": n, "median": None, "all": None}}
    assert f"IWM − SPY 63 sessions after earlier firings: {words}\n" in one(told)


def test_resolved_with_duration_extreme_and_value() -> None:
    told = FIRED | EPISODE | {"kind": "resolved", "value": 58.0, "observed": 58.0}
    assert one(told) == (
        "✅ <b>Small above 200d is no longer above 60 %</b> (was since 31 Jul 2025)\n"
        "<b>58.0 %</b> · 55.3 % on 21 Aug 2025 (+2.7 pp)\n"
        "88th percentile of 410 sessions · 1,508/1,510 companies · Yahoo Finance\n"
        "It held for 16 sessions; furthest 71.2 % on 14 Aug 2025.\n"
        "Alert 1: <code>small above 200d &gt; 60</code>"
    )


def test_a_reminder() -> None:
    text = one(FIRED | EPISODE | {"kind": "reminder"})
    assert text.startswith("<b>Still: Small above 200d is above 60 %</b> since 31 Jul 2025\n")
    assert "\nIt holds for 16 sessions now; furthest 71.2 % on 14 Aug 2025.\n" in text


def test_a_snooze_that_is_over() -> None:
    text = one(FIRED | EPISODE | {"kind": "reminder", "snooze_over": True})
    assert text.startswith("<b>Still: Small above 200d is above 60 %</b> since 31 Jul 2025; its snooze is over\n")


def test_what_spoke_once_while_it_was_snoozed() -> None:
    text = one(FIRED | {"kind": "reminder", "missed": True, "fired_on": "2025-08-20", "once": True})
    assert text.startswith("<b>While it was snoozed on 20 Aug 2025: Small above 200d is above 60 %</b>\n")


def test_expired_with_its_state() -> None:
    text = one(FIRED | EPISODE | {"kind": "expired"})
    assert text.startswith(
        "⌛ <b>Its last day is over: Small above 200d is above 60 %</b> (was since 31 Jul 2025); "
        "it is not watched any more\n"
    )
    assert "It holds for 16 sessions now" in text


def test_data_that_stay_away_and_come_back_are_a_line_each() -> None:
    gone = FIRED | {"kind": "no data", "numbers": [1, 3], "value": None, "reason": "coverage 80 % is under 90 %"}
    del gone["number"], gone["rule"]
    assert one(gone) == (
        "<b>Small above 200d</b> has had no data for three sessions (coverage 80 % is under 90 %); alerts 1, 3 wait."
    )
    other = gone | {"metric": "size.lead_21d", "words": "lead 21d", "numbers": [2]}
    text = alert_texts(DAY, [gone, other])[0]
    assert text.count("\n") == 2
    assert "No data for three sessions: <b>Lead 21d</b> (coverage 80 % is under 90 %), <b>Small above 200d</b>" in text
    assert text.endswith("; alerts 1, 2, 3 wait.")
    assert one(gone | {"kind": "data back", "value": 61.0}) == "<b>Small above 200d</b> has data again: 61.0 %."


def test_a_range_a_transform_and_an_average() -> None:
    ranged = LEAD | {"operator": "outside", "level": -2.0, "upper": 2.0, "line": "lead 21d outside -2..2"}
    assert one(ranged).startswith("<b>Small caps&#x27; lead, 21 sessions is outside −2 pp to 2 pp</b>")
    percentile = LEAD | {
        "transform": "pct", "n": 252, "words": "the 252-session percentile of lead 21d", "observed": 98.3,
        "level": 95.0,
    }  # fmt: skip
    text = one(percentile)
    assert text.startswith("<b>The 252-session percentile of lead 21d is above 95</b>\n98.3 · <b>+3.1 pp</b>")
    average = LEAD | {
        "metric": "size.ratio", "transform": "- avg", "average": 50, "operator": "crosses below", "level": 68.19,
        "value": 67.9, "observed": -0.29, "before": ["2025-08-21", 68.4],
    }  # fmt: skip
    assert one(average).startswith(
        "<b>IWM/SPY, small against large crossed below its 50d average</b>\n<b>67.90</b> · average 68.19 · 68.40 on"
    )


def test_a_change_of_state_says_to_what_and_has_no_percentile() -> None:
    told = FIRED | {
        "metric": "regime.state", "words": "a change of regime", "transform": "changed", "operator": "happens",
        "level": 1.0, "value": 1.0, "observed": 1.0, "before": ["2025-08-21", 0.0], "eligible": 4, "members": 4,
        "line": "regime changes",
    }  # fmt: skip
    text = one(told)
    labels = catalog()["regime.state"].labels
    assert text.startswith(f"<b>Regime is {labels[1]} now</b>\n<b>{labels[1]}</b> · {labels[0]} on 21 Aug 2025\n")
    assert "percentile" not in text
    assert "4/4 signs" in text


def test_joined_conditions_each_with_value_coverage_and_source() -> None:
    parts = [FIRED | {"line": "small above 200d > 60"}, LEAD | {"line": "lead 21d > 2"}]
    text = one(FIRED | {"conditions": parts, "line": "small above 200d > 60 and lead 21d > 2"})
    assert text.startswith(
        "<b>small above 200d &gt; 60 and lead 21d &gt; 2</b>\n"
        "small above 200d &gt; 60: 64.3 · 1,508/1,510 companies · Yahoo Finance\n"
        "lead 21d &gt; 2: 3.1 · 2/2 funds · Yahoo Finance\n"
    )


def test_from_four_entries_on_families_have_headings_and_the_important_come_first() -> None:
    told = [FIRED | {"rule": at, "number": at} for at in (1, 3)] + [
        LEAD,
        LEAD | EPISODE | {"kind": "resolved", "rule": 9},
    ]
    text = alert_texts(DAY, told)[0]
    assert text.index("<u>Size</u>") < text.index("<u>Breadth</u>") < text.index("✅")
    assert text.count("<u>Breadth</u>") == 1


def test_a_catch_up_is_one_message_with_a_heading_for_each_session() -> None:
    late = FIRED | {"late": True, "session": "2025-08-21"}
    (text,) = alert_texts(DAY, [LEAD, late])
    assert text.startswith("🔔 <b>Thu 21 Aug 2025</b> · comes late, the session was missed\n\n<b>Small above 200d")
    assert "\n\n🔔 <b>Fri 22 Aug 2025</b>\n\n" in text


def test_one_alert_has_all_its_buttons_and_several_have_a_row_each() -> None:
    assert alert_keyboard(DAY, [FIRED]) == [
        [("Chart", "chart:11"), ("Why", "why:11")],
        [("Snooze", "snooze:11"), ("Edit", "edit:11"), ("Delete", "erase:11")],
    ]
    assert alert_keyboard(DAY, [FIRED, LEAD])[0] == [
        ("2 · Chart", "chart:12"), ("Why", "why:12"), ("Snooze", "snooze:12"), ("More…", "rule:12"),
    ]  # fmt: skip
    spent = alert_keyboard(DAY, [FIRED | {"once": True}])
    assert all(not action.startswith("snooze") for row in spent for _, action in row)


def longest(number: int) -> dict[str, Any]:
    """An alert with the longest words there can be."""
    of = max(catalog().values(), key=lambda of: len(of.title))
    line = ("<&>" * MAX_LINE)[:MAX_LINE]
    return FIRED | EPISODE | {
        "rule": 10**17 + number, "number": number, "metric": of.id, "words": of.title, "line": line, "kind": "resolved",
        "followed": {"horizon": 63, "n": 12, "median": -12.3, "all": 12.3}, "source": "Yahoo Finance, " * 12,
    }  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 8, 9, 50])
def test_whatever_moves_messages_and_keyboards_stay_inside_telegrams_limits(count: int) -> None:
    told = [longest(number) for number in range(1, count + 1)]
    texts, buttons = alert_texts(DAY, told), alert_keyboard(DAY, told)
    shown = 0
    start = IN_FULL
    while True:
        for text in texts:
            parse_html(text)
            assert 0 < visible_length(text) <= 4096
        shown += sum(text.count("\nAlert ") for text in texts)
        markup = json.loads(keyboard_json(buttons) or "{}")
        check_keyboard(markup)
        flat = [key for row in markup["inline_keyboard"] for key in row]
        assert len(flat) <= 100
        assert all(len(key["callback_data"].encode()) <= MOST_BYTES for key in flat)
        if not buttons[-1][0][1].startswith("more:"):
            break
        texts, buttons = more_texts(DAY, told, start)
        start += IN_FULL
    assert shown == count


def test_a_catch_up_of_a_month_stays_inside_the_limits() -> None:
    told = []
    for at in range(30):
        day = (DAY - timedelta(days=at)).isoformat()
        told += [longest(number) | {"session": day, "late": at > 0} for number in (1, 2)]
    for text in alert_texts(DAY, told):
        parse_html(text)
        assert visible_length(text) <= 4096
