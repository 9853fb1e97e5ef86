"""Which function serves which method; getUpdates, which waits, is the server's own."""

from collections.abc import Callable
from typing import Any

from bot.local import editing, inquiries, sending
from bot.local.chats import Json
from bot.local.world import World

# (world, the parameters read, the files that came along) → the result; refusals are raised as ApiError.
Served = Callable[[World, Json, sending.Files], Any]

SERVED: dict[str, Served] = {
    "getMe": inquiries.get_me,
    "setWebhook": inquiries.set_webhook,
    "deleteWebhook": inquiries.delete_webhook,
    "getWebhookInfo": inquiries.get_webhook_info,
    "setMyCommands": inquiries.set_my_commands,
    "getMyCommands": inquiries.get_my_commands,
    "deleteMyCommands": inquiries.delete_my_commands,
    "setMyDescription": inquiries.set_my_description,
    "getMyDescription": inquiries.get_my_description,
    "setMyShortDescription": inquiries.set_my_short_description,
    "getMyShortDescription": inquiries.get_my_short_description,
    "setChatMenuButton": inquiries.set_chat_menu_button,
    "getChatMenuButton": inquiries.get_chat_menu_button,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendDocument": sending.send_document,
    "sendChatAction": sending.send_chat_action,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageMedia": editing.edit_message_media,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "answerCallbackQuery": inquiries.answer_callback_query,
    "getChat": inquiries.get_chat,
    "getChatMember": inquiries.get_chat_member,
    "getChatAdministrators": inquiries.get_chat_administrators,
    "leaveChat": inquiries.leave_chat,
    "getFile": inquiries.get_file,
}
