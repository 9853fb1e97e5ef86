"""/history: what alerts said, and what they would have said."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from alerts.rules.event import EventStatus
from alerts.rules.state import Kind
from bot.formatting import capital, counted_over, short_day
from storage.events import StoredEvent

SHOWN = 25
_SIGNS = {
    Kind.FIRED: "🔔",
    Kind.REMINDER: "⏰",
    Kind.RESOLVED: "✔",
    Kind.EXPIRED: "⌛",
    Kind.NO_DATA: "–",
    Kind.DATA_BACK: "–",
}
_STATUS = {
    EventStatus.MUTED: "not told: muted",
    EventStatus.MUTED_BEFORE: "not told: muted",
    EventStatus.SNOOZED: "not told: snoozed or paused",
    EventStatus.NOT_SUBSCRIBED: "not told: not subscribed",
    EventStatus.NOT_ANNOUNCED: "not told: you had not heard of it",
    EventStatus.HELD: "told after quiet hours",
}


def history_text(found: Sequence[StoredEvent], number: int | None = None) -> str:
    """A line an event, newest first, with the day of the session and the value on it."""
    of = f"alert {number}" if number is not None else "your alerts"
    if not found:
        return f"Nothing has happened to {of} yet."
    lines = [f"<b>What happened to {of}</b>", *(_line(event) for event in found)]
    if len(found) == SHOWN:
        lines.append(f"<i>The last {SHOWN}.</i>")
    return "\n".join(lines)


def _line(stored: StoredEvent) -> str:
    event, rule, figure = stored.event, stored.event.rule, stored.event.reading.figure
    of = event.reading.series.of
    kind = "still true" if event.kind is Kind.REMINDER else event.kind.value
    who = escape(capital(event.reading.series.words)) if rule is None else f"alert {rule.number}"
    line = "" if rule is None else f" <code>{escape(rule.line)}</code>"
    text = f"{_SIGNS[event.kind]} {short_day(event.session)} · {who} {kind}{line}"
    if figure.value is not None and not (rule and rule.joined):
        counted = counted_over(of, figure.eligible, figure.members)
        text += f": {escape(of.show(figure.value))}" + (f" ({counted})" if counted else "")
    if rule and rule.changed:
        text += ", changed while firing"
    if rule and rule.missed and rule.episode:
        text += f", fired on {short_day(rule.episode.fired_on)}"
    if status := _STATUS.get(stored.status):
        text += f" · <i>{status}</i>"
    return text
