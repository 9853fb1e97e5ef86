"""The step beside a second reading of what a rule means: slow, from whole histories, sharing nothing with the first.

The reading looks back over everything that was seen at every session. What it knows of a rule it takes from the line's
fields; how states follow each other stands in one table of sentences.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.paths import START, observations

from alerts.rules.condition import Condition, Operator
from alerts.rules.grammar import parse
from alerts.rules.rule import Rule
from alerts.rules.series import Series, derive
from alerts.rules.step import initial, step

EXAMPLES = 10_000 if os.environ.get("CI") == "true" else 1_000
Values = list[float | None]

#: (state, what is seen): next state. "nth": as many in a row as were asked for.
TABLE = {
    ("inactive", "true, nth"): "firing",
    ("inactive", "true"): "pending",
    ("inactive", "between"): "inactive",
    ("inactive", "clear"): "inactive",
    ("inactive", "clear, last"): "inactive",
    ("pending", "true, nth"): "firing",
    ("pending", "true"): "pending",
    ("pending", "between"): "inactive",
    ("pending", "clear"): "inactive",
    ("pending", "clear, last"): "inactive",
    ("firing", "true, nth"): "firing",
    ("firing", "true"): "firing",
    ("firing", "between"): "firing",
    ("firing", "clear"): "recovering",
    ("firing", "clear, last"): "inactive",
    ("recovering", "true, nth"): "firing",
    ("recovering", "true"): "firing",
    ("recovering", "between"): "firing",
    ("recovering", "clear"): "recovering",
    ("recovering", "clear, last"): "inactive",
}


def truth(condition: Condition, value: float) -> bool:
    low, high = condition.level, condition.upper
    return {
        Operator.ABOVE: lambda: value > low,
        Operator.BELOW: lambda: value < low,
        Operator.AT_LEAST: lambda: not value < low,
        Operator.AT_MOST: lambda: not value > low,
        Operator.INSIDE: lambda: sorted([low, value, high])[1] == value,
        Operator.OUTSIDE: lambda: sorted([low, value, high])[1] != value,
    }[condition.operator]()


def all_true(rule: Rule, seen: list[float | None]) -> bool | None:
    """Of the conditions' values on one session: True, False, or None where it cannot be told."""
    found = [None if value is None else truth(one, value) for one, value in zip(rule.conditions, seen, strict=True)]
    return False if False in found else None if None in found else True


def run_length(past: list[bool]) -> int:
    """How many of the latest in a row are True."""
    return next((at for at, one in enumerate(reversed(past)) if not one), len(past))


def read_level(rule: Rule, path: list[list[float | None]]) -> list[list[str]]:
    said: list[list[str]] = []
    state, present = "inactive", 0
    trues: list[bool] = []
    clears: list[bool] = []
    spoken_at = 0
    gone = over = False
    announced = True
    missing = 0
    for at, seen in enumerate(path):
        now: list[str] = []
        said.append(now)
        if over:
            continue
        if rule.until and START + timedelta(days=at) > rule.until:
            now += ["expired"] if state in ("firing", "recovering") and announced else []
            over = True
            continue
        true = all_true(rule, seen)
        if true is None:
            missing += 1
            if missing == 3:
                now.append("no data")
                gone = True
            continue
        missing = 0
        if gone:
            now.append("data back")
            gone = False
        present += 1
        past = true is False
        if past and rule.clear is not None:
            value = seen[0]
            assert value is not None
            upward = rule.conditions[0].operator in (Operator.ABOVE, Operator.AT_LEAST)
            past = value < rule.clear if upward else value > rule.clear
        trues.append(true)
        clears.append(past)
        if present == 1 and true:  # looking begins here: true already, and nothing to be told of it
            state, announced = "firing", False
            continue
        if true:
            what = "true, nth" if run_length(trues) >= rule.hold else "true"
        elif past:
            # Clear sessions count from the one that began the recovery.
            since = run_length(clears) if state in ("firing", "recovering") else 0
            what = "clear, last" if since >= rule.keep + 1 else "clear"
        else:
            what = "between"
        following = TABLE[state, what]
        if state in ("inactive", "pending") and following == "firing":
            now.append("fired")
            announced = True
            spoken_at = present
            over = rule.repeat == "once"
        elif state in ("firing", "recovering") and following == "inactive":
            now += ["resolved"] if announced else []
        elif (
            (state, following) == ("firing", "firing")
            and announced
            and rule.remind
            and present - spoken_at >= rule.remind
        ):
            now.append("reminder")
            spoken_at = present
        if following == "inactive":
            trues.clear()
        state = following
    return said


def read_momentary(rule: Rule, values: Values) -> list[list[str]]:
    said: list[list[str]] = []
    condition, over, gone = rule.conditions[0], False, False
    for at, value in enumerate(values):
        now: list[str] = []
        said.append(now)
        if over:
            continue
        if rule.until and START + timedelta(days=at) > rule.until:
            over = True
            continue
        if value is None:
            if values[max(0, at - 2) : at + 1] == [None] * 3 and not gone:
                now.append("no data")
                gone = True
            continue
        if gone:
            now.append("data back")
            gone = False
        if happens(condition, rule.clear, values[:at], value):
            now.append("fired")
            over = rule.repeat == "once"
    return said


def happens(condition: Condition, clear: float | None, before: Values, value: float) -> bool:
    match condition.operator:
        case Operator.HAPPENS:
            return value == 1 and any(one is not None for one in before)  # looking begins with the first value
        case Operator.CROSSES_ABOVE:
            return crosses(condition.level, clear, before, value)
        case Operator.CROSSES_BELOW:
            mirrored = [None if one is None else -one for one in before]
            return crosses(-condition.level, None if clear is None else -clear, mirrored, -value)
    below = [None if one is None else -one for one in before]
    return crosses(condition.level, None, before, value) or crosses(-condition.level, None, below, -value)


def crosses(level: float, clear: float | None, before: Values, value: float) -> bool:
    """Whether `value` is above the level, the last one was not, and the crossing is armed."""
    known = [one for one in before if one is not None]
    if not known or known[-1] > level or not value > level:
        return False
    armed = True
    for last, one in pairwise(known):
        if last <= level < one and armed:
            armed = False
        if one <= (level if clear is None else clear):
            armed = True
    return armed


def made_of(series: Series, values: Values, at: int) -> float | None:
    """A series on one session, from its metric's values; windows of three at most."""
    value, n = values[at], series.n
    if value is None:
        return None
    name = series.transform.value
    if name == "value":
        return value
    if name == "change":
        before = values[at - n] if at >= n else None
        return None if before is None else value - before
    if name == "changed":
        earlier = [one for one in values[:at] if one is not None]
        return float(bool(earlier) and earlier[-1] != value)
    window = [one for one in values[max(0, at + 1 - n - 2) : at + 1] if one is not None][-n:]
    if len(window) < n:
        return None
    if name == "- avg":
        return round(value - fmean(window), 9)
    if name == "avg":
        return fmean(window)
    if name in ("high", "low"):
        if not beyond(name, values, n, at):
            return 0.0
        quiet = 0
        for earlier_at in range(at - 1, -1, -1):
            known = beyond(name, values, n, earlier_at)
            if known:
                return float(quiet >= 21)
            quiet += known is not None
        return 1.0
    raise AssertionError(name)


def beyond(name: str, values: Values, n: int, at: int) -> bool | None:
    """Whether a session's value is above (below) each of the n − 1 before it; None where it cannot be told."""
    today = values[at]
    window = [one for one in values[max(0, at + 1 - n - 2) : at + 1] if one is not None][-n:]
    if today is None or len(window) < n:
        return None
    return all(today > one if name == "high" else today < one for one in window[:-1])


LEVELS = ("above", "below", "at least", "at most", "inside", "outside")


@st.composite
def lines(draw: st.DrawFn) -> str:
    level = draw(st.integers(-1, 1))
    kind = draw(st.sampled_from(["level", "level", "crossing", "either", "made", "made", "joined"]))
    if kind == "joined":
        parts = [f"{name} {condition(draw)}" for name in ("lead 21d", "lead 63d")]
        return f"{' and '.join(parts)}{lasting(draw)}"
    if kind == "made":
        line = draw(st.sampled_from([
            "lead 21d rising 2d", "lead 21d falling 1d", "lead 21d at a new high 3d", "lead 21d at a new low 2d",
            "regime changes", "lead 21d above its 3d average", "lead 21d crosses its 2d average",
            f"average 2d of lead 21d crosses above {level}",
        ]))  # fmt: skip
        momentary = any(word in line for word in ("new", "changes", "crosses"))
        return line + (draw(st.sampled_from(["", " once"])) if momentary else lasting(draw))
    if kind == "either":
        return f"lead 21d crosses {level}{draw(st.sampled_from(['', ' once']))}{until(draw)}"
    if kind == "crossing":
        side = draw(st.sampled_from(["above", "below"]))
        return f"lead 21d crosses {side} {level}{clear(draw, side, level)}{draw(st.sampled_from(['', ' once']))}"
    operator = draw(st.sampled_from(LEVELS))
    upper = f"..{level + draw(st.integers(1, 2))}" if operator in ("inside", "outside") else ""
    cleared = "" if upper else clear(draw, "above" if operator in ("above", "at least") else "below", level)
    return f"lead 21d {operator} {level}{upper}{cleared}{lasting(draw)}"


def condition(draw: st.DrawFn) -> str:
    operator, level = draw(st.sampled_from(LEVELS)), draw(st.integers(-1, 0))
    return f"{operator} {level}..{level + 1}" if operator in ("inside", "outside") else f"{operator} {level}"


def clear(draw: st.DrawFn, side: str, level: int) -> str:
    apart = draw(st.sampled_from([None, 0, 1, 2]))
    return "" if apart is None else f" clear {level - apart if side == 'above' else level + apart}"


def until(draw: st.DrawFn) -> str:
    days = draw(st.sampled_from([None, None, None, 1, 4, 9]))
    return "" if days is None else f" until {date(2025, 1, 1) + timedelta(days=days)}"


def lasting(draw: st.DrawFn) -> str:
    hold, keep = draw(st.sampled_from([1, 1, 1, 2, 3])), draw(st.sampled_from([0, 0, 1, 2]))
    words = f" for {hold} days" + (f" keep {keep} days" if keep else "")
    repeat = draw(
        st.sampled_from(["", "", " once", " remind every 1 day", " remind every 2 days", " remind every 3 days"])
    )
    return words + repeat + until(draw)


VALUES = st.one_of(st.none(), st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0]))
#: Values of two metrics, and for how many sessions they stay so: now and then long enough for an extreme to be news.
PATHS = st.lists(st.tuples(VALUES, VALUES, st.sampled_from([1, 1, 1, 1, 1, 2, 3, 20, 21])), min_size=1, max_size=20)


@given(lines(), PATHS)
@example("lead 21d at a new high 2d", [(0.0, 0.0, 1), (1.0, 0.0, 1), (0.0, 0.0, 20), (2.0, 0.0, 1)])
@example("lead 21d at a new high 2d", [(0.0, 0.0, 1), (1.0, 0.0, 1), (0.0, 0.0, 21), (2.0, 0.0, 1)])
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_step_says_what_a_second_reading_of_the_rules_says(
    line: str, runs: list[tuple[float | None, float | None, int]]
) -> None:
    rule = parse(line)
    path = [(one, other) for one, other, times in runs for _ in range(times)][:60]
    metrics = dict.fromkeys(one.series.metric for one in rule.conditions)
    columns = dict(zip(metrics, zip(*path, strict=True), strict=False))
    if rule.first.series.metric == "regime.state":
        columns = {
            "regime.state": [None if one is None else max(-1.0, min(1.0, one)) for one in columns["regime.state"]]
        }
    seen = [
        [made_of(one.series, list(columns[one.series.metric]), at) for one in rule.conditions]
        for at in range(len(path))
    ]
    expected = read_momentary(rule, [one[0] for one in seen]) if rule.momentary else read_level(rule, seen)

    derived = [derive(one.series, columns[one.series.metric]) for one in rule.conditions]
    watched = rule.watched
    values = derived[0] if isinstance(watched, Series) else [
        watched.value(each) for each in zip(*derived, strict=True)
    ]  # fmt: skip
    state, said = initial(rule), []
    for observation in observations(values):
        state, kinds = step(rule, state, observation)
        said.append([kind.value for kind in kinds])
    assert said == expected, line
