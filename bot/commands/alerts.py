"""/alert LINE, /alerts and /edit N LINE: setting, listing, changing and deleting thresholds."""

from __future__ import annotations

from sqlite_utils import Database
from telegram import Update

from alerts.rules.evaluate import Watch
from bot.commands.preview import show_preview
from bot.commands.reply import Context, answer_button, argument, chat_of, may_change, parts, replace_text, say
from bot.messages import talk
from bot.messages.buttons import Buttons, fits, rule_buttons
from storage import rules
from storage.preferences import preferences_of
from storage.snoozes import snoozes_of

ROWS = 25  # of buttons under a list: Telegram takes 100 buttons


async def alert(update: Update, context: Context) -> None:
    """Preview what the line after the command says; without one, say how."""
    line = argument(update)
    await (show_preview(update, context, line) if line else how_to(update, context))


async def how_to(update: Update, _context: Context) -> None:
    """How to set a threshold, with buttons that preview one."""
    await answer_button(update)
    buttons = [[(f"{at}. {line}", f"set:{line}")] for at, (line, _) in enumerate(talk.STARTERS, start=1)]
    await say(update, talk.how_to_set(), [*buttons, [("Packs of alerts", "presets")]])


async def alerts(update: Update, context: Context) -> None:
    """The chat's rules, each with a button that deletes it."""
    await answer_button(update)
    text, buttons = await parts(context).store.read(_list, chat_of(update))
    await say(update, text, buttons)


async def one(update: Update, context: Context) -> None:
    """One rule with all that can be done with it."""
    watch = await rule_pressed(update, context)
    if watch is not None:
        await answer_button(update)
        await say(update, talk.one_alert(watch), rule_buttons(watch.id))


async def delete(update: Update, context: Context) -> None:
    """Delete the rule a button in the list names, if it is this chat's, and show what is left."""
    if not await may_change(update):
        return
    gone = await parts(context).store.write(rules.delete_rule, chat_of(update), int(argument(update)))
    await answer_button(update, talk.deleted(gone)[:200] if gone else "That alert is deleted already.")
    text, buttons = await parts(context).store.read(_list, chat_of(update))
    await replace_text(update, text, buttons)


async def erase(update: Update, context: Context) -> None:
    """Delete the rule a button under an alert names; the alert stays where it is."""
    if not await may_change(update):
        return
    gone = await parts(context).store.write(rules.delete_rule, chat_of(update), int(argument(update)))
    if gone is None:
        await answer_button(update, "That alert is deleted already.")
        return
    await answer_button(update)
    again = f"set:{gone.rule.line}"
    await say(update, talk.deleted_text(gone), [[("Set it again", again)]] if fits(again) else ())


async def edit(update: Update, context: Context) -> None:
    """/edit N LINE previews the line, to be written over alert N; /edit N gives its line back."""
    number, _, line = argument(update).partition(" ")
    watch = await parts(context).store.read(rule_numbered, chat_of(update), number)
    if watch is None:
        await say(update, talk.no_such_alert("edit", number))
    elif not line.strip():
        await say(update, talk.change_line(watch.rule.line, watch.number))
    elif await may_change(update):
        await show_preview(update, context, line.strip(), watch)


async def edit_by_button(update: Update, context: Context) -> None:
    """Give the rule's line back, to be sent again with what is to be different."""
    watch = await rule_pressed(update, context)
    if watch is not None:
        await answer_button(update)
        await say(update, talk.change_line(watch.rule.line, watch.number))


async def rule_pressed(update: Update, context: Context) -> Watch | None:
    """The rule a button names, if it is this chat's; else that is said."""
    watch = await parts(context).store.read(rules.rule_of, chat_of(update), int(argument(update).split(":")[0]))
    if watch is None:
        await answer_button(update, "That alert is not there any more.")
    return watch


def rule_numbered(db: Database, chat: int, number: str) -> Watch | None:
    """The chat's rule of that number."""
    wanted = number.strip().lstrip("#")
    return next((watch for watch in rules.rules_of(db, chat) if str(watch.number) == wanted), None)


def _list(db: Database, chat: int) -> tuple[str, Buttons]:
    watches = rules.rules_of(db, chat)
    buttons = [[(f"Delete {watch.number}: {watch.rule.line}", f"delete:{watch.id}")] for watch in watches[:ROWS]]
    return talk.alerts_list(watches, preferences_of(db, chat), snoozes_of(db, chat)), buttons
