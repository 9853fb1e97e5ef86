"""sendMessage, sendPhoto, sendDocument, sendChatAction."""

from collections.abc import Mapping

from bot.emulator.api.errors import LOCAL, bad_request
from bot.emulator.api.formatting import CAPTION_LIMIT, TEXT_LIMIT, read_text, too_long
from bot.emulator.api.keyboards import check_keyboard
from bot.emulator.api.names import NAMES
from bot.emulator.chats import Chat, Json
from bot.emulator.state import World
from bot.emulator.uploads import WRONG, Sent, Upload

Files = Mapping[str, Sent]

ACTIONS = frozenset(NAMES["chat_actions"])
ATTACHED = "attach://"
THREADLESS = {
    "business_connection_id": "business connection not found",
    "direct_messages_topic_id": "direct messages topic not found",
    "suggested_post_parameters": "suggested posts can be sent only to channel direct messages",
}


def text_content(world: World, given: Json) -> Json:
    """text, entities and link_preview_options of a message; ApiError 400 where the text is empty or too long."""
    text, entities = read_text(given["text"], given.get("parse_mode"), given.get("entities"))
    if not text:
        raise bad_request("text must be non-empty")
    if too_long(text, TEXT_LIMIT):
        raise bad_request("message is too long")
    content: Json = {"text": text}
    if entities := mentioned(world, entities):
        content["entities"] = entities
    if given.get("link_preview_options"):
        content["link_preview_options"] = given["link_preview_options"]
    return content


def caption_content(world: World, given: Json) -> Json:
    """caption, caption_entities, show_caption_above_media and the spoiler of a message with a file."""
    caption, entities = read_text(given.get("caption", ""), given.get("parse_mode"), given.get("caption_entities"))
    if too_long(caption, CAPTION_LIMIT):
        raise bad_request("message caption is too long")
    content: Json = {}
    if caption:
        content["caption"] = caption
    if entities := mentioned(world, entities):
        content["caption_entities"] = entities
    if given.get("show_caption_above_media"):
        content["show_caption_above_media"] = True
    if given.get("has_spoiler"):
        content["has_media_spoiler"] = True
    return content


def mentioned(world: World, entities: list[Json]) -> list[Json]:
    """The entities, with the users whom they mention; a mention of nobody is none."""
    kept = []
    for entity in entities:
        if entity["type"] != "text_mention":
            kept.append(entity)
        elif user := world.people.get(entity["user"].get("id")):
            kept.append(entity | {"user": user})
    return kept


def file_content(world: World, kind: str, value: str | None, files: Files, field: str) -> Json:
    """{"photo": [PhotoSize, …]} or {"document": Document}: uploaded with the request, or by its file_id."""
    upload: Upload
    if value is not None and not value.startswith(ATTACHED):
        upload = world.uploads.find(kind, value)
    else:
        sent = files.get(field if value is None else value.removeprefix(ATTACHED))
        if sent is None:
            raise bad_request(WRONG)
        upload = world.uploads.add(kind, sent)
    return {kind: upload.described if kind == "photo" else upload.described[0]}


def send_message(world: World, given: Json, files: Files) -> Json:
    """A Message with text."""
    return _send(world, given, text_content(world, given))


def send_photo(world: World, given: Json, files: Files) -> Json:
    """A Message with a photo."""
    return _send_file(world, given, files, "photo")


def send_document(world: World, given: Json, files: Files) -> Json:
    """A Message with a document."""
    return _send_file(world, given, files, "document")


def _send_file(world: World, given: Json, files: Files, kind: str) -> Json:
    content = caption_content(world, given)
    check_rights(world.chat_to_write(given["chat_id"]), f"{kind}s")
    return _send(world, given, file_content(world, kind, given.get(kind), files, kind) | content)


def _send(world: World, given: Json, content: Json) -> Json:
    markup = given.get("reply_markup")
    keyboard = check_keyboard(markup) if markup else None
    chat = world.chat_to_write(given["chat_id"])
    for name, text in THREADLESS.items():
        if given.get(name):
            raise bad_request(text)
    check_rights(chat, "photos" if "photo" in content else "documents" if "document" in content else "text messages")
    head = topic_of(chat, given.get("message_thread_id"))
    if "reply_parameters" in given:
        head |= _reply(world, chat, given["reply_parameters"])
    if given.get("protect_content"):
        head["has_protected_content"] = True
    if "message_effect_id" in given:
        if not chat.private:
            raise bad_request("EFFECT_ID_INVALID")
        head["effect_id"] = given["message_effect_id"]
    if keyboard:
        content["reply_markup"] = keyboard
    options = {name: True for name in ("disable_notification", "allow_paid_broadcast") if given.get(name)}
    other = markup if markup and "inline_keyboard" not in markup else None
    return world.put(chat, world.bot, head | content, options=options, keyboard=other).message


def check_rights(chat: Chat, what: str) -> None:
    """ApiError 400 where the bot may not send `what` (text messages, photos, documents) there."""
    if chat.channel and (chat.bot_status != "administrator" or "can_post_messages" in chat.lacks):
        raise bad_request("need administrator rights in the channel chat")
    if chat.bot_status == "administrator" or chat.private:
        return
    right = "can_send_messages" if what == "text messages" else f"can_send_{what}"
    if "can_send_messages" in chat.lacks or right in chat.lacks:
        raise bad_request(f"not enough rights to send {what} to the chat")


def topic_of(chat: Chat, topic_id: int | None) -> Json:
    """The fields of a message in a topic of a forum; ApiError 400 for a topic that is not there, or is closed.

    An administrator may write into a closed topic.
    """
    administrator = chat.bot_status == "administrator"
    if not topic_id:
        if chat.forum and chat.general_closed and not administrator:
            raise bad_request("TOPIC_CLOSED")
        return {}
    topic = chat.topics.get(topic_id) if chat.forum else None
    if topic is None:
        raise bad_request("message thread not found")
    if topic.closed and not administrator:
        raise bad_request("TOPIC_CLOSED")
    return {"message_thread_id": topic_id, "is_topic_message": True}


def _reply(world: World, chat: Chat, reply: Json) -> Json:
    if reply.get("chat_id", chat.id) != chat.id:
        raise bad_request(f"replies stay within their chat {LOCAL}")
    target = world.live(chat, reply["message_id"])
    if target is None:
        if reply.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    quoted: Json = {}
    if quote := reply.get("quote"):
        text, entities = read_text(quote, reply.get("quote_parse_mode"), reply.get("quote_entities"))
        if text not in str(target.message.get("text", target.message.get("caption", ""))):
            raise bad_request("QUOTE_TEXT_INVALID")
        quoted = {"quote": {"text": text, "position": reply.get("quote_position", 0), "is_manual": True}}
        if entities:
            quoted["quote"]["entities"] = entities
    # A reply carries the message that it replies to, and that one not its own.
    shown = {name: value for name, value in target.message.items() if name != "reply_to_message"}
    return {"reply_to_message": shown} | quoted


def send_chat_action(world: World, given: Json, files: Files) -> bool:
    """typing, upload_photo, …: shown, not stored."""
    if given["action"] not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = world.chat_to_write(given["chat_id"])
    check_rights(chat, "text messages")
    world.tell("action", chat.id, {"action": given["action"]})
    return True
