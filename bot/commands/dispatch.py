"""Which conversation answers an update: collects what the files declare, reads updates, handles errors."""

from __future__ import annotations

import asyncio
import importlib
import logging
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

from telegram import Bot, BotCommand, Update
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot import commands as folder
from bot.commands import access, fallback, files, groups, inline, migration, place
from bot.commands.administrators import Administrators
from bot.commands.declaration import Button, Command
from bot.commands.parts import Context
from bot.commands.reply import answer_button, say
from bot.messages import help as words
from bot.transport.errors import Decision, decide

log = logging.getLogger(__name__)

#: The bot was blocked or removed meanwhile, the chat is gone, or it may not write there: there is nobody to be told.
_NOBODY_HEARS = (Decision.GONE, Decision.RIGHTS)

Telegram = Application[Any, Any, Any, Any, Any, Any]


def _conversations() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
        yield importlib.import_module(found.name)


@cache
def commands() -> tuple[Command, ...]:
    """The commands of all conversations, in the menu's order."""
    declared = [command for module in _conversations() for command in getattr(module, "COMMANDS", ())]
    return tuple(sorted(declared, key=lambda command: command.place))


@cache
def buttons() -> tuple[Button, ...]:
    """The buttons of all conversations."""
    return tuple(button for module in _conversations() for button in getattr(module, "BUTTONS", ()))


def menu() -> tuple[tuple[str, str], ...]:
    """(command, what it does), as Telegram's menu and /help list them."""
    return tuple((command.name, command.menu) for command in commands() if command.menu)


async def register_menu(bot: Bot) -> None:
    """Give Telegram the menu; try again while it cannot be reached."""
    for attempt in range(1, 100):
        try:
            await bot.set_my_commands([BotCommand(name, what) for name, what in menu()])
            return
        except TelegramError as error:
            log.warning("the menu is not registered yet: %s", error)
            await asyncio.sleep(min(2.0**attempt, 300.0))


def listen(application: Telegram) -> None:
    """Register every handler. What no conversation takes goes to `fallback`."""
    application.bot_data["administrators"] = Administrators(application.bot)
    application.bot_data["commands"] = {command.name: command for command in commands()}
    messages = filters.UpdateType.MESSAGE
    for command in commands():
        application.add_handler(CommandHandler(command.name, command.answer, filters=messages))
    for button in buttons():
        # ASCII: a digit of another script is none in our data.
        application.add_handler(CallbackQueryHandler(button.answer, pattern=re.compile(button.pattern, re.ASCII)))
    application.add_handler(CallbackQueryHandler(fallback.old_button))
    application.add_handler(InlineQueryHandler(inline.inline))
    application.add_handler(ChatMemberHandler(groups.membership, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_handler(ChatMemberHandler(groups.member_changed, ChatMemberHandler.CHAT_MEMBER))
    application.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, migration.migrated))
    private = messages & filters.ChatType.PRIVATE
    asked = filters.ChatType.GROUPS & filters.CaptionRegex(r"^/import\b")
    application.add_handler(MessageHandler(messages & filters.Document.ALL & (private | asked), files.received))
    application.add_handler(MessageHandler(private & filters.TEXT, fallback.text))
    application.add_handler(MessageHandler(messages & filters.ChatType.GROUPS & filters.TEXT, fallback.in_group))
    application.add_handler(MessageHandler(private & ~filters.StatusUpdate.ALL, fallback.other))
    application.add_error_handler(handle_error)


def read(application: Telegram, raw: dict[str, Any]) -> Update | None:
    """The update, None where no conversation takes it. One that cannot be read is logged, without what is in it."""
    number = raw.get("update_id")
    try:
        update = Update.de_json(place.with_group(raw), application.bot)
        if not isinstance(number, int) or not isinstance(getattr(update.effective_chat, "id", 0), int):
            raise TypeError("an id that is not a number")
        taken = any(
            handler.check_update(update) not in (None, False)
            for handlers in application.handlers.values()
            for handler in handlers
        )
    except Exception as error:  # noqa: BLE001 – whatever is in there, the next one has to be read
        kind = next((kind for kind in Update.ALL_TYPES if kind in raw), "of an unknown kind")
        shown = number if isinstance(number, int) else "without a number"
        log.error("update %s (%s) cannot be read (%s); it is skipped", shown, kind, type(error).__name__)
        return None
    message = update.message
    if message is not None and message.is_automatic_forward:  # a post of the channel that the group discusses
        return None
    return update if taken else None


async def answer(application: Telegram, update: Update) -> None:
    """Have the conversation answer that takes the update."""
    if update.inline_query is not None:
        await application.process_update(update)
        return
    if update.effective_chat is None:  # a button under a message that went through another chat
        await answer_button(update, words.OLD_BUTTON)
        return
    found = application.bot_data["parts"]
    if not await access.is_let_in(found, update):
        return
    try:
        here = await place.enter(update, found.store, application.bot_data["administrators"])
        if await groups.refused(update, here) or await groups.too_long(update, here, application.bot):
            return
    except TelegramError as error:  # who administers the group was not answered
        await application.process_error(update, error)
        return
    await application.process_update(update)


async def too_many(limit: int, update: Update) -> None:
    """Tell a chat that it sends more messages, or presses more buttons, than the `limit` of a minute."""
    try:
        if update.callback_query is not None:
            await answer_button(update, words.too_many(limit, "buttons"))
        else:
            await say(update, words.too_many(limit, "requests"))
    except TelegramError as error:
        log.info("a chat that sends too much could not be told: %s", error)


async def handle_error(update: object, context: Context) -> None:
    """Log an error that no handler caught, and tell the chat that its request failed."""
    error = context.error
    if isinstance(error, TelegramError) and decide(error) in _NOBODY_HEARS:
        log.info("an answer was not wanted any more: %s", error.message)
        return
    log.error("an update was not handled", exc_info=error)
    if isinstance(update, Update) and update.effective_chat is not None:
        try:
            await update.effective_chat.send_message(words.failed())
        except Exception as second:  # noqa: BLE001 – reporting an error must not raise another
            log.warning("and the chat could not be told: %s", second)
