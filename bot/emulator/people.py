"""What people do: write, press buttons, ask inline, block the bot. Each queues what the bot is told.

People who do what cannot be done (a button that is not there) get a ValueError that says so.
"""

from dataclasses import dataclass

from bot.emulator.api.formatting import finish
from bot.emulator.chats import Chat, Json, Query, Stored
from bot.emulator.state import World
from bot.emulator.uploads import Sent

#: Who writes where an administrator is anonymous.
ANONYMOUS: Json = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}


#: Who brings a channel's posts into the group that is linked to it.
FORWARDER: Json = {"id": 777000, "is_bot": False, "first_name": "Telegram"}


@dataclass(frozen=True)
class Said:
    """What a person writes. topic: of a forum, None for its general one; anonymous: an administrator as the group."""

    text: str
    reply_to: int | None = None
    topic: int | None = None
    anonymous: bool = False


def say(
    world: World,
    person_id: int,
    text: str,
    *,
    chat_id: int | None = None,
    reply_to: int | None = None,
    anonymous: bool = False,
) -> Json:
    """`write`, of a text outside of topics."""
    return write(world, person_id, chat_id, Said(text, reply_to=reply_to, anonymous=anonymous))


def write(world: World, person_id: int, chat_id: int | None, said: Said) -> Json:
    """A person writes, to the bot, in a group or in a channel; the Message. The first words begin a private chat."""
    text, reply_to, topic, anonymous = said.text, said.reply_to, said.topic, said.anonymous
    person, chat = in_chat(world, person_id, chat_id)
    if chat.private and chat.bot_status == "kicked":
        raise ValueError(f"person {person_id} has blocked the bot: unblock first")
    plain, entities = finish(text, [])
    if not plain:
        raise ValueError("text: empty")
    if chat.channel:
        return _post(world, chat, person_id, {"text": plain} | ({"entities": entities} if entities else {}))
    content: Json = _in_topic(chat, person_id, topic) | {"text": plain}
    target: Stored | None = None
    if reply_to is not None:
        target = world.live(chat, reply_to)
        if target is None:
            raise ValueError(f"reply_to={reply_to}: no such message in chat {chat.id}")
        content["reply_to_message"] = {k: v for k, v in target.message.items() if k != "reply_to_message"}
    if entities:
        content["entities"] = entities
    if anonymous:
        if chat.private or chat.members.get(person_id) not in ("creator", "administrator"):
            raise ValueError(f"person={person_id}: no administrator of a group, who alone writes as the group")
        message = world.put(chat, ANONYMOUS, {"sender_chat": chat.described} | content).message
    else:
        message = world.put(chat, person, content).message
    if chat.private or _for_bot(world, chat, plain, entities, target):
        world.updates.add("message", message)
    return message


def send_file(
    world: World, person_id: int, sent: Sent, *, chat_id: int | None = None, caption: str = "", topic: int | None = None
) -> Json:
    """A person sends a document, to the bot or in a group; the Message. A caption is text as a message's is."""
    person, chat = in_chat(world, person_id, chat_id)
    if chat.private and chat.bot_status == "kicked":
        raise ValueError(f"person {person_id} has blocked the bot: unblock first")
    if chat.channel:
        raise ValueError(f"chat={chat.id}: a channel; files are sent to the bot or in a group")
    content: Json = _in_topic(chat, person_id, topic)
    upload = world.uploads.add("document", sent)
    content |= {"document": upload.described[0]}
    plain, entities = finish(caption, [])
    if plain:
        content |= {"caption": plain} | ({"caption_entities": entities} if entities else {})
    message = world.put(chat, person, content).message
    if chat.private or _for_bot(world, chat, plain or "-", entities, None):
        world.updates.add("message", message)
    return message


def _in_topic(chat: Chat, person_id: int, topic_id: int | None) -> Json:
    """The fields of a person's message in a topic; only administrators write into a closed one."""
    administrator = chat.members.get(person_id) in ("creator", "administrator")
    if topic_id is None:
        if chat.forum and chat.general_closed and not administrator:
            raise ValueError(f"chat={chat.id}: its general topic is closed")
        return {}
    topic = chat.topics.get(topic_id) if chat.forum else None
    if topic is None:
        raise ValueError(f"topic={topic_id}: chat {chat.id} has no such topic")
    if topic.closed and not administrator:
        raise ValueError(f"topic={topic_id}: closed")
    return {"message_thread_id": topic_id, "is_topic_message": True}


def _post(world: World, chat: Chat, person_id: int, content: Json) -> Json:
    """An administrator posts in a channel; the post appears in the linked group by itself."""
    if chat.members.get(person_id) not in ("creator", "administrator"):
        raise ValueError(f"person={person_id}: no administrator of channel {chat.id}, who alone posts there")
    message = world.put(chat, world.people[person_id], content).message
    if chat.bot_status == "administrator":
        world.updates.add("channel_post", message)
    group = world.chats.get(chat.linked) if chat.linked is not None else None
    if group is not None:
        copied = {"sender_chat": chat.described, "is_automatic_forward": True} | content
        copied["forward_origin"] = {
            "type": "channel", "date": message["date"], "chat": chat.described, "message_id": message["message_id"],
        }  # fmt: skip
        forwarded = world.put(group, FORWARDER, copied).message
        if group.bot_status == "administrator" or content["text"].startswith("/"):
            world.updates.add("message", forwarded)
    return message


def _for_bot(world: World, chat: Chat, text: str, entities: list[Json], target: Stored | None) -> bool:
    """Whether a bot in privacy mode is told: commands to it, its name, replies to it; all, where it has rights."""
    if chat.bot_status not in ("member", "administrator"):
        return False
    if chat.bot_status == "administrator" or (target is not None and target.from_bot):
        return True
    name = f"@{world.bot['username']}".lower()
    command = text.split()[0] if entities and entities[0]["type"] == "bot_command" and text[0] == "/" else ""
    return (bool(command) and "@" not in command) or name in text.lower()


def press(
    world: World,
    person_id: int,
    message_id: int,
    *,
    chat_id: int | None = None,
    data: str | None = None,
    text: str | None = None,
) -> Query:
    """A person presses a callback button, told by its data or by its text; the callback query."""
    person, chat = in_chat(world, person_id, chat_id)
    stored = world.live(chat, message_id)
    if stored is None:
        raise ValueError(f"message_id={message_id}: no such message in chat {chat.id}")
    rows = stored.message.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = [button for row in rows for button in row if "callback_data" in button]
    found = [button for button in buttons if data in (None, button["callback_data"]) and text in (None, button["text"])]
    if not found or (data is None and text is None):
        shown = ", ".join(f"{button['text']} ({button['callback_data']})" for button in buttons) or "none"
        raise ValueError(f"data={data} text={text}: no such button under message {message_id}; it has {shown}")
    return _pressed(world, person, chat, stored, found[0]["callback_data"])


def press_earlier(world: World, person_id: int, message_id: int, data: str, chat_id: int | None = None) -> Query:
    """A person presses a button that an earlier version of a message had, before seeing the edit; the query."""
    person, chat = in_chat(world, person_id, chat_id)
    stored = world.live(chat, message_id)
    versions = [] if stored is None else [stored.message, *stored.history]
    rows = [row for one in versions for row in one.get("reply_markup", {}).get("inline_keyboard", [])]
    if stored is None or not any(button.get("callback_data") == data for row in rows for button in row):
        raise ValueError(f"data={data}: no version of message {message_id} in chat {chat.id} has such a button")
    return _pressed(world, person, chat, stored, data)


def _pressed(world: World, person: Json, chat: Chat, stored: Stored, data: str) -> Query:
    query_id, person_id = world.next_query_id(), person["id"]
    message_id = stored.message["message_id"]
    query = Query(query_id, world.clock(), person_id, chat.id, message_id, data)
    world.add_query(query)
    update = {
        "id": query_id,
        "from": person,
        "message": stored.message,
        "chat_instance": str(chat.id * 31 + 7),
        "data": query.data,
    }
    world.updates.add("callback_query", update)
    world.tell("query", chat.id, {"id": query_id, "person": person_id, "message_id": message_id, "data": query.data})
    return query


def ask_inline(world: World, person_id: int, text: str) -> str:
    """A person types `@bot text` in some chat; the id of the query. Nothing is told where inline mode is off."""
    person = known_person(world, person_id)
    if not world.inline:
        raise ValueError("inline mode is off: switch it on first, as BotFather does")
    query_id = world.next_query_id()
    world.inline_queries[query_id] = {"results": None}
    world.updates.add("inline_query", {"id": query_id, "from": person, "query": text, "offset": ""})
    return query_id


def block(world: World, person_id: int) -> None:
    """A person stops the bot."""
    chat = world.private_chat(known_person(world, person_id)["id"])
    if chat.bot_status != "kicked":
        world.set_bot_status(chat, "kicked", world.people[person_id])


def unblock(world: World, person_id: int) -> None:
    """A person lets the bot write again."""
    chat = world.private_chat(known_person(world, person_id)["id"])
    if chat.bot_status == "kicked":
        world.set_bot_status(chat, "member", world.people[person_id])


def known_person(world: World, person_id: int) -> Json:
    """The User with that id. Raises ValueError."""
    person = world.people.get(person_id)
    if person is None:
        raise ValueError(f"person={person_id}: nobody has this id")
    return person


def in_chat(world: World, person_id: int, chat_id: int | None) -> tuple[Json, Chat]:
    """A person and the chat that they are in, without `chat_id` the private one. Raises ValueError."""
    person = known_person(world, person_id)
    if chat_id is None or chat_id == person_id:
        return person, world.private_chat(person_id)
    chat = world.chats.get(chat_id)
    if chat is None or chat.private:
        raise ValueError(f"chat={chat_id}: no such group or channel")
    if chat.members.get(person_id, "left") == "left":
        raise ValueError(f"person={person_id}: not in chat {chat_id}")
    return person, chat
