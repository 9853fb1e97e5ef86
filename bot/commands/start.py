"""/start, /help, /privacy, /export, /forgetme."""

from __future__ import annotations

import json

from telegram import Update

from bot.commands import groups
from bot.commands.alert import show_preview
from bot.commands.declaration import Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, may_change, replace_text, say
from bot.messages import help as words
from bot.messages.my_alerts import bad_link
from storage import chat_export, chats, rules
from storage.shared_lines import line_of

INVITATION = "inv-"  # of a link that lets people in: it has done so when this answers
FIRST_BUTTONS = (
    (("Subscribe", "subscribe"), ("Today's summary", "summary")),
    (("Choose alerts", "presets"), ("Set a threshold", "begin")),
)


async def start(update: Update, context: Context) -> None:
    """What the bot is, and what to do first; of a link, what it leads to: a shared alert, a group's alerts."""
    payload = argument(update)
    if await groups.opened(update, context, payload):
        return
    if payload and not payload.startswith(INVITATION):
        line = await parts(context).store.read(line_of, payload)
        if line is not None:
            await show_preview(update, context, line)
            return
        await say(update, bad_link(), FIRST_BUTTONS)
        return
    await say(update, words.start(parts(context).simulated), FIRST_BUTTONS)


async def help_(update: Update, context: Context) -> None:
    """Every command."""
    await say(update, words.help_text(parts(context).menu, parts(context).simulated))


async def privacy(update: Update, context: Context) -> None:
    """What is kept of a chat."""
    settings = parts(context).settings
    await say(update, words.privacy(settings.market_words, posted=settings.webhook_out_url is not None))


async def export(update: Update, context: Context) -> None:
    """A file with everything that is kept of the chat."""
    if not await may_change(update):
        return
    chat = chat_of(update)
    found = await parts(context).store.read_long(chat_export.export_chat, chat)
    written = json.dumps({"chat": chat, "kept": found}, ensure_ascii=False, indent=1, default=str).encode()
    assert update.effective_chat is not None
    await update.effective_chat.send_document(
        written, filename=f"rotation-alerts-{chat}.json", caption=words.exported(sum(map(len, found.values())))
    )


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
    Command("export", export, "All that is kept, as a file", place=205),
    Command("forgetme", forgetme, "Erase all of it", place=210),
)
BUTTONS = (Button("forget", forget), Button("keep", keep))
