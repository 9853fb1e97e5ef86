"""/list: the chat's own lists of companies, and breadth counted over them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlite_utils import Database
from telegram import Update

from alerts.metrics.symbols import LIST_NAME
from alerts.rules.list_line import ListRefused, read_list_line
from bot.commands.asked import have, source_of
from bot.commands.declaration import Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, may_change, say
from bot.messages import lists as words
from bot.pipeline.symbols import latest_session
from bot.reports.summary import latest_readings
from storage import lists as stored
from storage.lists import CompanyList

MOST = 5  # lists of a chat


async def list_(update: Update, context: Context) -> None:
    """/list shows the lists, /list NAME one of them, /list NAME SYMBOL… makes or changes one."""
    found = await parts(context).store.read(stored.of_chat, chat_of(update))
    has = {one.name: one.symbols for one in found}
    try:
        line = read_list_line(argument(update), has)
    except ListRefused as error:
        await say(update, words.refused(str(error)))
        return
    if not line.name:
        await say(update, words.all_lists(found, MOST), words.all_lists_buttons(found))
    elif line.delete:
        await _delete(update, context, line.name)
    elif line.symbols is None:
        await _show(update, context, line.name)
    elif await may_change(update):
        await _keep(update, context, line.name, line.symbols, new=line.name not in has and len(has) >= MOST)


async def lists_pressed(update: Update, context: Context) -> None:
    """All lists of the chat."""
    await answer_button(update)
    found = await parts(context).store.read(stored.of_chat, chat_of(update))
    await say(update, words.all_lists(found, MOST), words.all_lists_buttons(found))


async def show_pressed(update: Update, context: Context) -> None:
    """The list that a button names."""
    await answer_button(update)
    await _show(update, context, argument(update))


async def delete_pressed(update: Update, context: Context) -> None:
    """Delete the list that a button names."""
    await _delete(update, context, argument(update))


async def _keep(update: Update, context: Context, name: str, symbols: tuple[str, ...], *, new: bool) -> None:
    if new:
        await say(update, words.too_many(MOST))
        return
    if not await have(update, context, (), symbols):
        return
    found, now = parts(context), datetime.now(UTC)
    await found.store.write(_kept, chat_of(update), name, symbols, source_of(context), now)
    await _show(update, context, name)


def _kept(db: Database, chat: int, name: str, symbols: tuple[str, ...], source: str, now: datetime) -> None:
    from bot.pipeline.lists import fill  # pandas

    one = stored.keep_list(db, chat, name, symbols)
    stored.forget_list_figures(db, one)
    fill(db, one, latest_session(db, now), source, now)


async def _show(update: Update, context: Context, name: str) -> None:
    store = parts(context).store
    one = await store.read(stored.of_chat_named, chat_of(update), name)
    if one is None:
        await say(update, words.gone(name))
        return
    figures = await store.read(latest_readings, one.metrics)
    await say(update, words.one_list(one, figures), words.one_list_buttons(one))


async def _delete(update: Update, context: Context, name: str) -> None:
    if not await may_change(update):
        return
    await answer_button(update)
    known = await parts(context).store.write(_deleted, chat_of(update), name)
    await say(update, words.deleted(known) if known else words.gone(name))


def _deleted(db: Database, chat: int, name: str) -> CompanyList | None:
    one = stored.of_chat_named(db, chat, name)
    if one is not None:
        stored.delete_list(db, one)
    return one


COMMANDS = (Command("list", list_, "Breadth of your own companies: /list mybanks JPM BAC WFC", place=167),)
BUTTONS = (
    Button("lists", lists_pressed),
    Button("showlist", show_pressed, LIST_NAME.pattern),
    Button("dellist", delete_pressed, LIST_NAME.pattern),
)
