"""/start, /help, /privacy, /forgetme."""

from __future__ import annotations

from sqlite_utils import Database
from telegram import Update

from bot.commands.reply import Context, answer_button, chat_of, may_change, parts, replace_text, say
from bot.messages import talk
from storage import chats, rules

FIRST_BUTTONS = (
    (("Subscribe", "subscribe"), ("Today's summary", "summary")),
    (("Choose alerts", "presets"), ("Set a threshold", "howto")),
)


async def start(update: Update, context: Context) -> None:
    """What this is, and what to do first."""
    await say(update, talk.start(parts(context).simulated), FIRST_BUTTONS)


async def help_(update: Update, context: Context) -> None:
    """Every command."""
    await say(update, talk.help_text(parts(context).simulated))


async def privacy(update: Update, context: Context) -> None:
    """What is kept."""
    await say(update, talk.privacy(parts(context).settings.market_words))


async def forgetme(update: Update, context: Context) -> None:
    """Ask before erasing."""
    if await may_change(update):
        count = await parts(context).store.read(rules.count_rules, chat_of(update))
        await say(update, talk.forget_question(count), [[("Erase", "forget"), ("Keep", "keep")]])


async def forget(update: Update, context: Context) -> None:
    """Erase, by the button."""
    if await may_change(update):
        anything = await parts(context).store.write(_forget, chat_of(update))
        await parts(context).store.erase_traces()
        await answer_button(update)
        await replace_text(update, talk.forgotten(anything))


async def keep(update: Update, _context: Context) -> None:
    """Do not."""
    await answer_button(update)
    await replace_text(update, "Kept. Nothing was erased.")


def _forget(db: Database, chat: int) -> bool:
    return chats.forget(db, chat)
