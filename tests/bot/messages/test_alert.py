"""A golden text for every kind of alert, each in markup that Telegram takes and inside its limits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from support.alert_events import DAY, EPISODE, after_firings, event, gap, lead, reading, small

from alerts.metrics.catalog import catalog
from alerts.rules.event import AlertEvent, DatedValue, Episode
from alerts.rules.grammar import MAX_LINE
from alerts.rules.series import Series, Transform, typed_name
from bot.commands.reply import visible_length
from bot.emulator.api.entities import parse_html
from bot.emulator.api.keyboards import check_keyboard
from bot.messages.alert import IN_FULL, alert_keyboard, alert_texts, more_texts
from bot.messages.buttons import MOST_BYTES, keyboard_json

FIRED, LEAD = small(), lead()


def one(shown: AlertEvent) -> str:
    (text,) = alert_texts(DAY, [shown])
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
    text = one(small(lead=after_firings(7, 1.24, -0.41)))
    assert "\nIWM − SPY 63 sessions after 7 earlier firings: median +1.2 pp, all days −0.4 pp\nAlert 1:" in text


def by_former(line: str, value: float, former: float, kind: str = "fired") -> str:
    of = reading(Series("breadth.above_200d.small"), value)
    return one(event(line, replace(of, figure=replace(of.figure, by_former_members=former)), kind=kind))


def test_a_crossing_by_membership_alone_says_so() -> None:
    said = "By membership alone: new members count from this session on; by those before it would be 59.2 %."
    assert f"\n{said}\n" in by_former("small above 200d crosses above 60", 60.4, 59.2)
    assert f"\n{said}\n" in by_former("small above 200d > 60", 60.4, 59.2)
    assert "membership" not in by_former("small above 200d crosses above 60", 62.0, 60.3)
    assert "would be 59.96 %" in by_former("small above 200d > 60", 60.4, 59.96)


def test_both_valuation_methods_and_the_share_of_losses_stand_together() -> None:
    of = reading(Series("valuation.discount_profitable"), -29.7, before=-24.0)
    held = replace(of, beside=(("valuation.discount", -12.3), ("valuation.loss_share.small", 41.0)))
    told = event("valuation discount profitable < -25", held)
    said = "Beside it: valuation discount, losses included −12.3 %; small companies that expect a loss 41.0 %"
    assert f"\n{said}\n" in one(told)
    assert one(AlertEvent.from_json(json.loads(json.dumps(told.to_json())))) == one(told)


def test_growth_says_what_it_compares() -> None:
    of = reading(Series("earnings.growth_gap"), 4.0, before=-1.0)
    assert "Beside it: adjusted forward against reported trailing\n" in one(event("growth gap > 0", of))


@pytest.mark.parametrize("n", [0, 4])
def test_nothing_is_said_of_what_followed_under_five_earlier_firings(n: int) -> None:
    assert "IWM − SPY" not in one(small(lead=after_firings(n)))


def test_resolved_with_duration_extreme_and_value() -> None:
    assert one(small(value=58.0, kind="resolved", episode=EPISODE)) == (
        "✔ <b>Small above 200d is no longer above 60 %</b> (fired on 31 Jul 2025)\n"
        "<b>58.0 %</b> · 55.3 % on 21 Aug 2025 (+2.7 pp)\n"
        "88th percentile of 410 sessions · 1,508/1,510 companies · Yahoo Finance\n"
        "Ended: back below 60 % after 16 sessions (highest 71.2 % on 14 Aug 2025).\n"
        "Alert 1: <code>small above 200d &gt; 60</code>"
    )


def test_a_reminder() -> None:
    text = one(small(kind="reminder", episode=EPISODE))
    assert text.startswith("⏰ <b>Still true: Small above 200d is above 60 %</b> since 31 Jul 2025\n")
    assert "\nIt has held for 16 sessions; highest 71.2 % on 14 Aug 2025.\n" in text


def test_a_snooze_that_is_over() -> None:
    text = one(small(kind="reminder", episode=EPISODE, snooze_over=True))
    assert text.startswith("⏰ <b>Still true: Small above 200d is above 60 %</b> since 31 Jul 2025 (snooze over)\n")


def test_what_spoke_once_while_it_was_snoozed() -> None:
    text = one(small(kind="reminder", missed=True, episode=Episode(date(2025, 8, 20)), once=True))
    assert text.startswith("<b>While it was snoozed on 20 Aug 2025: Small above 200d is above 60 %</b>\n")


def test_expired_with_its_state() -> None:
    text = one(small(kind="expired", episode=EPISODE))
    assert text.startswith(
        "⌛ <b>Expired: Small above 200d is above 60 %</b> (true since 31 Jul 2025); no longer evaluated\n"
    )
    assert "It has held for 16 sessions" in text


def test_data_that_stay_away_and_come_back_are_a_line_each() -> None:
    gone = gap("breadth.above_200d.small", 1, 3)
    name = "<b>Small above 200d</b>"
    reason = "(coverage 80 % is under 90 %)"
    assert one(gone) == f"{name} has had no data for three sessions {reason}; alerts 1, 3 wait."
    text = alert_texts(DAY, [gone, gap("size.lead_21d", 2)])[0]
    assert text.count("\n") == 2
    assert f"No data for three sessions: <b>Small caps&#x27; lead, 21 sessions</b> {reason}, {name}" in text
    assert text.endswith("; alerts 1, 2, 3 wait.")
    assert one(gap("breadth.above_200d.small", value=61.0)) == f"{name} has data again: 61.0 %."


def test_a_range_a_transform_and_an_average() -> None:
    ranged = lead("lead 21d outside -2..2")
    assert one(ranged).startswith("<b>Small caps&#x27; lead, 21 sessions is outside −2 pp to 2 pp</b>")
    line = "percentile 252d of lead 21d > 95"
    of = Series("size.lead_21d", Transform.PERCENTILE, 252)
    text = one(event(line, reading(of, 3.1, observed=98.3, before=1.9, counted=(2, 2))))
    assert text.startswith(
        "<b>The 252-session percentile of small caps&#x27; lead, 21 sessions is above 95</b>\n98.3 · <b>+3.1 pp</b>"
    )
    of = Series("size.ratio", Transform.GAP, 50)
    below = reading(of, 67.9, observed=-0.29, average=68.19, before=68.4, counted=(2, 2))
    assert one(event("iwm/spy crosses below its 50d average", below)).startswith(
        "<b>IWM/SPY, small against large crossed below its 50d average</b>\n<b>67.90</b> · average 68.19 · 68.40 on"
    )


def test_a_change_of_state_says_to_what_and_has_no_percentile() -> None:
    of = Series("regime.state", Transform.CHANGED)
    text = one(event("regime changes", reading(of, 1.0, before=0.0, counted=(4, 4))))
    labels = catalog()["regime.state"].labels
    assert text.startswith(f"<b>Regime is {labels[1]} now</b>\n<b>{labels[1]}</b> · {labels[0]} on 21 Aug 2025\n")
    assert "percentile" not in text
    assert "4/4 signs" in text


def test_joined_conditions_each_with_value_coverage_and_source() -> None:
    parts = [FIRED.reading, LEAD.reading]
    text = one(event("small above 200d > 60 and lead 21d > 2", *parts))
    assert text.startswith(
        "<b>small above 200d &gt; 60 and lead 21d &gt; 2</b>\n"
        "small above 200d &gt; 60: 64.3 · 1,508/1,510 companies · Yahoo Finance\n"
        "lead 21d &gt; 2: 3.1 · 2/2 funds · Yahoo Finance\n"
    )


def test_from_four_entries_on_families_have_headings_and_the_important_come_first() -> None:
    shown = [small(number=1), small(number=3), LEAD, lead(kind="resolved", id=9, episode=EPISODE)]
    text = alert_texts(DAY, shown)[0]
    assert text.index("<u>Size</u>") < text.index("<u>Breadth</u>") < text.index("✔")
    assert text.count("<u>Breadth</u>") == 1


def test_a_catch_up_is_one_message_with_a_heading_for_each_session() -> None:
    late = small(late=True, session=date(2025, 8, 21))
    (text,) = alert_texts(DAY, [LEAD, late])
    assert text.startswith("🔔 <b>Thu 21 Aug 2025</b> · late: this session was missed\n\n<b>Small above 200d")
    assert "\n\n🔔 <b>Fri 22 Aug 2025</b>\n\n" in text


def test_one_alert_has_all_its_buttons_and_several_have_a_row_each() -> None:
    assert alert_keyboard(DAY, [FIRED]) == [
        [("Chart", "chart:11"), ("Why", "why:11")],
        [("Snooze", "snooze:11"), ("Edit", "edit:11"), ("Delete", "erase:11")],
    ]
    assert alert_keyboard(DAY, [FIRED, LEAD])[0] == [
        ("2 · Chart", "chart:12"), ("Why", "why:12"), ("Snooze", "snooze:12"), ("More…", "rule:12"),
    ]  # fmt: skip
    spent = alert_keyboard(DAY, [small(once=True)])
    assert all(not action.startswith("snooze") for row in spent for _, action in row)


def longest(number: int, session: date = DAY) -> AlertEvent:
    """An alert with the longest words there can be."""
    of = max((of for of in catalog().values() if of.unit == "%"), key=lambda of: len(of.title))
    return event(
        f"{typed_name(of)} > 60", reading(Series(of.id), 64.3, source="Yahoo Finance, " * 12), kind="resolved",
        number=number, id=10**17 + number, shown=("<&>" * MAX_LINE)[:MAX_LINE], episode=EPISODE, session=session,
        lead=after_firings(12, -12.3, 12.3), late=session < DAY,
    )  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 8, 9, 50])
def test_whatever_moves_messages_and_keyboards_stay_inside_telegrams_limits(count: int) -> None:
    shown_events = [longest(number) for number in range(1, count + 1)]
    texts, buttons = alert_texts(DAY, shown_events), alert_keyboard(DAY, shown_events)
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
        texts, buttons = more_texts(DAY, shown_events, start)
        start += IN_FULL
    assert shown == count


def test_a_catch_up_of_a_month_stays_inside_the_limits() -> None:
    days = [DAY - timedelta(days=at) for at in range(30)]
    for text in alert_texts(DAY, [longest(number, day) for day in days for number in (1, 2)]):
        parse_html(text)
        assert visible_length(text) <= 4096


def test_near_a_level_there_are_digits_enough_for_the_comparison_to_read_true() -> None:
    above = reading(Series("size.lead_63d"), 3.0004, before=2.99996)
    text = one(event("lead 63d outside -3..3", above))
    assert "<b>+3.0004 pp</b> · +2.99996 pp on 21 Aug 2025" in text
    assert "+3 " not in text
    percentile = reading(Series("size.ratio", Transform.PERCENTILE, 252), 100.0, observed=4.99996)
    assert "4.99996 · " in one(event("percentile 252d of iwm/spy < 5", percentile))


def test_an_end_says_which_way_and_how_far_it_went() -> None:
    episode = Episode(date(2025, 8, 21), 1, DatedValue(date(2025, 8, 21), 5.3))
    ended = reading(Series("size.lead_63d"), 4.0)
    text = one(event("lead 63d > 5", ended, kind="resolved", episode=episode))
    assert "\nEnded: back below 5 pp after 1 session (highest +5.3 pp on 21 Aug 2025).\n" in text
