"""/start, /help, /privacy, /forgetme."""

from __future__ import annotations

from telegram import Update

from bot.commands import groups
from bot.commands.declaration import Button, Command
from bot.commands.reply import Context, answer_button, argument, chat_of, may_change, parts, replace_text, say
from bot.messages import help as words
from storage import chats, rules

FIRST_BUTTONS = (
    (("Subscribe", "subscribe"), ("Today's summary", "summary")),
    (("Choose alerts", "presets"), ("Set a threshold", "howto")),
)


async def start(update: Update, context: Context) -> None:
    """What the bot is, and what to do first; or what a link asks for."""
    if await groups.opened(update, context, argument(update)):
        return
    await say(update, words.start(parts(context).simulated), FIRST_BUTTONS)


async def help_(update: Update, context: Context) -> None:
    """Every command."""
    await say(update, words.help_text(parts(context).menu, parts(context).simulated))


async def privacy(update: Update, context: Context) -> None:
    """What is kept of a chat."""
    await say(update, words.privacy(parts(context).settings.market_words))


async def forgetme(update: Update, context: Context) -> None:
    """Ask before erasing."""
    if await may_change(update):
        count = await parts(context).store.read(rules.count_rules, chat_of(update))
        await say(update, words.forget_question(count), [[("Erase", "forget"), ("Keep", "keep")]])


async def forget(update: Update, context: Context) -> None:
    """Erase everything that is kept of the chat."""
    if await may_change(update):
        anything = await parts(context).store.write(chats.forget, chat_of(update))
        await parts(context).store.erase_traces()
        await answer_button(update)
        await replace_text(update, words.forgotten(anything))


async def keep(update: Update, _context: Context) -> None:
    """Erase nothing."""
    await answer_button(update)
    await replace_text(update, words.not_forgotten())


COMMANDS = (
    Command("start", start),
    Command("help", help_, "How to ask", place=190),
    Command("privacy", privacy, "What is kept about you", place=200),
    Command("forgetme", forgetme, "Erase all of it", place=210),
)
BUTTONS = (Button("forget", forget), Button("keep", keep))
