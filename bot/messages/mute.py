"""What is said of when a chat is told: subscriptions, snoozes, mutes and quiet hours. Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from alerts.quiet_hours import EXAMPLE, Quiet, QuietError
from alerts.rules.evaluate import Watch
from bot.formatting import short_day
from bot.messages.alert_entry import what_text
from storage.events import StoredEvent
from storage.preferences import ChatPreferences
from storage.snoozes import Snooze

NOTHING_TO_TELL = "There is nothing to tell of it now."  # a note at a button
_NAMED = 12  # alerts in one answer; the rest are counted
_WENT_ON = "It is evaluated all the same: /history shows suppressed alerts."


def subscribed(changed: bool, rules: int) -> str:
    """A chat subscribed. `changed`: whether it was not subscribed before; `rules`: how many it has."""
    head = "You are subscribed." if changed else "You are subscribed already."
    if rules:
        yours = "your alert" if rules == 1 else f"your {rules} alerts"
        return f"{head} You hear from {yours} after each New York close: /alerts"
    return f"{head} You have set no alert yet, so there is nothing to tell you. Set one:"


def unsubscribed(changed: bool, rules: int) -> str:
    """A chat unsubscribed. `changed`: whether it was subscribed; `rules`: how many it keeps."""
    if not changed:
        return "You are not subscribed. /subscribe to be told when your alerts fire."
    kept = f" Your {rules} alert{'s are' if rules != 1 else ' is'} kept." if rules else ""
    return f"You will hear nothing more.{kept} /subscribe to hear again."


def how_long(watch: Watch) -> str:
    """Ask how long to snooze an alert."""
    return f"Snooze alert {watch.number} (<code>{escape(watch.rule.line)}</code>) for how long?"


def snoozed(watch: Watch, snooze: Snooze | None, ended: StoredEvent | None = None) -> str:
    """An alert was snoozed; with None, its snooze was ended. `ended`: what ended while it was silent."""
    if snooze is None:
        text = f"Alert {watch.number} is active again."
        if ended is not None:
            text += f" While it was silent it ended, on {short_day(ended.session)}."
        return text
    if snooze.paused:
        return f"Alert {watch.number} is paused: you hear nothing of it until you resume it. {_WENT_ON}"
    if snooze.through is None:
        return f"Alert {watch.number} is silent until it resolves; you are told then."
    still = "" if watch.rule.momentary else " If it is true then, you are told once."
    return f"Alert {watch.number} is silent through the session of {short_day(snooze.through)}.{still} {_WENT_ON}"


def mute_question() -> str:
    """Ask for how long to mute."""
    return "Mute all alerts for how long? They are evaluated all the same, and you are told what ended meanwhile."


def mute_refused(typed: str) -> str:
    """The length after /mute is not one."""
    return (
        f"“{escape(typed[:40])}” is no length I know. <code>/mute 1 day</code>, <code>/mute 2 weeks</code>, or "
        "<code>/mute off</code>; /mute alone asks."
    )


def muted(changed: bool, until: datetime | None = None) -> str:
    """A chat was muted. `changed`: whether it was not before; `until`: when that ends by itself."""
    if not changed:
        return f"Already muted; /unmute ends that. {_WENT_ON}"
    end = "until /unmute" if until is None else f"until {short_day(until.date())}, {until:%H:%M} UTC, or /unmute"
    return f"Muted: you hear nothing {end}. Your alerts are evaluated all the same: /history shows suppressed alerts."


def unmuted(changed: bool, missed: int, still: Sequence[StoredEvent], ended: Sequence[StoredEvent] = ()) -> str:
    """A chat's mute was ended: how many events were not told, what of it still holds, and what ended meanwhile."""
    if not changed:
        return "You were not muted. /mute stops all messages without ending your subscription."
    if not missed:
        return "You hear from your alerts again. Nothing happened meanwhile."
    things = "one thing" if missed == 1 else f"{missed} things"
    lines = [f"You hear from your alerts again. Meanwhile {things} happened: /history"]
    if ended:
        shown = [f"#{one.event.rule.number} on {short_day(one.session)}" for one in ended[:_NAMED] if one.event.rule]
        more = f" and {len(ended) - _NAMED} more" if len(ended) > _NAMED else ""
        lines.append(f"Ended meanwhile: {', '.join(shown)}{more}.")
    if still:
        lines += ["", "Still true:"]
        lines += [
            f"{one.event.rule.number}. {what_text(one.event.rule)} since {short_day(one.session)}"
            for one in still[:_NAMED]
            if one.event.rule is not None
        ]
        if len(still) > _NAMED:
            lines.append(f"and {len(still) - _NAMED} more: /alerts")
    return "\n".join(lines)


def quiet_now(wishes: ChatPreferences) -> str:
    """The chat's quiet hours, and how to change them."""
    how = f"Change them: <code>/quiet {EXAMPLE}</code>, with <code>silent</code> to get messages without a sound"
    if wishes.quiet is None:
        return f"You have no quiet hours. {how.replace('Change them', 'Set them')} instead of after them."
    return f"{_quiet_words(wishes.quiet)} {how} instead of after them. <code>/quiet off</code> ends them."


def quiet_set(quiet: Quiet | None) -> str:
    """Quiet hours were set, or ended (None)."""
    return "You have no quiet hours any more." if quiet is None else _quiet_words(quiet)


def quiet_refused(error: QuietError) -> str:
    """The line is not one of quiet hours: what is wrong with it."""
    return escape(str(error))


def _quiet_words(quiet: Quiet) -> str:
    hours = f"Quiet from {quiet.start:%H:%M} to {quiet.end:%H:%M}, {escape(quiet.zone)} time: "
    if quiet.silent:
        return f"{hours}messages arrive without a sound."
    return f"{hours}messages wait until {quiet.end:%H:%M}."


def waits(watch: Watch) -> str:
    """A rule that was true when it was set waits until it has cleared."""
    return (
        f"Alert {watch.number} waits until <code>{escape(watch.rule.line)}</code> has cleared, and fires when it "
        "comes true again."
    )
