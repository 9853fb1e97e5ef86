"""editMessageText, editMessageCaption, editMessageMedia, editMessageReplyMarkup, deleteMessage, deleteMessages."""

from bot.emulator.api.errors import LOCAL, bad_request
from bot.emulator.api.keyboards import check_keyboard
from bot.emulator.api.parameters import check
from bot.emulator.api.send import Files, caption_content, file_content, text_content
from bot.emulator.chats import Chat, Json, Stored
from bot.emulator.state import World

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
# What a person sees of a message; two versions with the same are the same.
SEEN = (
    "text",
    "entities",
    "link_preview_options",
    "photo",
    "document",
    "caption",
    "caption_entities",
    "show_caption_above_media",
    "has_media_spoiler",
    "reply_markup",
)
MEDIA = ("photo", "document")
MEDIA_TYPES = {"photo": "InputMediaPhoto", "document": "InputMediaDocument"}
MOST_DELETED = 100
DELETABLE_SECONDS = 48 * 3600


def edit_message_text(world: World, given: Json, files: Files) -> Json:
    """A Message with another text; without reply_markup its keyboard goes."""
    if "rich_message" in given:
        raise bad_request(f"rich messages are not served {LOCAL}")
    if "text" not in given:
        raise bad_request("message text is empty")
    content = text_content(world, given)
    chat, stored = _own(world, given)
    if "text" not in stored.message:
        raise bad_request("there is no text in the message to edit")
    return _revise(world, chat, stored, content, given)


def edit_message_caption(world: World, given: Json, files: Files) -> Json:
    """A Message with another caption, or none."""
    content = caption_content(world, given)
    chat, stored = _own(world, given)
    kept = {name: stored.message[name] for name in (*MEDIA, "has_media_spoiler") if name in stored.message}
    if not kept:
        raise bad_request("there is no caption in the message to edit")
    return _revise(world, chat, stored, kept | content, given)


def edit_message_media(world: World, given: Json, files: Files) -> Json:
    """A Message with another photo or document, and the caption that comes with it."""
    media = given["media"]
    kind = media.get("type") if isinstance(media, dict) else None
    if kind not in MEDIA_TYPES:
        raise bad_request(f"media of type {kind} is not served {LOCAL}")
    check("media", MEDIA_TYPES[kind], media, "")
    content = caption_content(world, media)
    chat, stored = _own(world, given)
    content |= file_content(world, kind, media["media"], files, "media")
    return _revise(world, chat, stored, content, given)


def edit_message_reply_markup(world: World, given: Json, files: Files) -> Json:
    """A Message with another keyboard, or none."""
    chat, stored = _own(world, given)
    kept = {name: stored.message[name] for name in SEEN if name in stored.message and name != "reply_markup"}
    return _revise(world, chat, stored, kept, given)


def delete_message(world: World, given: Json, files: Files) -> bool:
    """True; ApiError 400 where there is no such message, or it is too old."""
    chat = world.chat_to_write(given["chat_id"])
    stored = world.live(chat, given["message_id"])
    if stored is None:
        raise bad_request("message to delete not found")
    if world.clock() - stored.message["date"] > DELETABLE_SECONDS or not (
        stored.from_bot or chat.private or chat.bot_status == "administrator"
    ):
        raise bad_request("message can't be deleted for everyone")
    world.delete(chat, stored)
    return True


def delete_messages(world: World, given: Json, files: Files) -> bool:
    """True, whether or not each of the messages was there."""
    chat = world.chat_to_write(given["chat_id"])
    if not 1 <= len(given["message_ids"]) <= MOST_DELETED:
        raise bad_request("message identifiers are not specified" if not given["message_ids"] else "too many messages")
    for message_id in given["message_ids"]:
        if stored := world.live(chat, message_id):
            world.delete(chat, stored)
    return True


def _own(world: World, given: Json) -> tuple[Chat, Stored]:
    """The message to edit, which must be the bot's own."""
    if "inline_message_id" in given:
        raise bad_request("MESSAGE_ID_INVALID")
    if "chat_id" not in given:
        raise bad_request("chat_id is empty")
    if not given.get("message_id"):
        raise bad_request("message identifier is not specified")
    chat = world.chat_to_write(given["chat_id"])
    stored = world.live(chat, given["message_id"])
    if stored is None:
        raise bad_request("message to edit not found")
    if not stored.from_bot:
        raise bad_request("message can't be edited")
    return chat, stored


def _revise(world: World, chat: Chat, stored: Stored, content: Json, given: Json) -> Json:
    if keyboard := check_keyboard(given.get("reply_markup")):
        content = content | {"reply_markup": keyboard}
    if {name: stored.message.get(name) for name in SEEN} == {name: content.get(name) for name in SEEN}:
        raise bad_request(NOT_MODIFIED)
    return world.revise(chat, stored, content)
