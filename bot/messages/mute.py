"""What is said of snoozes, mutes and quiet hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from alerts.quiet_hours import EXAMPLE, Quiet, QuietError
from alerts.rules.evaluate import Watch
from bot.formatting import short_day
from bot.messages.alert_entry import what_text
from storage.events import StoredEvent
from storage.preferences import ChatPreferences

_WENT_ON = "It is evaluated all the same: /history has what it would have said."


def how_long(watch: Watch) -> str:
    """Before a snooze."""
    return f"Snooze alert {watch.number} (<code>{escape(watch.rule.line)}</code>) for how long?"


def snoozed(watch: Watch, length: str, through: date | None) -> str:
    """After it."""
    if length == "off":
        return f"Alert {watch.number} speaks as before."
    if through is None:
        return f"Alert {watch.number} is silent until it resolves; that you hear."
    still = "" if watch.rule.momentary else " If it is true then, you are told once."
    return f"Alert {watch.number} is silent through the session of {short_day(through)}.{still} {_WENT_ON}"


def muted(changed: bool) -> str:
    """After /mute."""
    head = "Muted: you hear nothing until /unmute." if changed else "You have muted me already; /unmute ends that."
    return f"{head} Your alerts are evaluated all the same: /history has what they would have said."


def unmuted(changed: bool, missed: int, still: Sequence[StoredEvent]) -> str:
    """After /unmute: how much was not told, and what of it still holds."""
    if not changed:
        return "You were not muted. /mute stops all messages without ending your subscription."
    if not missed:
        return "You hear from your alerts again. Nothing happened meanwhile."
    things = "one thing" if missed == 1 else f"{missed} things"
    lines = [f"You hear from your alerts again. Meanwhile {things} happened: /history"]
    if still:
        lines += ["", "Still true:"]
        lines += [
            f"{one.event.rule.number}. {what_text(one.event.rule)} since {short_day(one.session)}"
            for one in still
            if one.event.rule is not None
        ]
    return "\n".join(lines)


def quiet_now(wishes: ChatPreferences) -> str:
    """What holds now, and how to change it."""
    how = f"Change them: <code>/quiet {EXAMPLE}</code>, with <code>silent</code> to get messages without a sound"
    if wishes.quiet is None:
        return f"You have no quiet hours. {how.replace('Change them', 'Set them')} instead of after them."
    return f"{_quiet_words(wishes.quiet)} {how} instead of after them. <code>/quiet off</code> ends them."


def quiet_set(quiet: Quiet | None) -> str:
    """After /quiet."""
    return "You have no quiet hours any more." if quiet is None else _quiet_words(quiet)


def quiet_refused(error: QuietError) -> str:
    """Words that are no quiet hours."""
    return escape(str(error))


def _quiet_words(quiet: Quiet) -> str:
    hours = f"Quiet from {quiet.start:%H:%M} to {quiet.end:%H:%M}, {escape(quiet.zone)} time: "
    if quiet.silent:
        return f"{hours}what comes then arrives without a sound."
    return f"{hours}what comes then waits until {quiet.end:%H:%M}."


def waits(watch: Watch) -> str:
    """A rule that was true when it was made, left to wait."""
    return (
        f"Alert {watch.number} waits until <code>{escape(watch.rule.line)}</code> has cleared, and speaks when it "
        "comes true again."
    )
