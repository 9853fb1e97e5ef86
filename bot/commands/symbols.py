"""/symbols: the pairs and symbols that the chat asked for."""

from __future__ import annotations

from sqlite_utils import Database
from telegram import Update

from alerts.metrics.catalog import metric
from alerts.metrics.symbols import symbols_of
from bot.commands.declaration import Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, may_change, say
from bot.messages import symbols as words
from bot.pipeline.symbols import PER_CHAT, free
from storage import symbols as stored


async def symbols(update: Update, context: Context) -> None:
    """The pairs and symbols that the chat asked for."""
    await answer_button(update)
    metrics, count = await parts(context).store.read(_own, chat_of(update))
    await say(update, words.own_symbols(metrics, count, PER_CHAT), words.own_symbols_buttons(metrics))


def _own(db: Database, chat: int) -> tuple[list[str], int]:
    """The metrics that a chat asked for, and how many symbols count as its own."""
    metrics = stored.asked_by(db, chat)
    own = {symbol for one in metrics for symbol in symbols_of(one)} | stored.listed_outside_census(db, chat)
    return metrics, sum(not free(symbol) for symbol in own)


async def let_go(update: Update, context: Context) -> None:
    """Let go the pair or symbol that a button names."""
    if not await may_change(update):
        return
    await answer_button(update)
    identity = argument(update)
    watched = await parts(context).store.read(stored.is_watched_by, chat_of(update), identity)
    if not watched:
        await parts(context).store.write(stored.let_go, chat_of(update), identity)
    await say(update, words.let_go(metric(identity).aliases[0], watched=watched), [[("Your symbols", "symbols")]])


_ID = r"(?:pair\.[\^A-Z0-9.=-]+/[\^A-Z0-9.=-]+|price\.[\^A-Z0-9.=-]+)"
COMMANDS = (Command("symbols", symbols, "Your pairs and symbols: qqq/rsp, AAPL, VIX", place=166),)
BUTTONS = (Button("symbols", symbols), Button("letgo", let_go, _ID))
