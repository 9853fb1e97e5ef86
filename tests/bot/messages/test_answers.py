"""What people read: golden texts, each inside Telegram's limits and in markup that Telegram takes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.alert_events import DAY, event, reading, small

from alerts.rules.event import AlertEvent, Episode
from alerts.rules.series import Series, Transform
from bot.commands import dispatch
from bot.commands.reply import split, visible_length
from bot.emulator.api.entities import parse_html
from bot.formatting import ordinal, share, short_day, standing, unbroken
from bot.messages import asking, mute, rules
from bot.messages import help as program
from bot.messages.alert import alert_texts
from bot.messages.buttons import fits, previews


def crossed(**given: Any) -> AlertEvent:
    """Small caps above their 200-day average crossed 60 %."""
    of = reading(Series("breadth.above_200d.small"), 64.3, counted=(1508, 1508), rank=(None, 160))
    return event("small above 200d crosses above 60", of, **given)


def test_a_crossing() -> None:
    assert alert_texts(DAY, [crossed()]) == [
        "🔔 <b>Small caps are broadening</b>\n"
        "Small above 200d rose through 60 %: <b>64.3 %</b> (Thu 55.3 %)\n"
        "More of them are in a long-term uptrend of their own.\n"
        "Fri 22 Aug 2025 · 1,508/1,508 companies · Yahoo Finance\n"
        "#1 <code>small above 200d crosses above 60</code>"
    ]


def test_a_crossing_of_an_average() -> None:
    of = Series("size.ratio", Transform.GAP, 50)
    below = reading(of, 67.9, observed=-0.29, average=68.19, before=68.4, counted=(2, 2), rank=(41.6, 400))
    text = alert_texts(DAY, [event("iwm/spy crosses below its 50d average", below, number=2)])[0]
    assert text == (
        "🔔 <b>Small caps lose to large caps</b>\n"
        "IWM/SPY fell below its 50d average (68.19): <b>67.90</b> (Thu 68.40)\n"
        "Leadership is moving towards larger companies.\n"
        "Fri 22 Aug 2025 · 2/2 funds · Yahoo Finance\n"
        "#2 <code>iwm/spy crosses below its 50d average</code>"
    )


def test_a_resolved_level_says_since_when_it_held() -> None:
    of = reading(Series("valuation.discount_profitable"), -24.2, before=-25.8)
    line = "valuation discount profitable < -25"
    text = alert_texts(DAY, [event(line, of, kind="resolved", episode=Episode(date(2025, 7, 31)))])[0]
    assert text.startswith(
        "✔ <b>Valuation discount, profitable: −24.2 % (Thu −25.8 %)</b>\n"
        "Ended: back above −25 %; it began on 31 Jul 2025.\n"
    )


def test_several_rules_of_a_chat_are_one_message_fired_ones_first() -> None:
    text = alert_texts(DAY, [small(kind="resolved", number=1), crossed(number=2)])[0]
    assert text.index("#2 ") < text.index("#1 ")


def test_a_session_that_was_missed_is_called_late() -> None:
    assert "late: this session was missed" in alert_texts(DAY, [crossed(late=True)])[0]


def test_of_fifty_rules_the_first_come_in_full_and_the_rest_is_counted() -> None:
    parts = alert_texts(DAY, [crossed(number=number) for number in range(1, 51)])
    assert sum(part.count("\n#") for part in parts) == 8
    assert "… and 42 more: 42 fired." in parts[-1]
    for part in parts:
        plain, _ = parse_html(part)
        assert len(plain.encode("utf-16-le")) // 2 <= 4096


@pytest.mark.parametrize(
    "text",
    [
        program.start(True), program.start(False), program.help_text(dispatch.menu(), True),
        program.privacy("Yahoo Finance"), program.privacy("Yahoo Finance", posted=True), rules.how_to_set(),
        mute.subscribed(True, 0), mute.subscribed(False, 2), mute.unsubscribed(True, 1), rules.too_many(50),
        program.forget_question(3), rules.no_such_alert("why", "<x>"),
        asking.not_understood("<b>&x " + "y" * 90),
    ],
)  # fmt: skip
def test_telegram_takes_what_the_bot_says(text: str) -> None:
    plain, _ = parse_html(text)
    assert 0 < len(plain) <= 4096


def test_the_first_message_says_once_that_it_is_no_advice() -> None:
    assert program.start(False).lower().count("not investment advice") == 1
    assert "simulated" not in program.start(False)
    assert "simulated" in program.start(True)


def test_starter_lines_parse_and_fit_into_a_button() -> None:
    from alerts.rules.grammar import parse

    for line, _ in rules.STARTERS:
        assert parse(line).line == line
        assert fits(previews(line))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>25.2 %</b> (−4.8 pp) · 25th pct.", "<b>25.2~%</b> (−4.8~pp) · 25th~pct."),
        ("rose through 60 %: 64.3 % (Thu 55.3 %)", "rose through 60~%: 64.3~% (Thu 55.3~%)"),
        ("after 63 ppm, 2 days, % of all", "after 63 ppm, 2 days, % of all"),
    ],
)
def test_a_number_and_its_unit_stay_on_one_line(text: str, shown: str) -> None:
    assert unbroken(text) == shown.replace("~", "\u00a0")
    assert visible_length(unbroken(text)) == visible_length(text)


def test_a_long_answer_is_split_between_lines() -> None:
    text = "\n".join(f"<b>line {number}</b>" for number in range(1000))
    pieces = split(text)
    assert "\n".join(pieces) == text
    assert all(visible_length(piece) <= 4096 for piece in pieces)
    assert len(pieces) == 3


def test_lengths_are_counted_as_telegram_counts_them() -> None:
    assert visible_length("<b>a &lt; b</b>") == 5
    assert visible_length("🔔") == 2


@pytest.mark.parametrize(
    ("value", "words"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (21, "21st"), (42.4, "42nd"), (100, "100th")]
)
def test_ordinals(value: float, words: str) -> None:
    assert ordinal(value) == words


def test_days_and_standings_read_as_people_write_them() -> None:
    assert short_day(date(2025, 8, 1)) == "1 Aug 2025"
    assert standing(0.2, 1410) == "1st percentile of 1,410 sessions"
    assert standing(50 / 1410, 1410) == "a record low of 1,410 sessions"
    assert standing(99.8, 1410) == "99th percentile of 1,410 sessions"
    assert standing(100 - 50 / 1410, 1410) == "a record high of 1,410 sessions"
    assert [share(one) for one in (0, 0.004, 0.5, 0.995, 1)] == [
        "0 %", "less than 1 %", "50 %", "more than 99 %", "100 %",
    ]  # fmt: skip
    assert standing(88.2, 1410) == "88th percentile of 1,410 sessions"
    assert standing(None, 41) == "no percentile yet: 41 of 252 sessions"
