"""When a chat is told: snooze one alert, mute all, quiet hours, and an alert that is true when it is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from telegram import Update

from alerts.mute_lengths import read_length
from alerts.quiet_hours import QuietError, read_quiet
from alerts.rules.evaluate import Watch
from bot.alerting import rules
from bot.alerting.rules import SnoozeLength
from bot.commands.alerts import rule_pressed, rule_typed
from bot.commands.declaration import ID, Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, may_change, replace_text, say
from bot.messages import mute as words
from bot.messages.alert import alert_texts
from bot.messages.buttons import alert_buttons
from storage import preferences
from storage.preferences import preferences_of, set_quiet

_LENGTHS = {
    SnoozeLength.DAY: "1 day",
    SnoozeLength.WEEK: "1 week",
    SnoozeLength.RESOLVE: "Until it resolves",
    SnoozeLength.PAUSE: "Until I resume it",
    SnoozeLength.OFF: "No snooze",
}
_MUTES = ((1, "1 day"), (7, "1 week"), (0, "Until /unmute"))  # days


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
    await say(update, words.how_long(watch), [row for row in (buttons[:2], buttons[2:4], buttons[4:]) if row])


async def nap(update: Update, context: Context) -> None:
    """Snooze the rule that a button names, for as long as the button says."""
    watch = await rule_pressed(update, context)
    if watch is None or not await may_change(update):
        return
    length = SnoozeLength(argument(update).split(":")[1])
    ended, made = None, None
    if length is SnoozeLength.OFF:
        ended = await parts(context).store.write(rules.resume, watch.chat, watch.id)
    else:
        made = await parts(context).store.write(rules.snooze, watch, length, datetime.now(UTC))
    await answer_button(update)
    await replace_text(update, words.snoozed(watch, made, ended), [[("Open it", f"open:{watch.id}")]])


async def mute(update: Update, context: Context) -> None:
    """/mute asks for how long; /mute 1 day, /mute 2 weeks and /mute off say so themselves."""
    await answer_button(update)
    typed = argument(update).strip() if update.callback_query is None else ""
    if not await may_change(update):
        return
    if not typed:
        buttons = [(shown, f"silence:{days}") for days, shown in _MUTES]
        await say(update, words.mute_question(), [buttons[:2], buttons[2:]])
    elif (length := read_length(typed)) is None:
        await say(update, words.mute_refused(typed))
    else:
        await say(update, await _muted(update, context, length.days), [[("Unmute", "unmute")]])


async def mute_for(update: Update, context: Context) -> None:
    """Mute for as long as the button says."""
    if await may_change(update):
        text = await _muted(update, context, int(argument(update)))
        await answer_button(update)
        await replace_text(update, text, [[("Unmute", "unmute")]])


async def _muted(update: Update, context: Context, days: int) -> str:
    """Mute for that many days, 0 for until /unmute; what is said of it."""
    now = datetime.now(UTC)
    until = now + timedelta(days=days) if days else None
    changed = await parts(context).store.write(preferences.mute, chat_of(update), True, now, until)
    return words.muted(changed, until)


async def unmute(update: Update, context: Context) -> None:
    """/unmute, and what was not told meanwhile."""
    if not await may_change(update):
        return
    await answer_button(update)
    made = await parts(context).store.write(rules.unmute, chat_of(update), datetime.now(UTC))
    text = words.unmuted(made.changed, made.missed, made.still, made.ended)
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
        await replace_text(
            update, words.waits(watch), [[("Open it", f"open:{watch.id}"), ("Delete", f"delete:{watch.id}")]]
        )


COMMANDS = (
    Command("snooze", snooze, "Silence one alert for a while: /snooze 1", place=120),
    Command("mute", mute, "Silence all of them for a while: /mute 1 week", place=130),
    Command("unmute", unmute, "Hear from them again", place=140),
    Command("quiet", quiet, "Quiet hours: /quiet 22:00-07:00 Europe/Berlin", place=150),
)
BUTTONS = (
    Button("snooze", snooze_pressed, ID),
    Button("nap", nap, rf"{ID}:(?:{'|'.join(SnoozeLength)})"),
    Button("now", alert_now, ID),
    Button("wait", wait, ID),
    Button("mute", mute),
    Button("silence", mute_for, r"[017]"),
    Button("unmute", unmute),
)
