"""One event of an alert's message: what, value against threshold, the value before, where it stands, the base rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from html import escape

from alerts.metrics.catalog import Metric, decimals_beside, number
from alerts.rules.base_rates import FEWEST
from alerts.rules.condition import Condition, Operator
from alerts.rules.event import AlertEvent, ConditionReading, DataGap, EventRule, LeadAfterFirings, Reading
from alerts.rules.series import Transform
from alerts.rules.state import Kind
from bot.formatting import beside_text, capital, counted_over, counted_years, share, short_day, standing

_NAMED = 6  # series in the line on data; the rest are counted
_DERIVED = (Transform.PERCENTILE, Transform.ZSCORE, Transform.CHANGE, Transform.AVERAGE)


def entry_text(event: AlertEvent) -> str:
    """What happened to a rule. The event is of a rule, not of data."""
    rule = event.rule
    assert rule is not None
    lines = [_headline(event.kind, rule)]
    if rule.joined:
        lines += [_part(part) for part in rule.conditions]
    elif event.reading.figure.value is not None:
        lines.append(_figures(event.reading, _levels(rule)))
    beside = [beside_text(part.reading.series.of, part.reading.beside) for part in rule.conditions]
    lines += [f"Beside it: {escape(text)}" for text in dict.fromkeys(filter(None, beside))]
    lines += [_by_membership(part) for part in rule.conditions if part.by_membership]
    if lasted := _lasted(event):
        lines.append(lasted)
    if rule.lead is not None and (followed := lead_text(rule.lead)):
        lines.append(followed)
    lines.append(f"Alert {rule.number}: <code>{escape(rule.line)}</code>")
    return "\n".join(lines)


def _by_membership(part: ConditionReading) -> str:
    """That the market did not do it: the value changed sides because other companies count from this session on."""
    of, former = part.reading.series.of, part.reading.figure.by_former_members
    assert former is not None
    levels = [level for level in (part.condition.level, part.condition.upper) if level is not None]
    shown = escape(of.show_near(former, levels))
    return f"By membership alone: new members count from this session on; by those before it would be {shown}."


def data_lines(events: Sequence[AlertEvent]) -> list[str]:
    """One line for all series whose data stay away, one for those that are back."""
    gone = [one.gap for one in events if one.kind is Kind.NO_DATA and one.gap is not None]
    back = [one.reading for one in events if one.kind is Kind.DATA_BACK]
    lines = []
    if len(gone) == 1:
        reading = gone[0].reading
        lines.append(f"{_name(reading)} has had no data for three sessions ({_reason(reading)}); {_alerts(gone)}.")
    elif gone:
        names = _listed([f"{_name(gap.reading)} ({_reason(gap.reading)})" for gap in gone])
        lines.append(f"No data for three sessions: {names}; {_alerts(gone)}.")
    if len(back) == 1:
        lines.append(f"{_name(back[0])} has data again: {escape(_shown_value(back[0]))}.")
    elif back:
        names = _listed([f"{_name(one)} ({escape(_shown_value(one))})" for one in back])
        lines.append(f"Data are back: {names}.")
    return ["\n".join(lines)] if lines else []


def lead_text(lead: LeadAfterFirings) -> str:
    """What came after earlier firings, beside what came after any day; nothing where the firings are too few."""
    if lead.n < FEWEST or lead.median is None or lead.all_days is None:
        return ""
    median, all_days = (number(value, 1, sign=True) for value in (lead.median, lead.all_days))
    after = f"IWM − SPY {lead.horizon} sessions after {lead.n} earlier firings"
    spread = ""
    if lead.above is not None and lead.worst is not None:
        spread = f" (above 0 after {share(lead.above)}, worst {number(lead.worst, 1, sign=True)})"
    years = "" if lead.years is None else f"; about {counted_years(lead.years)}"
    return f"{after}: median {median} pp{spread}, all days {all_days} pp{years}"


def what_text(rule: EventRule) -> str:
    """The rule's condition as it stands: "Small above 200d is above 60 %", in HTML."""
    if rule.joined:
        return " and ".join(escape(part.condition.line) for part in rule.conditions)
    part, operator = rule.conditions[0], rule.first.operator
    series, value = part.reading.series, part.reading.figure.value
    if series.transform is Transform.CHANGED and value is not None:
        return escape(f"{capital(series.of.title)} is {series.of.show(value)} now")
    if operator is Operator.HAPPENS:
        return escape(capital(series.words))
    if operator.momentary:
        return f"{_subject(rule.first)} crossed {_side(part)} {_target(rule.first)}"
    return f"{_subject(rule.first)} is {operator.words} {_target(rule.first)}"


def _headline(kind: Kind, rule: EventRule) -> str:
    what = what_text(rule)
    day = short_day(rule.episode.fired_on) if rule.episode else ""
    since = f" since {day}" if day else ""
    if kind is Kind.FIRED:
        return f"<b>{what}</b>"
    fired = f" (fired on {day})" if day else ""
    if kind is Kind.REMINDER:
        if rule.missed:
            return f"<b>While it was snoozed{f' on {day}' if day else ''}: {what}</b>"
        return f"⏰ <b>Still true: {what}</b>{since}{' (snooze over)' if rule.snooze_over else ''}"
    if kind is Kind.EXPIRED:
        return f"⌛ <b>Expired: {what}</b>{f' (true{since})' if since else ''}; no longer evaluated"
    if rule.joined:
        return f"✔ <b>No longer: {what}</b>{fired}"
    stood = f"{rule.first.operator.words} {_target(rule.first)}"
    return f"✔ <b>{_subject(rule.first)} is no longer {stood}</b>{fired}"


def _lasted(event: AlertEvent) -> str:
    """How long an episode lasted or has lasted, and how far the value went."""
    rule = event.rule
    assert rule is not None
    if rule.episode is None or rule.episode.duration is None:
        return ""
    count, extreme, series = rule.episode.duration, rule.episode.extreme, rule.first.series
    sessions = f"{count} session{'s' if count != 1 else ''}"
    shown = ""
    if extreme is not None:
        in_its_unit = series.transform is Transform.VALUE
        value = series.of.show_near(extreme.value, _levels(rule)) if in_its_unit else plain(extreme.value)
        away = " from its average" if series.average is not None else ""
        shown = f"{_furthest(rule.first)} {escape(value)}{away} on {short_day(extreme.session)}"
    if event.kind is not Kind.RESOLVED:
        return f"It has held for {sessions}{f'; {shown}' if shown else ''}."
    return f"Ended{_back(rule)} after {sessions}{f' ({shown})' if shown else ''}."


def _furthest(condition: Condition) -> str:
    """What the extreme of an episode is called."""
    if condition.upper is not None or condition.series.average is not None:
        return "most extreme"
    return "lowest" if condition.operator.sign < 0 else "highest"


def _back(rule: EventRule) -> str:
    """On which side of its level a value is that has resolved a rule: ": back below 60 %"."""
    if rule.joined:
        return ""
    part, condition = rule.conditions[0], rule.first
    if condition.upper is not None:
        return f": back {'outside' if condition.operator is Operator.INSIDE else 'inside'} {_target(condition)}"
    side = "above" if condition.operator.sign < 0 else "below"
    if condition.series.average is not None or part.reading.observed is None:
        return f": back {side} {_target(condition)}"
    clear = condition if rule.clear is None else replace(condition, level=rule.clear)
    return f": back {'at' if part.reading.observed == clear.level else side} {_target(clear)}"


def _levels(rule: EventRule) -> tuple[float, ...]:
    """The levels that what a rule with one condition watches is read against."""
    first = rule.first
    if rule.joined or first.operator is Operator.HAPPENS or first.series.transform is Transform.GAP:
        return ()
    return tuple(level for level in (first.level, first.upper, rule.clear) if level is not None)


def _subject(condition: Condition) -> str:
    series = condition.series
    in_its_unit = series.transform in (Transform.VALUE, Transform.GAP)
    return escape(capital(series.of.title if in_its_unit else series.words))


def _target(condition: Condition) -> str:
    series = condition.series
    if series.average is not None:
        return f"its {series.average}d average"
    levels = [level for level in (condition.level, condition.upper) if level is not None]
    in_its_unit = series.transform is Transform.VALUE
    return escape(" to ".join(series.of.show_level(level) if in_its_unit else plain(level) for level in levels))


def _part(part: ConditionReading) -> str:
    observed = part.reading.observed
    levels = [level for level in (part.condition.level, part.condition.upper) if level is not None]
    value = "missing" if observed is None else plain(observed, levels)
    counted = _counted(part.reading) if part.reading.figure.source else ""
    return f"{escape(part.condition.line)}: {value}" + (f" · {counted}" if counted else "")


def plain(value: float, levels: Sequence[float] = ()) -> str:
    """A number without a unit: four digits, or as many as it takes to read on its own side of each of `levels`."""
    if not math.isfinite(value):
        return "–"
    digits = max(0, 3 - math.floor(math.log10(abs(value)))) if value else 0
    text = number(value, decimals_beside(value, levels, min(digits, 9)))
    return text.rstrip("0").rstrip(".") if "." in text else text


def _side(part: ConditionReading) -> str:
    observed = part.reading.observed
    level = 0.0 if part.reading.series.transform is Transform.GAP else part.condition.level
    return "above" if observed is not None and observed > level else "below"


@lru_cache(maxsize=4096)
def _figures(reading: Reading, levels: tuple[float, ...] = ()) -> str:
    """Value, value before, where it stands, who was counted: the same for all rules of a series, of which many move."""
    of, value, before = reading.series.of, reading.figure.value, reading.before
    assert value is not None
    derived = reading.series.transform in _DERIVED
    of_metric = () if derived else levels
    text = f"<b>{escape(of.show_near(value, of_metric))}</b>"
    if derived and reading.observed is not None:
        text = f"{plain(reading.observed, levels)} · {text}"
    if reading.average is not None:
        text += f" · average {escape(of.show(reading.average))}"
    if before is not None:
        text += f" · {escape(of.show_near(before.value, of_metric))} on {short_day(before.session)}"
        if change := of.show_change(value - before.value):
            text += f" ({escape(change)})"
    return text + "\n" + " · ".join(filter(None, (_rank(reading, of), _counted(reading))))


def _rank(reading: Reading, of: Metric) -> str:
    """A state or an event has no percentile."""
    rank = reading.rank
    return "" if of.unit in ("state", "event") else standing(rank.percentile, rank.count, rank.frequency)


def _counted(reading: Reading) -> str:
    figure = reading.figure
    counted = counted_over(reading.series.of, figure.eligible, figure.members)
    return " · ".join(escape(part) for part in (counted, figure.provenance) if part)


def _name(reading: Reading) -> str:
    return f"<b>{escape(capital(reading.series.words))}</b>"


def _reason(reading: Reading) -> str:
    return escape(reading.figure.reason or "not defined")


def _shown_value(reading: Reading) -> str:
    value = reading.figure.value
    return "missing" if value is None else reading.series.of.show(value)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _alerts(gaps: Sequence[DataGap]) -> str:
    numbers = sorted({number for gap in gaps for number in gap.numbers})
    if not numbers:
        return "their alerts wait"
    shown = ", ".join(str(number) for number in numbers[:12]) + (" …" if len(numbers) > 12 else "")
    return f"alert {shown} waits" if len(numbers) == 1 else f"alerts {shown} wait"
