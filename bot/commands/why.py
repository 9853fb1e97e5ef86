"""/why N, /history [N], and the buttons of an alert that show something: chart, why, the rest of a message."""

from __future__ import annotations

from datetime import date

from telegram import Update

from alerts.rules.evaluate import Watch
from bot.alerting.notify import events_of_message
from bot.commands.alerts import rule_pressed, rule_typed
from bot.commands.declaration import ID, Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, say, show
from bot.messages import rules as words
from bot.messages.alert import more_texts
from bot.messages.buttons import rule_buttons
from bot.messages.history import SHOWN, history_text
from bot.messages.rule_status import rule_words, why_text
from bot.messages.summary import NO_FIGURES
from bot.reports.charts import fired_chart
from bot.reports.rule_status import why as why_of
from storage import events


async def why(update: Update, context: Context) -> None:
    """/why N."""
    watch = await rule_typed(update, context, "why", argument(update))
    if watch is not None:
        await _show_why(update, context, watch)


async def why_pressed(update: Update, context: Context) -> None:
    """The same by a button."""
    watch = await rule_pressed(update, context)
    if watch is not None:
        await answer_button(update)
        await _show_why(update, context, watch)


async def _show_why(update: Update, context: Context, watch: Watch) -> None:
    found = await parts(context).store.read(why_of, watch)
    await say(update, NO_FIGURES if found is None else why_text(found), rule_buttons(watch.id))


async def history(update: Update, context: Context) -> None:
    """/history of all alerts, or of alert N."""
    await answer_button(update)
    number, watch = argument(update), None
    if number and (watch := await rule_typed(update, context, "history", number)) is None:
        return
    found = await parts(context).store.read(events.events_of, chat_of(update), SHOWN, watch.id if watch else None)
    await say(update, history_text(found, watch.number if watch else None))


async def chart(update: Update, context: Context) -> None:
    """What the rule watches, its threshold, and where it would have fired."""
    watch = await rule_pressed(update, context)
    if watch is None:
        return
    await answer_button(update)
    found = await parts(context).store.read(fired_chart, watch.rule, parts(context).simulated)
    if found is None:
        await say(update, NO_FIGURES)
        return
    session, drawn = found
    await show(
        update,
        context,
        words.chart_caption(watch, rule_words(watch.rule), session, drawn.since if drawn else None),
        drawn,
    )


async def more(update: Update, context: Context) -> None:
    """The entries of an alert's message that it had no room for."""
    day, _, typed = argument(update).partition(":")
    try:
        session, start = date.fromisoformat(day.removesuffix("+")), int(typed)
    except ValueError:  # no button of ours: there is no such day
        await answer_button(update, words.MESSAGE_GONE)
        return
    follows = day.endswith("+")
    found = await parts(context).store.read(events_of_message, chat_of(update), session, follows)
    await answer_button(update, None if len(found) > start else words.MESSAGE_GONE)
    if len(found) <= start:
        return
    texts, buttons = more_texts(session, found, start, follows=follows)
    for text in texts[:-1]:
        await say(update, text)
    await say(update, texts[-1], buttons)


COMMANDS = (
    Command("why", why, "Where an alert stands: /why 1", place=90),
    Command("history", history, "What your alerts said, and would have said", place=100),
)
BUTTONS = (
    Button("why", why_pressed, ID),
    Button("history", history),
    Button("chart", chart, ID),
    Button("more", more, r"\d{4}-\d{2}-\d{2}\+?:\d{1,4}"),
)
