"""What chats do with their alerts, each request in one transaction."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.event import AlertEvent
from alerts.rules.grammar import parse
from alerts.rules.presets import packs
from alerts.rules.state import Kind
from alerts.thesis import CLAIMS
from bot.alerting.evaluate import evaluate_session
from bot.alerting.mutes import end_due
from bot.alerting.rules import (
    SnoozeLength,
    alert_now,
    resume,
    set_pack,
    set_rule,
    snooze,
    undo_delete,
    unmute,
    watch_claims,
)
from bot.formatting import short_day
from bot.messages.history import history_text
from bot.messages.mute import snoozed
from storage import chats, events, figures, outbox, preferences, rules, sessions
from storage.database import writing
from storage.deleted_rules import delete_for_undo
from storage.snoozes import PAUSED
from storage.track_record import sent_to

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


def sent_lines(db: Database) -> list[str | None]:
    """The lines of the alerts that count as sent to the chat."""
    return [one.line for one in sent_to(db, CHAT)]


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
    assert sent_lines(db) == ["lead 21d > 2"]
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
        SnoozeLength.PAUSE: PAUSED,
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
        assert sent_lines(db) == []
        made = unmute(db, CHAT, NOW)
        again = unmute(db, CHAT, NOW)
    assert (made.changed, made.missed, [event.session for event in made.still]) == (True, 2, [DAYS[1]])
    assert (again.changed, again.missed) == (False, 0)
    assert sorted(str(stored.status) for stored in events.events_of(db, CHAT)) == ["muted before", "notified"]
    assert sent_lines(db) == [one.event.rule.line for one in made.still if one.event.rule]


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


def fired_and_told(db: Database) -> int:
    """A rule that has fired, as its chat was told; its id."""
    record(db, DAYS[0], 1.0)
    with writing(db):
        made = set_rule(db, CHAT, parse("lead 21d > 2"), 50, NOW)
    record(db, DAYS[1], 3.0)
    with writing(db):
        evaluate_session(db, DAYS[1], NOW, late=False)
    assert made is not None
    return made.watch.id


def test_changing_a_rule_that_is_firing_ends_that_in_its_history(db: Database) -> None:
    identity = fired_and_told(db)
    with writing(db):
        made = set_rule(db, CHAT, parse("lead 21d > 5"), 50, NOW, replaces=identity)
    assert made is not None
    assert made.ended == DAYS[1]
    ended, fired = events.events_of(db, CHAT)
    assert (ended.kind, fired.kind) == (Kind.RESOLVED, Kind.FIRED)
    assert ended.event.rule is not None
    assert ended.event.rule.changed
    assert "changed while firing" in history_text([ended])
    assert AlertEvent.from_json(ended.event.to_json()) == ended.event
    with writing(db):  # what was not firing ends nothing
        again = set_rule(db, CHAT, parse("lead 21d > 6"), 50, NOW, replaces=made.watch.id)
    assert again is not None
    assert again.ended is None


def test_a_deleted_rule_comes_back_with_its_history_and_not_beside_its_like(db: Database) -> None:
    identity = fired_and_told(db)
    with writing(db):
        assert delete_for_undo(db, CHAT, identity) is not None
        assert undo_delete(db, OTHER, identity, 50) is None
        assert undo_delete(db, CHAT, identity, 0) is None
        back = undo_delete(db, CHAT, identity, 50)
        assert undo_delete(db, CHAT, identity, 50) is None
    assert back is not None
    assert (back.id, back.number, back.state.announced) == (identity, 1, True)
    assert [event.kind for event in events.events_of(db, CHAT, rule=identity)] == [Kind.FIRED]
    with writing(db):
        delete_for_undo(db, CHAT, identity)
        set_rule(db, CHAT, parse("lead 21d > 2"), 50, NOW)
        assert undo_delete(db, CHAT, identity, 50) is None


def test_a_pause_that_is_ended_says_what_ended_meanwhile(db: Database) -> None:
    identity = fired_and_told(db)
    watch = rules.rule_of(db, CHAT, identity)
    assert watch is not None
    with writing(db):
        assert resume(db, CHAT, identity) is None  # nothing to end
        made = snooze(db, watch, SnoozeLength.PAUSE, NOW)
    assert made is not None
    assert made.paused
    record(db, DAYS[2], 1.0)
    with writing(db):
        assert evaluate_session(db, DAYS[2], NOW, late=False).by_chat == {}
        ended = resume(db, CHAT, identity)
    assert ended is not None
    assert (ended.kind, ended.session) == (Kind.RESOLVED, DAYS[2])
    assert "ended, on 3 Jan" not in snoozed(watch, None)
    assert snoozed(watch, None, ended).endswith(f"it ended, on {short_day(DAYS[2])}.")


def test_a_mute_with_a_length_ends_by_itself_and_says_what_ended(db: Database) -> None:
    identity = fired_and_told(db)
    with writing(db):
        assert preferences.mute(db, CHAT, True, NOW, NOW + timedelta(days=7))
        assert not preferences.mute(db, CHAT, True, NOW, NOW + timedelta(days=7))
    record(db, DAYS[2], 1.0)
    with writing(db):
        evaluate_session(db, DAYS[2], NOW, late=False)
        assert end_due(db, NOW + timedelta(days=6, hours=23)) == 0
        assert end_due(db, NOW + timedelta(days=7)) == 1
        assert end_due(db, NOW + timedelta(days=8)) == 0
    assert not preferences.preferences_of(db, CHAT).muted
    (said,) = db.conn.execute("SELECT text FROM outbox WHERE kind LIKE 'mute over%'").fetchall()
    assert f"Ended meanwhile: #1 on {short_day(DAYS[2])}." in said[0]
    assert rules.rule_of(db, CHAT, identity) is not None


def test_what_a_pause_hid_and_still_holds_counts_as_sent_when_it_ends(db: Database) -> None:
    record(db, DAYS[0], 1.0)
    with writing(db):
        made = set_rule(db, CHAT, parse("lead 21d > 2"), 50, NOW)
        assert made is not None
        snooze(db, made.watch, SnoozeLength.PAUSE, NOW)
    record(db, DAYS[1], 3.0)
    with writing(db):
        evaluate_session(db, DAYS[1], NOW, late=False)
        assert sent_lines(db) == []
        resume(db, CHAT, made.watch.id)
    assert sent_lines(db) == ["lead 21d > 2"]


def test_what_a_mute_with_a_length_hid_counts_as_sent_when_the_message_of_its_end_is(db: Database) -> None:
    record(db, DAYS[0], 1.0)
    with writing(db):
        set_rule(db, CHAT, parse("lead 21d > 2"), 50, NOW)
        preferences.mute(db, CHAT, True, NOW, NOW + timedelta(days=7))
    record(db, DAYS[1], 3.0)
    with writing(db):
        evaluate_session(db, DAYS[1], NOW, late=False)
        assert end_due(db, NOW + timedelta(days=7)) == 1
        assert sent_lines(db) == []
        (due,) = outbox.claim(db, NOW + timedelta(days=7), 10)
        outbox.mark_sent(db, [outbox.Sent(due.id, 7)], NOW)
    assert sent_lines(db) == ["lead 21d > 2"]


def test_a_mute_in_which_nothing_happened_ends_without_a_word(db: Database) -> None:
    with writing(db):
        chats.subscribe(db, CHAT, NOW)
        preferences.mute(db, CHAT, True, NOW, NOW + timedelta(days=1))
        assert end_due(db, NOW + timedelta(days=1)) == 1
    assert db.conn.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


def test_claims_are_watched_both_ways_from_the_start(db: Database) -> None:
    with writing(db):
        made = watch_claims(db, CHAT, CLAIMS, 50, 300, NOW)
        again = watch_claims(db, CHAT, CLAIMS[:2], 50, 300, NOW)
        full = watch_claims(db, OTHER, CLAIMS[:3], 2, 300, NOW)
    assert len(made.watches) == 13
    assert (again.had, again.watches) == (2, [])
    assert (len(full.watches), full.full) == (2, 1)
