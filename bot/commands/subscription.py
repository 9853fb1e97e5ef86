"""/subscribe and /unsubscribe."""

from __future__ import annotations

from datetime import UTC, datetime

from telegram import Update

from bot.commands import place
from bot.commands.declaration import Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, chat_of, may_change, say
from bot.messages import mute as words
from bot.messages.buttons import Buttons
from storage import chats, rules


async def subscribe(update: Update, context: Context) -> None:
    """Turn the chat's alerts on."""
    await answer_button(update)
    if not await may_change(update):
        return
    changed = await parts(context).store.write(chats.subscribe, chat_of(update), datetime.now(UTC))
    count = await parts(context).store.read(rules.count_rules, chat_of(update))
    here = place.current(update)
    where = await here.move_here(update) if here is not None else ""
    buttons: Buttons = () if count else [[("Choose alerts", "presets"), ("Set a threshold", "begin")]]
    text = words.subscribed(changed, count)
    lines = (where, text) if buttons else (text, where)  # what asks for a choice stands above its buttons
    await say(update, "\n".join(filter(None, lines)), buttons)


async def unsubscribe(update: Update, context: Context) -> None:
    """Turn the chat's alerts off and keep its rules."""
    if not await may_change(update):
        return
    changed = await parts(context).store.write(chats.unsubscribe, chat_of(update), datetime.now(UTC))
    count = await parts(context).store.read(rules.count_rules, chat_of(update))
    await say(update, words.unsubscribed(changed, count))


COMMANDS = (
    Command("subscribe", subscribe, "Be told when your alerts fire", place=170),
    Command("unsubscribe", unsubscribe, "Hear nothing more, keep your alerts", place=180),
)
BUTTONS = (Button("subscribe", subscribe),)
