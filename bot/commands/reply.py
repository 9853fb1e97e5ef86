"""What was asked, who may change what, and how to answer: with a text, a picture, in place of a message."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import replace as replaced
from datetime import UTC, datetime
from typing import Any

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    Update,
)
from telegram.constants import ChatAction, ChatType, MessageLimit
from telegram.error import BadRequest, TelegramError

from bot.charts.spec import Picture
from bot.charts.worker import ChartFailed
from bot.commands import place
from bot.commands.administrators import Standing
from bot.commands.parts import Context, Parts, parts
from bot.formatting import unbroken, visible_length
from bot.messages.buttons import Buttons, arguments, target
from bot.messages.groups import ADMINISTRATORS_ONLY, AS_CHANNEL, UNKNOWN_STANDING
from storage import file_ids
from storage.preferences import is_dark

log = logging.getLogger(__name__)

#: Answers with a text, a chart and buttons: `show` below, `replace` in place.
Answering = Coroutine[Any, Any, None]
Show = Callable[[Update, Context, str, Picture | None, Buttons], Answering]
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
#: How Telegram refuses to say who a member is, where only administrators see the members.
_MEMBERS_UNTOLD = ("chat_admin_required", "member list is inaccessible")
#: The newest button presses that were confirmed.
_confirmed: deque[str] = deque(maxlen=1_000)


def chat_of(update: Update) -> int:
    """The chat whose alerts an update is about: the one it comes from, or the group that its person manages."""
    assert update.effective_chat is not None
    here = place.current(update)
    return update.effective_chat.id if here is None else here.about


def argument(update: Update) -> str:
    """What follows the command, or the action in a button's data; "" where nothing does."""
    if update.callback_query is not None:
        return arguments(update.callback_query.data or "")
    words = ((update.effective_message.text if update.effective_message else None) or "").split(maxsplit=1)
    return words[1] if len(words) > 1 else ""


def buttons_above(update: Update) -> list[str]:
    """The data of all buttons under the message whose button was pressed."""
    message = update.callback_query.message if update.callback_query else None
    markup = getattr(message, "reply_markup", None)
    rows = markup.inline_keyboard if markup else ()
    return [button.callback_data for row in rows for button in row if isinstance(button.callback_data, str)]


def keyboard(buttons: Buttons) -> InlineKeyboardMarkup | None:
    """Inline buttons; None where there are none."""
    rows = [[_key(text, action) for text, action in row] for row in buttons]
    return InlineKeyboardMarkup(rows) if rows else None


def _key(text: str, action: str) -> InlineKeyboardButton:
    does = target(action)
    return InlineKeyboardButton(text, url=does.get("url"), callback_data=does.get("callback_data"))


async def say(update: Update, text: str, buttons: Buttons = ()) -> Message:
    """Answer in the chat, in as many messages as the text needs; the buttons stand under the last."""
    assert update.effective_chat is not None
    pieces = split(unbroken(text))
    for piece in pieces[:-1]:
        await update.effective_chat.send_message(piece, parse_mode="HTML", link_preview_options=_NO_PREVIEW)
    return await update.effective_chat.send_message(
        pieces[-1], parse_mode="HTML", link_preview_options=_NO_PREVIEW, reply_markup=keyboard(buttons)
    )


def split(text: str, limit: int = MessageLimit.MAX_TEXT_LENGTH) -> list[str]:
    """The text in pieces of at most `limit` characters, cut between lines; no markup of ours spans lines."""
    pieces, current = [], ""
    for line in text.split("\n"):
        if current and visible_length(current) + visible_length(line) + 1 > limit:
            pieces.append(current)
            current = line
        else:
            current = f"{current}\n{line}" if current else line
    return [*pieces, current]


async def show(update: Update, context: Context, text: str, chart: Picture | None, buttons: Buttons = ()) -> None:
    """Answer with a chart and the text as its caption; with the text alone where there is no chart, where drawing it
    fails, and where the chat takes no photos.

    Of a text too long for a caption, the first paragraph is the caption and the rest follows as a message.
    """
    chart = None if chart is None else await in_theme(update, context, chart)
    picture = None if chart is None else await _picture(update, parts(context), chart)
    if picture is None or chart is None or update.effective_chat is None:
        await say(update, text, buttons)
        return
    caption, rest = text, ""
    if visible_length(text) > MessageLimit.CAPTION_LENGTH:
        caption, _, rest = text.partition("\n\n")
    options: dict[str, Any] = {"caption": unbroken(caption), "parse_mode": "HTML"}
    if not rest:
        options["reply_markup"] = keyboard(buttons)
    sent = await _send_picture(update, parts(context), chart, picture, options)
    if sent is None:
        await say(update, text, buttons)
        return
    await _keep_file_id(parts(context), chart, sent, picture)
    if rest:
        await say(update, rest, buttons)


async def _send_picture(
    update: Update, found: Parts, chart: Picture, picture: bytes | str, options: dict[str, Any]
) -> Message | None:
    """The message with the picture; None where Telegram takes none, as in a chat whose members may not send photos.

    Where Telegram refuses a file_id, the picture is drawn anew.
    """
    assert update.effective_chat is not None
    try:
        return await update.effective_chat.send_photo(picture, **options)
    except BadRequest as error:
        if isinstance(picture, bytes):
            log.warning("the answer goes without its picture: %s", error)
            return None
    try:
        drawn = await found.charts.draw(chart)
    except ChartFailed as error:
        log.error("the answer goes without its picture: %s", error)
        return None
    return await _send_picture(update, found, chart, drawn, options)


async def in_theme(update: Update, context: Context, chart: Picture) -> Picture:
    """The chart, dark where the chat wants its pictures so."""
    dark = await parts(context).store.read(is_dark, chat_of(update))
    return replaced(chart, dark=True) if dark else chart


async def _keep_file_id(found: Parts, chart: Picture, sent: Message | bool, picture: bytes | str) -> None:
    """Remember Telegram's id of a picture that was sent."""
    if isinstance(sent, Message) and sent.photo and sent.photo[-1].file_id != picture:
        found.known[chart.key()] = sent.photo[-1].file_id
        await found.store.write(file_ids.keep_file_id, chart.key(), sent.photo[-1].file_id, datetime.now(UTC))


async def replace(update: Update, context: Context, text: str, chart: Picture | None, buttons: Buttons = ()) -> None:
    """Replace the message whose button was pressed, with its picture; `chart` None leaves the picture as it is.

    Without a picture where it cannot be drawn or is not allowed; as a new message where the old one is out of reach.
    """
    query = update.callback_query
    message = query.message if query else None
    if query is None or not isinstance(message, Message) or visible_length(text) > MessageLimit.CAPTION_LENGTH:
        await show(update, context, text, chart, buttons)
        return
    found, text = parts(context), unbroken(text)
    chart = None if chart is None else await in_theme(update, context, chart)
    picture = None if chart is None else await _picture(update, found, chart)
    if chart is None or picture is None:
        await replace_text(update, text, buttons)
        return
    try:
        sent = await query.edit_message_media(InputMediaPhoto(picture, text, parse_mode="HTML"), keyboard(buttons))
    except BadRequest as error:
        if "not modified" in error.message.lower():
            return
        try:
            fresh = await found.charts.draw(chart) if isinstance(picture, str) else picture
            sent = await query.edit_message_media(InputMediaPhoto(fresh, text, parse_mode="HTML"), keyboard(buttons))
        except (BadRequest, ChartFailed) as second:
            log.info("a picture is not replaced: %s", second)
            await replace_text(update, text, buttons)
            return
    await _keep_file_id(found, chart, sent, picture)


async def _typing(update: Update) -> None:
    assert update.effective_chat is not None
    try:
        await update.effective_chat.send_action(ChatAction.UPLOAD_PHOTO)
    except TelegramError as error:  # optional: the answer follows without it
        log.debug("no chat action: %s", error)


async def _picture(update: Update, found: Parts, chart: Picture) -> bytes | str | None:
    """The file_id of the picture where Telegram has it, else its bytes; None where drawing fails."""
    known = found.known.get(chart.key()) or await found.store.read(file_ids.file_id, chart.key())
    if known is not None:
        found.known[chart.key()] = known
        return known
    await _typing(update)
    try:
        return await found.charts.draw(chart)
    except ChartFailed as error:
        log.error("the answer goes without its picture: %s", error)
        return None


async def may_change(update: Update) -> bool:
    """Whether the sender may change what the chat is told: anyone in private, administrators in a group.

    A person who may not is told so. A group that is not subscribed yet is from now on written to in the topic in which
    an administrator changes something.
    """
    chat, user, message = update.effective_chat, update.effective_user, update.message
    here = place.current(update)
    if chat is None or chat.type == ChatType.PRIVATE or here is None:
        return True
    # An administrator who writes as the group. Only the message's own sender counts: the message above a pressed
    # button may be the group's, too, and anyone presses it.
    if message is not None and message.sender_chat is not None:
        standing, refusal = Standing.OTHER, AS_CHANNEL
        if message.sender_chat.id in (chat.id, here.chat):
            standing = Standing.ADMINISTRATOR
    else:
        standing = Standing.OTHER if user is None else await here.administrators.standing(here.chat, user.id)
        refusal = UNKNOWN_STANDING if standing is Standing.UNKNOWN else ADMINISTRATORS_ONLY
    if standing is Standing.ADMINISTRATOR:
        await here.keep_topic()
        return True
    if not await answer_button(update, refusal):
        await say(update, refusal)
    return False


async def answer_button(update: Update, text: str | None = None) -> bool:
    """Confirm a pressed button, with a note where `text` is given; whether that was done.

    False where no button was pressed, where it was confirmed before (Telegram takes one answer only), and where the
    press is too old.
    """
    query = update.callback_query
    if query is None or query.id in _confirmed:
        return False
    _confirmed.append(query.id)
    try:
        await query.answer(text)
    except BadRequest as error:
        log.info("a button was answered too late: %s", error)
        return False
    return True


async def replace_text(update: Update, text: str, buttons: Buttons = ()) -> None:
    """Replace the text, or caption, of the message whose button was pressed; else answer below it."""
    query = update.callback_query
    assert query is not None
    message = query.message
    captioned = isinstance(message, Message) and bool(message.photo)
    if not isinstance(message, Message) or (captioned and visible_length(text) > MessageLimit.CAPTION_LENGTH):
        await say(update, text, buttons)  # too old to be reached, or no room
        return
    text = unbroken(text)
    options: dict[str, Any] = {"parse_mode": "HTML", "reply_markup": keyboard(buttons)}
    try:
        if captioned:
            await query.edit_message_caption(text, **options)
        else:
            await query.edit_message_text(text, link_preview_options=_NO_PREVIEW, **options)
    except BadRequest as error:
        if "not modified" not in error.message.lower():
            await say(update, text, buttons)


async def without_buttons(update: Update) -> None:
    """Remove the buttons of the message whose button was pressed: what they offered is done."""
    assert update.callback_query is not None
    message = update.callback_query.message
    if not isinstance(message, Message) or not message.is_accessible or message.reply_markup is None:
        return
    try:
        await update.callback_query.edit_message_reply_markup(None)
    except BadRequest as error:
        log.info("the buttons stay: %s", error)
