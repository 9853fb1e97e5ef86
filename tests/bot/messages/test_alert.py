"""A golden text for every kind of alert, each in markup that Telegram takes and inside its limits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest
from support.alert_events import DAY, EPISODE, after_firings, event, fired_times, gap, lead, reading, small

from alerts.metrics.catalog import catalog
from alerts.rules.event import AlertEvent, Episode
from alerts.rules.grammar import MAX_LINE, example_line
from alerts.rules.reading import DatedValue, Reading
from alerts.rules.series import Series, Transform, typed_name
from alerts.rules.tally import FiringTally, SignFlip
from bot.commands.reply import visible_length
from bot.emulator.api.entities import parse_html
from bot.emulator.api.keyboards import check_keyboard
from bot.messages.alert import IN_FULL, alert_keyboard, alert_texts, more_texts
from bot.messages.buttons import MOST_BYTES, keyboard_json

FIRED, LEAD = small(), lead()


def one(shown: AlertEvent) -> str:
    (text,) = alert_texts(DAY, [shown])
    parse_html(text)
    return text


def told(shown: AlertEvent) -> list[str]:
    """The lines that say what happened and what it means, without who was counted and which alert it is."""
    return one(shown).split("\n")[:-2]


def test_fired() -> None:
    assert one(
        small("small above 200d crosses above 60 clear 55", tally=fired_times(4), lead=after_firings(9, 1.24, -0.41))
    ) == (
        "🔔 <b>Small caps are broadening</b>\n"
        "Small above 200d rose through 60 %: <b>64.3 %</b> (Thu 55.3 %)\n"
        "Most small caps are in an uptrend of their own, not a few.\n"
        "4th time in 12 months. Small caps led by 1.2 pp 63 sessions after 9 earlier ones (median; all days −0.4).\n"
        "Fri 22 Aug 2025 · 1,508/1,510 companies · Yahoo Finance\n"
        "#1 <code>small above 200d crosses above 60 clear 55</code>"
    )


def test_without_a_past_the_line_on_it_is_left_out() -> None:
    assert one(FIRED) == (
        "🔔 <b>Small caps are broadening</b>\n"
        "Small above 200d rose through 60 %: <b>64.3 %</b> (Thu 55.3 %)\n"
        "More of them are in a long-term uptrend of their own.\n"
        "Fri 22 Aug 2025 · 1,508/1,510 companies · Yahoo Finance\n"
        "#1 <code>small above 200d &gt; 60</code>"
    )


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


@pytest.mark.parametrize(("was", "said"), [(58.0, "58.0 %"), (None, "missing")])
def test_a_corrected_value_says_what_it_was_whenever_its_text_is_made(was: float | None, said: str) -> None:
    of = reading(Series("breadth.above_200d.small"), 61.0)
    told = event("small above 200d > 60", replace(of, figure=replace(of.figure, corrected_on=DAY, was=was)))
    assert f", corrected on 22 Aug 2025 (was {said})" in one(told)
    assert one(AlertEvent.from_json(json.loads(json.dumps(told.to_json())))) == one(told)


def test_growth_says_what_it_compares() -> None:
    of = reading(Series("earnings.growth_gap"), 4.0, before=-1.0)
    assert "Beside it: adjusted forward against reported trailing\n" in one(event("growth gap > 0", of))


@pytest.mark.parametrize("n", [0, 4])
def test_nothing_is_said_of_what_followed_under_five_earlier_firings(n: int) -> None:
    assert "Small caps led" not in one(small(lead=after_firings(n)))
    assert "too few" not in one(small(lead=after_firings(n)))


@pytest.mark.parametrize(
    ("tally", "said"),
    [
        (fired_times(1), "First time since 12 May 2025."),
        (fired_times(1, last=None), "First time in 12 months."),
        (fired_times(1, last=None, since=date(2025, 2, 3)), None),
        (fired_times(2, since=date(2025, 2, 3)), "2nd time since 3 Feb 2025."),
        (fired_times(3, back=2), "3rd time in 12 months; fell back below 60 % twice in 21 sessions."),
        (
            fired_times(9, recent=5, back=4),
            "9th time in 12 months, 5th in 21 sessions; fell back below 60 % four times in 21 sessions.",
        ),
    ],
)  # fmt: skip
def test_how_often_it_fired(tally: FiringTally, said: str | None) -> None:
    assert told(small(tally=tally))[3:] == ([said] if said else [])


def test_a_rule_that_fires_often_is_offered_a_clear_level_with_one_tap() -> None:
    often = small(tally=fired_times(9, recent=5, clear=52.5))
    assert alert_keyboard(DAY, [often])[1] == [("Fires often: clear at 52.5 %", "clearat:11:52.5")]
    assert alert_keyboard(DAY, [often, LEAD])[2] == [("#1 Fires often: clear at 52.5 %", "clearat:11:52.5")]


def test_resolved_with_duration_extreme_and_value() -> None:
    assert one(small(value=58.0, kind="resolved", episode=EPISODE)) == (
        "✔ <b>Small above 200d: 58.0 % (Thu 55.3 %)</b>\n"
        "Ended: back below 60 % after 16 trading days (highest 71.2 on 14 Aug 2025).\n"
        "Fri 22 Aug 2025 · 1,508/1,510 companies · Yahoo Finance\n"
        "#1 <code>small above 200d &gt; 60</code>"
    )


def test_a_reminder() -> None:
    assert told(small(kind="reminder", episode=EPISODE)) == [
        "⏰ <b>Still true: Small caps are broadening</b>",
        "Small above 200d is above 60 %: <b>64.3 %</b> (Thu 55.3 %)",
        "For 16 trading days, since 31 Jul 2025 (highest 71.2 on 14 Aug 2025).",
    ]


def test_a_snooze_that_is_over() -> None:
    text = one(small(kind="reminder", episode=EPISODE, snooze_over=True))
    assert text.startswith("⏰ <b>Snooze over, still true: Small caps are broadening</b>\n")


def test_what_spoke_once_while_it_was_snoozed() -> None:
    text = one(small(kind="reminder", missed=True, episode=Episode(date(2025, 8, 20)), once=True))
    assert text.startswith("⏰ <b>While it was snoozed, on 20 Aug 2025: Small caps are broadening</b>\n")


def test_expired_with_its_state() -> None:
    assert told(small(kind="expired", episode=EPISODE)) == [
        "⌛ <b>Expired: Small caps are broadening</b>",
        "Small above 200d is above 60 %: <b>64.3 %</b> (Thu 55.3 %)",
        "For 16 trading days, since 31 Jul 2025 (highest 71.2 on 14 Aug 2025); no longer evaluated.",
    ]


def test_data_that_stay_away_and_come_back_are_a_line_each() -> None:
    gone = gap("breadth.above_200d.small", 1, 3)
    name = "<b>Small above 200d</b>"
    reason = "(coverage 80 % is under 90 %)"
    assert (
        one(gone) == f"<b>Fri 22 Aug 2025</b>\n\n{name} has had no data for three sessions {reason}; alerts 1, 3 wait."
    )
    text = alert_texts(DAY, [gone, gap("size.lead_21d", 2)])[0]
    assert text.count("\n") == 2
    assert f"No data for three sessions: <b>Small caps&#x27; lead, 21 sessions</b> {reason}, {name}" in text
    assert text.endswith("; alerts 1, 2, 3 wait.")
    assert (
        one(gap("breadth.above_200d.small", value=61.0)) == f"<b>Fri 22 Aug 2025</b>\n\n{name} has data again: 61.0 %."
    )


def happened(line: str, of: Reading) -> str:
    """The line that says what happened."""
    return told(event(line, of))[1]


TWO = {"counted": (2, 2)}
TRANSFORMED = {
    "percentile 252d of lead 21d > 95": (
        reading(Series("size.lead_21d", Transform.PERCENTILE, 252), 3.1, observed=98.3, before=1.9, **TWO),
        "Small caps' lead over 21 sessions rose through percentile 95: <b>percentile 98.3 (of 252 sessions)</b>; "
        "Small caps' lead over 21 sessions +3.1 pp (Thu +1.9 pp)",
    ),
    "percentile all of iwm/spy > 90": (
        reading(Series("size.ratio", Transform.PERCENTILE), 109.06, observed=92.0, before=108.2, **TWO),
        "IWM/SPY rose through percentile 90: <b>percentile 92.0 (of all 410 sessions)</b>; IWM/SPY 109.06 (Thu 108.20)",
    ),
    "z-score 252d of iwm/spy < -2": (
        reading(Series("size.ratio", Transform.ZSCORE, 252), 66.1, observed=-2.21, before=66.9, **TWO),
        "IWM/SPY fell through z-score −2: <b>z-score −2.21 (of 252 sessions)</b>; IWM/SPY 66.10 (Thu 66.90)",
    ),
    "change 21d of iwm/spy > 3": (
        reading(Series("size.ratio", Transform.CHANGE, 21), 72.4, observed=3.214, before=71.0, **TWO),
        "IWM/SPY, its change over 21 sessions, rose through 3: <b>+3.21 over 21 sessions</b>; "
        "IWM/SPY 72.40 (Thu 71.00)",
    ),
    "average 10d of small above 50d > 70": (
        reading(Series("breadth.above_50d.small", Transform.AVERAGE, 10), 74.0, observed=70.4, before=72.0),
        "Small above 50d, its 10-session average, rose through 70 %: <b>average 70.4 % (of 10 sessions)</b>; "
        "Small above 50d 74.0 % (Thu 72.0 %)",
    ),
    "iwm/spy crosses below its 50d average": (
        reading(Series("size.ratio", Transform.GAP, 50), 67.9, observed=-0.29, average=68.19, before=68.4, **TWO),
        "IWM/SPY fell below its 50d average (68.19): <b>67.90</b> (Thu 68.40)",
    ),
    "equal weight at a new high 252d": (
        reading(Series("price.RSP", Transform.HIGH, 252), 187.2, observed=1.0, before=186.8, counted=(1, 1)),
        "RSP: <b>187.20 USD</b> (Thu 186.80 USD)",
    ),
    "lead 21d outside -2..2": (
        reading(Series("size.lead_21d"), -3.1, before=1.9, **TWO),
        "Small caps' lead over 21 sessions is outside −2 pp to 2 pp: <b>−3.1 pp</b> (Thu +1.9 pp)",
    ),
    "small above 50d < 20 for 2 days clear 40": (
        reading(Series("breadth.above_50d.small"), 17.2, before=19.0),
        "Small above 50d is below 20 %, for 2 sessions: <b>17.2 %</b> (Thu 19.0 %)",
    ),
    "valuation discount profitable ≤ -25": (
        reading(Series("valuation.discount_profitable"), -25.3, before=-24.8),
        "Valuation discount, profitable fell to −25 % or less: <b>−25.3 %</b> (Thu −24.8 %)",
    ),
    "valuation discount profitable > 2": (
        reading(Series("valuation.discount_profitable"), 2.4, before=1.8),
        "Valuation premium, profitable rose through 2 %: <b>2.4 %</b> (Thu 1.8 %)",
    ),
    "zweig thrust": (
        reading(Series("breadth.zweig_thrust.all"), 1.0, before=0.0),
        "Zweig thrust of all companies on 22 Aug 2025",
    ),
}  # fmt: skip


@pytest.mark.parametrize("line", TRANSFORMED)
def test_what_happened_is_said_with_its_direction_level_value_and_value_before(line: str) -> None:
    of, said = TRANSFORMED[line]
    assert unescape(happened(line, of)) == said


def test_a_change_of_the_regime_says_to_what_and_which_sign_flipped() -> None:
    of = reading(Series("regime.state", Transform.CHANGED), 1.0, before=0.0, counted=(4, 4))
    shown = event("regime changes", of, flips=(SignFlip("lead", True), SignFlip("equal_weight", False)))
    assert one(shown) == (
        "🔔 <b>Leadership is broadening</b>\n"
        "Regime: mixed → <b>broadening</b>\n"
        "New sign: small caps ahead over 63 sessions. Sign lost: RSP/SPY rising over 63 sessions.\n"
        "At least three of four signs favour the many over the few.\n"
        "Fri 22 Aug 2025 · 4/4 signs · Yahoo Finance\n"
        "#1 <code>regime changes</code>"
    )


def test_a_change_of_quadrant_is_in_words_and_says_which_axis_flipped() -> None:
    of = reading(Series("sectors.quadrant.xle", Transform.CHANGED), 2.0, before=-1.0, counted=(2, 2))
    assert told(event("xle quadrant changes", of)) == [
        "🔔 <b>Energy leads, with momentum</b>",
        "Energy rotation quadrant (approx.): improving → <b>leading</b>",
        "Relative strength turned positive (z-scores over 14 weeks).",
    ]


def test_an_extreme_says_so_in_its_headline() -> None:
    of = reading(Series("price.RSP", Transform.HIGH, 252), 187.2, observed=1.0, before=186.8, counted=(1, 1))
    shown = told(event("equal weight at a new high 252d", of))
    assert shown[0] == "🔔 <b>The average large stock rises: a new 252-session high</b>"


def test_what_followed_is_not_said_of_changes_that_go_any_way() -> None:
    of = reading(Series("sectors.quadrant.xle", Transform.CHANGED), 2.0, before=-1.0, counted=(2, 2))
    shown = told(event("xle quadrant changes", of, tally=fired_times(4), lead=after_firings(9, 1.24, -0.41)))
    assert shown[-1] == "4th time in 12 months."


def test_one_fund_and_an_imported_series_are_named_in_place_of_a_count() -> None:
    drawdown = event("rsp below its high > -5", reading(Series("breadth.equal_weight_drawdown"), -4.0, counted=(1, 1)))
    assert "\nFri 22 Aug 2025 · RSP · Yahoo Finance\n" in one(drawdown)
    own = event("import.margin-debt > 900", reading(Series("import.margin-debt"), 912.0, before=880.0, counted=(1, 1)))
    assert one(own).startswith("🔔 <b>Margin-debt is above 900</b>\nMargin-debt rose through 900: <b>912</b>")
    assert "\nFri 22 Aug 2025 · margin-debt · Yahoo Finance\n" in one(own)


def test_joined_conditions_each_with_their_level_and_the_sources_once() -> None:
    parts = [FIRED.reading, LEAD.reading]
    assert one(event("small above 200d > 60 and lead 21d > 2", *parts)) == (
        "🔔 <b>Small caps are broadening; Small caps are ahead over a month</b>\n"
        "Small above 200d <b>64.3 %</b> (above 60 %)\n"
        "Small caps&#x27; lead over 21 sessions <b>+3.1 pp</b> (above 2 pp)\n"
        "Fri 22 Aug 2025 · 1,508/1,510 companies · 2/2 funds · Yahoo Finance\n"
        "#1 <code>small above 200d &gt; 60 and lead 21d &gt; 2</code>"
    )


def test_joined_conditions_that_ended_say_which_of_them_still_holds() -> None:
    below = [reading(Series("breadth.above_200d.large"), 50.5), reading(Series("size.trend"), -4.6, counted=(2, 2))]
    ended = event("large above 200d < 50 and iwm/spy trend < 0", *below, kind="resolved", episode=Episode(DAY, 10))
    assert one(ended).startswith(
        "✔ <b>No longer all true</b>\n"
        "Large above 200d <b>50.5 %</b> (no longer below 50 %)\n"
        "IWM/SPY trend <b>−4.60 %</b> (still below 0 %)\n"
        "Ended after 10 trading days.\n"
    )


def test_the_end_of_a_transform_shows_what_was_made_of_its_number() -> None:
    of = reading(Series("size.ratio", Transform.PERCENTILE, 252), 70.2, observed=6.349, before=69.86, counted=(2, 2))
    ended = event("percentile 252d of iwm/spy < 5", of, kind="resolved", episode=Episode(DAY, 1))
    assert told(ended) == [
        "✔ <b>Percentile 6.3 (of 252 sessions); IWM/SPY: 70.20 (Thu 69.86)</b>",
        "Ended: back above percentile 5 after 1 day.",
    ]


@pytest.mark.parametrize("identity", sorted(catalog()))
@pytest.mark.parametrize("kind", ["fired", "resolved", "reminder", "expired"])
def test_at_most_three_lines_are_neither_what_happened_nor_what_it_means(identity: str, kind: str) -> None:
    of = catalog()[identity]
    line, transform = example_line(identity), Transform.VALUE
    if of.unit == "state":
        line, transform = f"{of.aliases[0]} changes", Transform.CHANGED
    shown = event(
        line, reading(Series(identity, transform), 1.0, before=0.0), kind=kind, episode=EPISODE,
        tally=fired_times(6, recent=5, back=2), lead=after_firings(9, 1.2, -0.4),
    )  # fmt: skip
    lines = one(shown).split("\n")
    assert lines[0][0] == {"fired": "🔔", "resolved": "✔", "reminder": "⏰", "expired": "⌛"}[kind]
    assert len(lines) <= 7
    other = ("6th time in 12 months", "Fri 22 Aug 2025 ·", "#1 ")
    besides = [at for at, text in enumerate(lines) if text.startswith(other)]
    assert len(besides) == (3 if kind == "fired" else 2)
    assert besides == list(range(len(lines) - len(besides), len(lines)))


def test_the_important_come_first_and_ends_last() -> None:
    shown = [small(number=1), small(number=3), LEAD, lead(kind="resolved", id=9, episode=EPISODE)]
    text = alert_texts(DAY, shown)[0]
    assert text.index("#2 ") < text.index("#1 ") < text.index("#3 ") < text.index("✔")


def test_a_catch_up_is_one_message_with_a_heading_for_each_session() -> None:
    late = small(late=True, session=date(2025, 8, 21))
    (text,) = alert_texts(DAY, [LEAD, late])
    assert text.startswith("<b>Thu 21 Aug 2025</b> · late: this session was missed\n\n🔔 <b>Small caps are broad")
    assert "\n\n<b>Fri 22 Aug 2025</b>\n\n🔔" in text


def test_each_alert_has_a_row_of_buttons() -> None:
    assert alert_keyboard(DAY, [FIRED]) == [
        [("Chart", "chart:11"), ("Why", "why:11"), ("Snooze", "snooze:11"), ("More…", "rule:11")],
    ]
    assert alert_keyboard(DAY, [FIRED, LEAD])[0] == [
        ("#2 Chart", "chart:12"), ("Why", "why:12"), ("Snooze", "snooze:12"), ("More…", "rule:12"),
    ]  # fmt: skip
    spent = alert_keyboard(DAY, [small(once=True)])
    assert all(not action.startswith("snooze") for row in spent for _, action in row)


def longest(number: int, session: date = DAY) -> AlertEvent:
    """An alert with the longest words there can be."""
    of = max((of for of in catalog().values() if of.unit == "%"), key=lambda of: len(of.title))
    return event(
        f"{typed_name(of)} > 60", reading(Series(of.id), 64.3, source="Yahoo Finance, " * 12),
        number=number, id=10**17 + number, shown=("<&>" * MAX_LINE)[:MAX_LINE], episode=EPISODE, session=session,
        lead=after_firings(12, -12.3, 12.3), tally=fired_times(60, recent=20, back=19, clear=1.25), late=session < DAY,
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
        shown += sum(text.count("\n#") for text in texts)
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
    assert "is outside −3 pp to 3 pp: <b>+3.0004 pp</b> (Thu +2.99996 pp)" in text
    assert "+3 " not in text
    percentile = reading(Series("size.ratio", Transform.PERCENTILE, 252), 100.0, observed=4.99996)
    assert "<b>percentile 4.99996 (of 252 sessions)</b>" in one(event("percentile 252d of iwm/spy < 5", percentile))


def test_an_end_says_which_way_and_how_far_it_went() -> None:
    episode = Episode(date(2025, 8, 21), 1, DatedValue(date(2025, 8, 21), 5.3))
    ended = reading(Series("size.lead_63d"), 4.0)
    text = one(event("lead 63d > 5", ended, kind="resolved", episode=episode))
    assert "\nEnded: back below 5 pp after 1 day (highest 5.3).\n" in text
