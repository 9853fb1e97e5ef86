"""A chat's alerts: the list, a page at a time, one of them opened, deleting and sharing. Telegram HTML."""

from __future__ import annotations

from html import escape

from alerts.metrics.symbols import owner_of
from alerts.rules.condition import Operator
from alerts.rules.evaluate import Watch
from alerts.rules.reading import ConditionReading
from alerts.rules.series import Transform
from alerts.rules.state import Phase
from bot.formatting import capital, short_day, since
from bot.messages.buttons import Buttons
from bot.messages.happened import plain
from bot.reports.rule_status import PAGE, ChatRule, ChatRules
from storage.events import StoredEvent
from storage.snoozes import Snooze

Row = list[tuple[str, str]]
_LINE = 90  # characters of a line in the list, at most
_IN_A_ROW = 5  # buttons
_SIGNS = {
    Phase.FIRING: "🔔",
    Phase.RECOVERING: "🔔",
    Phase.PENDING: "⏳",
    Phase.DISARMED: "✔",
    Phase.EXPIRED: "⌛",
}
CANNOT_UNDO = "That cannot be brought back: it is back already, or you have as many alerts as a chat may keep."


def list_text(found: ChatRules) -> str:
    """A row an alert: state sign, number, line, how far its value is from its level."""
    if not found.count:
        return "You have set no alerts yet."
    pages = -(-found.count // PAGE)
    head = f"<b>Your alerts</b>, {found.count}" + (f", page {found.page} of {pages}" if pages > 1 else "")
    if found.session is not None:
        head += f" · {short_day(found.session)}"
    lines = [
        head,
        *(_row(one) for one in found.rules),
        "",
        "A number opens it. 🔔 is true, ⏳ true for too short yet, · not true.",
    ]
    if not found.wishes.subscribed:
        lines.append("You are not subscribed, so you hear nothing of them: /subscribe")
    elif found.wishes.muted:
        until = found.wishes.muted_until
        lines.append(f"You have muted them all{f' until {short_day(until.date())}' if until else ''}: /unmute")
    elif found.wishes.quiet:
        lines.append(f"Quiet hours: {escape(found.wishes.quiet.line)}. /quiet changes them.")
    return "\n".join(lines)


def list_buttons(found: ChatRules) -> Buttons:
    """A number a row of the list, the pages, and what makes another alert."""
    if not found.count:
        return [[("New alert", "begin"), ("Packs of alerts", "presets")]]
    numbers = [(f"{_sign(one)} {one.watch.number}", f"open:{one.watch.id}") for one in found.rules]
    rows: list[Row] = [numbers[at : at + _IN_A_ROW] for at in range(0, len(numbers), _IN_A_ROW)]
    turn = [("‹ Page", f"mine:{found.page - 1}")] if found.page > 1 else []
    turn += [("Page ›", f"mine:{found.page + 1}")] if found.page * PAGE < found.count else []
    mute = ("Unmute", "unmute") if found.wishes.muted else ("Mute all…", "mute")
    return [*rows, *([turn] if turn else []), [("New alert", "begin"), mute, ("History", "history")]]


def one_text(one: ChatRule, ended: StoredEvent | None = None) -> str:
    """One alert with where it stands. `ended`: what ended while it was snoozed, which is over now."""
    lines = [f"<b>Alert {one.watch.number}</b> {_sign(one)}", f"<code>{escape(one.watch.rule.line)}</code>"]
    lines.append(capital(f"{_where(one.watch)}{_snoozed(one.snooze)}"))
    if far := distance(one):
        lines.append(escape(far))
    if ended is not None and ended.event.rule is not None and ended.event.rule.episode is not None:
        began = short_day(ended.event.rule.episode.fired_on)
        lines.append(f"While it was silent, what began on {began} ended on {short_day(ended.session)}.")
    return "\n".join(lines)


def one_buttons(one: ChatRule) -> Buttons:
    """All that can be done with it."""
    at = one.watch.id
    quiet: Row = [("Resume", f"resume:{at}")] if one.snooze else [("Pause", f"pause:{at}"), ("Snooze…", f"snooze:{at}")]
    return [
        [("Chart", f"chart:{at}"), ("Why", f"why:{at}"), ("Edit", f"edit:{at}")],
        [*quiet, ("Share", f"share:{at}"), ("Delete", f"delete:{at}")],
        [("‹ All alerts", "mine:1")],
    ]


def distance(one: ChatRule) -> str:
    """How far the value is from the level: "64.3 %, 4.3 pp above 60 %"; "" where nothing can be said. Plain text."""
    if one.readings is None:
        return ""
    if one.watch.rule.joined:
        holding = sum(part.holds is True for part in one.readings)
        return f"{holding} of {len(one.readings)} conditions hold"
    return _distance(one.readings[0])


def _distance(part: ConditionReading) -> str:
    condition, series, observed = part.condition, part.condition.series, part.reading.observed
    value = part.reading.figure.value
    if condition.operator is Operator.HAPPENS or series.of.labels:
        return "" if value is None or series.of.unit == "event" else series.of.show(value)
    if value is None or observed is None:
        return "no value today"
    shown = series.of.show_near(value, [condition.level] if series.transform is Transform.VALUE else [])
    if series.transform is Transform.GAP:
        return f"{shown}, {_size(part, observed)} {'above' if observed >= 0 else 'below'} its {series.n}d average"
    level = condition.level
    if condition.upper is not None and observed > (level + condition.upper) / 2:
        level = condition.upper
    side = "above" if observed > level else "below" if observed < level else "at"
    if series.transform is Transform.VALUE:
        target = series.of.show_level(level)
        return f"{shown}, at {target}" if side == "at" else f"{shown}, {_size(part, observed - level)} {side} {target}"
    return f"{plain(observed, [level])}, {plain(abs(observed - level))} {side} {plain(level)}"


def _size(part: ConditionReading, difference: float) -> str:
    of = part.reading.series.of
    text = of.show_change(abs(difference)).lstrip("+")
    return text if any(digit in "123456789" for digit in text) else plain(abs(difference))


def _row(one: ChatRule) -> str:
    line = one.watch.rule.line
    shown = line if len(line) <= _LINE else line[: _LINE - 1] + "…"
    phase = one.watch.state.phase
    told = [_where(one.watch)] if phase in _SIGNS else []
    told += [far] if (far := distance(one)) else []
    stands = escape("; ".join(told)) + _snoozed(one.snooze)
    return f"{_sign(one)} {one.watch.number}. <code>{escape(shown)}</code>" + (f" – {stands}" if stands else "")


def _sign(one: ChatRule) -> str:
    if one.snooze is not None:
        return "⏸" if one.snooze.paused else "💤"
    return _SIGNS.get(one.watch.state.phase, "·")


def _snoozed(snooze: Snooze | None) -> str:
    if snooze is None:
        return ""
    if snooze.paused:
        return ", paused"
    return f", snoozed {f'through {short_day(snooze.through)}' if snooze.through else 'until it resolves'}"


def _where(watch: Watch) -> str:
    state = watch.state
    began = f" {since(state.since, at_least=state.at_least)}" if state.since else ""
    match watch.state.phase:
        case Phase.FIRING:
            return f"true{began}" if state.announced else f"true{began}, already true when set"
        case Phase.RECOVERING:
            return f"true{began}, clearing"
        case Phase.EXPIRED:
            return "expired"
        case Phase.PENDING:
            return f"true{began}, waiting for {watch.rule.hold} sessions in a row"
        case Phase.DISARMED:
            return f"fired{f' on {short_day(state.since)}' if state.since else ''} (once)"
        case Phase.NEW:
            return "waiting for a first figure"
        case Phase.SPENT | Phase.BEYOND:
            return "crossed, waits until the value has come back"
    return "waiting"


def deleted_text(watch: Watch) -> str:
    """An alert was deleted."""
    return f"Alert {watch.number} is deleted: <code>{escape(watch.rule.line)}</code>"


def deleted_buttons(rule: int) -> Buttons:
    """Under it: what brings it back, for as long as the message stands."""
    return [[("Undo", f"undo:{rule}"), ("All alerts", "alerts")]]


def restored_text(watch: Watch) -> str:
    """A deleted alert is back."""
    return f"Alert {watch.number} is back: <code>{escape(watch.rule.line)}</code>\n{capital(_where(watch))}."


def shared_text(watch: Watch, link: str) -> str:
    """A link that previews the alert for whoever opens it; what is the chat's own is known only to it."""
    if any(owner_of(condition.series.metric) is not None for condition in watch.rule.conditions):
        return (
            f"<b>Alert {watch.number}</b> watches what is this chat's own: nobody else sees that, so a link would lead "
            f"nowhere. The line is <code>{escape(watch.rule.line)}</code>"
        )
    return (
        f"<b>Share alert {watch.number}</b>\n<code>{escape(watch.rule.line)}</code>\n\n{escape(link)}\n\n"
        "Whoever opens this sees what it would have done, and can set it with a tap. Nothing of this chat is in it."
    )


def bad_link() -> str:
    """A link that leads to no alert."""
    return "That link leads to no alert; it may have been cut. Ask for a new one, or begin your own:"
