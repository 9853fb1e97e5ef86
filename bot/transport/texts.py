"""Texts of claimed messages that were put into the outbox without one: made of their events, and stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlite_utils import Database

from bot.messages.alert import alert_keyboard, alert_texts
from bot.messages.buttons import keyboard_json
from storage import events, outbox
from storage.announcements import message_announcing
from storage.outbox import Due, Unwritten, Written


def with_texts(
    db: Database, claimed: Sequence[Due], set_aside: Callable[[int, Exception], None]
) -> list[Due]:  # fmt: skip
    """Claimed messages, each with its text, which is stored. Call inside the transaction that claimed them.

    set_aside: takes the id of a message whose text cannot be made, and why; that one is left out.
    """
    made: dict[int, Written] = {}
    aside = set()
    missing = [due.id for due in claimed if not due.text]
    for one in outbox.unwritten(db, missing) if missing else ():
        try:
            made[one.id] = _written(db, one)
        except Exception as error:  # noqa: BLE001 – whatever it is, it concerns this message alone
            set_aside(one.id, error)
            aside.add(one.id)
    outbox.write_texts(db, list(made.values()))
    return [_completed(due, made.get(due.id)) for due in claimed if due.id not in aside]


def _written(db: Database, one: Unwritten) -> Written:
    found = [stored.event for stored in events.by_ids(db, one.chat, one.events)]
    if not found:
        raise LookupError(f"events {list(one.events)}, which it was to tell, are gone")
    (text,) = alert_texts(one.session, found, follows=one.follows)
    keyboard = keyboard_json(alert_keyboard(one.session, found, follows=one.follows))
    return Written(one.id, text, keyboard, message_announcing(db, one.chat, found))


def _completed(due: Due, made: Written | None) -> Due:
    return due if made is None else replace(due, text=made.text, keyboard=made.keyboard, reply_to=made.reply_to)
