"""Stored rules: the ranges find exactly the rules that a value moves, and what is deleted leaves nothing behind."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from alerts.rules.evaluate import evaluate
from alerts.rules.grammar import parse
from alerts.rules.rule import Operator, Repeat, Rule, Series
from alerts.rules.state import Observation, State, settled, step
from storage import chats, rules
from storage.database import open_database, writing

NOW = datetime(2025, 8, 22, 21, tzinfo=UTC)
FIRST = date(2025, 1, 2)
SMALL = Series("breadth.above_200d.small")

levels = st.integers(40, 60).map(float)
made = st.one_of(
    st.builds(
        Rule, st.just(SMALL),
        st.sampled_from([Operator.ABOVE, Operator.BELOW, Operator.AT_LEAST, Operator.AT_MOST]),
        levels, st.integers(1, 4), st.sampled_from(Repeat),
    ),
    st.builds(
        Rule, st.just(SMALL),
        st.sampled_from([Operator.CROSSES, Operator.CROSSES_ABOVE, Operator.CROSSES_BELOW]),
        levels, st.just(1), st.sampled_from(Repeat),
    ),
)  # fmt: skip
values = st.one_of(st.none(), st.integers(38, 62).map(float))


def memory() -> Database:
    from pathlib import Path

    return open_database(Path(":memory:"))


@settings(max_examples=60, deadline=None)
@given(st.lists(made, min_size=1, max_size=12), st.lists(values, min_size=1, max_size=25))
def test_stepping_what_a_value_touches_is_stepping_every_rule(some: list[Rule], path: list[float | None]) -> None:
    db = memory()
    with writing(db):
        chats.subscribe(db, 1, NOW)
        for rule in some:
            rules.add_rule(db, 1, rule, [], NOW)
    every: dict[int, State] = {watch.id: watch.state for watch in rules.rules_of(db, 1)}
    by_id = {watch.id: watch.rule for watch in rules.rules_of(db, 1)}
    number = 0
    for at, value in enumerate(path):
        session = FIRST + timedelta(days=at)
        number += value is not None
        expected = {}
        for identity, state in every.items():
            every[identity], told = step(by_id[identity], state, Observation(session, number, value))
            if told:
                expected[identity] = told
        with writing(db):
            observation = rules.next_observation(db, SMALL, session, value)
            assert observation == Observation(session, number, value)
            changes = evaluate(rules.touched(db, SMALL, observation), observation)
            rules.record_observation(db, SMALL, observation)
            rules.record_changes(db, changes)
        assert {change.watch.id: change.told for change in changes if change.told} == expected
        assert {watch.id: watch.state.phase for watch in rules.rules_of(db, 1)} == {
            identity: state.phase for identity, state in every.items()
        }
    db.close()


def test_a_move_looks_only_at_the_rules_between_the_two_values(db: Database) -> None:
    rng = random.Random(1)
    with writing(db):
        chats.subscribe(db, 1, NOW)
        for _ in range(400):
            rule = Rule(SMALL, Operator.CROSSES_ABOVE, round(rng.uniform(1, 99), 2))
            rules.add_rule(db, 1, rule, [(FIRST, 58.1)], NOW)
    found = rules.touched(db, SMALL, Observation(FIRST + timedelta(days=1), 2, 60.4))
    between = [w for w in rules.rules_of(db, 1) if 58.1 <= w.rule.level < 60.4]
    assert {watch.id for watch in found} == {watch.id for watch in between}
    assert 0 < len(between) < 30


def test_a_session_is_evaluated_once(db: Database) -> None:
    with writing(db):
        chats.subscribe(db, 1, NOW)
        rules.add_rule(db, 1, parse("small above 200d > 60"), [(FIRST, 50.0)], NOW)
        assert rules.next_observation(db, SMALL, FIRST, 70.0) is None
        after = FIRST + timedelta(days=1)
        observation = rules.next_observation(db, SMALL, after, 70.0)
        assert observation == Observation(after, 2, 70.0)
        rules.record_observation(db, SMALL, observation)
        assert rules.next_observation(db, SMALL, after, 70.0) is None


def test_a_rule_starts_where_the_market_is(db: Database) -> None:
    past = [(FIRST + timedelta(days=at), value) for at, value in enumerate((55.0, 61.0, None, 62.0))]
    with writing(db):
        chats.subscribe(db, 1, NOW)
        _, held = rules.add_rule(db, 1, parse("small above 200d > 60 for 2 days"), past, NOW)
        _, pending = rules.add_rule(db, 1, parse("small above 200d > 60 for 3 days"), past, NOW)
    assert (held.phase.value, held.announced) == ("firing", False)
    assert (pending.phase.value, pending.due) == (
        "pending",
        4,
    )  # three values known; the fourth would be the third true
    assert held == settled(
        parse("small above 200d > 60 for 2 days"),
        [Observation(past[1][0], 2, 61.0), Observation(past[3][0], 3, 62.0)],
    )


def test_numbers_of_deleted_rules_are_not_given_again(db: Database) -> None:
    with writing(db):
        chats.subscribe(db, 1, NOW)
        rules.add_rule(db, 1, parse("small above 200d > 60"), [], NOW)
        number, _ = rules.add_rule(db, 1, parse("small above 200d > 61"), [], NOW)
        last = rules.rules_of(db, 1)[-1]
        rules.delete_rule(db, 1, last.id)
        again, _ = rules.add_rule(db, 1, parse("small above 200d > 62"), [], NOW)
    assert (number, again) == (2, 3)
    assert rules.rules_of(db, 1)[-1].id != last.id


def test_a_rule_is_deleted_by_its_owner_only(db: Database) -> None:
    with writing(db):
        for chat in (1, 2):
            chats.subscribe(db, chat, NOW)
        rules.add_rule(db, 1, parse("small above 200d > 60"), [], NOW)
        identity = rules.rules_of(db, 1)[0].id
        assert rules.delete_rule(db, 2, identity) is None
        assert rules.delete_rule(db, 1, identity) is not None
    assert db["watches"].count == 0


def test_a_chat_that_is_forgotten_leaves_no_row(db: Database) -> None:
    from storage import events, outbox

    with writing(db):
        for chat in (1, 2):
            chats.subscribe(db, chat, NOW)
            rules.add_rule(db, chat, parse("small above 200d crosses 60"), [(FIRST, 60.0)], NOW)
            events.record_event(db, rules.rules_of(db, chat)[0].id, chat, FIRST, "fired", {"line": "x"}, NOW)
            outbox.enqueue(db, chat, FIRST, "alert", ["x"], [], NOW)
        assert db["watches"].count == 4  # standing at the level, each waits for both sides
        assert chats.forget(db, 1)
    for table, column in (("chats", "id"), ("rules", "chat"), ("events", "chat"), ("outbox", "chat")):
        assert db.conn.execute(f"SELECT count(*) FROM {table} WHERE {column} = 1").fetchone() == (0,), table
        assert db.conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,), table
    assert db["watches"].count == 2


def test_foreign_keys_are_on(db: Database) -> None:
    with pytest.raises(Exception, match="FOREIGN KEY"), writing(db):
        rules_row = "INSERT INTO outbox (chat, session, kind, part, events, text, state, created_at) "
        db.conn.execute(rules_row + "VALUES (99, '2025-01-02', 'alert', 1, '[]', 'x', 'pending', '')")
