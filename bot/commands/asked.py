"""Reading what a chat types in its own names, and having the symbols that it takes before an answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

from telegram import Update
from telegram.constants import ChatAction
from telegram.error import TelegramError

from alerts.market.feed import SIMULATED, YAHOO
from alerts.market.sessions import NEW_YORK
from alerts.metrics.catalog import catalog
from alerts.metrics.symbols import owner_of, symbols_of
from alerts.rules.grammar import metric_named, parse
from alerts.rules.own_names import OwnNames
from alerts.rules.rule import Rule
from bot.commands.parts import Context, parts
from bot.commands.reply import chat_of, say
from bot.messages import symbols as words
from bot.pipeline.symbol_fetcher import SymbolsUnavailable, fetch
from bot.pipeline.symbols import Ask, SymbolRefused, accept, lacking, latest_session, refuse
from bot.reports.own_names import own_names
from storage import owners


async def names_here(update: Update, context: Context) -> OwnNames:
    """What the chat calls its own."""
    return await parts(context).store.read(own_names, chat_of(update))


async def read_line(update: Update, context: Context, line: str) -> Rule:
    """The rule of a line, with what the chat calls its own. Raises GrammarError, RuleError."""
    names = await names_here(update, context)
    return parse(names.full(line), datetime.now(NEW_YORK).date())


async def metric_here(update: Update, context: Context, identity: str) -> str | None:
    """The whole id of the metric that a button names; None where the chat sees no such metric."""
    found = (await names_here(update, context)).whole(identity)
    return found if found is not None and metric_named(found) == found else None


async def is_of_another(update: Update, context: Context, metric: str) -> bool:
    """Whether a metric belongs to another chat: here it is as if it did not exist."""
    owner = owner_of(metric)
    return owner is not None and owner not in await parts(context).store.read(owners.owners_of, chat_of(update))


async def have(update: Update, context: Context, metrics: Iterable[str], companies: Iterable[str] = ()) -> bool:
    """Fetch what metrics and the companies of a list lack; whether all is there. What is refused is said."""
    made_of_symbols = tuple(dict.fromkeys(one for one in metrics if symbols_of(one) and one not in catalog()))
    listed = tuple(companies)
    if not made_of_symbols and not listed:
        return True
    found = parts(context)
    ask = Ask(made_of_symbols, chat_of(update), listed, found.settings.max_symbols)
    through = await found.store.read(latest_session, datetime.now(UTC))
    try:
        await found.store.read(refuse, ask)
        if await found.store.read(lacking, ask):
            await _wait_shown(update)
            await fetch(ask, through)
        else:
            await found.store.write(accept, ask, source_of(context), datetime.now(UTC), through)
    except SymbolRefused as error:
        await say(update, escape(str(error)), words.refused_buttons())
        return False
    except SymbolsUnavailable as error:
        await say(update, words.unavailable(str(error)))
        return False
    return True


def source_of(context: Context) -> str:
    """How figures name the market that they come from."""
    return SIMULATED if parts(context).simulated else YAHOO


async def _wait_shown(update: Update) -> None:
    assert update.effective_chat is not None
    try:
        await update.effective_chat.send_action(ChatAction.TYPING)
    except TelegramError:
        return  # optional: the answer follows without it
