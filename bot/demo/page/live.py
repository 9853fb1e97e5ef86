"""What an open page is told: a snapshot over HTTP, then every change over its socket.

Changes are numbered, and a snapshot carries the number of the last one in it: a page that connects first and asks
for the snapshot then misses none and applies none twice.
"""

import json
import secrets
from typing import Any, Protocol

from bot.demo.page.clock import Clock
from bot.emulator import Context
from bot.emulator.chats import Change, Chat, Json, Stored
from bot.emulator.state import World

#: The newest messages of a chat that a page shows, and how many people it offers.
MESSAGES = 500
PEOPLE = 8
_ROWS = ("message", "edited", "deleted")


class Listener(Protocol):
    """An open socket."""

    def push(self, text: str) -> None:
        """Send a change, in the sequence of the calls; returns at once."""
        ...

    def end(self) -> None:
        """Close it."""
        ...


class Live:
    """The open pages of one server. `run` tells two runs of the server apart, whose message ids begin anew."""

    def __init__(self, clock: Clock | None, notice: str) -> None:
        self.clock = clock
        self.notice = notice
        self.run = secrets.token_hex(8)
        self.number = 0
        self.listeners: set[Listener] = set()
        if clock is not None:
            clock.on_change.append(self.tell_clock)

    def follow(self, context: Context) -> None:
        """Tell of this server's changes from now on."""
        context.world.on_change.append(self.tell_change)
        context.on_stop.append(self.end)

    def end(self) -> None:
        """Close every socket."""
        for listener in list(self.listeners):
            listener.end()

    def tell_change(self, change: Change) -> None:
        """Something has changed in the world."""
        what = _shown(change.what) if change.kind in _ROWS else change.what
        self._tell(change.kind, change.chat_id, what)

    def tell_clock(self) -> None:
        """The clock's state has changed."""
        if self.clock is not None:
            self._tell("clock", None, self.clock.state())

    def _tell(self, kind: str, chat_id: int | None, what: Any) -> None:
        self.number += 1
        if self.listeners:
            text = json.dumps({"number": self.number, "kind": kind, "chat": chat_id, "what": what})
            for listener in list(self.listeners):
                listener.push(text)

    def snapshot(self, world: World) -> Json:
        """All that a page shows."""
        return {
            "run": self.run,
            "number": self.number,
            "bot": world.bot,
            "description": world.settings.texts.get(("description", ""), ""),
            "notice": self.notice,
            "clock": None if self.clock is None else self.clock.state(),
            "people": [
                *(_person(world, person) for person in list(world.people.values())[:PEOPLE]),
                *(place for chat in world.chats.values() for place in _places(world, chat)),
            ],
        }


def _person(world: World, person: Json) -> Json:
    chat = world.chats.get(person["id"])
    return {
        "id": person["id"],
        "speaker": person["id"],
        "chat": person["id"],
        "topic": None,
        "first_name": person["first_name"],
        "blocked": chat is not None and chat.bot_status == "kicked",
        "messages": [] if chat is None else [_shown(stored.row()) for stored in _newest(chat)],
    }


def _places(world: World, chat: Chat) -> list[Json]:
    """A group's topics, the general one first, or the group or channel as a whole; its creator speaks there."""
    if chat.private or chat.migrated_to is not None:
        return []
    title = chat.described["title"]
    speaker = next((person for person, status in chat.members.items() if status == "creator"), next(iter(world.people)))
    names: dict[int | None, str] = {None: f"{title} · General" if chat.forum else title}
    if chat.forum:
        names |= {topic.id: f"{title} · {topic.name}" for topic in chat.topics.values()}
    return [
        {
            "id": f"{chat.id}/{topic or ''}",
            "speaker": speaker,
            "chat": chat.id,
            "topic": topic,
            "first_name": name,
            "blocked": False,
            "messages": [_shown(stored.row()) for stored in _newest(chat, topic)],
        }
        for topic, name in names.items()
    ]


def _newest(chat: Chat, topic: int | None = None) -> list[Stored]:
    there = [
        stored for stored in chat.stored.values()
        if not stored.deleted and stored.message.get("message_thread_id") == topic
    ]  # fmt: skip
    return there[-MESSAGES:]


def _shown(row: Json) -> Json:
    """A stored message without its earlier versions, which no page shows."""
    return {name: row[name] for name in ("message_id", "from_bot", "message", "deleted")}
