"""One step of one rule: what it remembers, and which sessions it can be spared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from support.paths import START, observations, quiet, touches, values_of, walk

from alerts.rules.condition import Operator
from alerts.rules.evaluate import Watch, evaluate
from alerts.rules.grammar import parse
from alerts.rules.rule import Repeat, Rule
from alerts.rules.series import Series
from alerts.rules.step import Kind, Observation, Phase, State, initial, settled, step
from alerts.rules.triggers import all_waits, waits

VALUES = st.lists(st.one_of(st.none(), st.sampled_from([-2.0, -1.0, -0.0, 0.0, 0.5, 1.0, 1.5, 2.0])), max_size=40)


@st.composite
def small_rules(draw: st.DrawFn) -> Rule:
    """Rules of one condition with every option, on levels that the values come across."""
    operator = draw(st.sampled_from(Operator))
    level = draw(st.sampled_from([-1.0, 0.0, 1.0]))
    once = draw(st.booleans())
    options: dict[str, object] = {
        "repeat": Repeat.ONCE if once else Repeat.EVERY_TIME,
        "until": draw(st.one_of(st.none(), st.integers(0, 50).map(lambda days: START + timedelta(days=days)))),
    }
    if operator.ranged:
        options["upper"] = level + 1.0
    if operator.sign and operator is not Operator.HAPPENS:
        options["clear"] = draw(
            st.sampled_from([None, level, level - operator.sign * 0.5, level - operator.sign * 1.5])
        )
    if not operator.momentary:
        options["hold"], options["keep"] = draw(st.integers(1, 4)), draw(st.integers(0, 3))
        options["remind"] = 0 if once else draw(st.integers(0, 3))
    return Rule.on(Series("size.lead_21d"), operator, level, **options)


@given(small_rules(), VALUES, VALUES)
@example(parse("lead 21d > 0 for 3 days"), [1.0, None, 1.0], [None, 1.0, 1.0, 0.0])
@settings(max_examples=300, deadline=None)
def test_only_the_sessions_that_touch_a_rule_need_a_step(
    rule: Rule, past: list[float | None], values: list[float | None]
) -> None:
    before = observations(past)
    path = observations(values, before)
    for start in (initial(rule), settled(rule, before)):
        states, told = walk(rule, start, path)
        of_rules = [(at, kind) for at, kind in told if kind not in ("no data", "data back")]
        assert walk(rule, start, path, only_touched=True) == (states, of_rules)


@given(small_rules(), VALUES)
@settings(max_examples=150, deadline=None)
def test_every_phase_a_rule_reaches_waits_for_something_that_can_be_looked_up(
    rule: Rule, values: list[float | None]
) -> None:
    for state in walk(rule, initial(rule), observations(values))[0]:
        assert set(waits(rule, state)) <= all_waits(rule)
        assert bool(waits(rule, state)) == (state.phase not in (Phase.DISARMED, Phase.EXPIRED))
        if state.phase is not Phase.FIRING:
            assert (state.due is not None) == (state.phase in (Phase.PENDING, Phase.RECOVERING))


@given(small_rules(), VALUES)
@settings(max_examples=150, deadline=None)
def test_level_rules_fire_and_resolve_in_turn_and_once_is_once(rule: Rule, values: list[float | None]) -> None:
    kinds = [kind for _, kind in walk(rule, initial(rule), observations(values))[1]]
    kinds = [kind for kind in kinds if kind not in ("no data", "data back", "reminder")]
    if rule.repeat is Repeat.ONCE:
        assert kinds in ([], ["fired"])
    elif rule.momentary:
        assert set(kinds) <= {"fired"}
    else:
        kinds = ["resolved" if kind == "expired" else kind for kind in kinds]
        assert kinds == ["fired", "resolved"] * (len(kinds) // 2) + ["fired"] * (len(kinds) % 2)


@given(small_rules(), VALUES)
@settings(max_examples=150, deadline=None)
def test_missing_sessions_could_be_left_out(rule: Rule, values: list[float | None]) -> None:
    path = observations(values)
    rule = replace(rule, until=None)
    states, told = walk(rule, initial(rule), path)
    present = [observation for observation in path if observation.value is not None]
    kept, told_there = walk(rule, initial(rule), present)
    assert [kind for _, kind in told if kind != "no data"] == [kind for _, kind in told_there]
    assert [state for state, seen in zip(states, path, strict=True) if seen.value is not None] == kept


@given(small_rules(), VALUES)
@settings(max_examples=200, deadline=None)
def test_the_whole_history_settles_a_rule_as_stepping_every_session_does(
    rule: Rule, values: list[float | None]
) -> None:
    past = observations(values)
    stepped = walk(rule.endless, initial(rule), past)[0]
    state = stepped[-1] if stepped else initial(rule)
    assert settled(rule, past) == replace(state, announced=False, told=None)


@given(small_rules(), st.integers(1, 2000))
@settings(max_examples=50, deadline=None)
def test_a_new_rule_knows_since_when_however_long_ago(rule: Rule, sessions: int) -> None:
    assume(not rule.momentary)
    true = {None: rule.first.level, -1: rule.first.level - 9, 1: rule.first.level + 9}
    value = next(one for one in (rule.first.level + 0.5, *true.values()) if rule.holds(one))
    other = next(one for one in (*true.values(), rule.first.level + 0.5) if not rule.holds(one))
    away = -9.0 if other < value else 9.0
    clear = rule.first.level + away if rule.clear is not None else other
    state = settled(rule, observations([clear, *[value] * (sessions + rule.hold)]))
    assert (state.phase, state.since, state.at_least) == (Phase.FIRING, START + timedelta(days=rule.hold), False)
    begun = settled(rule, observations([value] * sessions))
    assert (begun.phase, begun.since, begun.at_least) == (Phase.FIRING, START, True)


def test_since_is_the_session_on_which_the_phase_began() -> None:
    rule = parse("small above 200d > 60 for 2 days")
    states, _ = walk(rule, initial(rule), observations(values_of("52 61 _ 62 63 59")))
    assert [(state.phase.value, state.since and (state.since - START).days) for state in states] == [
        ("inactive", 0), ("pending", 1), ("pending", 1), ("firing", 3), ("firing", 3), ("inactive", 5),
    ]  # fmt: skip


def test_due_counts_observations_and_not_sessions() -> None:
    rule = parse("small above 200d > 60 for 3 days")
    state, _ = step(rule, quiet(rule), Observation(START, 17, 61.0))
    assert state == State(Phase.PENDING, START, due=19)
    late = Observation(START + timedelta(days=9), 19, 61.0)
    assert step(rule, state, late) == (State(Phase.FIRING, late.session, announced=True, told=19), (Kind.FIRED,))


def test_what_was_never_announced_is_never_resolved() -> None:
    rule = parse("small above 200d > 60")
    quiet, loud = (State(Phase.FIRING, START, announced=announced) for announced in (False, True))
    cleared = Observation(START + timedelta(days=1), 2, 50.0)
    assert step(rule, quiet, cleared)[1] == ()
    assert step(rule, loud, cleared)[1] == (Kind.RESOLVED,)


@pytest.mark.parametrize("line", ["small above 200d > 60", "small above 200d crosses above 60", "size trend crosses 0"])
def test_a_disarmed_rule_stays_where_it_is(line: str) -> None:
    rule, gone = parse(line), State(Phase.DISARMED, START, announced=True)
    for value in (-99.0, 0.0, 60.0, 99.0):
        assert step(rule, gone, Observation(START, 1, value)) == (gone, ())
        assert not touches(rule, gone, Observation(START, 1, value))


def test_evaluating_leaves_out_what_did_not_move() -> None:
    rule = parse("small above 200d > 60")
    low, high, gone = State(Phase.INACTIVE), State(Phase.FIRING, START, announced=True), State(Phase.DISARMED, START)
    watches = [Watch(at, 7, at, rule, state) for at, state in enumerate((low, high, gone), start=1)]
    day = date(2025, 7, 31)
    up = evaluate(watches, Observation(day, 5, 61.0))
    assert [(change.watch.id, change.after, change.kinds) for change in up] == [
        (1, State(Phase.FIRING, day, announced=True, told=5), (Kind.FIRED,))
    ]
    down = evaluate(watches, Observation(day, 5, 59.0))
    assert [(change.watch.id, change.kinds) for change in down] == [(2, (Kind.RESOLVED,))]
    assert evaluate(watches, Observation(day, 4, None)) == []


def test_a_change_without_a_word_is_still_a_change() -> None:
    rule = parse("small above 200d > 60 for 2 days")
    watch = Watch(1, 7, 1, rule, quiet(rule))
    (change,) = evaluate([watch], Observation(START, 1, 61.0))
    assert (change.after.phase, change.kinds) == (Phase.PENDING, ())
    assert evaluate([replace(watch, state=change.after)], Observation(START, 1, None)) == []
