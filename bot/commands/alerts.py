"""/alerts: a chat's rules by pages; one of them opened, paused, shared, deleted and brought back."""

from __future__ import annotations

from datetime import UTC, datetime

from telegram import Update

from alerts.rules.evaluate import Watch
from bot.alerting import rules as transactions
from bot.alerting.rules import SnoozeLength
from bot.commands.declaration import ID, Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, may_change, replace_text, say
from bot.messages import my_alerts as words
from bot.messages import rules as rule_words
from bot.reports.rule_status import ChatRule, rule_of_chat, rules_of_chat
from storage import rules
from storage.deleted_rules import delete_for_undo
from storage.shared_lines import payload_of

_LONGEST_NUMBER = 9  # digits


async def alerts(update: Update, context: Context) -> None:
    """The first page of the chat's rules."""
    await answer_button(update)
    found = await parts(context).store.read(rules_of_chat, chat_of(update))
    await say(update, words.list_text(found), words.list_buttons(found))


async def page(update: Update, context: Context) -> None:
    """Another page, in the list's place."""
    await answer_button(update)
    found = await parts(context).store.read(rules_of_chat, chat_of(update), int(argument(update)))
    await replace_text(update, words.list_text(found), words.list_buttons(found))


async def one(update: Update, context: Context) -> None:
    """One rule, with a button for everything that can be done with it."""
    if (watch := await rule_pressed(update, context)) is not None:
        await answer_button(update)
        found = await parts(context).store.read(rule_of_chat, watch)
        await say(update, words.one_text(found), words.one_buttons(found))


async def opened(update: Update, context: Context) -> None:
    """The same in the list's place."""
    if (watch := await rule_pressed(update, context)) is not None:
        await answer_button(update)
        found = await parts(context).store.read(rule_of_chat, watch)
        await replace_text(update, words.one_text(found), words.one_buttons(found))


async def pause(update: Update, context: Context) -> None:
    """Silence a rule until it is resumed."""
    watch = await rule_pressed(update, context)
    if watch is None or not await may_change(update):
        return
    await parts(context).store.write(transactions.snooze, watch, SnoozeLength.PAUSE, datetime.now(UTC))
    await answer_button(update)
    found = await parts(context).store.read(rule_of_chat, watch)
    await replace_text(update, words.one_text(found), words.one_buttons(found))


async def resume(update: Update, context: Context) -> None:
    """End a rule's pause or snooze, and say what ended meanwhile."""
    watch = await rule_pressed(update, context)
    if watch is None or not await may_change(update):
        return
    ended = await parts(context).store.write(transactions.resume, watch.chat, watch.id)
    await answer_button(update)
    found: ChatRule = await parts(context).store.read(rule_of_chat, watch)
    await replace_text(update, words.one_text(found, ended), words.one_buttons(found))


async def share(update: Update, context: Context) -> None:
    """A link that previews the rule for whoever opens it."""
    if (watch := await rule_pressed(update, context)) is not None:
        await answer_button(update)
        payload = await parts(context).store.write(payload_of, watch.rule.line)
        link = f"https://t.me/{context.bot.username}?start={payload}"
        await say(update, words.shared_text(watch, link), [[("All alerts", "alerts")]])


async def delete(update: Update, context: Context) -> None:
    """Delete the rule of this message, and offer to undo that in its place."""
    if (gone := await _deleted(update, context)) is not None:
        await replace_text(update, words.deleted_text(gone), words.deleted_buttons(gone.id))


async def erase(update: Update, context: Context) -> None:
    """Delete the rule that a button under an alert names; the alert's message stays."""
    if (gone := await _deleted(update, context)) is not None:
        await say(update, words.deleted_text(gone), words.deleted_buttons(gone.id))


async def _deleted(update: Update, context: Context) -> Watch | None:
    if not await may_change(update):
        return None
    gone = await parts(context).store.write(delete_for_undo, chat_of(update), int(argument(update)))
    await answer_button(update, None if gone else rule_words.DELETED_ALREADY)
    return gone


async def undo(update: Update, context: Context) -> None:
    """Bring a deleted rule back."""
    if not await may_change(update):
        return
    limit = parts(context).settings.max_rules_per_chat
    back = await parts(context).store.write(
        transactions.undo_delete, chat_of(update), int(argument(update)), limit
    )  # fmt: skip
    await answer_button(update, None if back else words.CANNOT_UNDO)
    if back is not None:
        await replace_text(
            update, words.restored_text(back), [[("Open it", f"open:{back.id}"), ("All alerts", "alerts")]]
        )


async def rule_pressed(update: Update, context: Context) -> Watch | None:
    """The rule that a button names; None, and the person is told, where the chat has it no longer or never had."""
    watch = await parts(context).store.read(rules.rule_of, chat_of(update), int(argument(update).split(":")[0]))
    if watch is None:
        await answer_button(update, rule_words.GONE)
    return watch


async def rule_typed(update: Update, context: Context, command: str, number: str) -> Watch | None:
    """The rule of a typed number; None, and the person is told, where the chat has none of that number."""
    digits = number.strip().lstrip("#")
    watch = None
    if digits.isdecimal() and len(digits) <= _LONGEST_NUMBER:
        watch = await parts(context).store.read(rules.rule_numbered, chat_of(update), int(digits))
    if watch is None:
        await say(update, rule_words.no_such_alert(command, number))
    return watch


COMMANDS = (Command("alerts", alerts, "Your alerts: open, edit, pause, share, delete", place=80),)
BUTTONS = (
    Button("alerts", alerts),
    Button("mine", page, r"\d{1,3}"),
    Button("rule", one, ID),
    Button("open", opened, ID),
    Button("pause", pause, ID),
    Button("resume", resume, ID),
    Button("share", share, ID),
    Button("delete", delete, ID),
    Button("erase", erase, ID),
    Button("undo", undo, ID),
)
