"""Which function serves which method; getUpdates, which waits, is the server's own."""

from collections.abc import Callable
from typing import Any

from bot.emulator.api import edit, query, send
from bot.emulator.chats import Json
from bot.emulator.state import World

# (world, the parameters read, the files that came along) → the result; refusals are raised as ApiError.
Served = Callable[[World, Json, send.Files], Any]

SERVED: dict[str, Served] = {
    "getMe": query.get_me,
    "setWebhook": query.set_webhook,
    "deleteWebhook": query.delete_webhook,
    "getWebhookInfo": query.get_webhook_info,
    "setMyCommands": query.set_my_commands,
    "getMyCommands": query.get_my_commands,
    "deleteMyCommands": query.delete_my_commands,
    "setMyDescription": query.set_my_description,
    "getMyDescription": query.get_my_description,
    "setMyShortDescription": query.set_my_short_description,
    "getMyShortDescription": query.get_my_short_description,
    "setChatMenuButton": query.set_chat_menu_button,
    "getChatMenuButton": query.get_chat_menu_button,
    "sendMessage": send.send_message,
    "sendPhoto": send.send_photo,
    "sendDocument": send.send_document,
    "sendChatAction": send.send_chat_action,
    "editMessageText": edit.edit_message_text,
    "editMessageCaption": edit.edit_message_caption,
    "editMessageMedia": edit.edit_message_media,
    "editMessageReplyMarkup": edit.edit_message_reply_markup,
    "deleteMessage": edit.delete_message,
    "deleteMessages": edit.delete_messages,
    "answerCallbackQuery": query.answer_callback_query,
    "answerInlineQuery": query.answer_inline_query,
    "getChat": query.get_chat,
    "getChatMember": query.get_chat_member,
    "getChatAdministrators": query.get_chat_administrators,
    "leaveChat": query.leave_chat,
    "getFile": query.get_file,
}
