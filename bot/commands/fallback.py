"""What is not a command: a metric's name gets its value, a rule's line its preview, everything else a hint."""

from __future__ import annotations

from telegram import Update

from alerts.rules.check import RuleError
from alerts.rules.grammar import GrammarError, metric_named, parse
from bot.commands.alert import show_preview
from bot.commands.reply import Context, answer_button, parts, say, show
from bot.messages import help as words
from bot.messages.rules import rule_refused
from bot.messages.summary import NO_FIGURES, figure_text
from bot.reports.charts import metric_chart
from bot.reports.summary import latest_reading


async def text(update: Update, context: Context) -> None:
    """Text that is not one of the commands."""
    assert update.effective_message is not None
    typed = (update.effective_message.text or "").strip()
    named = metric_named(typed)
    if named is not None:
        await _show_metric(update, context, named)
        return
    try:
        parse(typed)
    except RuleError as error:
        await say(update, rule_refused(error))
    except GrammarError as error:
        # A line without a number is hardly a threshold, however near its words come to a metric's name.
        meant_a_rule = any(sign.isdigit() for sign in typed) and not typed.startswith("/")
        await say(update, rule_refused(error) if meant_a_rule else words.not_understood(typed))
    else:
        await show_preview(update, context, typed)


async def _show_metric(update: Update, context: Context, metric_id: str) -> None:
    found = parts(context)
    entry = await found.store.read(latest_reading, metric_id)
    if entry is None:
        await say(update, words.not_imported(metric_id) if metric_id.startswith("import.") else NO_FIGURES)
        return
    chart = await found.store.read(metric_chart, metric_id, found.simulated)
    await show(update, context, figure_text(entry), chart)


async def other(update: Update, _context: Context) -> None:
    """A message without text: a picture, a sticker, a voice."""
    await say(update, words.only_text())


async def old_button(update: Update, _context: Context) -> None:
    """A button of a former version, or one whose data were tampered with."""
    await answer_button(update, words.OLD_BUTTON)
