"""Where an update is answered and whose alerts it is about, for as long as it is handled.

An answer goes to the topic of the question, to the id that a moved group has now, and as text alone where photos are
not allowed. In a private chat whose person manages a group, everything is about that group: the answers name it, and so
do the data of their buttons, which therefore go on meaning it after the management has ended.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, Message, Update
from telegram.constants import ChatType, MessageLimit
from telegram.error import BadRequest, ChatMigrated

from bot.commands.administrators import Administrators
from bot.database import Store
from bot.messages.buttons import about_group, group_named
from bot.messages.groups import topic_here
from bot.transport.errors import Decision, decide
from bot.transport.rate_limit import Answers
from storage import groups

_GROUP = "managed_group"  # of an update as it is read: what its button is about
_TITLE = 40  # characters of a group's title above an answer
_NO_PHOTOS = "rights to send photos"


@dataclass(frozen=True)
class Place:
    """asked: the chat as the update names it; chat: the same by the id that it has now; about: whose alerts.

    title: of `about`, where that is a group managed in private; None there where the bot is not in it any more.
    """

    asked: int
    chat: int
    about: int
    topic: int | None
    title: str | None
    before: groups.Standing
    store: Store
    administrators: Administrators

    @property
    def managed(self) -> bool:
        """Whether the update comes from a private chat and is about a group."""
        return self.about != self.chat

    def begin(self) -> None:
        """Handle the rest of the update here."""
        _CURRENT.set(self)

    def about_group(self, group: int, title: str) -> Place:
        """The same chat, about a group that its person manages."""
        return replace(self, about=group, title=title)

    def own(self) -> Place:
        """The same chat, about its own alerts."""
        return replace(self, about=self.chat, title=None)

    async def keep_topic(self) -> None:
        """A group that is not subscribed yet will hear in the topic of this update."""
        if not self.managed and not self.before.subscribed and self.topic != self.before.topic:
            await self.store.write(groups.keep_topic, self.chat, self.topic, datetime.now(UTC))

    async def move_here(self, update: Update) -> str:
        """A group hears in the topic of this update from now on; a sentence that says so, "" where it has no topics."""
        chat = update.effective_chat
        if self.managed or chat is None or not chat.is_forum:
            return ""
        await self.store.write(groups.keep_topic, self.chat, self.topic, datetime.now(UTC))
        return topic_here(self.topic is not None)


_CURRENT: ContextVar[Place | None] = ContextVar("place", default=None)


def current(update: Update) -> Place | None:
    """The place of the update that is handled now; None outside of `enter`."""
    place, chat = _CURRENT.get(), update.effective_chat
    return place if place is not None and chat is not None and place.asked == chat.id else None


def leave(update: Update) -> None:
    """Handle the rest of the update about the chat's own alerts."""
    if (here := current(update)) is not None:
        here.own().begin()


def manage(update: Update, group: int, title: str) -> None:
    """Handle the rest of the update about a group."""
    if (here := current(update)) is not None:
        here.about_group(group, title).begin()


async def enter(update: Update, store: Store, administrators: Administrators) -> Place:
    """Handle an update from here on at its place."""
    chat = update.effective_chat
    assert chat is not None
    before = await store.read(groups.standing_of, chat.id)
    about, title = before.chat, None
    if chat.type == ChatType.PRIVATE:
        named = update.api_kwargs.get(_GROUP)
        group = before.managing if update.callback_query is None else named
        if group is not None:
            about = (await store.read(groups.standing_of, group)).chat
            title = await administrators.title(about)
    place = Place(chat.id, before.chat, about, topic_of(update), title, before, store, administrators)
    place.begin()
    return place


def topic_of(update: Update) -> int | None:
    """The topic of a forum in which an update's message stands; None for the general one."""
    message = update.effective_message
    return message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None


def with_group(raw: dict[str, Any]) -> dict[str, Any]:
    """The update with the group that a pressed button is about beside it, and no longer within the buttons' data."""
    query = raw.get("callback_query")
    if not isinstance(query, dict) or not isinstance(query.get("data"), str):
        return raw
    group, data = group_named(query["data"])
    if group is None:
        return raw
    message = query.get("message")
    if isinstance(message, dict) and isinstance(markup := message.get("reply_markup"), dict):
        rows = [[_plain(button) for button in row] for row in markup.get("inline_keyboard", ())]
        message = message | {"reply_markup": {"inline_keyboard": rows}}
    return raw | {"callback_query": query | {"data": data, "message": message}, _GROUP: group}


def _plain(button: Any) -> Any:
    if isinstance(button, dict) and isinstance(button.get("callback_data"), str):
        return button | {"callback_data": group_named(button["callback_data"])[1]}
    return button


class PlacedAnswers(Answers):
    """The rate limits of answers, and the place that each of them goes to."""

    async def process_request(
        self, callback: Any, args: Any, kwargs: dict[str, Any], endpoint: str, data: dict[str, Any],
        rate_limit_args: None,
    ) -> Any:  # fmt: skip
        """Make the request at the place of the update that is handled."""
        place = _CURRENT.get()
        if place is None or data.get("chat_id") != place.asked or not endpoint.startswith(("send", "edit")):
            return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)
        if endpoint.startswith("edit") and place.chat != place.asked:
            raise BadRequest("message can't be edited: it stands in the chat that its group was before")
        _adapt(endpoint, data, place)
        try:
            return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)
        except ChatMigrated as error:
            if endpoint.startswith("edit"):
                raise BadRequest("message can't be edited: its group has another id now") from None
            data["chat_id"] = error.new_chat_id
        except BadRequest as error:
            if "message_thread_id" in data and decide(error) is Decision.TOPIC:
                del data["message_thread_id"]  # the general one takes it
            elif endpoint == "sendPhoto" and _NO_PHOTOS in error.message.lower():
                del data["photo"]
                data["text"] = data.pop("caption", None) or "…"
                args = ("sendMessage", data)
            else:
                raise
        return await super().process_request(callback, args, kwargs, args[0], data, rate_limit_args)


def _adapt(endpoint: str, data: dict[str, Any], place: Place) -> None:
    data["chat_id"] = place.chat
    if place.topic is not None and endpoint.startswith("send"):
        data["message_thread_id"] = place.topic
    if not place.managed:
        return
    media = data.get("media")
    if isinstance(media, InputMediaPhoto) and media.caption:
        caption = _headed(media.caption, place, MessageLimit.CAPTION_LENGTH, html=True)
        data["media"] = InputMediaPhoto(media.media, caption, parse_mode="HTML")
    for name, limit in (("text", MessageLimit.MAX_TEXT_LENGTH), ("caption", MessageLimit.CAPTION_LENGTH)):
        if isinstance(text := data.get(name), str):
            data[name] = _headed(text, place, limit, html=data.get("parse_mode") == "HTML")
    if isinstance(markup := data.get("reply_markup"), InlineKeyboardMarkup):
        rows = [[_about(button, place.about) for button in row] for row in markup.inline_keyboard]
        data["reply_markup"] = InlineKeyboardMarkup(rows)


def _headed(text: str, place: Place, limit: int, *, html: bool) -> str:
    """The text under the group's title, where there is room; once, where the text of a message is sent again."""
    title = (place.title or "")[:_TITLE]
    head = f"▸ {escape(title) if html else title}\n"
    return text if text.startswith(head) or len(head) + len(text) > limit else head + text


def _about(button: InlineKeyboardButton, group: int) -> InlineKeyboardButton:
    data = button.callback_data
    if not isinstance(data, str) or data.startswith("v1:manage:"):
        return button
    return InlineKeyboardButton(button.text, callback_data=about_group(data, group))
