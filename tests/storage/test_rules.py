"""Stored rules: the ranges find exactly the rules that a value moves, and what is deleted leaves nothing behind."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database
from support.alert_events import small

from alerts.rules.condition import Operator
from alerts.rules.evaluate import OF_SERIES, evaluate
from alerts.rules.grammar import parse
from alerts.rules.rule import Rule
from alerts.rules.series import Series, derive
from alerts.rules.state import OVER, Kind, Observation
from alerts.rules.step import settled, step
from storage import chats, events, rules, watches
from storage.database import open_database, writing
from storage.migrations import migrations

NOW = datetime(2025, 8, 22, 21, tzinfo=UTC)
FIRST = date(2025, 1, 2)
SMALL = Series("breadth.above_200d.small")

LINES = [
    "{side} {level}", "{side} {level} for 3 days", "{side} {level} once", "{side} {level} keep 2 days",
    "{side} {level} for 2 days keep 1 day remind every 2 days", "{side} {level} clear {past}", "crosses {side} {level}",
    "{side} {level} clear {past} for 2 days keep 1 day remind every 1 day", "crosses {side} {level} clear {past}",
    "crosses {level}", "crosses {side} {level} once", "inside {level}..{beyond} keep 1 day", "at least {level}",
    "outside {level}..{beyond} for 2 days remind every 2 days", "inside {level}..{beyond}",
    "at most {level} for 2 days",     "{side} {level} until 2025-01-08", "crosses {level} until 2025-01-12",
    "{side} {level} keep 4 days until 2025-01-09",
    "rising 2d", "falling 1d for 2 days", "crosses {side} its 3d average", "at a new high 3d", "at a new low 2d once",
    "{side} {level} and lead 63d > {level}", "above {level} and lead 63d below {beyond} for 2 days keep 1 day",
    "rising 1d and lead 63d inside {level}..{beyond} remind every 1 day", "{side} {level} and lead 63d rising 2d once",
]  # fmt: skip


@st.composite
def made(draw: st.DrawFn) -> Rule:
    level = draw(st.integers(-3, 3))
    side = draw(st.sampled_from(["above", "below"]))
    past = level - draw(st.integers(0, 2)) * (1 if side == "above" else -1)
    form = draw(st.sampled_from(LINES))
    return parse("lead 21d " + form.format(side=side, level=level, past=past, beyond=level + draw(st.integers(1, 2))))


VALUES = st.one_of(st.none(), st.integers(-5, 5).map(float))
PATHS = st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=25)


@cache
def blank() -> Database:
    """A new database, migrated once for all examples."""
    return open_database(Path(":memory:"))


def memory() -> Database:
    """A copy of the blank database, opened as the program opens one."""
    db = Database(sqlite3.connect(":memory:", isolation_level=None))
    blank().conn.backup(db.conn)
    db.conn.execute("PRAGMA foreign_keys = ON")
    return db


def derived(rule: Rule, path: list[tuple[float | None, float | None]]) -> list[float | None]:
    """What the rule watches along a path of two metrics."""
    history = {"size.lead_21d": [one for one, _ in path], "size.lead_63d": [other for _, other in path]}
    watched = rule.watched
    if isinstance(watched, Series):
        return derive(watched, history[watched.metric])
    parts = [derive(condition.series, history[condition.series.metric]) for condition in watched.conditions]
    return [watched.value(values) for values in zip(*parts, strict=True)]


@settings(max_examples=150, deadline=None)
@given(st.lists(made(), min_size=1, max_size=12), PATHS)
def test_stepping_what_a_value_touches_is_stepping_every_rule(
    some: list[Rule], path: list[tuple[float | None, float | None]]
) -> None:
    compare(some, path)


@pytest.mark.parametrize("seed", range(20))
def test_over_five_thousand_random_sessions_it_is_the_same_too(seed: int) -> None:
    """250 sessions in each of twenty runs, of rules of every form: longer than what is searched through above."""
    source = random.Random(seed)
    some = []
    for form in LINES:
        side, level = source.choice(("above", "below")), source.randint(-3, 3)
        past = level - source.randint(0, 2) * (1 if side == "above" else -1)
        line = form.format(side=side, level=level, past=past, beyond=level + source.randint(1, 2))
        some.append(parse(f"lead 21d {line}"))
    values = [None, *map(float, range(-5, 6))]
    compare(some, [(source.choice(values), source.choice(values)) for _ in range(250)], states_every=10)


def compare(
    some: list[Rule], path: list[tuple[float | None, float | None]], states_every: int = 1
) -> None:  # fmt: skip
    """Assert that both have the same transitions on every session, and the same states on every so manieth."""
    db = memory()
    with writing(db):
        chats.subscribe(db, 1, NOW)
        for rule in some:
            rules.add_rule(db, 1, rule, [], NOW)
    every = {watch.id: watch.state for watch in rules.rules_of(db, 1)}
    by_id = {watch.id: watch.rule for watch in rules.rules_of(db, 1)}
    values = {rule.watched.key: derived(rule, path) for rule in some}
    numbers, missing = dict.fromkeys(values, 0), dict.fromkeys(values, 0)
    for at in range(len(path)):
        session = FIRST + timedelta(days=at)
        seen = {}
        for key, along in values.items():
            numbers[key] += along[at] is not None
            missing[key] = missing[key] + 1 if along[at] is None else 0
            seen[key] = Observation(session, numbers[key], along[at], missing[key])
        expected = {}
        for identity, state in every.items():
            every[identity], told = step(by_id[identity], state, seen[by_id[identity].watched.key])
            if kinds := [kind for kind in told if kind not in OF_SERIES]:
                expected[identity] = kinds
        assert _judged(db, session, {key: along[at] for key, along in values.items()}) == expected
        if at % states_every:
            continue
        assert {watch.id: watch.state for watch in rules.rules_of(db, 1) if watch.state.phase not in OVER} == {
            identity: state for identity, state in every.items() if state.phase not in OVER
        }
    db.close()


def _judged(db: Database, session: date, values: dict[str, float | None]) -> dict[int, list[Kind]]:
    """One session as the program judges it: what each rule, by id, has to tell."""
    with writing(db):
        changes = [
            change
            for watch in rules.expiring(db, session)
            for change in evaluate([watch], Observation(session, 0, None))
        ]
        watches.record_changes(db, changes)
        before, observations, moved = watches.seen(db), {}, []
        for key in watches.watched_keys(db):
            observation = watches.next_observation(before.get(key), session, values[key])
            assert observation is not None
            observations[key] = observation
            moved += evaluate(watches.touched(db, key, observation), observation)
        watches.record_observations(db, observations)
        watches.record_changes(db, moved)
    return {change.watch.id: list(change.kinds) for change in changes + moved if change.kinds}


def test_a_move_looks_only_at_the_rules_between_the_two_values(db: Database) -> None:
    rng = random.Random(1)
    with writing(db):
        chats.subscribe(db, 1, NOW)
        for _ in range(400):
            rule = Rule.on(SMALL, Operator.CROSSES_ABOVE, round(rng.uniform(1, 99), 2))
            rules.add_rule(db, 1, rule, [(FIRST, 58.1)], NOW)
    found = watches.touched(db, SMALL.key, Observation(FIRST + timedelta(days=1), 2, 60.4))
    between = [w for w in rules.rules_of(db, 1) if 58.1 <= w.rule.first.level < 60.4]
    assert {watch.id for watch in found} == {watch.id for watch in between}
    assert 0 < len(between) < 30


def test_a_session_is_evaluated_once(db: Database) -> None:
    with writing(db):
        chats.subscribe(db, 1, NOW)
        rules.add_rule(db, 1, parse("small above 200d > 60"), [(FIRST, 50.0)], NOW)
        assert watches.next_observation(watches.seen(db)[SMALL.key], FIRST, 70.0) is None
        after = FIRST + timedelta(days=1)
        observation = watches.next_observation(watches.seen(db)[SMALL.key], after, 70.0)
        assert observation == Observation(after, 2, 70.0)
        watches.record_observations(db, {SMALL.key: observation})
        assert watches.next_observation(watches.seen(db)[SMALL.key], after, 70.0) is None


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
        [Observation(past[0][0], 1, 55.0), Observation(past[1][0], 2, 61.0), Observation(past[3][0], 3, 62.0)],
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
    from storage import outbox

    with writing(db):
        for chat in (1, 2):
            chats.subscribe(db, chat, NOW)
            rules.add_rule(db, chat, parse("small above 200d crosses 60"), [(FIRST, 60.0)], NOW)
            new = events.NewEvent(chat, small(id=rules.rules_of(db, chat)[0].id))
            assert len(events.record_events(db, [new], NOW)) == 1
            assert events.record_events(db, [new], NOW) == []
            outbox.enqueue(db, FIRST, "alert", [outbox.Outgoing(chat, ["x"])], NOW)
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


def test_rules_of_a_file_from_before_rules_in_full_are_kept_where_they_stood(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = Database(sqlite3.connect(path, isolation_level=None))
    migrations.apply(old, stop_before="rules_in_full")
    for statement in (
        "INSERT INTO chats (id, created_at, subscribed_at, last_rule) VALUES (1, '', '', 3)",
        """INSERT INTO rules (id, chat, number, series, operator, level, hold, repeat, created_at, disarmed_session)
           VALUES (1, 1, 1, 'size.lead_21d', '>', 2.0, 1, 'every time', '', NULL),
                  (2, 1, 2, 'size.ratio - avg(50)', 'crosses above', 0.0, 1, 'every time', '', NULL),
                  (3, 1, 3, 'size.lead_21d', '>', 2.0, 3, 'once', '', '2025-01-02')""",
        """INSERT INTO watches (series, sign, strict, level, rule, phase, since, due, announced)
           VALUES ('size.lead_21d', -1, 0, -2.0, 1, 'firing', '2025-01-02', NULL, 1),
                  ('size.ratio - avg(50)', -1, 0, -0.0, 2, 'spent', '2025-01-02', NULL, 1)""",
        "INSERT INTO observations VALUES ('size.lead_21d', '2025-01-02', 7, 3.0, 0)",
        """INSERT INTO events (rule, chat, session, kind, told, created_at)
           VALUES (1, 1, '2025-01-02', 'fired',
                   '{"kind": "fired", "rule": 1, "metric": "size.lead_21d", "session": "2025-01-02"}', '')""",
    ):
        old.conn.execute(statement)
    old.conn.close()
    db = open_database(path)
    found = rules.rules_of(db, 1)
    assert [(watch.rule.line, watch.state.phase.value) for watch in found] == [
        ("lead 21d > 2", "firing"),
        ("iwm/spy crosses above its 50d average", "spent"),
        ("lead 21d > 2 for 3 days once", "disarmed"),
    ]
    assert len(events.events_of(db, 1)) == 1
    cleared = Observation(date(2025, 1, 3), 8, 1.0)
    changes = evaluate(watches.touched(db, "size.lead_21d", cleared), cleared)
    assert [(change.watch.id, change.kinds) for change in changes] == [(1, (Kind.RESOLVED,))]
    db.close()
