"""Chats and what is in them: messages with their versions, presses of buttons, members."""

from dataclasses import dataclass, field
from typing import Any

from bot.emulator.api.names import NAMES

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """Something has changed: `kind` is message, edited, deleted, action, query, answered, bot_status or settings."""

    kind: str
    chat_id: int | None
    what: Json


@dataclass(slots=True)
class Stored:
    """A message as it is now, its earlier versions (oldest first), and what only the people's side can tell.

    `options` holds disable_notification and allow_paid_broadcast where set; `keyboard` a reply keyboard, its
    removal or a forced reply, which Telegram never gives back to the bot.
    """

    message: Json
    from_bot: bool
    options: Json
    keyboard: Json | None = None
    history: list[Json] = field(default_factory=list)
    deleted: bool = False

    def row(self) -> Json:
        """The message with all that is known of it, as JSON."""
        return {
            "message_id": self.message["message_id"],
            "from_bot": self.from_bot,
            "message": self.message,
            "history": self.history,
            "deleted": self.deleted,
            "options": self.options,
            "keyboard": self.keyboard,
        }


@dataclass(slots=True)
class Topic:
    """A topic of a forum. Its id is that of the service message which made it; the general topic has none."""

    id: int
    name: str
    closed: bool = False


@dataclass(slots=True)
class Chat:
    """A private chat (its id is the person's), a group or a channel.

    `bot_status`: member, administrator, left or kicked; `anonymous`: the bot writes as the group. `lacks`: rights that
    the bot has not (can_post_messages in a channel; can_send_messages, can_send_photos in a group). `hides_members`:
    getChatMember is refused while the bot is no administrator. `linked`: the id of the group in which a channel's posts
    are discussed.
    """

    described: Json
    bot_status: str = "member"
    anonymous: bool = False
    members: dict[int, str] = field(default_factory=dict)
    stored: dict[int, Stored] = field(default_factory=dict)
    last_message_id: int = 0
    migrated_to: int | None = None
    topics: dict[int, Topic] = field(default_factory=dict)
    general_closed: bool = False
    lacks: set[str] = field(default_factory=set)
    hides_members: bool = False
    linked: int | None = None

    @property
    def forum(self) -> bool:
        """Whether the group has topics now."""
        return bool(self.described.get("is_forum"))

    @property
    def channel(self) -> bool:
        return bool(self.described["type"] == "channel")

    @property
    def id(self) -> int:
        chat_id: int = self.described["id"]
        return chat_id

    @property
    def private(self) -> bool:
        return bool(self.described["type"] == "private")


@dataclass(slots=True)
class Query:
    """A press of a button: when (seconds since 1970), by whom, and the bot's answer once it is there."""

    id: str
    time: float
    person_id: int
    chat_id: int
    message_id: int
    data: str
    answer: Json | None = None


def bot_member(bot: Json, chat: Chat, status: str) -> Json:
    """The bot as a ChatMember of a chat, with the rights that it has there."""
    described = member(bot, status)
    if chat.channel and status == "administrator":
        described |= {"can_post_messages": "can_post_messages" not in chat.lacks, "can_edit_messages": True}
    elif status == "member" and chat.lacks & set(NAMES["permissions"]):
        permissions = {name: name not in chat.lacks for name in NAMES["permissions"]}
        described |= {"status": "restricted", "is_member": True, "until_date": 0} | permissions
    return described


def member(user: Json, status: str) -> Json:
    """A ChatMember: creator, administrator, member, left or kicked."""
    described: Json = {"user": user, "status": status}
    if status == "creator":
        described["is_anonymous"] = False
    elif status == "administrator":
        described |= {"can_be_edited": False, "is_anonymous": False} | dict.fromkeys(
            NAMES["administrator_rights"], True
        )
    elif status == "kicked":
        described["until_date"] = 0
    return described
