"""When a chat hears what: snooze one alert, mute all, quiet hours, and an alert that is true when it is made."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlite_utils import Database
from telegram import Update

from alerts.market.sessions import next_session
from alerts.quiet_hours import QuietError, read_quiet
from alerts.rules.evaluate import Change, Watch
from alerts.rules.event import EventStatus
from alerts.rules.state import TRUE, Kind
from alerts.rules.step import announced
from bot.alerting.event import EventBuilder
from bot.commands.alerts import rule_numbered, rule_pressed
from bot.commands.reply import Context, answer_button, argument, chat_of, may_change, parts, replace_text, say
from bot.messages import mute
from bot.messages.alert import alert_texts
from bot.messages.buttons import Buttons, alert_buttons
from bot.messages.talk import no_such_alert
from storage import events, figures, preferences, rules, snoozes, watches
from storage.events import NewEvent, StoredEvent
from storage.preferences import preferences_of, set_quiet
from storage.snoozes import Snooze

_LENGTHS = {"day": "1 day", "week": "1 week", "resolve": "Until it resolves", "off": "No snooze"}


async def snooze_numbered(update: Update, context: Context) -> None:
    """/snooze N asks for how long."""
    number = argument(update)
    watch = await parts(context).store.read(rule_numbered, chat_of(update), number)
    if watch is None:
        await say(update, no_such_alert("snooze", number))
        return
    await _ask_length(update, watch)


async def snooze_pressed(update: Update, context: Context) -> None:
    """The same by a button."""
    watch = await rule_pressed(update, context)
    if watch is not None:
        await answer_button(update)
        await _ask_length(update, watch)


async def _ask_length(update: Update, watch: Watch) -> None:
    lengths = ["day", "week", *(["resolve"] if not watch.rule.momentary else []), "off"]
    buttons = [[(_LENGTHS[length], f"nap:{watch.id}:{length}") for length in lengths[:3]]]
    if len(lengths) > 3:
        buttons.append([(_LENGTHS["off"], f"nap:{watch.id}:off")])
    await say(update, mute.how_long(watch), buttons)


async def nap(update: Update, context: Context) -> None:
    """Snooze the rule a button names for as long as it says."""
    watch = await rule_pressed(update, context)
    if watch is None or not await may_change(update):
        return
    length = argument(update).split(":")[1]
    through = await parts(context).store.write(_snooze, watch, length)
    await answer_button(update)
    await replace_text(update, mute.snoozed(watch, length, through))


def _snooze(db: Database, watch: Watch, length: str) -> date | None:
    """By sessions, for rules speak once a session: a day is the next one, a week all of the next seven days."""
    if length == "off":
        snoozes.wake(db, watch.id)
        return None
    session = figures.last_judged(db) or datetime.now(UTC).date()
    through = {"day": next_session(session), "week": session + timedelta(days=7)}.get(length)
    snoozes.snooze(db, Snooze(watch.id, watch.chat, through))
    return through


async def mute_chat(update: Update, context: Context) -> None:
    """/mute: say nothing until /unmute."""
    if await may_change(update):
        changed = await parts(context).store.write(preferences.mute, chat_of(update), True, datetime.now(UTC))
        await say(update, mute.muted(changed), [[("Unmute", "unmute")]])


async def unmute_chat(update: Update, context: Context) -> None:
    """/unmute, and what was not told meanwhile."""
    if not await may_change(update):
        return
    await answer_button(update)
    changed, missed, still = await parts(context).store.write(_unmute, chat_of(update))
    await say(update, mute.unmuted(changed, missed, still), [[("History", "history")]] if missed else ())


def _unmute(db: Database, chat: int) -> tuple[bool, int, list[StoredEvent]]:
    """Whether that changed anything, how many events were not told, and those whose episode still goes on.

    The latter are told by the answer, so that their end is told too.
    """
    if not preferences.mute(db, chat, False, datetime.now(UTC)):
        return False, 0, []
    missed = events.with_status(db, chat, EventStatus.MUTED)
    standing = {watch.id: watch for watch in rules.rules_of(db, chat) if watch.state.phase in TRUE}
    still: dict[int, StoredEvent] = {}
    for event in missed:
        watch = standing.get(event.event.rule.id) if event.event.rule else None
        if watch is not None and event.kind is Kind.FIRED and event.session == watch.state.since:
            still[watch.id] = event
    events.set_status(db, [event.id for event in still.values()], EventStatus.NOTIFIED)
    ended = [event.id for event in missed if event not in still.values()]
    events.set_status(db, ended, EventStatus.MUTED_BEFORE)
    return True, len(missed), list(still.values())


async def quiet(update: Update, context: Context) -> None:
    """/quiet 22:00-07:00 Europe/Berlin [silent|hold], /quiet off, or what holds now."""
    line = argument(update)
    wishes = await parts(context).store.read(preferences_of, chat_of(update))
    if not line:
        await say(update, mute.quiet_now(wishes))
        return
    try:
        wanted = None if line.strip().lower() in ("off", "none", "end") else read_quiet(line, wishes.zone)
    except QuietError as error:
        await say(update, mute.quiet_refused(error))
        return
    if await may_change(update):
        await parts(context).store.write(set_quiet, chat_of(update), wanted, datetime.now(UTC))
        await say(update, mute.quiet_set(wanted))


async def alert_now(update: Update, context: Context) -> None:
    """A rule that was true when it was made is told of now."""
    watch = await rule_pressed(update, context)
    if watch is None or not await may_change(update):
        return
    told = await parts(context).store.write(_announce, watch)
    if told is None:
        await answer_button(update, "There is nothing to tell of it now.")
        return
    await answer_button(update)
    text, buttons = told
    await replace_text(update, text, buttons)


async def wait(update: Update, context: Context) -> None:
    """Or not: that is how it stands already."""
    watch = await rule_pressed(update, context)
    if watch is not None:
        await answer_button(update)
        await replace_text(update, mute.waits(watch), [[("Delete it", f"delete:{watch.id}")]])


def _announce(db: Database, watch: Watch) -> tuple[str, Buttons] | None:
    seen = watches.seen(db).get(watch.rule.watched.key)
    after = announced(watch.rule, watch.state, seen.number) if seen else None
    if after is None or seen is None:
        return None
    change = Change(watch, after, (Kind.FIRED,))
    event = EventBuilder(db, seen.session).of_rule(change, Kind.FIRED)
    watches.record_changes(db, [change])
    written = events.record_events(db, [NewEvent(watch.chat, event)], datetime.now(UTC))
    return (alert_texts(seen.session, [event])[0], alert_buttons([event])) if written else None
