"""/alerts: a chat's rules, one of them, and deleting them."""

from __future__ import annotations

from telegram import Update

from alerts.rules.evaluate import Watch
from bot.commands.declaration import ID, Button, Command
from bot.commands.reply import Context, answer_button, argument, chat_of, may_change, parts, replace_text, say
from bot.messages import rules as words
from bot.messages.buttons import fits, rule_buttons
from bot.reports.rule_status import rules_of_chat
from storage import rules

_LONGEST_NUMBER = 9  # digits


async def alerts(update: Update, context: Context) -> None:
    """The chat's rules, each with a button that deletes it."""
    await answer_button(update)
    found = await parts(context).store.read(rules_of_chat, chat_of(update))
    text = words.alerts_list(found.watches, found.wishes, found.snoozes)
    await say(update, text, words.delete_buttons(found.watches))


async def one(update: Update, context: Context) -> None:
    """One rule, with a button for everything that can be done with it."""
    watch = await rule_pressed(update, context)
    if watch is not None:
        await answer_button(update)
        await say(update, words.one_alert(watch), rule_buttons(watch.id))


async def delete(update: Update, context: Context) -> None:
    """Delete the rule that a button in the list names, and show the list without it."""
    if not await may_change(update):
        return
    gone = await parts(context).store.write(rules.delete_rule, chat_of(update), int(argument(update)))
    await answer_button(update, words.deleted(gone)[:200] if gone else words.DELETED_ALREADY)
    found = await parts(context).store.read(rules_of_chat, chat_of(update))
    text = words.alerts_list(found.watches, found.wishes, found.snoozes)
    await replace_text(update, text, words.delete_buttons(found.watches))


async def erase(update: Update, context: Context) -> None:
    """Delete the rule that a button under an alert names; the alert's message stays."""
    if not await may_change(update):
        return
    gone = await parts(context).store.write(rules.delete_rule, chat_of(update), int(argument(update)))
    if gone is None:
        await answer_button(update, words.DELETED_ALREADY)
        return
    await answer_button(update)
    again = f"set:{gone.rule.line}"
    await say(update, words.deleted_text(gone), [[("Set it again", again)]] if fits(again) else ())


async def rule_pressed(update: Update, context: Context) -> Watch | None:
    """The rule that a button names; None, and the person is told, where the chat has it no longer or never had."""
    watch = await parts(context).store.read(rules.rule_of, chat_of(update), int(argument(update).split(":")[0]))
    if watch is None:
        await answer_button(update, words.GONE)
    return watch


async def rule_typed(update: Update, context: Context, command: str, number: str) -> Watch | None:
    """The rule of a typed number; None, and the person is told, where the chat has none of that number."""
    digits = number.strip().lstrip("#")
    watch = None
    if digits.isdecimal() and len(digits) <= _LONGEST_NUMBER:
        watch = await parts(context).store.read(rules.rule_numbered, chat_of(update), int(digits))
    if watch is None:
        await say(update, words.no_such_alert(command, number))
    return watch


COMMANDS = (Command("alerts", alerts, "Your alerts, and how to delete them", place=80),)
BUTTONS = (
    Button("alerts", alerts),
    Button("rule", one, ID),
    Button("delete", delete, ID),
    Button("erase", erase, ID),
)
