"""/track: what followed the alerts that were sent, misses first."""

from __future__ import annotations

from telegram import Update

from bot.commands.declaration import Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, replace_text, say
from bot.messages.track_record import presets_text, track_buttons, track_text
from bot.reports.track_record import track_of_all, track_of_chat


async def track(update: Update, context: Context) -> None:
    """The chat's alerts; by a button another page, or the presets over all chats, in the message's place."""
    await answer_button(update)
    of, _, typed = argument(update).partition(":")
    start = int(typed) if typed.isdecimal() else 0
    store = parts(context).store
    if of == "presets":
        record = await store.read_long(track_of_all)
        text = presets_text(record, start)
    else:
        record = await store.read_long(track_of_chat, chat_of(update))
        text = track_text(record, start)
    answer = say if update.callback_query is None else replace_text
    await answer(update, text, track_buttons(record, start, presets=of == "presets"))


COMMANDS = (Command("track", track, "What followed the alerts that were sent, misses first", place=105),)
BUTTONS = (Button("track", track, r"(?:own|presets):\d{1,6}"),)
