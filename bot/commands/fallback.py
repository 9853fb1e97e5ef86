"""What is no command: a metric's name gets its value, a rule's line its preview, all else help."""

from __future__ import annotations

from sqlite_utils import Database
from telegram import Update

from alerts.rules.check import RuleError
from alerts.rules.grammar import GrammarError, metric_named, parse
from bot.charts.spec import Chart
from bot.commands.preview import show_preview
from bot.commands.reply import Context, answer_button, parts, say, show
from bot.messages import talk
from bot.messages.summary import NO_FIGURES, figure_text
from bot.reports.charts import metric_chart
from bot.reports.summary import reading_of
from storage import figures


async def text(update: Update, context: Context) -> None:
    """Anything typed that is no command of ours."""
    assert update.effective_message is not None
    typed = (update.effective_message.text or "").strip()
    named = metric_named(typed)
    if named is not None:
        await show(update, context, *await parts(context).store.read(_figure, named, parts(context).simulated))
        return
    try:
        parse(typed)
    except RuleError as error:
        await say(update, talk.rule_refused(error))
    except GrammarError as error:
        # A line without a number is hardly a threshold, however near its words come to a metric's name.
        meant_a_rule = any(sign.isdigit() for sign in typed) and not typed.startswith("/")
        await say(update, talk.rule_refused(error) if meant_a_rule else talk.not_understood(typed))
    else:
        await show_preview(update, context, typed)


async def other(update: Update, _context: Context) -> None:
    """A picture, a sticker, a voice: nothing to read."""
    await say(update, talk.only_text())


async def old_button(update: Update, _context: Context) -> None:
    """A button of a former version, or one that was tampered with."""
    await answer_button(update, "That button is too old. /help shows what works.")


def _figure(db: Database, metric_id: str, simulated: bool) -> tuple[str, Chart | None]:
    session = figures.last_session(db)
    entry = reading_of(db, metric_id, session) if session else None
    if entry is None:
        return (talk.not_imported(metric_id) if metric_id.startswith("import.") else NO_FIGURES), None
    return figure_text(entry), metric_chart(db, metric_id, simulated)
