"""One event of an alert's message: what it means, what happened, how often it did, who was counted, which alert.

At most three lines of an entry are neither what happened nor what it means: how often, who was counted, the alert's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from html import escape

from alerts.metrics.catalog import number
from alerts.rules.base_rates import FEWEST
from alerts.rules.condition import Condition, Operator
from alerts.rules.event import AlertEvent, DataGap, EventRule, LeadAfterFirings
from alerts.rules.presets import packs
from alerts.rules.reading import ConditionReading, Reading
from alerts.rules.series import Transform
from alerts.rules.state import Kind
from alerts.rules.tally import OFTEN, RECENT, FiringTally
from bot.formatting import beside_text, capital, counted_over, counted_years, day, ordinal, share, short_day
from bot.messages.happened import (
    DERIVED,
    before_text,
    derived,
    happened_text,
    levels_of,
    meaning,
    part_text,
    plain,
    target,
    way,
)

_NAMED = 6  # series in the line on data; the rest are counted
_FOUND = 2  # meanings in the headline of joined conditions
_SIGNS = {
    "trend": "IWM/SPY above its 200-day average",
    "lead": "small caps ahead over 63 sessions",
    "equal_weight": "RSP/SPY rising over 63 sessions",
    "small_breadth": "small-cap breadth at least 50 %, and no lower than large caps'",
}
_STRONG, _GAINING = (2, 1), (2, -1)  # the quadrants on the upper side of each axis
_TIMES = {1: "once", 2: "twice", 3: "three times", 4: "four times", 5: "five times", 6: "six times"}


def entry_text(event: AlertEvent) -> str:
    """What happened to a rule, in HTML. The event is of a rule, not of data."""
    rule = event.rule
    assert rule is not None
    ended = event.kind is Kind.RESOLVED
    lines = [_headline(event.kind, rule)]
    if rule.joined:
        lines += [part_text(part, ended=ended) for part in rule.conditions]
    elif not ended:
        lines.append(happened_text(rule, still=event.kind is not Kind.FIRED))
    beside = [beside_text(part.reading.series.of, part.reading.beside) for part in rule.conditions]
    lines += [f"Beside it: {escape(text)}" for text in dict.fromkeys(filter(None, beside))]
    lines += [_by_membership(part) for part in rule.conditions if part.by_membership]
    if lasted := _lasted(event):
        lines.append(lasted)
    if event.kind is Kind.FIRED:
        lines += filter(None, (flips_text(rule), why_text(rule), past_text(rule)))
    lines += [_footer(event), f"#{rule.number} <code>{escape(rule.line)}</code>"]
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
    """What a rule says while it is true, on one line: the headline of its meaning, else the condition, in HTML."""
    found = dict.fromkeys(_meant(part) for part in rule.conditions)
    said = [headline for headline in found if headline]
    if not said or len(said) < len(found):
        return escape(capital(" and ".join(_condition(part.condition) for part in rule.conditions)))
    return escape("; ".join(said[:_FOUND]) + ("; …" if len(said) > _FOUND else ""))


def _meant(part: ConditionReading) -> str:
    """The headline of a condition's meaning; of an extreme it says so."""
    headline, series = meaning(part).headline, part.reading.series
    if headline and series.transform in (Transform.HIGH, Transform.LOW):
        return f"{headline}: a new {series.n}-session {series.transform.value}"
    return headline


def _condition(condition: Condition) -> str:
    """A condition in words: "my series is above 60", "a new 252-session high of my series"."""
    if condition.operator is Operator.HAPPENS:
        return condition.series.words
    verb = condition.operator.value if condition.operator.momentary else f"is {condition.operator.words}"
    levels = [condition.level] + ([] if condition.upper is None else [condition.upper])
    if condition.series.average is not None:
        return f"{condition.series.of.title} {verb} its {condition.series.average}d average"
    return f"{condition.series.words} {verb} {' to '.join(plain(level) for level in levels)}"


def _headline(kind: Kind, rule: EventRule) -> str:
    what = what_text(rule)
    fired_on = short_day(rule.episode.fired_on) if rule.episode else ""
    if kind is Kind.RESOLVED:
        return f"✔ <b>{_now(rule)}</b>"
    if kind is Kind.EXPIRED:
        return f"⌛ <b>Expired: {what}</b>"
    if kind is Kind.REMINDER and rule.missed:
        return f"⏰ <b>While it was snoozed{f', on {fired_on}' if fired_on else ''}: {what}</b>"
    if kind is Kind.REMINDER:
        return f"⏰ <b>{'Snooze over, still' if rule.snooze_over else 'Still'} true: {what}</b>"
    return f"🔔 <b>{what}</b>"


def _now(rule: EventRule) -> str:
    """Where a rule that has ended stands: "Small above 200d: 58.0 % (Thu 61.2 %)"."""
    if rule.joined:
        return "No longer all true"
    part = rule.conditions[0]
    of, value = part.reading.series.of, part.reading.figure.value
    if value is None:
        return escape(of.named())
    before = before_text(part.reading, levels_of(rule))
    if part.condition.series.transform in DERIVED:
        return f"{escape(capital(derived(part, levels_of(rule, in_unit=False))))}; {_shown(part, rule)}{before}"
    return f"{_shown(part, rule)}{before}"


def _shown(part: ConditionReading, rule: EventRule) -> str:
    of, value = part.reading.series.of, part.reading.figure.value
    assert value is not None
    return f"{escape(of.named(value))}: {escape(of.show_near(value, levels_of(rule)))}"


def _lasted(event: AlertEvent) -> str:
    """How long an episode lasted or has lasted, and how far the value went."""
    rule = event.rule
    assert rule is not None
    if event.kind is Kind.RESOLVED and (rule.episode is None or rule.episode.duration is None):
        began = f"; it began on {short_day(rule.episode.fired_on)}" if rule.episode else ""
        return f"Ended{_back(rule)}{began}."
    if event.kind is Kind.FIRED or rule.episode is None or rule.episode.duration is None:
        return ""
    count = rule.episode.duration
    days = f"{count} day" if count == 1 else f"{count} trading days"
    furthest = _furthest(rule, dated=count > 1)
    if event.kind is Kind.RESOLVED:
        return f"Ended{_back(rule)} after {days}{furthest}."
    over = "; no longer evaluated" if event.kind is Kind.EXPIRED else ""
    return f"For {days}, since {short_day(rule.episode.fired_on)}{furthest}{over}."


def _furthest(rule: EventRule, *, dated: bool) -> str:
    """How far the value of an episode went: " (highest 71.2 on 14 Aug 2025)"; the unit stands beside the level."""
    episode, condition = rule.episode, rule.first
    if episode is None or episode.extreme is None:
        return ""
    series, value = condition.series, episode.extreme.value
    bare = (
        plain(value)
        if series.transform is not Transform.VALUE
        else _unitless(series.of.show_near(value, levels_of(rule)))
    )
    extreme = condition.upper is not None or series.average is not None
    called = "furthest" if extreme else "lowest" if condition.operator.sign < 0 else "highest"
    away = " from its average" if series.average is not None else ""
    on = f" on {short_day(episode.extreme.session)}" if dated else ""
    return f" ({called} {escape(bare)}{away}{on})"


def _unitless(shown: str) -> str:
    return shown.removeprefix("+").split(" ")[0]


def _back(rule: EventRule) -> str:
    """On which side of its level a value is that has resolved a rule: ": back below 60 %"."""
    if rule.joined:
        return ""
    part, condition = rule.conditions[0], rule.first
    if condition.upper is not None:
        return f": back {'outside' if condition.operator is Operator.INSIDE else 'inside'} {target(condition)}"
    side = "above" if condition.operator.sign < 0 else "below"
    if condition.series.average is not None or part.reading.observed is None:
        return f": back {side} {target(condition)}"
    clear = condition if rule.clear is None else replace(condition, level=rule.clear)
    return f": back {'at' if part.reading.observed == clear.level else side} {target(clear)}"


def flips_text(rule: EventRule) -> str:
    """Which signs flipped: of the regime by name, of a rotation quadrant by its two axes."""
    now = [_SIGNS[flip.sign] for flip in rule.flips if flip.holds and flip.sign in _SIGNS]
    gone = [_SIGNS[flip.sign] for flip in rule.flips if not flip.holds and flip.sign in _SIGNS]
    said = [f"New sign: {'; '.join(now)}."] if now else []
    said += [f"Sign lost: {'; '.join(gone)}."] if gone else []
    return escape(" ".join(said)) or _axes(rule)


def _axes(rule: EventRule) -> str:
    """Of a quadrant that changed: whether strength (x) or momentum (y) changed its sign."""
    reading = rule.conditions[0].reading
    value, before = reading.figure.value, reading.before
    if rule.joined or not reading.series.metric.startswith("sectors.quadrant.") or value is None or before is None:
        return ""
    turned = []
    for axis, states in (("relative strength", _STRONG), ("momentum", _GAINING)):
        if (holds := round(value) in states) != (round(before.value) in states):
            turned.append(f"{axis} turned {'positive' if holds else 'negative'}")
    return f"{capital(' and '.join(turned))} (z-scores over 14 weeks)." if turned else ""


@lru_cache(maxsize=1)
def _preset_reasons() -> dict[str, str]:
    return {preset.line: preset.why for pack in packs().values() for preset in pack.presets}


def why_text(rule: EventRule) -> str:
    """Why it matters: of a state what it means, else the preset's reason, else the metric's sentence; "" for none."""
    means = "" if rule.joined else meaning(rule.conditions[0]).means
    reason = _preset_reasons().get(rule.line)
    if reason and not rule.first.series.of.meanings.states:
        return escape(f"{capital(reason)}.")
    return escape(means)


def past_text(rule: EventRule) -> str:
    """How often the rule fired lately, and what came after; "" where there is nothing to say."""
    said = [] if rule.tally is None else [tally_text(rule, rule.tally)]
    one_signal = rule.joined or rule.first.series.transform is not Transform.CHANGED  # changes go any way
    said.append(followed_text(rule.lead) if rule.lead is not None and one_signal else "")
    return " ".join(filter(None, said))


def tally_text(rule: EventRule, tally: FiringTally) -> str:
    """ "4th time in 12 months; fell back through 60 % twice in the last 21 sessions."."""
    if tally.times == 1 and tally.last is None and tally.since is not None:
        return ""
    if tally.times == 1:
        text = "First time in 12 months" if tally.last is None else f"First time since {short_day(tally.last)}"
    else:
        over = "in 12 months" if tally.since is None else f"since {short_day(tally.since)}"
        text = f"{ordinal(tally.times)} time {over}"
        text += f", {ordinal(tally.recent)} in {RECENT} sessions" if tally.recent > OFTEN else ""
    if tally.back:
        verb = "fell back below" if way(rule.conditions[0]) > 0 else "rose back above"
        text += f"; {verb} {target(rule.first)} {_TIMES.get(tally.back, f'{tally.back} times')} in {RECENT} sessions"
    return f"{text}."


def followed_text(lead: LeadAfterFirings) -> str:
    """ "Small caps led by 1.2 pp 63 sessions after 9 earlier ones (all days −0.4)."; "" where they are too few."""
    if lead.n < FEWEST or lead.median is None or lead.all_days is None:
        return ""
    led = "led" if lead.median >= 0 else "trailed"
    after = f"Small caps {led} by {number(abs(lead.median), 1)} pp {lead.horizon} sessions after {lead.n} earlier ones"
    return f"{after} (median; all days {number(lead.all_days, 1, sign=True)})."


def _footer(event: AlertEvent) -> str:
    """Session, coverage and source of every condition, each once."""
    rule = event.rule
    assert rule is not None
    readings = [part.reading for part in rule.conditions]
    counted = [_counted(reading) for reading in readings]
    said = dict.fromkeys(who for who, _ in counted if who)
    sources = dict.fromkeys(part for _, provenance in counted for part in provenance.split(", ") if part)
    shown_on = rule.episode.fired_on if rule.missed and rule.episode else readings[0].figure.session
    return " · ".join(filter(None, (day(shown_on), *said, ", ".join(sources))))


@lru_cache(maxsize=4096)
def _counted(reading: Reading) -> tuple[str, str]:
    """Who was counted, and the source with its notes; the same for all rules of a series."""
    figure = reading.figure
    counted = counted_over(reading.series.of, figure.eligible, figure.members)
    return escape(counted), escape(figure.provenance)


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
