"""Who administers a group or channel, and its title: asked of Telegram, and kept for five minutes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from telegram import Bot
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, ChatMigrated, Forbidden

log = logging.getLogger(__name__)

KEPT_SECONDS = 300.0
MOST_KEPT = 10_000
_NOBODY = ("participant_id_invalid", "user not found", "user_not_participant", "user_id_invalid")
_ADMINISTRATORS = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)


class Standing(Enum):
    """What a person is in a group or channel."""

    ADMINISTRATOR = "administrator"
    OTHER = "other"
    UNKNOWN = "unknown"  # Telegram does not say


@dataclass
class Administrators:
    """`clock`: a monotonic clock, in seconds."""

    bot: Bot
    clock: Callable[[], float] = time.monotonic
    _standings: dict[tuple[int, int], tuple[float, Standing]] = field(default_factory=dict)
    _titles: dict[int, tuple[float, str]] = field(default_factory=dict)

    async def standing(self, chat: int, user: int) -> Standing:
        """What `user` is in `chat`. A refusal is not kept: it ends when the bot becomes an administrator.

        Raises TelegramError where Telegram does not answer.
        """
        kept = self._standings.get((chat, user))
        if kept is not None and self.clock() - kept[0] < KEPT_SECONDS:
            return kept[1]
        try:
            member = await self.bot.get_chat_member(chat, user)
        except ChatMigrated as error:
            return await self.standing(error.new_chat_id, user)
        except (BadRequest, Forbidden) as error:
            if not any(words in error.message.lower() for words in _NOBODY):
                log.info("who administers a chat is not told: %s", error.message)
                return Standing.UNKNOWN
            found = Standing.OTHER
        else:
            found = Standing.ADMINISTRATOR if member.status in _ADMINISTRATORS else Standing.OTHER
        if len(self._standings) >= MOST_KEPT:
            self._standings.clear()
        self._standings[chat, user] = (self.clock(), found)
        return found

    async def title(self, chat: int) -> str | None:
        """The title of a group or channel; None where the bot is not in it any more."""
        kept = self._titles.get(chat)
        if kept is not None and self.clock() - kept[0] < KEPT_SECONDS:
            return kept[1]
        try:
            found = await self.bot.get_chat(chat)
        except ChatMigrated as error:
            return await self.title(error.new_chat_id)
        except (BadRequest, Forbidden) as error:
            log.info("a chat cannot be shown: %s", error.message)
            return None
        if len(self._titles) >= MOST_KEPT:
            self._titles.clear()
        self._titles[chat] = (self.clock(), found.title or "")
        return found.title or ""

    def drop(self, chat: int, user: int | None = None) -> None:
        """Ask again next time: about one person, or (None) about everybody in the chat."""
        for key in [key for key in self._standings if key[0] == chat and user in (None, key[1])]:
            del self._standings[key]
        if user is None:
            self._titles.pop(chat, None)
