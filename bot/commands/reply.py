"""What every conversation needs: the program's parts, what was asked, who may change what, and how to answer."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message, Update
from telegram.constants import ChatAction, ChatType, MessageLimit
from telegram.error import BadRequest, TelegramError
from telegram.ext import ContextTypes

from bot.charts.spec import Chart
from bot.charts.worker import ChartFailed, ChartWorker
from bot.commands import place
from bot.commands.administrators import Standing
from bot.database import Store
from bot.formatting import visible_length
from bot.messages.buttons import Buttons, arguments, target
from bot.messages.freshness import freshness_lines
from bot.messages.groups import ADMINISTRATORS_ONLY, AS_CHANNEL, UNKNOWN_STANDING
from bot.reports.freshness import freshness
from bot.settings import Settings
from storage import figures, file_ids

log = logging.getLogger(__name__)

Context = ContextTypes.DEFAULT_TYPE
#: Makes a text and its chart from the database and the lines about the figures' age.
Make = Callable[[Database, Sequence[str]], tuple[str, Chart | None]]
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
#: The newest button presses that were confirmed.
_confirmed: deque[str] = deque(maxlen=1_000)


@dataclass(frozen=True)
class Answer:
    """A text with its chart, valid while the revision of the figures and the lines about their age stay the same."""

    revision: int
    notes: tuple[str, ...]
    text: str
    chart: Chart | None


@dataclass(frozen=True)
class Parts:
    """The program's parts, as the conversations use them."""

    settings: Settings
    store: Store
    charts: ChartWorker
    #: (command, what it does), for /help.
    menu: tuple[tuple[str, str], ...]
    #: The last answer on each topic: many people ask the same after a close.
    answers: dict[str, Answer] = field(default_factory=dict)
    #: file_ids of pictures that this process has sent, by the key of their chart.
    known: dict[str, str] = field(default_factory=dict)

    @property
    def simulated(self) -> bool:
        return self.settings.market == "sample"


def parts(context: Context) -> Parts:
    """The program's parts."""
    found: Parts = context.bot_data["parts"]
    return found


async def answer_on(context: Context, topic: str, make: Make) -> tuple[str, Chart | None]:
    """The text and chart on a topic, from the cache where the figures and their freshness are what they were.

    `make` runs in the thread that reads the database.
    """
    found = parts(context)
    answer = await found.store.read(_answer, found, topic, make)
    return answer.text, answer.chart


def _answer(db: Database, found: Parts, topic: str, make: Make) -> Answer:
    # A simulated market has a clock of its own, and is never late.
    notes = () if found.simulated else freshness_lines(freshness(db, datetime.now(UTC)))
    revision = figures.revision(db)
    kept = found.answers.get(topic)
    if kept is None or (kept.revision, kept.notes) != (revision, notes):
        kept = found.answers[topic] = Answer(revision, notes, *make(db, notes))
    return kept


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
    pieces = split(text)
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


async def show(update: Update, context: Context, text: str, chart: Chart | None, buttons: Buttons = ()) -> None:
    """Answer with a chart and the text as its caption; with the text alone where there is no chart or drawing fails.

    Of a text too long for a caption, the first paragraph is the caption and the rest follows as a message.
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
    except TelegramError as error:  # optional: the answer follows without it
        log.debug("no chat action: %s", error)


async def _picture(update: Update, found: Parts, chart: Chart) -> bytes | str | None:
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
    """Replace the message whose button was pressed; where that cannot be done, answer below it."""
    assert update.callback_query is not None
    message = update.callback_query.message
    if message is None or not message.is_accessible:  # too old to be reached
        await say(update, text, buttons)
        return
    try:
        await update.callback_query.edit_message_text(
            text, parse_mode="HTML", link_preview_options=_NO_PREVIEW, reply_markup=keyboard(buttons)
        )
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
