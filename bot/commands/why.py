"""/why N, /history [N], and the buttons of an alert that show something: chart, why, the rest of a message."""

from __future__ import annotations

from datetime import date

from sqlite_utils import Database
from telegram import Update

from alerts.rules.backtest import backtest
from alerts.rules.evaluate import Watch
from alerts.rules.state import Kind
from bot.alerting.notify import events_of_message
from bot.charts.spec import Chart
from bot.commands.alerts import rule_numbered, rule_pressed
from bot.commands.reply import Context, answer_button, argument, chat_of, parts, say, show
from bot.messages import talk
from bot.messages.alert import more_texts
from bot.messages.buttons import Buttons, rule_buttons
from bot.messages.history import SHOWN, history_text
from bot.messages.rule_status import rule_words, why_text
from bot.messages.summary import NO_FIGURES
from bot.reports.backtest import histories
from bot.reports.rule_charts import rule_chart
from bot.reports.rule_status import why
from storage import events, figures


async def why_numbered(update: Update, context: Context) -> None:
    """/why N."""
    number = argument(update)
    watch = await parts(context).store.read(rule_numbered, chat_of(update), number)
    if watch is None:
        await say(update, talk.no_such_alert("why", number))
        return
    await _why(update, context, watch)


async def why_pressed(update: Update, context: Context) -> None:
    """The same by a button."""
    watch = await rule_pressed(update, context)
    if watch is not None:
        await answer_button(update)
        await _why(update, context, watch)


async def _why(update: Update, context: Context, watch: Watch) -> None:
    told = await parts(context).store.read(why, watch)
    await say(update, NO_FIGURES if told is None else why_text(told), rule_buttons(watch.id))


async def history(update: Update, context: Context) -> None:
    """/history of all alerts, or of alert N."""
    await answer_button(update)
    number = argument(update)
    watch = await parts(context).store.read(rule_numbered, chat_of(update), number) if number else None
    if number and watch is None:
        await say(update, talk.no_such_alert("history", number))
        return
    found = await parts(context).store.read(events.events_of, chat_of(update), SHOWN, watch.id if watch else None)
    await say(update, history_text(found, watch.number if watch else None))


async def chart(update: Update, context: Context) -> None:
    """What the rule watches, its threshold, and where it would have fired."""
    watch = await rule_pressed(update, context)
    if watch is None:
        return
    await answer_button(update)
    found, told = await parts(context).store.read(_chart, watch, parts(context).simulated)
    await show(update, context, told, found)


async def more(update: Update, context: Context) -> None:
    """The entries of an alert's message that it had no room for."""
    session, _, start = argument(update).partition(":")
    found = await parts(context).store.read(_more, chat_of(update), date.fromisoformat(session), int(start))
    if found is None:
        await answer_button(update, "That message is gone; /history has what happened.")
        return
    await answer_button(update)
    texts, buttons = found
    for text in texts[:-1]:
        await say(update, text)
    await say(update, texts[-1], buttons)


def _more(db: Database, chat: int, session: date, start: int) -> tuple[list[str], Buttons] | None:
    shown = events_of_message(db, chat, session)
    return more_texts(session, shown, start) if len(shown) > start else None


def _chart(db: Database, watch: Watch, simulated: bool) -> tuple[Chart | None, str]:
    session = figures.last_judged(db)
    if session is None:
        return None, NO_FIGURES
    held = histories(db, watch.rule, session)
    fired = [one.session for one in backtest(watch.rule, held).of(Kind.FIRED)]
    return rule_chart(db, watch.rule, simulated, fired, session), talk.chart_caption(
        watch, rule_words(watch.rule), session
    )
