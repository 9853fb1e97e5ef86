"""/notice TEXT, for operators (ADMIN_CHAT_IDS) alone: a preview, and after a confirmation every subscriber gets it."""

from __future__ import annotations

from datetime import UTC, datetime

from telegram import Update

from bot.alerting.notices import send_notice
from bot.commands.declaration import ID, Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, replace_text, say
from bot.messages import asking
from bot.messages import notice as words
from storage import chats, notices


async def notice(update: Update, context: Context) -> None:
    """Show the notice as it will be read, with how many get it."""
    settings, store = parts(context).settings, parts(context).store
    if chat_of(update) not in settings.admin_chat_ids:
        await say(update, asking.not_understood("/notice"))
        return
    text = argument(update).strip()
    if not text or len(text) > words.LONGEST:
        await say(update, words.too_long(len(text)) if text else words.EMPTY)
        return
    count = await store.read(chats.subscribers)
    identity = await store.write(notices.add_notice, text, datetime.now(UTC))
    buttons = [[(f"Send to {count:,}", f"notice:{identity}"), ("Cancel", "nonotice")]] if count else []
    await say(update, words.preview(text, count, settings.messages_per_second), buttons)


async def send(update: Update, context: Context) -> None:
    """Send it, once."""
    if chat_of(update) not in parts(context).settings.admin_chat_ids:
        await answer_button(update)
        return
    count = await parts(context).store.write(send_notice, int(argument(update)), datetime.now(UTC))
    await answer_button(update)
    await replace_text(update, words.SENT_BEFORE if count is None else words.sent(count))


async def cancel(update: Update, _context: Context) -> None:
    """Send nothing."""
    await answer_button(update)
    await replace_text(update, words.NOT_SENT)


COMMANDS = (Command("notice", notice),)
BUTTONS = (Button("notice", send, ID), Button("nonotice", cancel))
