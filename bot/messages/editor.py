"""The editor: one message in which a rule is made or changed by taps. Telegram HTML, and the buttons under it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html import escape

from alerts.metrics.catalog import Metric, families, metric, minus
from alerts.metrics.symbols import without_owner
from alerts.rules.condition import typed_number
from alerts.rules.directions import Direction, at_level, cleared_at, leveled, possible
from alerts.rules.levels import Steps
from alerts.rules.rule import Repeat, Rule
from alerts.rules.series import typed_name
from bot.formatting import capital, ordinal, short_day
from bot.messages.buttons import Buttons
from bot.messages.preview import preview_lines
from bot.reports.editor import Edited
from bot.reports.summary import FigureReading

Row = list[tuple[str, str]]
PAGE = 8  # metrics on one page
CAPTION = 1024  # characters of a picture's text
SO_ALREADY = "It stands so already."  # a note at a button
DONE_WITH = "That one is done with. /alert begins a new one."  # a note at a button
_HOLDS = (1, 3, 5, 10)
_REMINDERS = (5, 21)
_ENDS = ((30, "1 month"), (91, "3 months"), (365, "1 year"))
_OFTEN = ("monthly", "quarterly", "yearly")
_TICK = "✓ "
_WAYS = {
    Direction.RISES: "Rises through a level",
    Direction.FALLS: "Falls through a level",
    Direction.IS_ABOVE: "Is above a level",
    Direction.IS_BELOW: "Is below a level",
    Direction.CROSSES: "Crosses a level, either way",
    Direction.NEW_HIGH: "New 52-week high",
    Direction.NEW_LOW: "New 52-week low",
    Direction.ABOVE_AVERAGE: "Rises above its 200d average",
    Direction.BELOW_AVERAGE: "Falls below its 200d average",
    Direction.HIGH_PERCENTILE: "High for the last year",
    Direction.LOW_PERCENTILE: "Low for the last year",
    Direction.CHANGES: "Changes",
    Direction.HAPPENS: "When it happens",
}
_WAYS_OF_STATES = {Direction.RISES: "Reaches a state, or higher", Direction.FALLS: "Reaches a state, or lower"}


@dataclass(frozen=True)
class Draft:
    """What stands in an editor. identity: the draft's id; number and line: of the alert that is being changed."""

    identity: int
    number: int | None = None
    line: str | None = None

    @property
    def heading(self) -> str:
        if self.number is None:
            return "<b>New alert</b>, not set yet"
        return f"<b>Alert {self.number}</b>, change not saved yet"


def families_step() -> str:
    """What may be watched."""
    return "<b>New alert</b>\nWhat shall I watch? Choose a family; five taps set an alert."


def families_buttons(held: Sequence[str]) -> Buttons:
    """A button a family; and the ways that need no choosing."""
    names = [(families()[name].title, f"listed:{name}:1") for name in held]
    rows = [names[at : at + 2] for at in range(0, len(names), 2)]
    return [*rows, [("Packs of alerts", "presets"), ("Type a line", "howto")]]


def metrics_step(family: str, page: int, pages: int) -> str:
    """Which figure of a family."""
    text = f"<b>New alert</b> · {escape(families()[family].title)}\nWhich figure?"
    return text + (f" Page {page} of {pages}." if pages > 1 else "")


def pages_of(count: int) -> int:
    """How many pages so many metrics fill."""
    return max(1, -(-count // PAGE))


def metrics_buttons(family: str, identities: Sequence[str], page: int) -> Buttons:
    """A button a metric of the page, and those that turn it."""
    pages = pages_of(len(identities))
    shown = identities[(page - 1) * PAGE : page * PAGE]
    rows = [[(_on_button(metric(identity)), f"pick:{without_owner(identity)}")] for identity in shown]
    turn = [("‹ Page", f"listed:{family}:{page - 1}")] if page > 1 else []
    turn += [("Page ›", f"listed:{family}:{page + 1}")] if page < pages else []
    return [*rows, *([turn] if turn else []), [("‹ Families", "editor")]]


def _on_button(of: Metric) -> str:
    """The name to type, as one reads it: "Small above 200d", "RSP/SPY"."""
    return re.sub(
        r"\b[a-z0-9]+/[a-z0-9]+\b", lambda pair: pair[0].upper(), capital(typed_name(of)), flags=re.IGNORECASE
    )


def directions_step(of: Metric, entry: FigureReading | None) -> str:
    """What is to happen to a metric."""
    lines = ["<b>New alert</b>", f"<b>{escape(capital(of.title))}</b>"]
    if of.about:
        lines.append(escape(of.about))
    if entry is not None and entry.figure.value is not None:
        figure = entry.figure
        lines.append(
            f"Now {escape(of.show(entry.figure.value))} ({short_day(figure.session)}, {escape(figure.source)})"
        )
    return "\n".join([*lines, "", "When shall I tell you?"])


def directions_buttons(of: Metric, ways: Sequence[Direction]) -> Buttons:
    """A button a direction."""
    words = _WAYS | (_WAYS_OF_STATES if of.unit == "state" else {})
    named = [(words[way], f"way:{way.value}:{without_owner(of.id)}") for way in ways]
    rows = [named[at : at + 2] for at in range(0, len(named), 2)]
    return [*rows, [(f"‹ {families()[of.family].title}", f"listed:{of.family}:1")]]


def cannot_watch(of: Metric) -> str:
    """A metric for which no direction has history enough."""
    return f"There is not enough history of {escape(of.title)} yet to set an alert on it."


def level_step(draft: Draft, edited: Edited) -> str:
    """The rule as it stands, what it would have done, and how to type it instead."""
    rule = edited.rule
    lines = [draft.heading, f"<code>{escape(rule.line)}</code>"]
    if draft.line is not None and draft.line != rule.line:
        lines.append(f"instead of <code>{escape(draft.line)}</code>")
    found = edited.preview
    lines += preview_lines(rule, found.tried, now=found.now, same=None if found.same == draft.number else found.same)
    if draft.number is not None:
        lines += ["", f"Or send <code>/edit {draft.number} {escape(rule.line)}</code> with words of your own."]
    elif not leveled(rule) and (rule.joined or rule.ranged):
        lines += ["", f"Levels of this one are typed: <code>/alert {escape(rule.line)}</code>"]
    return shortened(lines)


def shortened(lines: Sequence[str], limit: int = CAPTION - 40) -> str:
    """The lines, without the last ones where they are too long for a picture's text; no markup spans lines."""
    out, length = [], 0
    for line in lines:
        length += len(line) + 1
        if length > limit:
            break
        out.append(line)
    return "\n".join(out).rstrip()


def level_buttons(draft: Draft, edited: Edited) -> Buttons:
    """Levels to tap, then what ends the editing."""
    rule, at = edited.rule, draft.identity
    rows: list[Row] = []
    if edited.steps is not None:
        labels = rule.first.series.of.labels
        if labels:
            named = [(_chosen(text, rule.first.level == state), state) for state, text in labels.items()]
            rows.append([(text, f"level:{at}:{state}") for text, state in named if at_level(rule, float(state))])
        else:
            rows.append(_moves(rule, edited.steps, at))
            rows += _chips(rule, edited, at)
    if edited.preview.tried.clear is not None:
        clear = typed_number(edited.preview.tried.clear)
        rows.append([(f"Fires often: add clear {minus(clear)}", f"calm:{at}:{clear}")])
    last: Row = [("Save", f"commit:{at}"), ("More…", f"options:{at}")]
    if draft.number is None and not rule.joined:
        last.append(("‹ Back", f"pick:{without_owner(rule.first.series.metric)}"))
    return [*[row for row in rows if row], last, [("Cancel", f"leave:{at}")]]


def _moves(rule: Rule, steps: Steps, at: int) -> Row:
    """−− − + ++, each with the level it leads to."""
    row: Row = []
    for sign, count, large in (("−−", -1, True), ("−", -1, False), ("+", 1, False), ("++", 1, True)):
        level = steps.moved(rule.first.level, count, large=large)
        if at_level(rule, level) is not None:
            shown = f"({_number(level)})" if level < 0 else _number(level)  # "− −4" would read as one sign
            row.append((f"{sign} {shown}", f"level:{at}:{typed_number(level)}"))
    return row


def _chips(rule: Rule, edited: Edited, at: int) -> list[Row]:
    """Levels that stand out: one row of where the value stands, one of how often the rule would fire."""
    chips, now = edited.chips, rule.first.level
    named = [] if chips.now is None else [("now", chips.now)]
    named += [(ordinal(percentile), level) for percentile, level in chips.percentiles]
    often = [(words, level) for words, level in zip(_OFTEN, chips.often, strict=False) if level is not None]
    return [
        [
            (_chosen(f"{words} {_number(level)}", level == now), f"level:{at}:{typed_number(level)}")
            for words, level in row
        ]
        for row in (named[:3], named[3:], often)
        if row
    ]


def _number(level: float) -> str:
    return minus(typed_number(level))


def _chosen(text: str, chosen: bool) -> str:
    return _TICK + text if chosen else text


def options_step(draft: Draft, edited: Edited) -> str:
    """The rule with what its options mean."""
    rule = edited.rule
    lines = [draft.heading, f"<code>{escape(rule.line)}</code>", ""]
    if not rule.momentary:
        lines.append("<b>For</b>: how many sessions in a row it must be true before I tell you.")
    if _clear_rows(draft, edited):
        lines.append("<b>Clear</b>: the level it must come back to before it can fire again.")
    lines.append("<b>Repeat</b>: every time, only once, or again while it stays true.")
    lines.append("<b>Until</b>: the last day it is for.")
    lines += preview_lines(rule, edited.preview.tried, now=None, same=None)
    return shortened(lines)


def options_buttons(draft: Draft, edited: Edited, today: date) -> Buttons:
    """A row an option; what the rule cannot have is left out."""
    rule, at = edited.rule, draft.identity
    holds = [
        (_chosen(f"for {days} days" if days > 1 else "at once", rule.hold == days), f"hold:{at}:{days}")
        for days in _HOLDS
        if possible(replace(rule, hold=days))
    ]
    repeats: Row = [
        (_chosen("every time", rule.repeat is Repeat.EVERY_TIME and not rule.remind), f"repeat:{at}:every"),
        (_chosen("once", rule.repeat is Repeat.ONCE), f"repeat:{at}:once"),
    ]
    repeats += [
        (_chosen(f"remind every {days} days", rule.remind == days), f"repeat:{at}:{days}")
        for days in _REMINDERS
        if possible(replace(rule, remind=days, repeat=Repeat.EVERY_TIME))
    ]
    ends = [(_chosen("no end", rule.until is None), f"until:{at}:none")]
    for days, words in _ENDS:
        last = today + timedelta(days=days)
        ends.append((_chosen(words, rule.until == last), f"until:{at}:{last.isoformat()}"))
    rows = [holds if len(holds) > 1 else [], *_clear_rows(draft, edited), repeats[:2], repeats[2:], ends]
    return [*[row for row in rows if row], [("‹ Level", f"levels:{at}"), ("Save", f"commit:{at}")]]


def _clear_rows(draft: Draft, edited: Edited) -> list[Row]:
    """The clear level: to add one, or to move and remove it."""
    rule, steps, at = edited.rule, edited.steps, draft.identity
    if steps is None or not rule.first.operator.sign:
        return []
    if rule.clear is None:
        far = edited.clear if edited.clear is not None else _beside(rule, steps)
        if cleared_at(rule, far) is None:
            return []
        why = " (fires least)" if edited.clear is not None else ""
        return [[(f"Add clear {_number(far)}{why}", f"clear:{at}:{typed_number(far)}")]]
    row: Row = []
    for sign, count, large in (("−−", -1, True), ("−", -1, False), ("+", 1, False), ("++", 1, True)):
        level = steps.moved(rule.clear, count, large=large)
        if cleared_at(rule, level) is not None:
            row.append((f"{sign} clear {_number(level)}", f"clear:{at}:{typed_number(level)}"))
    return [row[:2], row[2:], [("No clear level", f"clear:{at}:none")]]


def _beside(rule: Rule, steps: Steps) -> float:
    """A large step back from the level."""
    return steps.moved(rule.first.level, -1 if rule.first.operator.sign > 0 else 1, large=True)


def left(draft: Draft) -> str:
    """The editor was left without saving."""
    return "Nothing was set." if draft.number is None else f"Alert {draft.number} stays as it is."
