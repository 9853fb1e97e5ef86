"""/subscribe, /unsubscribe, and the end of a subscription when the bot is blocked or removed from a group."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from telegram import Update
from telegram.constants import ChatMemberStatus

from bot.commands.declaration import Button, Command
from bot.commands.reply import Context, answer_button, chat_of, may_change, parts, say
from bot.messages import mute as words
from bot.messages.buttons import Buttons
from storage import chats, rules

log = logging.getLogger(__name__)


async def subscribe(update: Update, context: Context) -> None:
    """Turn the chat's alerts on."""
    await answer_button(update)
    if not await may_change(update):
        return
    changed = await parts(context).store.write(chats.subscribe, chat_of(update), datetime.now(UTC))
    count = await parts(context).store.read(rules.count_rules, chat_of(update))
    buttons: Buttons = () if count else [[("Choose alerts", "presets"), ("Set a threshold", "begin")]]
    await say(update, words.subscribed(changed, count), buttons)


async def unsubscribe(update: Update, context: Context) -> None:
    """Turn the chat's alerts off and keep its rules."""
    if not await may_change(update):
        return
    changed = await parts(context).store.write(chats.unsubscribe, chat_of(update), datetime.now(UTC))
    count = await parts(context).store.read(rules.count_rules, chat_of(update))
    await say(update, words.unsubscribed(changed, count))


async def membership(update: Update, context: Context) -> None:
    """End the subscription where the bot was blocked or removed; only /subscribe begins it again."""
    assert update.my_chat_member is not None
    status = update.my_chat_member.new_chat_member.status
    if status in (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT):
        why = f"the bot is {status} there"
        await parts(context).store.write(chats.unsubscribe, chat_of(update), datetime.now(UTC), why)
        log.info("a chat ended its subscription: the bot is %s there", status)


COMMANDS = (
    Command("subscribe", subscribe, "Be told when your alerts fire", place=170),
    Command("unsubscribe", unsubscribe, "Hear nothing more, keep your alerts", place=180),
)
BUTTONS = (Button("subscribe", subscribe),)
