"""What is not a command: a plain word, a metric, a fund, a sentence that asks for an alert; else the nearest."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rapidfuzz import fuzz
from telegram import Update

from alerts.metrics.catalog import catalog
from alerts.metrics.funds import FUNDS
from alerts.metrics.symbols import INDICES, as_symbol, named_pairs, symbols_of
from alerts.phrases.words import document, named, plain, spelled, vocabulary, without_start
from alerts.rules.check import RuleError
from alerts.rules.grammar import GrammarError, metric_named
from alerts.rules.names import pair_of, price_of
from alerts.rules.series import typed_name
from bot.commands import editor
from bot.commands.alert import offer_meant, typed_line
from bot.commands.asked import have, names_here, read_line
from bot.commands.declaration import Button, Command
from bot.commands.metrics import show_metric
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, say, show
from bot.commands.wanted import (
    Wanted,
    addressed_to,
    asks_for_advice,
    command_misspelt,
    nearest_commands,
    wanted,
)
from bot.messages import asking as words
from bot.messages import help as help_words
from bot.reports import funds

#: Those that need nothing after them: a button may stand for each.
_ALONE = (
    "help", "start", "summary", "breadth", "size", "valuation", "sectors", "rates", "regime", "thesis", "alerts",
    "presets", "metrics", "subscribe", "unsubscribe", "privacy", "alert", "track",
)  # fmt: skip
_SYMBOL = r"\$?\^?[A-Za-z][A-Za-z0-9]{0,7}(?:[.=-][A-Za-z]{1,4})?"
_TICKER = re.compile(rf"({_SYMBOL})")
_PAIR = re.compile(rf"({_SYMBOL})\s*(?:/|:|\bvs\.?\b|\bversus\b)\s*({_SYMBOL})", re.IGNORECASE)
#: Asked for often, and not held; typed in small letters they are tickers too.
_KNOWN_TICKERS = (
    "qqq",
    "vix",
    "dia",
    "tlt",
    "gld",
    "iwf",
    "iwd",
    "voo",
    "ivv",
    "aapl",
    "nvda",
    "tsla",
    "msft",
    "amzn",
    "btc",
)
_SURE = 0.99
_THREE = 3
_LEAST_LIKE = 45.0  # of 100: below it a name is not like the text


async def text(update: Update, context: Context) -> None:
    """Text in a private chat that is none of the commands."""
    assert update.effective_message is not None
    await _answer(update, context, (update.effective_message.text or "").strip())


async def in_group(update: Update, context: Context) -> None:
    """In a group only what is addressed to the bot is answered: “/sumary@bot”, “@bot breadth”."""
    assert update.effective_message is not None
    typed = (update.effective_message.text or "").strip()
    name = (context.bot.username or "").casefold()
    mention, _, rest = typed.partition(" ")
    if mention.casefold() == f"@{name}" and rest.strip():
        await _answer(update, context, rest.strip())
    elif (addressed_to(typed) or "").casefold() == name:
        await _answer(update, context, typed)


async def _answer(update: Update, context: Context, typed: str) -> None:
    commands = _answers(context)
    if typed.startswith("/"):
        name = command_misspelt(typed, commands)
        await (_run(update, context, Wanted(name)) if name else _near(update, context, typed))
        return
    if found := wanted(typed, commands):
        await _run(update, context, found)
    elif (metric := metric_named((await names_here(update, context)).full(typed))) and (
        metric in named_pairs() or not symbols_of(metric)
    ):
        await show_metric(update, context, metric)
    elif asks_for_advice(typed):
        await say(update, words.NO_ADVICE_LINE)
        await _figures_for(update, context, typed)
    elif not await _fund(update, context, typed) and not await _line(update, context, typed):
        await _loosely(update, context, typed)


async def _line(update: Update, context: Context, typed: str) -> bool:
    """Answer a line of the grammar, or a sentence that means one. Whether it was one."""
    try:
        await read_line(update, context, typed)
    except RuleError:
        pass
    except GrammarError:
        if wanted(typed, _answers(context), near=True) or metric_asked(typed):
            return False
        return await offer_meant(update, context, typed)
    await typed_line(update, context, typed)
    return True


async def _loosely(update: Update, context: Context, typed: str) -> None:
    """What is misspelt or asked for in more words; at last the nearest."""
    if metric := metric_asked(typed):
        await show_metric(update, context, metric)
    elif found := wanted(typed, _answers(context), near=True):
        await _run(update, context, found)
    elif any(sign.isdigit() for sign in typed):
        await typed_line(update, context, typed)  # says what is wrong with the line
    else:
        await _near(update, context, typed)


def metric_asked(typed: str) -> str | None:
    """The metric that a question or a misspelt name asks for: “how is the yield curve?”, “smal above 200d”."""
    asked = plain(typed)
    for one in dict.fromkeys((asked, spelled(asked))):
        bare = without_start(one, document()["questions"])
        if (metric := metric_named(bare)) is not None and not symbols_of(metric):
            return metric
        if found := [each for each in named(bare) if each.score >= _SURE]:
            return found[0].metric
    return None


async def _run(update: Update, context: Context, found: Wanted) -> None:
    if found.foreign:
        await say(update, words.ENGLISH_ONLY)
    await _answers(context)[found.command].answer(update, context)


async def _figures_for(update: Update, context: Context, typed: str) -> None:
    """The figures that a question for advice is about: a fund's, else the summary."""
    for word in re.findall(r"[A-Za-z]{2,5}", typed):
        if word.upper() in FUNDS and await _fund(update, context, word):
            return
    await _answers(context)["summary"].answer(update, context)


async def _fund(update: Update, context: Context, typed: str) -> bool:
    """Answer a ticker or a pair of them. Whether it was one."""
    bare = without_start(
        typed.rstrip("?!. "), ("price of", "price", "show me", "show", "how is", "what is", "chart of", "chart")
    )
    if pair := _PAIR.fullmatch(bare):
        first, second = as_symbol(pair[1]), as_symbol(pair[2])
        if first is None or second is None or not ("/" in bare or all(map(_is_ticker, pair.groups()))):
            return False
        metric = pair_of(first, second)
        if metric in catalog():
            await show_metric(update, context, metric)
        else:
            await _show_symbols(update, context, metric)
        return True
    one = _TICKER.fullmatch(bare)
    symbol = as_symbol(one[1]) if one else None
    if symbol is None:
        return False
    known = (await names_here(update, context)).symbols
    if not _is_ticker(bare) and (symbol not in known or bare.casefold() in vocabulary()):
        return False
    await _show_symbols(update, context, price_of(symbol))
    return True


async def _show_symbols(update: Update, context: Context, metric: str) -> None:
    """A symbol's close, or the ratio of two, beside its averages; fetched where it is not held."""
    if not await have(update, context, [metric]):
        return
    found = parts(context)
    symbols = symbols_of(metric)
    held = await found.store.read(funds.held, symbols, found.simulated)
    if held is None:  # no session is judged yet
        await show_metric(update, context, metric)
        return
    buttons = [[("Alert me", f"alert:{metric}"), ("Your symbols", "symbols")]]
    await show(update, context, words.fund_text(held[0]), held[1], buttons)


def _is_ticker(typed: str) -> bool:
    """Whether a word alone is a ticker: one that is held or often asked for, or any in capitals that is no word."""
    bare = typed.lstrip("$^")
    if bare.upper() in (*FUNDS, *INDICES) or bare.casefold() in _KNOWN_TICKERS or typed[:1] in ("$", "^"):
        return True
    return bare.isupper() and len(bare) > 1 and bare.casefold() not in vocabulary()


async def _near(update: Update, context: Context, typed: str) -> None:
    await say(update, words.not_understood(typed), words.near_buttons(_nearest(typed, _answers(context))))


def _nearest(typed: str, answers: Mapping[str, Command]) -> list[tuple[str, str]]:
    """(text, action) of the three things most like the text: commands that stand alone, and metrics."""
    asked = spelled(plain(typed.lstrip("/")))
    menu = {name: answers[name].menu for name in _ALONE if name in answers}
    found = [
        (score, f"/{name}" + (f" – {menu[name]}" if menu[name] else ""), f"do:{name}")
        for name, score in nearest_commands(typed, menu)
        if name != "help"
    ]
    for of in catalog().values():
        score = max(fuzz.ratio(asked, name) for name in of.aliases)
        found.append((score, typed_name(of), f"metric:{of.id}"))
    for one in named(asked):
        found.append((100 * one.score, typed_name(catalog()[one.metric]), f"metric:{one.metric}"))
    out: dict[str, str] = {}
    for score, shown, action in sorted(found, key=lambda one: -one[0]):
        if score >= _LEAST_LIKE:
            out.setdefault(action, shown)
    for name in ("summary", "alert", "metrics"):
        out.setdefault(f"do:{name}", f"/{name}" + (f" – {menu[name]}" if menu.get(name) else ""))
    return [(shown, action) for action, shown in out.items()][:_THREE]


async def pressed(update: Update, context: Context) -> None:
    """The command that a button stands for."""
    name = argument(update)
    if name not in _ALONE:
        await old_button(update, context)
        return
    await answer_button(update)
    if name == "alert":
        await editor.begin(update, context)
    else:
        await _answers(context)[name].answer(update, context)


async def fund_pressed(update: Update, context: Context) -> None:
    """The fund that a button names."""
    await answer_button(update)
    await _fund(update, context, argument(update))


def _answers(context: Context) -> dict[str, Command]:
    """The commands by name, as `dispatch` collected them."""
    found: dict[str, Command] = context.bot_data["commands"]
    return found


async def other(update: Update, _context: Context) -> None:
    """A message without text: a picture, a sticker, a voice."""
    await say(update, help_words.only_text())


async def old_button(update: Update, _context: Context) -> None:
    """A button of a former version, or one whose data were tampered with."""
    await answer_button(update, help_words.OLD_BUTTON)


BUTTONS = (Button("do", pressed, "[a-z]+"), Button("fund", fund_pressed, r"[A-Z^-]{1,8}"))
