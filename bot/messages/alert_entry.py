"""One event of an alert's message: what, value against threshold, the value before, where it stands, what followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from html import escape
from typing import Any

from alerts.metrics.catalog import Metric, metric, minus, number
from alerts.rules.base_rates import FEWEST
from alerts.rules.condition import Operator
from bot.formatting import capital, counted_over, short_day, standing

Told = Mapping[str, Any]
_NAMED = 6  # series in the line on data; the rest are counted


def entry_text(told: Told) -> str:
    """What happened to a rule."""
    of = metric(told["metric"])
    lines = [_headline(told, of)]
    if "conditions" in told:
        lines += [_part(part) for part in told["conditions"]]
    elif told["value"] is not None:
        lines.append(_figures(told))
    if lasted := _lasted(told, of):
        lines.append(lasted)
    if told.get("followed"):
        lines.append(followed_text(told["followed"]))
    lines.append(f"Alert {told['number']}: <code>{escape(told['line'])}</code>")
    return "\n".join(lines)


def data_lines(told: Sequence[Told]) -> list[str]:
    """One line for all series whose data stay away, one for those that are back."""
    gone = [one for one in told if one["kind"] == "no data"]
    back = [one for one in told if one["kind"] == "data back"]
    lines = []
    if len(gone) == 1:
        reason = escape(gone[0]["reason"] or "not defined")
        lines.append(f"{_name(gone[0])} has had no data for three sessions ({reason}); {_alerts(gone)}.")
    elif gone:
        names = _listed([f"{_name(one)} ({escape(one['reason'] or 'not defined')})" for one in gone])
        lines.append(f"No data for three sessions: {names}; {_alerts(gone)}.")
    if len(back) == 1:
        lines.append(f"{_name(back[0])} has data again: {escape(_shown_value(back[0]))}.")
    elif back:
        names = _listed([f"{_name(one)} ({escape(_shown_value(one))})" for one in back])
        lines.append(f"There are data again: {names}.")
    return ["\n".join(lines)] if lines else []


def followed_text(followed: Mapping[str, Any]) -> str:
    """What came after earlier firings, beside what came after any day."""
    n, horizon = followed["n"], followed["horizon"]
    if n < FEWEST:
        so_far = f"{n} far enough apart" if n else "none yet"
        return f"IWM − SPY {horizon} sessions after earlier firings: too few to say ({so_far})"
    median, all_days = (number(followed[name], 1, sign=True) for name in ("median", "all"))
    return f"IWM − SPY {horizon} sessions after {n} earlier firings: median {median} pp, all days {all_days} pp"


def what_text(told: Told) -> str:
    """The rule's condition as it stands: "Small above 200d is above 60 %", in HTML."""
    of = metric(told["metric"])
    if "conditions" in told:
        return " and ".join(escape(part["line"]) for part in told["conditions"])
    if told.get("transform") == "changed" and told["value"] is not None:
        return escape(f"{capital(of.title)} is {of.show(told['value'])} now")
    if told["operator"] == "happens":
        return escape(capital(told["words"]))
    if told["operator"].startswith("crosses"):
        return f"{_subject(told, of)} crossed {_side(told)} {_target(told, of)}"
    return f"{_subject(told, of)} is {Operator(told['operator']).words} {_target(told, of)}"


def _headline(told: Told, of: Metric) -> str:
    what = what_text(told)
    since = f" since {short_day(date.fromisoformat(told['fired_on']))}" if told["fired_on"] else ""
    if told["kind"] == "fired":
        return f"<b>{what}</b>"
    if told["kind"] == "reminder":
        if told.get("missed"):
            return f"<b>While it was snoozed{since.replace('since', 'on')}: {what}</b>"
        return f"<b>Still: {what}</b>{since}{'; its snooze is over' if told.get('snooze_over') else ''}"
    if told["kind"] == "expired":
        return f"⌛ <b>Its last day is over: {what}</b> (was{since}); it is not watched any more"
    if "conditions" in told:
        return f"✅ <b>No longer: {what}</b> (was{since})"
    stood = f"{Operator(told['operator']).words} {_target(told, of)}"
    return f"✅ <b>{_subject(told, of)} is no longer {stood}</b> (was{since})"


def _lasted(told: Told, of: Metric) -> str:
    """How long an episode has been going on, and how far the value went."""
    if told.get("duration") is None:
        return ""
    count = told["duration"]
    sessions = f"{count} session{'s' if count != 1 else ''}"
    text = f"It held for {sessions}" if told["kind"] == "resolved" else f"It holds for {sessions} now"
    if told.get("extreme"):
        session, value = told["extreme"]
        beside = " beside its average" if told["average"] is not None else ""
        text += f"; furthest {escape(in_unit(told, of, value))}{beside} on {short_day(date.fromisoformat(session))}"
    return text + "."


def in_unit(told: Told, of: Metric, value: float) -> str:
    """A value of what the rule watches, as read."""
    return of.show(value) if told.get("transform", "value") == "value" else plain(value)


def _subject(told: Told, of: Metric) -> str:
    in_its_unit = told["average"] is not None or told.get("transform", "value") == "value"
    return escape(capital(of.title if in_its_unit else told["words"]))


def _target(told: Told, of: Metric) -> str:
    if told["average"] is not None:
        return f"its {told['average']}d average"
    levels = [level for level in (told["level"], told.get("upper")) if level is not None]
    in_its_unit = told.get("transform", "value") == "value"
    return escape(" to ".join(of.show_level(level) if in_its_unit else plain(level) for level in levels))


def _part(told: Told) -> str:
    value = "missing" if told["observed"] is None else plain(told["observed"])
    counted = _counted(told, metric(told["metric"])) if told.get("source") else ""
    return f"{escape(told['line'])}: {value}" + (f" · {counted}" if counted else "")


def plain(value: float) -> str:
    """A number without a unit."""
    return minus(f"{value:.4g}")


def _side(told: Told) -> str:
    value = told.get("observed", told["value"]) if told["average"] is None else told["value"]
    return "above" if value > told["level"] else "below"


def _figures(told: Told) -> str:
    """Value, value before, where it stands, who was counted: the same for all rules of a series, of which many move."""
    average, before = told["average"], told["before"]
    return _figures_of(
        told["metric"], told.get("transform", "value"), told["value"], told.get("observed"), average,
        None if average is None else told["level"], None if before is None else tuple(before),
        told["percentile"], told["count"], told["eligible"], told["members"], told["source"],
        told.get("frequency", metric(told["metric"]).frequency),
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _figures_of(
    identity: str, transform: str, value: float, observed: float | None, average: int | None, mean: float | None,
    before: tuple[str, float] | None, percentile: float | None, count: int, eligible: int | None,
    members: int | None, source: str, frequency: str,
) -> str:  # fmt: skip
    of = metric(identity)
    text = f"<b>{escape(of.show(value))}</b>"
    if transform in ("pct", "z", "change", "avg") and observed is not None:
        text = f"{plain(observed)} · {text}"
    if average is not None and mean is not None:
        text += f" · average {escape(of.show(mean))}"
    if before is not None:
        text += f" · {escape(of.show(before[1]))} on {short_day(date.fromisoformat(before[0]))}"
        if change := of.show_change(value - before[1]):
            text += f" ({escape(change)})"
    # A state or an event has no percentile.
    stands = "" if of.unit in ("state", "event") else standing(percentile, count, frequency)
    return text + "\n" + " · ".join(filter(None, (stands, _counted_of(of, eligible, members, source))))


def _counted(told: Told, of: Metric) -> str:
    return _counted_of(of, told["eligible"], told["members"], told["source"])


def _counted_of(of: Metric, eligible: int | None, members: int | None, source: str) -> str:
    counted = counted_over(of, eligible, members)
    return " · ".join(escape(part) for part in (counted, source) if part)


def _name(told: Told) -> str:
    return f"<b>{escape(capital(told['words']))}</b>"


def _shown_value(told: Told) -> str:
    return "missing" if told["value"] is None else metric(told["metric"]).show(told["value"])


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _alerts(told: Sequence[Told]) -> str:
    numbers = sorted({number for one in told for number in one.get("numbers", ())})
    if not numbers:
        return "their alerts wait"
    shown = ", ".join(str(number) for number in numbers[:12]) + (" …" if len(numbers) > 12 else "")
    return f"alert {shown} waits" if len(numbers) == 1 else f"alerts {shown} wait"
