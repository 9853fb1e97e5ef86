"""Which conversation answers an update: collects what the files declare, keeps each chat's order, handles errors."""

from __future__ import annotations

import asyncio
import importlib
import logging
import pkgutil
from collections import defaultdict, deque
from collections.abc import Awaitable, Coroutine, Iterator
from datetime import UTC, datetime
from functools import cache
from types import ModuleType
from typing import Any

from telegram import Bot, BotCommand, Update
from telegram.error import Conflict, NetworkError, TelegramError
from telegram.ext import (
    Application,
    BaseUpdateProcessor,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    filters,
)

from bot import commands as folder
from bot.commands import fallback, migration, subscription
from bot.commands.declaration import Button, Command
from bot.commands.reply import Context
from bot.database import Store
from bot.messages import help as words
from storage.updates import KEPT, newest_handled, note_handled, was_handled

log = logging.getLogger(__name__)


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


def listen(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
    """Register every handler. What no conversation takes goes to `fallback`."""
    messages = filters.UpdateType.MESSAGE
    for command in commands():
        application.add_handler(CommandHandler(command.name, command.answer, filters=messages))
    for button in buttons():
        application.add_handler(CallbackQueryHandler(button.answer, pattern=button.pattern))
    application.add_handler(CallbackQueryHandler(fallback.old_button))
    application.add_handler(ChatMemberHandler(subscription.membership, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, migration.migrated))
    private = messages & filters.ChatType.PRIVATE
    application.add_handler(MessageHandler(private & filters.TEXT, fallback.text))
    application.add_handler(MessageHandler(private & ~filters.StatusUpdate.ALL, fallback.other))
    application.add_error_handler(handle_error)


async def handle_error(update: object, context: Context) -> None:
    """Log an error that no handler caught, and tell the chat that its request failed."""
    error = context.error
    if isinstance(error, Conflict):
        log.critical("another process polls Telegram with this token; this one stops. Run one bot a token.")
        context.bot_data["conflict"] = True
        context.application.stop_running()
        return
    if isinstance(error, NetworkError) and not isinstance(update, Update):
        log.warning("Telegram does not answer: %s", error)
        return
    log.error("an update was not handled", exc_info=error)
    if isinstance(update, Update) and update.effective_chat is not None:
        try:
            await update.effective_chat.send_message(words.failed())
        except Exception as second:  # noqa: BLE001 – reporting an error must not raise another
            log.warning("and the chat could not be told: %s", second)


class PerChatProcessor(BaseUpdateProcessor):
    """Handles the updates of one chat one after the other, those of different chats side by side, and each once.

    An update is recorded as handled after its handler has returned: one that a kill interrupts is handled again, so
    handlers have to stand being run twice.
    """

    def __init__(self, most: int, store: Store) -> None:
        super().__init__(most)
        self._store = store
        self._handled: deque[int] = deque(maxlen=KEPT)  # by this process
        self._newest_before: int | None = None  # the newest update that a former process handled
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait for the chat's turn; skip an update that was handled before."""
        if not isinstance(update, Update):
            await coroutine
            return
        chat = update.effective_chat.id if update.effective_chat else 0
        turn = self._turns[chat]
        async with turn:
            if await self._was_handled(update.update_id):
                log.info("update %d came twice and was handled once", update.update_id)
                if isinstance(coroutine, Coroutine):
                    coroutine.close()
                return
            await coroutine
            self._handled.append(update.update_id)
            await self._store.write(note_handled, update.update_id, datetime.now(UTC))
        if not turn.locked():
            self._turns.pop(chat, None)

    async def _was_handled(self, update: int) -> bool:
        """Whether this process, or according to the database a former one, has handled the update."""
        if self._newest_before is None:
            self._newest_before = await self._store.read(newest_handled)
        if update > self._newest_before:
            return update in self._handled
        return await self._store.read(was_handled, update)

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to release."""
