"""A group becomes a supergroup: everything that is stored of it moves to the new id at once."""

from __future__ import annotations

import logging

from telegram import Update

from bot.commands.parts import Context, parts
from storage.chat_migration import move_chat

log = logging.getLogger(__name__)


async def migrated(update: Update, context: Context) -> None:
    """Move the group, on the service message in the old chat or in the new one, whichever comes first."""
    message = update.effective_message
    assert message is not None
    old = message.migrate_from_chat_id or message.chat.id
    new = message.migrate_to_chat_id or message.chat.id
    if old != new:
        await parts(context).store.write(move_chat, old, new)
        log.info("a group became a supergroup; what is stored of it has moved")
