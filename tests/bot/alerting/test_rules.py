"""What chats do with their alerts, each request in one transaction."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.grammar import parse
from alerts.rules.presets import packs
from bot.alerting.evaluate import evaluate_session
from bot.alerting.rules import SnoozeLength, alert_now, set_pack, set_rule, snooze, unmute
from storage import chats, events, figures, preferences, rules, sessions
from storage.database import writing

NOW = datetime(2025, 8, 29, 21, tzinfo=UTC)
DAYS = sessions_between(date(2025, 1, 2), date(2025, 1, 31))
CHAT, OTHER = 1001, 1002


def record(db: Database, session: date, value: float) -> None:
    """A sealed session with one figure."""
    with writing(db):
        figures.record_figures(
            db, [Figure(session, "size.lead_21d", value, 1.0, 2, 2, "test", None)], NOW, backfilled=False
        )
        sessions.note_gathered(db, session, NOW, None)
        sessions.seal(db, session, NOW)


def lines(db: Database, chat: int = CHAT) -> list[tuple[int, str]]:
    return [(watch.number, watch.rule.line) for watch in rules.rules_of(db, chat)]


def test_the_first_rule_subscribes_its_chat_and_the_same_rule_is_not_set_twice(db: Database) -> None:
    with writing(db):
        first = set_rule(db, CHAT, parse("lead 21d > 2"), 50, NOW)
        again = set_rule(db, CHAT, parse("lead 21d > 2"), 50, NOW)
    assert first is not None
    assert again is not None
    assert (first.subscribed, first.there_already, first.now) == (True, False, None)
    assert (again.subscribed, again.there_already, again.watch) == (False, True, first.watch)
    assert lines(db) == [(1, "lead 21d > 2")]


def test_a_chat_that_has_as_many_rules_as_it_may_gets_none_but_may_replace_one(db: Database) -> None:
    with writing(db):
        kept = set_rule(db, CHAT, parse("lead 21d > 2"), 1, NOW)
        assert set_rule(db, CHAT, parse("lead 21d > 3"), 1, NOW) is None
        assert kept is not None
        edited = set_rule(db, CHAT, parse("lead 21d > 3"), 1, NOW, replaces=kept.watch.id)
    assert edited is not None
    assert lines(db) == [(1, "lead 21d > 3")]


def test_what_another_chat_has_is_neither_replaced_nor_deleted(db: Database) -> None:
    with writing(db):
        others = set_rule(db, OTHER, parse("lead 21d > 2"), 50, NOW)
        assert others is not None
        set_rule(db, CHAT, parse("lead 21d > 3"), 50, NOW, replaces=others.watch.id)
    assert lines(db, OTHER) == [(1, "lead 21d > 2")]
    assert lines(db) == [(1, "lead 21d > 3")]


def test_a_rule_that_is_true_when_it_is_set_may_be_told_now_and_once(db: Database) -> None:
    record(db, DAYS[0], 3.0)
    with writing(db):
        made = set_rule(db, CHAT, parse("lead 21d > 2"), 50, NOW)
        assert made is not None
        assert made.undecided
        assert made.now is not None
        assert made.now[0].figure.value == 3.0
        fired = alert_now(db, made.watch, NOW)
        watch = rules.rule_numbered(db, CHAT, 1)
        assert watch is not None
        assert alert_now(db, watch, NOW) is None
    assert fired is not None
    assert fired.session == DAYS[0]
    assert [(event.kind, event.session) for event in events.events_of(db, CHAT)] == [("fired", DAYS[0])]


def test_a_snooze_lasts_through_the_next_session_a_week_or_until_the_rule_resolves(db: Database) -> None:
    record(db, DAYS[0], 1.0)
    with writing(db):
        made = set_rule(db, CHAT, parse("lead 21d > 2"), 50, NOW)
        assert made is not None
        found = {length: snooze(db, made.watch, length, NOW) for length in SnoozeLength}
    ends = {length: snoozed.through for length, snoozed in found.items() if snoozed is not None}
    assert ends == {
        SnoozeLength.DAY: DAYS[1],
        SnoozeLength.WEEK: DAYS[0] + timedelta(days=7),
        SnoozeLength.RESOLVE: None,
    }
    assert found[SnoozeLength.OFF] is None
    assert db["snoozes"].count == 0


def test_unmuting_tells_what_still_holds_and_counts_the_rest(db: Database) -> None:
    record(db, DAYS[0], 1.0)
    with writing(db):
        set_rule(db, CHAT, parse("lead 21d > 2"), 50, NOW)
        set_rule(db, CHAT, parse("lead 21d crosses above 2"), 50, NOW)
        assert not unmute(db, CHAT, NOW).changed
        preferences.mute(db, CHAT, True, NOW)
    record(db, DAYS[1], 3.0)
    with writing(db):
        evaluate_session(db, DAYS[1], NOW, late=False)
        made = unmute(db, CHAT, NOW)
        again = unmute(db, CHAT, NOW)
    assert (made.changed, made.missed, [event.session for event in made.still]) == (True, 2, [DAYS[1]])
    assert (again.changed, again.missed) == (False, 0)
    assert sorted(str(stored.status) for stored in events.events_of(db, CHAT)) == ["muted before", "notified"]


def test_a_pack_sets_what_the_chat_has_not_and_may_have(db: Database) -> None:
    pack = packs()["breadth"]
    count = len(pack.presets)
    with writing(db):
        few = set_pack(db, CHAT, pack, 2, 0, NOW)
        rest = set_pack(db, CHAT, pack, 50, 0, NOW)
    assert (len(few.watches), few.had, few.full, few.subscribed) == (2, 0, count - 2 - few.short, True)
    assert (len(rest.watches), rest.had, rest.full, rest.subscribed) == (count - 2 - rest.short, 2, 0, False)
    assert chats.subscribers(db) == 1


def test_a_number_names_a_rule_of_its_own_chat(db: Database) -> None:
    with writing(db):
        set_rule(db, CHAT, parse("lead 21d > 2"), 50, NOW)
    found = rules.rule_numbered(db, CHAT, 1)
    assert found is not None
    assert found.rule.line == "lead 21d > 2"
    assert rules.rule_numbered(db, CHAT, 2) is None
    assert rules.rule_numbered(db, OTHER, 1) is None
