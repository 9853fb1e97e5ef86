"""Groups and channels: how they are made, who is in them, their topics. Each queues what the bot is told.

What cannot be done is a ValueError that says so.
"""

from dataclasses import dataclass

from bot.emulator.chats import Chat, Json, Topic
from bot.emulator.people import in_chat, known_person
from bot.emulator.state import World


@dataclass(frozen=True)
class NewGroup:
    """A group or channel to be made: `bot_status` member, administrator or left; ids of people."""

    title: str
    kind: str = "supergroup"
    members: tuple[int, ...] = ()
    admins: tuple[int, ...] = ()
    bot_status: str = "member"
    anonymous: bool = False  # the bot writes as the group
    forum: bool = False
    hides_members: bool = False
    linked: int | None = None  # of a channel: the group in which its posts are discussed
    lacks: tuple[str, ...] = ()  # rights that the bot has not

    def __post_init__(self) -> None:
        if self.kind not in ("group", "supergroup", "channel"):
            raise ValueError(f"type={self.kind}: group, supergroup or channel")
        if self.bot_status not in ("member", "administrator", "left"):
            raise ValueError(f"bot_status={self.bot_status}: member, administrator or left")
        if self.forum and self.kind != "supergroup":
            raise ValueError(f"forum=true type={self.kind}: only a supergroup has topics")


def add_group(world: World, by: int, group: NewGroup) -> Chat:
    """`by` makes a group or a channel and puts the bot into it, unless it is to be out of it at first."""
    person = known_person(world, by)
    statuses = dict.fromkeys(group.members, "member") | dict.fromkeys(group.admins, "administrator") | {by: "creator"}
    for user_id in statuses:
        known_person(world, user_id)
    chat = world.add_group(group.title, group.kind, statuses)
    chat.anonymous, chat.hides_members, chat.linked = group.anonymous, group.hides_members, group.linked
    if group.forum:
        chat.described["is_forum"] = True
    if group.bot_status != "left":
        world.set_bot_status(chat, group.bot_status, person, set(group.lacks))
        _tell_joined(world, chat, person)
    return chat


def _tell_joined(world: World, chat: Chat, by: Json) -> None:
    """The service message in a group that the bot has joined; a channel has none."""
    if not chat.channel:
        world.updates.add("message", world.put(chat, by, {"new_chat_members": [world.bot]}).message)


def set_group_status(world: World, chat_id: int, by: int, status: str, lacks: set[str] | None = None) -> None:
    """The bot's standing in a group or channel changes: member, administrator, kicked; and the rights it `lacks`."""
    person, chat = in_chat(world, by, chat_id)
    if chat.private or status not in ("member", "administrator", "kicked", "left"):
        raise ValueError(f"chat={chat_id} status={status}: a group and member, administrator, kicked or left")
    joins = chat.bot_status in ("left", "kicked") and status in ("member", "administrator")
    world.set_bot_status(chat, status, person, lacks)
    if joins:
        _tell_joined(world, chat, person)


def set_member(world: World, chat_id: int, by: int, person_id: int, status: str) -> None:
    """`by` makes a person administrator, member, left or kicked."""
    actor, chat = in_chat(world, by, chat_id)
    if chat.private or status not in ("member", "administrator", "kicked", "left"):
        raise ValueError(f"chat={chat_id} status={status}: a group and member, administrator, kicked or left")
    world.set_member(chat, known_person(world, person_id), status, actor)


def set_forum(world: World, chat_id: int, on: bool) -> None:
    """A supergroup gets topics, or has them no more; they are there again when it is switched on again."""
    chat = world.chats.get(chat_id)
    if chat is None or chat.described["type"] != "supergroup":
        raise ValueError(f"chat={chat_id}: only a supergroup has topics")
    chat.described = {name: value for name, value in chat.described.items() if name != "is_forum"}
    if on:
        chat.described["is_forum"] = True


def add_topic(world: World, chat_id: int, by: int, name: str) -> Topic:
    """`by` opens a topic in a forum; the service message that says so is its first."""
    person, chat = in_chat(world, by, chat_id)
    if not chat.forum:
        raise ValueError(f"chat={chat_id}: not a forum")
    topic_id = chat.last_message_id + 1
    created = {"name": name, "icon_color": 7322096}
    content = {"message_thread_id": topic_id, "is_topic_message": True, "forum_topic_created": created}
    topic = chat.topics[topic_id] = Topic(topic_id, name)
    _service(world, chat, person, content)
    return topic


def change_topic(world: World, chat_id: int, by: int, topic_id: int | None, change: str) -> None:
    """`by` makes a topic closed, open or deleted; without `topic_id` the general one, which cannot be deleted."""
    person, chat = in_chat(world, by, chat_id)
    if change not in ("closed", "open", "deleted") or (topic_id is None and change == "deleted"):
        raise ValueError(f"change={change}: closed, open or deleted; the general topic is not deleted")
    if topic_id is None:
        chat.general_closed = change == "closed"
        return
    if topic_id not in chat.topics:
        raise ValueError(f"topic={topic_id}: chat {chat_id} has no such topic")
    if change == "deleted":
        del chat.topics[topic_id]
        for stored in list(chat.stored.values()):
            if stored.message.get("message_thread_id") == topic_id:
                world.delete(chat, stored)
        return
    chat.topics[topic_id].closed = change == "closed"
    name = "forum_topic_closed" if change == "closed" else "forum_topic_reopened"
    _service(world, chat, person, {"message_thread_id": topic_id, "is_topic_message": True, name: {}})


def _service(world: World, chat: Chat, person: Json, content: Json) -> None:
    """A service message, which every bot in the group is told of."""
    message = world.put(chat, person, content).message
    if chat.bot_status in ("member", "administrator"):
        world.updates.add("message", message)


def upgrade(world: World, chat_id: int) -> Chat:
    """A group becomes a supergroup with another id; both chats say so."""
    old = world.chats.get(chat_id)
    if old is None or old.described["type"] != "group" or old.migrated_to is not None:
        raise ValueError(f"chat={chat_id}: not a group")
    new = world.add_group(old.described["title"], "supergroup", old.members)
    new.bot_status, new.hides_members, old.migrated_to = old.bot_status, old.hides_members, new.id
    creator = next(world.people[user_id] for user_id, status in old.members.items() if status == "creator")
    for chat, content in ((old, {"migrate_to_chat_id": new.id}), (new, {"migrate_from_chat_id": old.id})):
        world.updates.add("message", world.put(chat, creator, content).message)
    return new
