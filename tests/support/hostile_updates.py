"""Updates that Telegram's reference allows and no person sends: made from the reference, a seed, and a few hints.

Chats, senders and presses are those of a local Bot API's world, so that what is answered can be delivered.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator, Sequence
from typing import Any

from bot.emulator.chats import Chat, Query
from bot.emulator.state import World

Json = dict[str, Any]

KINDS = ("message", "message", "message", "callback_query", "callback_query", "my_chat_member", "edited_message",
         "channel_post", "chat_member", "poll", "inline_query", "message_reaction")  # fmt: skip
COMMANDS = (
    "start", "help", "summary", "breadth", "metrics", "alert", "alerts", "edit", "why", "history", "snooze", "mute",
    "unmute", "quiet", "subscribe", "unsubscribe", "privacy", "forgetme", "presets", "thesis", "track", "nothing",
)  # fmt: skip
ARGUMENTS = (
    "", "1", "٣", "-1", "9" * 40, "1 ", "#1", "<b>", "small above 200d > 60", "small above 200d > 6e308", "1 small > ٣",
    "22:00-07:00 Europe/Berlin", "03:00-02:00 Asia/Jerusalem", "24:00-25:00", "off",
    "\u202e\u0000", "'; DROP TABLE chats;--",
    "nan > nan", "iwm/spy crosses above its 0d average", "small above 200d > 60 until 2025-02-30", "🔔" * 300,
)  # fmt: skip
ACTIONS = (
    "subscribe", "summary", "alerts", "forget", "keep", "delete", "set", "save", "draft", "change", "cancel", "chart",
    "why", "history", "more", "rule", "erase", "edit", "snooze", "nap", "now", "wait", "unmute", "presets", "pack",
    "packall", "howto", "nobody", "begin", "editor", "listed", "watch", "alert", "pick", "way", "level", "levels",
    "options", "clear", "calm", "hold", "repeat", "until", "commit", "leave", "mine", "open", "pause", "resume",
    "share", "undo", "mute", "silence", "details", "claims", "claim", "track", "who",
)  # fmt: skip
OPERANDS = (
    "", "1", "2", "٣", "0", "-1", "9" * 18, "9" * 19, "1:day", "1:off", "1:resolve", "1:year", "2025-02-30:1",
    "2025-08-22:8", "own:8", "presets:999999", "breadth.nothing.small",
    "٢٠٢٥-٠٨-٢٢:1", "breadth", "small above 200d > 60", "<i>",
    "breadth:1", "breadth:999", "import:1", "size.ratio", "no.such.metric",
    "import.mine", "up:size.ratio", "cross:import.mine", "happens:size.ratio", "1:9999999999999", "1:-0", "1:none",
    "1:0", "1:999", "1:once", "1:2025-02-30", "1:9999-12-31", "all", "13", "99", "1\n", "\u0000",
)  # fmt: skip


class Hostile:
    """An endless, repeatable stream of updates (without their numbers)."""

    def __init__(self, reference: Json, world: World, chats: Sequence[Chat], senders: Sequence[int], seed: int) -> None:
        self._types: Json = reference["types"]
        self._world = world
        self._chats = chats
        self._senders = senders
        self._random = random.Random(seed)
        self._at = 0
        #: Chats of which nothing is said that only Telegram says: that the bot was removed.
        self.spared: set[int] = set()

    def __iter__(self) -> Iterator[Json]:
        return self

    def __next__(self) -> Json:
        kind = self._random.choice(KINDS)
        chat = self._chats[self._at % len(self._chats)]
        self._at += 1
        if kind == "my_chat_member" and chat.id in self.spared:
            kind = "callback_query"
        sender = self._world.people[chat.id if chat.private else self._random.choice(self._senders)]
        if kind == "callback_query":
            return {kind: self._press(chat, sender)}
        named = {field["name"]: field for field in self._types["Update"]["fields"]}
        made: Json = self._value(named[kind]["types"][0], 0)
        made |= {"chat": chat.described, "from": sender}
        if kind in ("message", "edited_message", "channel_post"):
            made = self._message(made, chat)
        elif kind == "my_chat_member":
            for side in ("old_chat_member", "new_chat_member"):
                made[side] = {"user": self._world.bot, "status": self._random.choice(("member", "left", "restricted"))}
                if made[side]["status"] == "restricted":
                    made[side] = self._value("ChatMemberRestricted", 1) | {
                        "status": "restricted",
                        "user": self._world.bot,
                    }
        return {kind: made}

    def _message(self, made: Json, chat: Chat) -> Json:
        if self._random.random() < 0.7:
            text = f"/{self._random.choice(COMMANDS)} {self._random.choice(ARGUMENTS)}".strip()
            made["text"] = text if self._random.random() < 0.8 else self._random.choice(ARGUMENTS) or "?"
            made["entities"] = []
            if made["text"].startswith("/"):
                length = len(made["text"].split()[0])
                made["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        if self._random.random() < 0.2:
            made["sender_chat"] = self._value("Chat", 1) | {"type": "channel"}
        else:
            made.pop("sender_chat", None)
        return made

    def _press(self, chat: Chat, sender: Json) -> Json:
        data = f"v1:{self._random.choice(ACTIONS)}"
        if operand := self._random.choice(OPERANDS):
            data += f":{operand}"
        query = Query(self._world.next_query_id(), self._world.clock(), sender["id"], chat.id, 1, data)
        self._world.add_query(query)
        press: Json = {"id": query.id, "from": sender, "chat_instance": "1", "data": data}
        kept = [stored.message for stored in chat.stored.values() if stored.from_bot and not stored.deleted]
        where = self._random.random()
        if where < 0.2:
            press["inline_message_id"] = "x"
        elif where < 0.4 or not kept:
            press["message"] = {"chat": chat.described, "message_id": 10**9, "date": 0}
        else:
            press["message"] = self._random.choice(kept)
            if not chat.private:
                press["message"] = press["message"] | {"sender_chat": chat.described}
        if self._random.random() < 0.05:
            del press["data"]
            press["game_short_name"] = "game"
        return press

    def _value(self, kind: str, depth: int) -> Any:
        """A value of a type of the reference; optional fields are there now and then, fewer the deeper they lie."""
        one = self._random
        if kind.startswith("Array of "):
            return [self._value(kind.removeprefix("Array of "), depth + 1) for _ in range(one.randint(0, 2))]
        if kind in ("Integer", "Float"):
            return one.choice((0, 1, -1, 2**31, 2**52, one.randint(0, 10**9)))
        if kind in ("Boolean", "True"):
            return True
        if kind == "String":
            return one.choice(("", "\u202e", "<b>", "a", "".join(one.choices(string.printable, k=12))))
        described = self._types[kind]
        if described.get("subtypes"):
            return self._value(one.choice(described["subtypes"]), depth)
        made = {}
        for field in described.get("fields", []):
            if field["required"] or (depth < 3 and one.random() < 0.15 / (depth + 1)):
                fixed = re.search(r"always [“\"](\w+)", field["description"])
                made[field["name"]] = fixed[1] if fixed else self._value(one.choice(field["types"]), depth + 1)
                if "date" in field["name"] and one.random() < 0.99:  # else most could not be read
                    made[field["name"]] = 1_700_000_000
        return made
