"""What is said of a chat's rules: how to set one; a rule set, refused, changed or deleted; the list. Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from alerts.metrics.catalog import minus
from alerts.rules.check import RuleError
from alerts.rules.condition import typed_number
from alerts.rules.evaluate import Watch
from alerts.rules.grammar import GrammarError
from alerts.rules.reading import Reading
from alerts.rules.rule import Rule
from alerts.rules.series import Series, Transform
from alerts.rules.state import Phase
from bot.formatting import beside_text, capital, counted_over, day, short_day, since
from bot.messages.buttons import Buttons, previews

#: Ready-made alerts that can be set by a button: the line, and one line of why.
STARTERS = (
    ("small above 200d crosses above 60", "most small caps are in an uptrend"),
    ("small above 200d crosses below 40", "and when they no longer are"),
    ("iwm/spy crosses above its 200d average", "small caps turn against large ones"),
    ("valuation discount profitable < -25", "small caps are a quarter cheaper"),
)

# Notes at a button, plain text.
GONE = "That alert is not there any more."
DELETED_ALREADY = "That alert is deleted already."
DRAFT_GONE = "That line is gone: send it again."
MESSAGE_GONE = "That message is gone; /history has what happened."


def how_to_set() -> str:
    """How to set a threshold, with lines to start from."""
    lines = ["<b>Set a threshold</b>", "Send a line such as", "<code>/alert small above 200d crosses above 60</code>"]
    lines += ["", "and see what it would have done; or look at one of these:"]
    lines += [f"{at}. <code>{escape(line)}</code> – {escape(why)}" for at, (line, why) in enumerate(STARTERS, start=1)]
    return "\n".join([*lines, "", "Every name that works: /metrics"])


def starter_buttons() -> Buttons:
    """A button for each of them, and one for the packs."""
    rows = [[(f"{at}. {line}", previews(line))] for at, (line, _) in enumerate(STARTERS, start=1)]
    return [*rows, [("Packs of alerts", "presets")]]


def now_text(rule: Rule, now: Sequence[Reading] | None) -> str:
    """Where the series of each condition stands, and which series is meant; plain text. `now`: None without figures."""
    told = [None] * len(rule.conditions) if now is None else now
    return "\n".join(_now(condition.series, one) for condition, one in zip(rule.conditions, told, strict=True))


def _now(series: Series, told: Reading | None) -> str:
    of = series.of
    made = told is None or series.transform not in (Transform.VALUE, Transform.GAP)
    meant = f"Watched: {series.words}. " if made else ""
    if told is None:
        return meant.strip()
    figure = told.figure
    if figure.value is None:
        return f"{meant}{capital(of.title)} on {short_day(figure.session)}: missing: {figure.reason}"
    text = f"{capital(of.title)}: {of.show(figure.value)} on {short_day(figure.session)}"
    counted = [part for part in (counted_over(of, figure.eligible, figure.members), figure.provenance) if part]
    text += f" ({', '.join(counted)})"
    beside = beside_text(of, told.beside)
    return meant + text + _transformed(series, told) + "." + (f" Beside it: {beside}." if beside else "")


def _transformed(series: Series, told: Reading) -> str:
    """The value of the transform: an average, a percentile, a change …"""
    match series.transform:
        case Transform.GAP:
            level = "needs more sessions of history" if told.average is None else f"is {series.of.show(told.average)}"
            return f"; its {series.n}d average {level}"
        case Transform.PERCENTILE | Transform.ZSCORE | Transform.CHANGE | Transform.AVERAGE:
            value = "missing" if told.observed is None else typed_number(round(told.observed, 4))
            return f"; {series.words}: {value}"
    return ""


def rule_set(
    watch: Watch, now: Sequence[Reading] | None, *, there_already: bool, subscribed_now: bool, ended: date | None = None
) -> str:  # fmt: skip
    """A rule was set. `now`: where its series stand. `there_already`: the chat had it before. `ended`: since when the
    rule that it replaces had been firing."""
    lines = [f"Alert {watch.number} is set: <code>{escape(watch.rule.line)}</code>"]
    if stands := now_text(watch.rule, now):
        lines.append(escape(stands))
    match watch.state.phase:
        case Phase.FIRING | Phase.RECOVERING:
            state = watch.state
            began = f" {since(state.since, at_least=state.at_least)}" if state.since else ""
            lines.append(
                f"That is true already{began}. Shall I tell you of it now, or wait until it has cleared and comes true "
                "again?"
            )
        case Phase.SPENT | Phase.BEYOND:
            beyond, back = ("below", "above") if watch.rule.first.operator.sign < 0 else ("above", "below")
            first, clear = watch.rule.first, watch.rule.clear
            average = first.series.transform is Transform.GAP
            level = "its average" if average else typed_number(first.level if clear is None else clear)
            lines.append(
                f"It is already {beyond}; you are told at the next crossing, once it has been at or {back} {level}."
            )
        case Phase.PENDING:
            lines.append(f"True now, but not yet for {watch.rule.hold} sessions.")
    if ended is not None:
        lines.append(f"What it said before, true since {short_day(ended)}, ends with this: changed while firing.")
    if there_already:
        lines.append(f"You had that one already, as number {watch.number}; it is not set twice.")
    if subscribed_now:
        lines.append("You are subscribed now: /unsubscribe ends that.")
    return "\n".join(lines)


def cleared(watch: Watch, *, there_already: bool) -> str:
    """A rule was given a clear level."""
    if there_already:
        return f"You have that already: #{watch.number} <code>{escape(watch.rule.line)}</code>"
    assert watch.rule.clear is not None
    side = "above" if watch.rule.first.operator.sign < 0 else "below"
    level = typed_number(watch.rule.clear)
    return (
        f"#{watch.number} is now <code>{escape(watch.rule.line)}</code>\n"
        f"After it has fired it stays quiet until the value has been {side} {minus(level)}."
    )


def set_buttons(rule: int, *, undecided: bool) -> Buttons:
    """Under that message; `undecided`: the rule is true already, and the chat chooses whether to be told now."""
    last = [("Edit", f"edit:{rule}"), ("Delete", f"delete:{rule}"), ("All alerts", "alerts")]
    if undecided:
        return [[("Alert now", f"now:{rule}"), ("Wait until it has cleared", f"wait:{rule}")], last]
    return [last]


def not_set() -> str:
    """A preview was cancelled."""
    return "Nothing was set."


def rule_refused(error: GrammarError | RuleError) -> str:
    """A line is not a rule: what is wrong with it, what may have been meant, and a line that works."""
    lines = [escape(error.problem)]
    if isinstance(error, GrammarError) and error.suggestions:
        lines.append("Did you mean " + " or ".join(f"<code>{escape(name)}</code>" for name in error.suggestions) + "?")
    lines.append(f"This works: <code>/alert {escape(error.example)}</code>")
    return "\n".join(lines)


def too_many(limit: int) -> str:
    """The chat has as many rules as it may keep."""
    return f"You have {limit} alerts, which is as many as one chat may keep. Delete one first: /alerts"


def no_such_alert(command: str, number: str) -> str:
    """The number given is not that of an alert of the chat, or none was given."""
    if not number:
        return f"Which one? Say its number, for example /{command} 1. /alerts lists the numbers"
    return f"You have no alert {escape(number[:20])}. /alerts lists the numbers"


def chart_caption(watch: Watch, words: str, session: date, drawn_since: date | None) -> str:
    """The caption of a rule's chart, which begins on the session `drawn_since`."""
    lines = [f"<b>Alert {watch.number}</b>, {day(session)}", escape(words)]
    if drawn_since is not None:
        lines.append(f"Rings: the sessions since {short_day(drawn_since)} on which it would have fired.")
    return "\n".join(lines)
