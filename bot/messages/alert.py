"""What a chat is told of its rules: a pure function of recorded events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from alerts.metrics.catalog import Metric, metric
from bot.messages.words import capital, counted_over, day, short_day, standing

TEXT_LIMIT = 4096
#: Room for the line that says that a message may come twice, and for entities that count longer than they read.
_ROOM = TEXT_LIMIT - 200
MAYBE_REPEAT = "<i>This may be a repeat: the answer to a first attempt was lost.</i>\n\n"


def alert_texts(session: date, told: Sequence[Mapping[str, Any]]) -> list[str]:
    """One message a session, however many rules moved; in parts where it would be too long, never cut inside one."""
    late = any(entry["late"] for entry in told)
    head = f"🔔 <b>{day(session)}</b>" + (" · comes late, the session was missed" if late else "")
    parts, current = [], head
    for entry in sorted(told, key=lambda entry: (entry["kind"] != "fired", entry.get("number", 0))):
        text = _event(entry)
        if len(current) + len(text) + 2 > _ROOM:
            parts.append(current)
            current = f"🔔 <b>{day(session)}</b>, continued"
        current += "\n\n" + text
    return [*parts, current]


def _event(told: Mapping[str, Any]) -> str:
    of = metric(told["metric"])
    if told["kind"] in ("no data", "data back"):
        return _of_data(told, of)
    lines = [_headline(told, of)]
    if "conditions" in told:
        lines += [_part(part) for part in told["conditions"]]
    elif told["value"] is not None:
        lines += [_values(told, of), f"{standing(told['percentile'], told['count'])} · {_counted(told, of)}"]
    lines.append(f"Alert {told['number']}: <code>{escape(told['line'])}</code>")
    return "\n".join(lines)


def _of_data(told: Mapping[str, Any], of: Metric) -> str:
    what = escape(capital(told["words"]))
    if told["kind"] == "data back":
        return f"<b>{what}</b> has data again: {escape(of.show(told['value']))}"
    reason = escape(told["reason"] or "not defined")
    return f"<b>{what}</b> has had no data for three sessions ({reason}); its alerts wait."


def _headline(told: Mapping[str, Any], of: Metric) -> str:
    what = _what(told, of)
    if told["kind"] == "fired":
        return f"<b>{what}</b>"
    since = f" since {short_day(date.fromisoformat(told['fired_on']))}" if told["fired_on"] else ""
    if told["kind"] == "reminder":
        return f"<b>Still: {what}</b>{since}"
    if told["kind"] == "expired":
        return f"⌛ <b>Its last day is over: {what}</b> (was{since}); it is not watched any more"
    if "conditions" in told:
        return f"✅ <b>No longer: {what}</b> (was{since})"
    return f"✅ <b>{_subject(told, of)} is no longer {_standing_words(told)} {_target(told, of)}</b> (was{since})"


def _what(told: Mapping[str, Any], of: Metric) -> str:
    if "conditions" in told:
        return " and ".join(escape(part["line"]) for part in told["conditions"])
    if told["operator"] == "happens":
        return escape(capital(told["words"]))
    if told["operator"].startswith("crosses"):
        return f"{_subject(told, of)} crossed {_side(told)} {_target(told, of)}"
    return f"{_subject(told, of)} is {_standing_words(told)} {_target(told, of)}"


def _subject(told: Mapping[str, Any], of: Metric) -> str:
    plain = told["average"] is not None or told.get("transform", "value") == "value"
    return escape(capital(of.title if plain else told["words"]))


def _target(told: Mapping[str, Any], of: Metric) -> str:
    if told["average"] is not None:
        return f"its {told['average']}d average"
    levels = [level for level in (told["level"], told.get("upper")) if level is not None]
    in_its_unit = told.get("transform", "value") == "value"
    return escape(" to ".join(of.show_level(level) if in_its_unit else _plain(level) for level in levels))


def _part(told: Mapping[str, Any]) -> str:
    return f"{escape(told['line'])}: {'missing' if told['observed'] is None else _plain(told['observed'])}"


def _plain(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _side(told: Mapping[str, Any]) -> str:
    value = told.get("observed", told["value"]) if told["average"] is None else told["value"]
    return "above" if value > told["level"] else "below"


def _standing_words(told: Mapping[str, Any]) -> str:
    signs = {">": "above", "<": "below", "≥": "at least", "≤": "at most"}
    return signs.get(told["operator"], str(told["operator"]))


def _values(told: Mapping[str, Any], of: Metric) -> str:
    text = f"<b>{escape(of.show(told['value']))}</b>"
    if told.get("transform", "value") in ("pct", "z", "change", "avg") and told["observed"] is not None:
        text = f"{_plain(told['observed'])} · {text}"
    if told["average"] is not None:
        text += f" · average {escape(of.show(told['level']))}"
    if told["before"] is not None:
        session, value = told["before"]
        text += f" · {escape(of.show(value))} on {short_day(date.fromisoformat(session))}"
        if change := of.show_change(told["value"] - value):
            text += f" ({escape(change)})"
    return text


def _counted(told: Mapping[str, Any], of: Metric) -> str:
    counted = counted_over(of, told["eligible"], told["members"])
    return " · ".join(escape(part) for part in (counted, told["source"]) if part)
