"""What to do about a message that Telegram did not confirm.

`decide` names one of the Decisions for each error of python-telegram-bot. What matters is whether the message can have
arrived: an error's `__cause__` tells (bot/transport/http.py; httpx's own exceptions for python-telegram-bot's client).
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import Any

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.transport.http import NotSent


class Decision(Enum):
    """What becomes of a message that Telegram did not confirm."""

    WAIT = "wait"  # 429: as long as told
    AGAIN = "again"  # it was not sent
    UNKNOWN = "unknown"  # the answer was lost: it may have been sent
    GONE = "gone"  # nobody is there to hear it: the subscription ends, the rules stay
    RIGHTS = "rights"  # the bot is there and may not write: tried again for days
    TOPIC = "topic"  # closed or deleted: the general one takes it
    MOVED = "moved"  # the chat has a new id
    DONE = "done"  # nothing was left to do
    REFUSED = "refused"  # our mistake: recorded, the operator told, never tried again


#: What a client raises before a request has left the machine: ours, and the one python-telegram-bot brings.
_NOT_SENT = (NotSent, httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NOBODY = (
    "chat not found", "user not found", "user is deactivated", "bot was blocked", "bot was kicked", "peer_id_invalid",
)  # fmt: skip
#: In a group or channel, or by a mistake of Telegram's: its administrators, or Telegram, may give it back.
_NO_RIGHT = ("have no rights", "not enough rights", "need administrator rights", "chat_write_forbidden")
_NO_TOPIC = ("topic_closed", "topic_deleted", "thread not found")


def decide(error: TelegramError) -> Decision:
    """The decision that an answer, or the lack of one, asks for."""
    match error:
        case RetryAfter():
            return Decision.WAIT
        case ChatMigrated():
            return Decision.MOVED
        case Forbidden():
            return Decision.GONE
        case BadRequest() if "message is not modified" in error.message.lower():
            return Decision.DONE
        case BadRequest() if any(words in error.message.lower() for words in _NOBODY):
            return Decision.GONE
        case BadRequest() if any(words in error.message.lower() for words in _NO_TOPIC):
            return Decision.TOPIC
        case BadRequest() if any(words in error.message.lower() for words in _NO_RIGHT):
            return Decision.RIGHTS
        case BadRequest():
            return Decision.REFUSED
        case NetworkError() if isinstance(error.__cause__, _NOT_SENT):
            return Decision.AGAIN
        case TimedOut():
            return Decision.UNKNOWN
        # Telegram answered with a 5xx: in its own form, or as a page that could not be read.
        case NetworkError() if error.__cause__ is None or isinstance(error.__cause__, TelegramError):
            return Decision.AGAIN
        case InvalidToken():  # revoked, or being renewed
            return Decision.AGAIN
    return Decision.UNKNOWN  # the connection broke, or a 200 that cannot be read


def retry_seconds(error: RetryAfter) -> float:
    """Seconds that a 429 asks to wait. python-telegram-bot is changing `retry_after` from seconds to a timedelta."""
    after: Any = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)
