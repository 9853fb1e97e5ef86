"""What came of messages → their rows in the outbox, each settled by itself.

A result that cannot be recorded undoes no other: its row is set aside (`failed`, with the reason) and operators are
told. An error of the file itself (a full disk, a lock) concerns every row and is raised, so that all results are
recorded later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlite_utils import Database
from telegram.error import ChatMigrated, RetryAfter, TelegramError

from bot.messages import groups as words
from bot.messages import operator
from bot.messages.buttons import keyboard_json
from bot.transport.errors import Decision, decide, retry_seconds
from bot.transport.telemetry import SENDS
from storage import chats, groups, outbox
from storage.chat_migration import move_chat
from storage.database import savepoint
from storage.errors import usable_error
from storage.outbox import Due, Sent
from storage.preferences import add_chat

log = logging.getLogger(__name__)

RIGHT_AGAIN = timedelta(days=1)
RIGHT_WAITED_FOR = timedelta(days=3)
UNKNOWN_AGAIN = 60.0  # seconds before what may have arrived is sent again
LONGEST_AGAIN = 300.0


@dataclass(frozen=True)
class Unconfirmed:
    """A message that was not confirmed, and why. An error that is not Telegram's is a mistake of this program."""

    due: Due
    error: Exception


@dataclass(frozen=True)
class Results:
    """What came of messages since results were last recorded. `unanswered`: ids of what was stopped half-way."""

    sent: Sequence[Sent] = ()
    unconfirmed: Sequence[Unconfirmed] = ()
    unanswered: Sequence[int] = ()

    def __bool__(self) -> bool:
        return bool(self.sent or self.unconfirmed or self.unanswered)


def record_results(db: Database, results: Results, operators: Sequence[int], now: datetime) -> None:
    """Record every result that can be recorded, and set the others aside. Raises sqlite3.Error of the file itself."""
    notices = _Notices(db, operators, now)
    try:
        with savepoint(db):
            outbox.mark_sent(db, results.sent, now)
    except Exception as error:  # noqa: BLE001 – each of them is settled, and logged, by itself
        _raise_if_of_the_file(error)
        for one in results.sent:
            _by_itself(notices, one.id, partial(outbox.mark_sent, db, [one], now))
    for unconfirmed in results.unconfirmed:
        _by_itself(notices, unconfirmed.due.id, partial(_settle, notices, unconfirmed))
    for identity in results.unanswered:
        why = "the bot was stopped before the answer came"
        _by_itself(notices, identity, partial(outbox.mark_again, db, identity, now, why, maybe_repeat=True))


@dataclass(frozen=True)
class _Notices:
    """Tells operators, each kind of trouble once a day."""

    db: Database
    operators: Sequence[int]
    now: datetime

    def tell(self, kind: str, text: str) -> None:
        outbox.tell_operators(self.db, self.operators, kind, text, self.now)


def _by_itself(notices: _Notices, identity: int, settle: Callable[[], None]) -> None:
    try:
        with savepoint(notices.db):
            settle()
    except Exception as error:
        _raise_if_of_the_file(error)
        log.exception("message %d: what came of it cannot be recorded; it is set aside", identity)
        _set_aside(notices, identity, f"what came of it could not be recorded: {type(error).__name__}: {error}")


def set_aside(db: Database, operators: Sequence[int], now: datetime, identity: int, error: Exception) -> None:
    """Set a message aside whose text cannot be made, and tell operators. Raises an error of the file itself again."""
    _raise_if_of_the_file(error)
    log.error("message %d: its text cannot be made; it is set aside", identity, exc_info=error)
    _set_aside(_Notices(db, operators, now), identity, f"its text cannot be made: {type(error).__name__}: {error}")


def _set_aside(notices: _Notices, identity: int, why: str) -> None:
    for part in (
        partial(outbox.mark_failed, notices.db, identity, why),
        partial(notices.tell, "set aside", operator.set_aside(why, identity)),
    ):
        try:
            with savepoint(notices.db):
                part()
        except Exception as error:
            _raise_if_of_the_file(error)
            log.exception("message %d cannot be set aside; it is looked at after the next start", identity)


def _raise_if_of_the_file(error: Exception) -> None:
    if usable_error(error, "") is not None:
        raise error


def _settle(notices: _Notices, unconfirmed: Unconfirmed) -> None:
    due, error, db, now = unconfirmed.due, unconfirmed.error, notices.db, notices.now
    if not isinstance(error, TelegramError):
        _set_aside(notices, due.id, f"it could not be sent: {type(error).__name__}: {error}")
        return
    decision, why = decide(error), f"{type(error).__name__}: {error.message}"
    SENDS.labels(decision.name.lower()).inc()
    log.log(
        logging.INFO if decision in (Decision.WAIT, Decision.AGAIN) else logging.WARNING,
        "message %d: %s → %s", due.id, why, decision.value,
    )  # fmt: skip
    match decision:
        case Decision.WAIT:
            assert isinstance(error, RetryAfter)
            outbox.mark_again(db, due.id, now + timedelta(seconds=retry_seconds(error)), why, maybe_repeat=False)
        case Decision.AGAIN:
            seconds = min(2.0 ** min(due.attempts, 9), LONGEST_AGAIN)
            outbox.mark_again(db, due.id, now + timedelta(seconds=seconds), why, maybe_repeat=False)
        case Decision.UNKNOWN:
            outbox.mark_again(db, due.id, now + timedelta(seconds=UNKNOWN_AGAIN), why, maybe_repeat=True)
        case Decision.GONE:
            outbox.mark_withdrawn(db, due.id, why)
            chats.unsubscribe(db, due.chat, now, why)
        case Decision.TOPIC:
            _topic_lost(notices, due, why)
        case Decision.RIGHTS:
            _right_lost(notices, due, why)
        case Decision.MOVED:
            assert isinstance(error, ChatMigrated)
            move_chat(db, due.chat, error.new_chat_id)
            outbox.mark_again(db, due.id, now, why, maybe_repeat=False)
        case Decision.DONE:
            outbox.mark_withdrawn(db, due.id, why)
        case Decision.REFUSED:
            outbox.mark_failed(db, due.id, why)
            notices.tell("refused", operator.refused(why, due.id))


def _topic_lost(notices: _Notices, due: Due, why: str) -> None:
    """Send to the general topic from now on, and tell the managers; where that one is closed, a right is lacking."""
    if not groups.lose_topic(notices.db, due.chat) and due.topic is None:
        _right_lost(notices, due, why)
        return
    outbox.mark_again(notices.db, due.id, notices.now, why, maybe_repeat=False)
    if due.topic is not None:
        here = words.topic_lost_here()
        tell_managers(notices.db, due.chat, "topic", words.topic_lost(), notices.now, in_group=here)


def _right_lost(notices: _Notices, due: Due, why: str) -> None:
    """Try again tomorrow; after days end the subscription. The managers are told of the first and of the last try."""
    db, now = notices.db, notices.now
    lost = groups.right_lost(db, due.chat, now)
    if lost >= RIGHT_WAITED_FOR:
        outbox.mark_withdrawn(db, due.id, why)
        chats.unsubscribe(db, due.chat, now, why)
        groups.right_back(db, due.chat, now)
        tell_managers(db, due.chat, "ended", words.right_lost_for_good(), now)
        return
    # Counted from the first refusal, so that the last try comes when the days are over.
    days = lost // RIGHT_AGAIN + 1
    again = now - lost + days * RIGHT_AGAIN
    outbox.mark_again(db, due.id, again, why, maybe_repeat=False)
    if not lost:
        tell_managers(db, due.chat, "rights", words.right_lost(), now)


def tell_managers(
    db: Database, chat: int, kind: str, text: str, now: datetime, *, in_group: str | None = None
) -> None:  # fmt: skip
    """Tell those who manage a chat, in private; where nobody can be reached there, `in_group` in the chat itself."""
    people = groups.managers_reached(db, chat)
    keyboard = keyboard_json(words.which_one(chat))
    told = [outbox.Outgoing(person, [text], keyboard=keyboard) for person in people]
    if not people and in_group is not None:
        told = [outbox.Outgoing(chat, [in_group])]
    for message in told:
        add_chat(db, message.chat, now)
    outbox.enqueue(db, now.date(), f"managers {kind} {chat}", told, now)


def utc_now() -> datetime:
    """The current time, UTC."""
    return datetime.now(UTC)
