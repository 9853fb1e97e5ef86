"""What a sealed session makes of rules: events with all there is to say, messages, and nothing twice."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.event import AlertEvent, Episode, EventRule
from alerts.rules.grammar import parse
from alerts.rules.reading import DatedValue
from alerts.rules.state import Kind
from bot.alerting.evaluate import evaluate_session
from bot.reports.series import value_past
from storage import chats, events, figures, outbox, rules
from storage.chat_migration import move_chat
from storage.database import writing

NOW = datetime(2025, 8, 29, 21, tzinfo=UTC)
DAYS = sessions_between(date(2025, 1, 2), date(2025, 8, 29))
CHAT = 1001


def record(db: Database, metric: str, values: list[float | None], first: int = 0) -> None:
    """Figures of a metric from the session `first` on."""
    rows = [
        Figure(day, metric, value, 1.0, 10, 10, "test", None if value is not None else "not published")
        for day, value in zip(DAYS[first:], values, strict=False)
    ]
    with writing(db):
        figures.record_figures(db, rows, NOW, backfilled=False)


def make(db: Database, line: str, after: int | None = None, chat: int = CHAT) -> int:
    """A rule of a subscribed chat, made after the session `after`; its number."""
    rule = parse(line)
    with writing(db):
        chats.subscribe(db, chat, NOW)
        past = value_past(db, rule.watched, DAYS[after], 300) if after is not None else []
        return rules.add_rule(db, chat, rule, past, NOW)[0]


def run(db: Database, first: int, last: int, *, late: bool = False) -> list[tuple[int, str, AlertEvent]]:
    """Judge sessions one by one; (position, kind, what is told) of the events, oldest first."""
    for at in range(first, last + 1):
        with writing(db):
            evaluate_session(db, DAYS[at], NOW, late=late)
    return recorded(db)


def recorded(db: Database, chat: int = CHAT) -> list[tuple[int, str, AlertEvent]]:
    found = sorted(events.events_of(db, chat, 1000), key=lambda event: event.id)
    return [(DAYS.index(event.session), event.kind.value, event.event) for event in found]


def rule_of(event: AlertEvent) -> EventRule:
    assert event.rule is not None
    return event.rule


def texts(db: Database) -> list[str]:
    return [row[0] for row in db.conn.execute("SELECT text FROM outbox ORDER BY id")]


def kinds(found: list[tuple[int, str, AlertEvent]]) -> list[tuple[int, str]]:
    return [(at, kind) for at, kind, _ in found]


def test_an_episode_from_firing_to_resolving_with_its_extreme_and_reminders(db: Database) -> None:
    record(db, "size.lead_21d", [1, 3, 5, 4, 2.5, 3.5, 1, 0.5])
    make(db, "lead 21d > 2 clear 1.5 keep 1 day remind every 2 days", after=0)
    found = run(db, 1, 7)
    assert kinds(found) == [(1, "fired"), (3, "reminder"), (5, "reminder"), (7, "resolved")]
    resolved = found[-1][2]
    rule, reading = rule_of(resolved), resolved.reading
    assert rule.episode == Episode(DAYS[1], 6, DatedValue(DAYS[2], 5))
    assert (reading.figure.value, reading.observed, rule.clear, rule.first.level) == (0.5, 0.5, 1.5, 2)
    assert reading.before == DatedValue(DAYS[6], 1)
    assert (reading.figure.coverage, reading.figure.source, reading.figure.eligible) == (1.0, "test", 10)
    assert len(texts(db)) == 4


def test_judging_a_session_twice_changes_nothing(db: Database) -> None:
    record(db, "size.lead_21d", [1, 3, None, None, None, 3, 1])
    make(db, "lead 21d > 2", after=0)
    make(db, "lead 21d > 2 until 2025-01-06 keep 2 days", after=0)
    for at in range(1, 7):
        for _ in range(2):
            with writing(db):
                again = evaluate_session(db, DAYS[at], NOW, late=False)
        assert sum(again.totals.values()) == 0
    assert kinds(recorded(db)) == [
        (1, "fired"), (1, "fired"), (3, "expired"), (4, "no data"), (5, "data back"), (6, "resolved"),
    ]  # fmt: skip
    assert len(texts(db)) == 5


def test_no_data_and_data_back_are_one_line_a_chat(db: Database) -> None:
    record(db, "size.lead_21d", [3, None, None, None, None, 3])
    for line in ("lead 21d > 2", "lead 21d > 5", "lead 21d crosses 1"):
        make(db, line, after=0)
    make(db, "lead 21d > 9", after=0, chat=7)
    found = run(db, 1, 5)
    assert kinds(found) == [(3, "no data"), (5, "data back")]
    gone, back = found[0][2].gap, found[1][2].gap
    assert gone is not None
    assert back is not None
    assert gone.numbers == (1, 2, 3)
    assert gone.reading.figure.reason == "not published"
    assert back.since == DAYS[3]
    assert kinds(recorded(db, 7)) == [(3, "no data"), (5, "data back")]
    assert "no data for three sessions (not published)" in texts(db)[0]
    assert len(texts(db)) == 4


def test_who_was_not_told_that_data_were_missing_is_not_told_that_they_are_back(db: Database) -> None:
    record(db, "size.lead_21d", [3, None, None, None, None, 3])
    make(db, "lead 21d > 2", after=0)
    run(db, 1, 4)
    make(db, "lead 21d > 2", after=4, chat=7)
    assert kinds(run(db, 5, 5))[-1] == (5, "data back")
    assert recorded(db, 7) == []


def test_conditions_joined_tell_of_each(db: Database) -> None:
    record(db, "size.lead_21d", [1, 3, 3, None, None, None, 3])
    record(db, "size.lead_63d", [1, 1, 3, 3, 3, 3, 1])
    make(db, "lead 21d > 2 and lead 63d > 2 for 1 day", after=0)
    found = run(db, 1, 6)
    assert kinds(found) == [(2, "fired"), (5, "no data"), (6, "resolved"), (6, "data back")]
    parts = rule_of(found[0][2]).conditions
    assert [(part.condition.line, part.reading.figure.value, part.holds) for part in parts] == [
        ("lead 21d > 2", 3, True), ("lead 63d > 2", 3, True),
    ]  # fmt: skip
    assert found[1][2].reading.series.key == "size.lead_21d"
    assert rule_of(found[2][2]).episode == Episode(DAYS[2], 4)
    assert "Small caps&#x27; lead over 21 sessions <b>+3.0 pp</b> (above 2 pp)" in texts(db)[0]


def test_a_rule_on_a_transform_says_the_value_and_what_was_made_of_it(db: Database) -> None:
    record(db, "size.lead_21d", [float(at % 7) for at in range(40)] + [9.0])
    make(db, "percentile 30d of lead 21d > 95", after=39)
    ((_, kind, event),) = run(db, 40, 40)
    assert kind == "fired"
    reading = event.reading
    assert (reading.figure.value, reading.series.transform.value, reading.series.n) == (9.0, "pct", 30)
    assert reading.observed == pytest.approx(100 * 29.5 / 30)
    assert "percentile 98" in texts(db)[0]


def test_a_new_high_of_equal_weight_is_one_of_the_fund_itself(db: Database) -> None:
    record(db, "breadth.equal_weight", [100.0] * 8)
    record(db, "price.RSP", [50, 51, 50, 50.5, 50, 52, 53, 52])
    make(db, "equal weight at a new high 4d", after=4)
    make(db, "rsp/spy at a new high 4d", after=4)
    ((at, _, event),) = run(db, 5, 7)
    assert (DAYS[at], rule_of(event).number, event.reading.figure.value) == (DAYS[5], 1, 52)
    assert "RSP itself" in event.reading.series.words


def test_a_rule_whose_last_day_is_over_says_so_only_while_it_holds(db: Database) -> None:
    record(db, "size.lead_21d", [1, 3, 3, 3, 3])
    until = DAYS[2].isoformat()
    make(db, f"lead 21d > 2 until {until}", after=0)
    make(db, f"lead 21d > 5 until {until}", after=0)
    found = run(db, 1, 4)
    assert kinds(found) == [(1, "fired"), (3, "expired")]
    episode = rule_of(found[1][2]).episode
    assert episode is not None
    assert episode.fired_on == DAYS[1]
    assert [watch.state.phase.value for watch in rules.rules_of(db, CHAT)] == ["expired", "expired"]
    assert db["watches"].count == 0


def test_what_was_true_when_it_was_made_is_never_resolved_nor_reminded_of(db: Database) -> None:
    record(db, "size.lead_21d", [3, 3, 3, 1, 3])
    make(db, "lead 21d > 2 remind every 1 day", after=0)
    assert kinds(run(db, 1, 4)) == [(4, "fired")]


def test_a_resolved_rule_answers_the_message_that_announced_it(db: Database) -> None:
    record(db, "size.lead_21d", [1, 3, 1])
    make(db, "lead 21d > 2", after=0)
    run(db, 1, 1)
    with writing(db):
        (due,) = outbox.claim(db, NOW, 5)
        outbox.mark_sent(db, [outbox.Sent(due.id, 555)], NOW)
    run(db, 2, 2)
    assert db.conn.execute("SELECT reply_to FROM outbox WHERE session = ?", [DAYS[2].isoformat()]).fetchone() == (555,)


def test_totals_count_each_kind(db: Database) -> None:
    record(db, "size.lead_21d", [1, 3])
    make(db, "lead 21d > 2", after=0)
    make(db, "lead 21d crosses above 2 once", after=0)
    with writing(db):
        found = evaluate_session(db, DAYS[1], NOW, late=True)
    assert (found.totals[Kind.FIRED], found.totals[Kind.RESOLVED]) == (2, 0)
    assert all(stored.event.late for stored in found.by_chat[CHAT])


def test_a_rule_made_years_after_its_series_began_starts_where_a_rule_made_then_would_stand(db: Database) -> None:
    values: list[float | None] = [float((at * 7) % 11 - 5) for at in range(60)]
    record(db, "size.lead_21d", values)
    line = "lead 21d crosses above 2 clear -2"
    make(db, line, after=0)
    run(db, 1, 40)
    make(db, line + " once", after=40)
    first, second = rules.rules_of(db, CHAT)
    assert first.state.phase is second.state.phase


def test_a_series_that_nobody_watched_for_a_while_is_not_missing_since_then(db: Database) -> None:
    record(db, "size.lead_21d", [3, None, None, 3, 3, 3, None, 3])
    make(db, "lead 21d > 2", after=0)
    run(db, 1, 2)
    with writing(db):
        rules.delete_rule(db, CHAT, rules.rules_of(db, CHAT)[0].id)
    make(db, "lead 21d > 2 for 2 days", after=5)
    assert run(db, 6, 7) == []


def test_words_of_data_follow_a_group_that_became_a_supergroup(db: Database) -> None:
    record(db, "size.lead_21d", [3, None, None, None, 3])
    make(db, "lead 21d > 2", after=0, chat=-7)
    run(db, 1, 3)
    with writing(db):
        move_chat(db, -7, -1007)
    run(db, 4, 4)
    assert kinds(recorded(db, -1007)) == [(3, "no data"), (4, "data back")]
