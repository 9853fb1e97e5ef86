"""/subscribe, /unsubscribe, and what Telegram tells of people who block the bot or take it into a group."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from sqlite_utils import Database
from telegram import Update
from telegram.constants import ChatMemberStatus

from bot.commands.reply import Context, answer_button, chat_of, may_change, parts, say
from bot.messages import talk
from bot.messages.buttons import Buttons
from storage import chats, rules

log = logging.getLogger(__name__)


async def subscribe(update: Update, context: Context) -> None:
    """Turn the chat's alerts on."""
    await answer_button(update)
    if not await may_change(update):
        return
    changed, count = await parts(context).store.write(_subscribe, chat_of(update))
    buttons: Buttons = () if count else [[("Choose alerts", "presets"), ("Set a threshold", "howto")]]
    await say(update, talk.subscribed(changed, count), buttons)


async def unsubscribe(update: Update, context: Context) -> None:
    """Turn them off, and keep them."""
    if not await may_change(update):
        return
    changed, count = await parts(context).store.write(_unsubscribe, chat_of(update), None)
    await say(update, talk.unsubscribed(changed, count))


async def membership(update: Update, context: Context) -> None:
    """A person blocked the bot, or a group removed it: stop writing there. Their return is theirs to say."""
    assert update.my_chat_member is not None
    status = update.my_chat_member.new_chat_member.status
    if status in (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT):
        await parts(context).store.write(_unsubscribe, chat_of(update), f"the bot is {status} there")
        log.info("a chat ended its subscription: the bot is %s there", status)


def _subscribe(db: Database, chat: int) -> tuple[bool, int]:
    return chats.subscribe(db, chat, datetime.now(UTC)), rules.count_rules(db, chat)


def _unsubscribe(db: Database, chat: int, why: str | None) -> tuple[bool, int]:
    return chats.unsubscribe(db, chat, datetime.now(UTC), why), rules.count_rules(db, chat)
