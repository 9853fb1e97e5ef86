"""/theme: light or dark pictures for this chat."""

from __future__ import annotations

from datetime import UTC, datetime

from telegram import Update

from bot.commands.declaration import Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, may_change, replace_text, say
from bot.messages import theme as words
from storage.preferences import is_dark, set_dark


async def theme(update: Update, context: Context) -> None:
    """/theme dark, /theme light; alone it says what is set."""
    typed = argument(update).strip().lower()
    if typed in words.THEMES:
        await _set(update, context, typed)
        return
    dark = await parts(context).store.read(is_dark, chat_of(update))
    await say(update, words.theme_now(dark), words.theme_buttons(dark))


async def theme_pressed(update: Update, context: Context) -> None:
    """The theme that a button names."""
    await _set(update, context, argument(update))


async def _set(update: Update, context: Context, name: str) -> None:
    if not await may_change(update):
        return
    dark = name == words.DARK
    await parts(context).store.write(set_dark, chat_of(update), dark, datetime.now(UTC))
    if update.callback_query is None:
        await say(update, words.theme_set(dark), words.theme_buttons(dark))
        return
    await answer_button(update)
    await replace_text(update, words.theme_set(dark), words.theme_buttons(dark))


COMMANDS = (Command("theme", theme, "Light or dark pictures: /theme dark", place=157),)
BUTTONS = (Button("theme", theme_pressed, "|".join(words.THEMES)),)
