"""What every conversation needs: the parts of the program, and how to answer."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message, Update
from telegram.constants import ChatAction, ChatMemberStatus, ChatType, MessageLimit
from telegram.error import BadRequest, TelegramError
from telegram.ext import ContextTypes

from bot.charts.spec import Chart
from bot.charts.worker import ChartFailed, ChartWorker
from bot.database import Store
from bot.messages.buttons import Buttons, callback
from bot.settings import Settings
from storage import file_ids

log = logging.getLogger(__name__)

Context = ContextTypes.DEFAULT_TYPE
#: An answer, good while the revision of the figures and what is said of their age are the same: (those, text, chart).
Made = tuple[tuple[int, tuple[str, ...]], str, Chart | None]
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True)
class Parts:
    """The program's parts, as the conversations use them."""

    settings: Settings
    store: Store
    charts: ChartWorker
    #: What was made of the figures, by topic. Fifty people may ask at once.
    made: dict[str, Made] = field(default_factory=dict)
    #: file_ids of pictures that this process has sent, by what they show.
    known: dict[str, str] = field(default_factory=dict)

    @property
    def simulated(self) -> bool:
        return self.settings.market == "sample"


def parts(context: Context) -> Parts:
    """The program's parts."""
    found: Parts = context.bot_data["parts"]
    return found


def chat_of(update: Update) -> int:
    """The chat an update comes from."""
    assert update.effective_chat is not None
    return update.effective_chat.id


def argument(update: Update, at: int = 1) -> str:
    """What stands behind the command, or in a button's data after the action; "" where nothing does."""
    if update.callback_query is not None:
        parts = (update.callback_query.data or "").split(":", at + 1)
        return parts[at + 1] if len(parts) > at + 1 else ""
    words = ((update.effective_message.text if update.effective_message else None) or "").split(maxsplit=at)
    return words[at] if len(words) > at else ""


def keyboard(buttons: Buttons) -> InlineKeyboardMarkup | None:
    """Inline buttons; None where there are none."""
    rows = [[InlineKeyboardButton(text, callback_data=callback(action)) for text, action in row] for row in buttons]
    return InlineKeyboardMarkup(rows) if rows else None


async def say(update: Update, text: str, buttons: Buttons = ()) -> Message:
    """Answer in the chat, in as many messages as the text needs; the buttons stand under the last."""
    assert update.effective_chat is not None
    pieces = split(text)
    for piece in pieces[:-1]:
        await update.effective_chat.send_message(piece, parse_mode="HTML", link_preview_options=_NO_PREVIEW)
    return await update.effective_chat.send_message(
        pieces[-1], parse_mode="HTML", link_preview_options=_NO_PREVIEW, reply_markup=keyboard(buttons)
    )


def split(text: str, limit: int = MessageLimit.MAX_TEXT_LENGTH) -> list[str]:
    """The text in pieces that Telegram takes, cut between lines; no markup of ours spans lines."""
    pieces, current = [], ""
    for line in text.split("\n"):
        if current and visible_length(current) + visible_length(line) + 1 > limit:
            pieces.append(current)
            current = line
        else:
            current = f"{current}\n{line}" if current else line
    return [*pieces, current]


def visible_length(html: str) -> int:
    """How long a text is for Telegram's limits: without its markup, in UTF-16 units."""
    return len(unescape(re.sub(r"<[^>]*>", "", html)).encode("utf-16-le")) // 2


async def show(update: Update, context: Context, text: str, chart: Chart | None, buttons: Buttons = ()) -> None:
    """Answer with a text under a picture; the text alone where there is nothing to draw, or drawing fails.

    Of a text too long for a caption the first paragraph stands under the picture, and the rest follows.
    """
    picture = None if chart is None else await _picture(update, parts(context), chart)
    if picture is None or chart is None or update.effective_chat is None:
        await say(update, text, buttons)
        return
    caption, rest = text, ""
    if visible_length(text) > MessageLimit.CAPTION_LENGTH:
        caption, _, rest = text.partition("\n\n")
    options: dict[str, Any] = {"caption": caption, "parse_mode": "HTML"}
    if not rest:
        options["reply_markup"] = keyboard(buttons)
    try:
        sent = await update.effective_chat.send_photo(picture, **options)
    except BadRequest:
        if isinstance(picture, bytes):
            raise
        sent = await update.effective_chat.send_photo(await parts(context).charts.draw(chart), **options)
    if sent.photo and sent.photo[-1].file_id != picture:
        parts(context).known[chart.key()] = sent.photo[-1].file_id
        await parts(context).store.write(file_ids.keep_file_id, chart.key(), sent.photo[-1].file_id, datetime.now(UTC))
    if rest:
        await say(update, rest, buttons)


async def _typing(update: Update) -> None:
    assert update.effective_chat is not None
    try:
        await update.effective_chat.send_action(ChatAction.UPLOAD_PHOTO)
    except TelegramError as error:  # a courtesy: its failure is no reason not to answer
        log.debug("no chat action: %s", error)


async def _picture(update: Update, found: Parts, chart: Chart) -> bytes | str | None:
    """What to send: the id of the picture where Telegram has it, else its bytes."""
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
    """Whether who asks may change what the chat hears: anyone in private, administrators in a group."""
    chat, user = update.effective_chat, update.effective_user
    if chat is None or chat.type in (ChatType.PRIVATE, ChatType.CHANNEL):
        return True
    if user is None or (update.effective_message and update.effective_message.sender_chat == chat):
        return True  # an administrator who writes as the group
    member = await chat.get_member(user.id)
    allowed = member.status in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)
    if not allowed:
        text = "Only this group's administrators change what it hears."
        if update.callback_query is not None:
            await update.callback_query.answer(text)
        else:
            await say(update, text)
    return allowed


async def answer_button(update: Update, text: str | None = None) -> None:
    """End a button's waiting; a question that has grown too old is no trouble."""
    if update.callback_query is None:
        return
    try:
        await update.callback_query.answer(text)
    except BadRequest as error:
        log.info("a button was answered too late: %s", error)


async def replace_text(update: Update, text: str, buttons: Buttons = ()) -> None:
    """Write over the message whose button was pressed, or below it where that is not possible any more."""
    assert update.callback_query is not None
    try:
        await update.callback_query.edit_message_text(
            text, parse_mode="HTML", link_preview_options=_NO_PREVIEW, reply_markup=keyboard(buttons)
        )
    except BadRequest as error:
        if "not modified" not in error.message.lower():
            await say(update, text, buttons)


async def without_buttons(update: Update) -> None:
    """Take the buttons from under the message whose button was pressed: what they offered is done."""
    assert update.callback_query is not None
    try:
        await update.callback_query.edit_message_reply_markup(None)
    except BadRequest as error:
        log.info("the buttons stay: %s", error)
