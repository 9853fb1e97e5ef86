"""Everything that Telegram knows, in memory: the bot, people, chats, messages, updates, files, queries.

Nothing here knows of HTTP. Whoever wants to follow along appends a function to `World.on_change`; it is called
with each Change. Message ids count per chat. Users, chats and messages are dictionaries in the shape in which
the Bot API answers them.
"""

import time
from collections.abc import Callable

from bot.emulator.api.bot_settings import Settings
from bot.emulator.api.errors import bad_request, forbidden, upgraded
from bot.emulator.chats import Change, Chat, Json, Query, Stored, bot_member, member
from bot.emulator.updates import UpdateQueue
from bot.emulator.uploads import Uploads

# The newest messages that a chat keeps, and the versions of one message before its last.
KEPT_MESSAGES = 2_000
KEPT_VERSIONS = 200
KEPT_QUERIES = 10_000
FIRST_PEOPLE = {1001: "Ada", 1002: "Ben", 1003: "Chloé"}
FIRST_QUERY = 400_000_000_000_000_000
FIRST_GROUP = -4_000_000_000
FIRST_SUPERGROUP = -1_002_000_000_000


class World:
    """The state; `clock` gives seconds since 1970, `callback_seconds` is how long a query can be answered."""

    def __init__(
        self,
        *,
        username: str = "rotation_alerts_bot",
        first_name: str = "Rotation Alerts",
        clock: Callable[[], float] = time.time,
        callback_seconds: float = 60.0,
    ) -> None:
        self.clock = clock
        self.callback_seconds = callback_seconds
        self.bot: Json = {"id": 0, "is_bot": True, "first_name": first_name, "username": username}
        self.people: dict[int, Json] = {}
        self.deactivated: set[int] = set()
        self.chats: dict[int, Chat] = {}
        self.updates = UpdateQueue()
        self.uploads = Uploads()
        self.settings = Settings()
        self.queries: dict[str, Query] = {}
        self.inline = False  # whether BotFather has switched inline mode on
        self.inline_queries: dict[str, Json] = {}  # {"results"}: None until the bot answers
        self.on_change: list[Callable[[Change], None]] = []
        self._groups = 0
        self._queries = 0
        for person_id, name in FIRST_PEOPLE.items():
            self.add_person(name, person_id=person_id)

    def now(self) -> int:
        """Seconds since 1970, whole, as in every date of the Bot API."""
        return int(self.clock())

    def tell(self, kind: str, chat_id: int | None, what: Json) -> None:
        """Call those who follow along."""
        for observer in self.on_change:
            observer(Change(kind, chat_id, what))

    def become(self, bot_id: int) -> None:
        """The bot's id is the number before the colon of its token."""
        if self.bot["id"] != bot_id:
            self.bot = self.bot | {"id": bot_id}

    def add_person(self, first_name: str, *, person_id: int | None = None, language_code: str = "en") -> Json:
        """A person, who has written nothing yet; without an id the next free one."""
        if person_id is None:
            person_id = max(self.people, default=1000) + 1
        person = {"id": person_id, "is_bot": False, "first_name": first_name, "language_code": language_code}
        self.people[person_id] = person
        return person

    def private_chat(self, person_id: int) -> Chat:
        """The person's chat with the bot; begun by this where there was none."""
        chat = self.chats.get(person_id)
        if chat is None:
            person = self.people[person_id]
            chat = Chat({"id": person_id, "first_name": person["first_name"], "type": "private"})
            self.chats[person_id] = chat
        return chat

    def add_group(self, title: str, kind: str, members: dict[int, str], *, chat_id: int | None = None) -> Chat:
        """A group, supergroup or channel, the bot not in it yet; `members` maps ids to statuses (creator, …)."""
        while chat_id is None or chat_id in self.chats:
            self._groups += 1
            chat_id = (FIRST_GROUP if kind == "group" else FIRST_SUPERGROUP) - self._groups
        chat = Chat({"id": chat_id, "title": title, "type": kind}, bot_status="left", members=dict(members))
        self.chats[chat_id] = chat
        return chat

    def chat(self, chat_id: int | str) -> Chat:
        """A chat that the bot has seen; ApiError 400 "chat not found" else."""
        chat = self.chats.get(chat_id) if isinstance(chat_id, int) else None
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def chat_to_write(self, chat_id: int | str) -> Chat:
        """A chat that the bot may write to; ApiError 400 or 403 else, in Telegram's words."""
        if chat_id in self.people and chat_id not in self.chats:
            raise forbidden("bot can't initiate conversation with a user")
        chat = self.chat(chat_id)
        if chat.migrated_to is not None:
            raise upgraded(chat.migrated_to)
        if chat.id in self.deactivated:
            raise forbidden("user is deactivated")
        kind = chat.described["type"]
        if chat.bot_status == "kicked":
            raise forbidden("bot was blocked by the user" if chat.private else f"bot was kicked from the {kind} chat")
        if chat.bot_status == "left":
            raise forbidden(f"bot is not a member of the {kind} chat")
        return chat

    def put(
        self, chat: Chat, sender: Json, content: Json, *, options: Json | None = None, keyboard: Json | None = None
    ) -> Stored:
        """Store a new message: `content` is what it says (text, photo, reply_markup, …).

        Where the bot is an anonymous administrator of a group, its messages have the group as `sender_chat`.
        """
        if sender is self.bot and chat.anonymous:
            content = {"sender_chat": chat.described} | content
        chat.last_message_id += 1
        message = {"message_id": chat.last_message_id, "from": sender, "chat": chat.described, "date": self.now()}
        if chat.channel:
            del message["from"]
            message["sender_chat"] = chat.described
        message.update(content)
        stored = Stored(message, sender["id"] == self.bot["id"], options or {}, keyboard)
        chat.stored[chat.last_message_id] = stored
        if len(chat.stored) > KEPT_MESSAGES:
            del chat.stored[next(iter(chat.stored))]
        if self.on_change:
            self.tell("message", chat.id, stored.row())
        return stored

    def revise(self, chat: Chat, stored: Stored, content: Json) -> Json:
        """A new version of a message: `content` replaces all but who wrote it, where, when, in reply to what."""
        old = stored.message
        kept = (
            "message_id", "from", "sender_chat", "chat", "date", "reply_to_message", "has_protected_content",
            "message_thread_id", "is_topic_message",
        )  # fmt: skip
        message = {name: old[name] for name in kept if name in old} | {"edit_date": self.now()} | content
        stored.history.append(old)
        del stored.history[:-KEPT_VERSIONS]
        stored.message = message
        self.tell("edited", chat.id, stored.row())
        return message

    def delete(self, chat: Chat, stored: Stored) -> None:
        """The message is gone for all; its row stays, marked."""
        stored.deleted = True
        self.tell("deleted", chat.id, stored.row())

    def live(self, chat: Chat, message_id: int) -> Stored | None:
        """A message of the chat that has not been deleted."""
        stored = chat.stored.get(message_id)
        return None if stored is None or stored.deleted else stored

    def set_bot_status(self, chat: Chat, status: str, by: Json, lacks: set[str] | None = None) -> None:
        """The bot is blocked, unblocked, added, removed, promoted: a my_chat_member update tells it.

        `lacks`: the rights that it has not from now on; None leaves them as they are.
        """
        was = bot_member(self.bot, chat, chat.bot_status)
        before, chat.bot_status = chat.bot_status, status
        if lacks is not None:
            chat.lacks = lacks
        update = {
            "chat": chat.described,
            "from": by,
            "date": self.now(),
            "old_chat_member": was,
            "new_chat_member": bot_member(self.bot, chat, status),
        }
        self.updates.add("my_chat_member", update)
        self.tell("bot_status", chat.id, {"old": before, "new": status})

    def set_member(self, chat: Chat, person: Json, status: str, by: Json) -> None:
        """Somebody joins, leaves, is promoted: told to a bot that is an administrator and asks for chat_member."""
        before = chat.members.get(person["id"], "left")
        chat.members[person["id"]] = status
        if chat.bot_status == "administrator":
            update = {"chat": chat.described, "from": by, "date": self.now()}
            update |= {"old_chat_member": member(person, before), "new_chat_member": member(person, status)}
            self.updates.add("chat_member", update)

    def next_query_id(self) -> str:
        """An id that no query has had."""
        self._queries += 1
        return str(FIRST_QUERY + self._queries)

    def add_query(self, query: Query) -> None:
        """Keep a press of a button until the bot answers it."""
        self.queries[query.id] = query
        if len(self.queries) > KEPT_QUERIES:
            del self.queries[next(iter(self.queries))]
