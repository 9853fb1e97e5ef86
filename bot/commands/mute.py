"""When a chat is told: snooze one alert, mute all, quiet hours, and an alert that is true when it is set."""

from __future__ import annotations

from datetime import UTC, datetime

from telegram import Update

from alerts.quiet_hours import QuietError, read_quiet
from alerts.rules.evaluate import Watch
from bot.alerting import rules
from bot.alerting.rules import SnoozeLength
from bot.commands.alerts import rule_pressed, rule_typed
from bot.commands.declaration import ID, Button, Command
from bot.commands.reply import Context, answer_button, argument, chat_of, may_change, parts, replace_text, say
from bot.messages import mute as words
from bot.messages.alert import alert_texts
from bot.messages.buttons import alert_buttons
from storage import preferences
from storage.preferences import preferences_of, set_quiet

_LENGTHS = {
    SnoozeLength.DAY: "1 day",
    SnoozeLength.WEEK: "1 week",
    SnoozeLength.RESOLVE: "Until it resolves",
    SnoozeLength.OFF: "No snooze",
}


async def snooze(update: Update, context: Context) -> None:
    """/snooze N asks for how long."""
    watch = await rule_typed(update, context, "snooze", argument(update))
    if watch is not None:
        await _ask_length(update, watch)


async def snooze_pressed(update: Update, context: Context) -> None:
    """The same by a button."""
    watch = await rule_pressed(update, context)
    if watch is not None:
        await answer_button(update)
        await _ask_length(update, watch)


async def _ask_length(update: Update, watch: Watch) -> None:
    offered = [length for length in SnoozeLength if length is not SnoozeLength.RESOLVE or not watch.rule.momentary]
    buttons = [(_LENGTHS[length], f"nap:{watch.id}:{length.value}") for length in offered]
    await say(update, words.how_long(watch), [row for row in (buttons[:3], buttons[3:]) if row])


async def nap(update: Update, context: Context) -> None:
    """Snooze the rule that a button names, for as long as the button says."""
    watch = await rule_pressed(update, context)
    if watch is None or not await may_change(update):
        return
    length = SnoozeLength(argument(update).split(":")[1])
    made = await parts(context).store.write(rules.snooze, watch, length, datetime.now(UTC))
    await answer_button(update)
    await replace_text(update, words.snoozed(watch, made))


async def mute(update: Update, context: Context) -> None:
    """/mute: send no alert until /unmute."""
    if await may_change(update):
        changed = await parts(context).store.write(preferences.mute, chat_of(update), True, datetime.now(UTC))
        await say(update, words.muted(changed), [[("Unmute", "unmute")]])


async def unmute(update: Update, context: Context) -> None:
    """/unmute, and what was not told meanwhile."""
    if not await may_change(update):
        return
    await answer_button(update)
    made = await parts(context).store.write(rules.unmute, chat_of(update), datetime.now(UTC))
    text = words.unmuted(made.changed, made.missed, made.still)
    await say(update, text, [[("History", "history")]] if made.missed else ())


async def quiet(update: Update, context: Context) -> None:
    """/quiet 22:00-07:00 Europe/Berlin [silent|hold], /quiet off; /quiet alone says what is set."""
    line = argument(update)
    wishes = await parts(context).store.read(preferences_of, chat_of(update))
    if not line:
        await say(update, words.quiet_now(wishes))
        return
    try:
        wanted = None if line.strip().lower() in ("off", "none", "end") else read_quiet(line, wishes.zone)
    except QuietError as error:
        await say(update, words.quiet_refused(error))
        return
    if await may_change(update):
        await parts(context).store.write(set_quiet, chat_of(update), wanted, datetime.now(UTC))
        await say(update, words.quiet_set(wanted))


async def alert_now(update: Update, context: Context) -> None:
    """Send the alert of a rule that was true when it was set."""
    watch = await rule_pressed(update, context)
    if watch is None or not await may_change(update):
        return
    event = await parts(context).store.write(rules.alert_now, watch, datetime.now(UTC))
    if event is None:
        await answer_button(update, words.NOTHING_TO_TELL)
        return
    await answer_button(update)
    await replace_text(update, alert_texts(event.session, [event])[0], alert_buttons([event]))


async def wait(update: Update, context: Context) -> None:
    """Send no alert until the rule has cleared; that is the state it is in already."""
    watch = await rule_pressed(update, context)
    if watch is not None:
        await answer_button(update)
        await replace_text(update, words.waits(watch), [[("Delete it", f"delete:{watch.id}")]])


COMMANDS = (
    Command("snooze", snooze, "Silence one alert for a while: /snooze 1", place=120),
    Command("mute", mute, "Silence all of them until /unmute", place=130),
    Command("unmute", unmute, "Hear from them again", place=140),
    Command("quiet", quiet, "Quiet hours: /quiet 22:00-07:00 Europe/Berlin", place=150),
)
BUTTONS = (
    Button("snooze", snooze_pressed, ID),
    Button("nap", nap, rf"{ID}:(?:{'|'.join(SnoozeLength)})"),
    Button("now", alert_now, ID),
    Button("wait", wait, ID),
    Button("unmute", unmute),
)
