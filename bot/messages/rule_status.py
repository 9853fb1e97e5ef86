"""/why: a rule in words, its value against its threshold, what it has seen, and what would make it fire."""

from __future__ import annotations

from html import escape

from alerts.metrics.catalog import minus
from alerts.rules.condition import Condition, Operator, typed_number
from alerts.rules.reading import Reading
from alerts.rules.rule import Repeat, Rule
from alerts.rules.series import Transform
from alerts.rules.state import Phase
from alerts.rules.triggers import clears, goes_back
from bot.formatting import because, capital, counted_over, day, short_day, since, standing
from bot.messages.happened import plain
from bot.reports.rule_status import Verdict, Why

_TOLD = {"fired": "fired", "reminder": "reminded", "resolved": "resolved", "expired": "expired"}


def why_text(told: Why) -> str:
    """All of it."""
    rule, watch = told.watch.rule, told.watch
    lines = [f"<b>Alert {watch.number}:</b> <code>{escape(rule.line)}</code>", escape(rule_words(rule)), ""]
    lines.append(f"<b>{day(told.session)}</b>")
    for condition, series, observed in zip(rule.conditions, told.series, told.observed, strict=True):
        lines.append(_standing(condition, series, observed))
    lines += ["", f"State: {escape(state_words(told))}"]
    if told.snooze is not None:
        through = told.snooze.through
        ends = f"through {short_day(through)}" if through else "until it resolves"
        lines.append("Paused until you resume it." if told.snooze.paused else f"Snoozed {ends}.")
    lines += [f"Last message: {_last(told)}", f"Fires: {escape(would_fire(rule, told))}"]
    lines += ["", f"Last {len(told.recent)} observations:"] + [_verdict(rule, one) for one in reversed(told.recent)]
    return "\n".join(lines)


def rule_words(rule: Rule) -> str:
    """What the rule says, in a sentence."""
    text = capital(" and ".join(condition_words(condition) for condition in rule.conditions))
    if rule.hold > 1:
        text += f", {rule.hold} sessions in a row"
    if rule.clear is not None:
        side = "above" if rule.first.operator.sign < 0 else "below"
        text += f"; {'armed again' if rule.momentary else 'resolves'} {side} {_level(rule.first, rule.clear)}"
    if rule.keep:
        text += f"; resolves after {rule.keep + 1} clear sessions in a row"
    if rule.repeat is Repeat.ONCE:
        text += "; fires once"
    if rule.remind:
        text += f"; with a reminder every {rule.remind} sessions while it lasts"
    if rule.until is not None:
        text += f"; until {short_day(rule.until)}"
    return text + "."


def condition_words(condition: Condition) -> str:
    """One condition: "small above 200d is above 60 %"."""
    series, operator = condition.series, condition.operator
    if operator is Operator.HAPPENS:
        return series.words
    if series.transform is Transform.GAP:
        verb = operator.value if operator.momentary else f"is {operator.words}"
        return f"{series.of.title} {verb} its own {series.n}-session average"
    levels = " to ".join(_level(condition, one) for one in (condition.level, condition.upper) if one is not None)
    if operator.momentary:
        return f"{series.words} {operator.value} {levels}"
    return f"{series.words} is {operator.words} {levels}"


def _level(condition: Condition, level: float) -> str:
    series = condition.series
    in_its_unit = series.transform is Transform.VALUE
    return series.of.show_level(level) if in_its_unit else minus(typed_number(level))


def _standing(condition: Condition, reading: Reading, observed: float | None) -> str:
    of, figure = reading.series.of, reading.figure
    if figure.value is None:
        return f"{escape(capital(of.title))}: {because(figure)}"
    shown = of.show_near(figure.value, _levels(condition))
    parts = [f"{escape(capital(of.title))}: <b>{escape(shown)}</b>"]
    if reading.before is not None:
        parts.append(f"{escape(of.show(reading.before.value))} on {short_day(reading.before.session)}")
    if reading.average is not None:
        parts.append(f"average {escape(of.show(reading.average))}")
    elif condition.series.transform is not Transform.VALUE and observed is not None and not condition.series.happens:
        parts.append(f"{escape(condition.series.words)}: {plain(observed, _ends(condition))}")
    if (away := distance(condition, observed)) is not None:
        parts.append(escape(away))
    rank = reading.rank
    second = [] if of.unit in ("state", "event") else [standing(rank.percentile, rank.count, rank.frequency)]
    second += [escape(part) for part in (counted_over(of, figure.eligible, figure.members), figure.provenance) if part]
    return f"{' · '.join(parts)}\n{' · '.join(second)}"


def _ends(condition: Condition) -> list[float]:
    """The level of a condition, or both ends of its range."""
    return [condition.level] if condition.upper is None else [condition.level, condition.upper]


def _levels(condition: Condition) -> list[float]:
    """The levels that the metric's own value is read against."""
    compared = condition.series.transform is Transform.VALUE and condition.operator is not Operator.HAPPENS
    return _ends(condition) if compared else []


def distance(condition: Condition, observed: float | None) -> str | None:
    """How far the value is from the threshold; None where there is none, or no value."""
    if observed is None or condition.operator is Operator.HAPPENS:
        return None
    series = condition.series
    level = min(_ends(condition), key=lambda end: abs(observed - end))
    away = observed - level
    in_its_unit = series.transform in (Transform.VALUE, Transform.GAP)
    shown = series.of.show_change(abs(away)).lstrip("+") if in_its_unit else plain(abs(away))
    beside = "its average" if series.transform is Transform.GAP else _level(condition, level)
    return f"at {beside}" if away == 0 else f"{shown} {'above' if away > 0 else 'below'} {beside}"


def state_words(told: Why) -> str:
    """Where the rule stands, since when, and for how many sessions."""
    state, rule = told.watch.state, told.watch.rule
    began = f" {since(state.since, at_least=state.at_least)}" if state.since else ""
    run = f", {told.run} session{'s' if told.run != 1 else ''}" if told.run else ""
    match state.phase:
        case Phase.FIRING:
            known = "" if state.announced else "; already true when set, so not announced"
            return f"{'firing' if state.announced else 'true'}{began}{run}{known}"
        case Phase.RECOVERING:
            sessions = f"{told.due_in} session{'s' if told.due_in != 1 else ''}"
            return f"firing{began}{run}; clear; resolves in {sessions} if it stays clear"
        case Phase.PENDING:
            return f"true{began}{run} of {rule.hold}; fires in {told.due_in} if it stays true"
        case Phase.DISARMED:
            return f"fired{f' on {short_day(state.since)}' if state.since else ''} (once)"
        case Phase.EXPIRED:
            return "expired"
        case Phase.NEW:
            return "waits for a first figure"
        case Phase.SPENT:
            on = f" on {short_day(state.since)}" if state.since else ""
            return f"crossed{on}; waits until the value has come back"
        case Phase.BEYOND:
            beyond = "below" if rule.first.operator.sign < 0 else "above"
            return f"{beyond} the level{began}; waits until the value has come back"
        case Phase.ABOVE | Phase.BELOW | Phase.AT:
            return f"{state.phase.value} the level{began}{run}"
        case Phase.ARMED if rule.first.operator is Operator.HAPPENS:
            return "waiting for it to happen"
    return f"not true{began}{run}"


def would_fire(rule: Rule, told: Why) -> str:
    """What has to come for the next word."""
    phase = told.watch.state.phase
    if phase in (Phase.DISARMED, Phase.EXPIRED):
        return "never again"
    words = " and ".join(condition_words(condition) for condition in rule.conditions)
    again = f"once {words}" + (f", {rule.hold} sessions in a row" if rule.hold > 1 else "")
    if phase is Phase.PENDING:
        return f"in {told.due_in} session{'s' if told.due_in != 1 else ''}, if {words} and that stays true until then"
    if phase in (Phase.FIRING, Phase.RECOVERING):
        if rule.joined or rule.ranged or rule.first.series.transform is Transform.GAP:
            return f"after that has ended, {again}"
        wait = clears(rule)
        side = (
            ("above" if wait.strict else "at or above")
            if wait.sign > 0
            else ("below" if wait.strict else "at or below")
        )
        return f"after it has been {side} {_level(rule.first, wait.level)}, {again}"
    if phase in (Phase.SPENT, Phase.BEYOND) and rule.first.series.transform is not Transform.GAP:
        wait = goes_back(rule)
        side = "at or above" if wait.sign > 0 else "at or below"
        return f"after it has been {side} {_level(rule.first, wait.level)}, {again}"
    return again


def _last(told: Why) -> str:
    if told.last_told is None:
        return "nothing yet"
    session, kind = told.last_told
    return f"{_TOLD.get(kind, kind)} on {short_day(session)}"


def _verdict(rule: Rule, one: Verdict) -> str:
    if one.value is None:
        return f"{short_day(one.session)}: missing"
    mark = "✓" if one.true else "✗"
    if rule.joined or rule.first.series.happens:
        return f"{short_day(one.session)}: {mark}"
    series = rule.first.series
    levels = [*_ends(rule.first), *([] if rule.clear is None else [rule.clear])]
    shown = series.of.show_near(one.value, levels) if series.transform is Transform.VALUE else plain(one.value, levels)
    beside = " from its average" if series.transform is Transform.GAP else ""
    return f"{short_day(one.session)}: {escape(shown)}{beside} {mark}"
