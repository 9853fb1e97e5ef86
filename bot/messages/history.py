"""/history: what alerts said, and what they would have said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from alerts.metrics.catalog import metric
from bot.formatting import capital, counted_over, short_day
from storage.events import Event

SHOWN = 25
_SIGNS = {"fired": "🔔", "reminder": "🔁", "resolved": "✅", "expired": "⌛", "no data": "–", "data back": "–"}
_WHY_NOT = {
    "muted": "not told: muted",
    "muted before": "not told: muted",
    "snoozed": "not told: snoozed",
    "not subscribed": "not told: not subscribed",
    "not announced": "not told: you had not heard of it",
    "held": "told after quiet hours",
}


def history_text(found: Sequence[Event], number: int | None = None) -> str:
    """A line an event, newest first, with the day of the session and the value on it."""
    of = f"alert {number}" if number is not None else "your alerts"
    if not found:
        return f"Nothing has happened to {of} yet."
    lines = [f"<b>What happened to {of}</b>", *(_line(event) for event in found)]
    if len(found) == SHOWN:
        lines.append(f"<i>The last {SHOWN}.</i>")
    return "\n".join(lines)


def _line(event: Event) -> str:
    told, of = event.told, metric(event.told["metric"])
    kind = event.kind if event.kind != "reminder" else "still true"
    who = f"alert {told['number']}" if "number" in told else escape(capital(told["words"]))
    line = f" <code>{escape(told['line'])}</code>" if "line" in told else ""
    text = f"{_SIGNS[event.kind]} {short_day(event.session)} · {who} {kind}{line}"
    if told.get("value") is not None and "conditions" not in told:
        counted = counted_over(of, told["eligible"], told["members"])
        text += f": {escape(of.show(told['value']))}" + (f" ({counted})" if counted else "")
    if told.get("missed"):
        text += f", fired on {short_day(date.fromisoformat(told['fired_on']))}"
    if reason := _WHY_NOT.get(event.said or ""):
        text += f" · <i>{reason}</i>"
    return text
