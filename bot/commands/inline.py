"""Inline mode: `@bot iwm/spy` in any chat gives the figure, with its chart where Telegram has it already.

It works once BotFather has switched it on (/setinline).
"""

from __future__ import annotations

import logging

from telegram import InlineQueryResultArticle, InlineQueryResultCachedPhoto, InputTextMessageContent, Update
from telegram.constants import MessageLimit
from telegram.error import BadRequest

from alerts.phrases.words import named, plain, spelled
from alerts.rules.grammar import metric_named
from bot.commands.parts import Context, parts
from bot.formatting import capital, visible_length
from bot.messages.summary import figure_text
from bot.reports.charts import metric_chart
from bot.reports.summary import FigureReading, latest_reading
from storage import file_ids

log = logging.getLogger(__name__)

MOST = 5  # results
SUGGESTED = ("size.ratio", "breadth.above_200d.small", "valuation.discount", "regime.state")
CACHE_SECONDS = 60  # Telegram's: figures change once a day, and corrections are to be seen


async def inline(update: Update, context: Context) -> None:
    """Offer the figures that the words name; some that are often asked for where there are none."""
    query = update.inline_query
    assert query is not None
    results = []
    for metric in _meant(query.query):
        reading = await parts(context).store.read(latest_reading, metric)
        if reading is not None:
            results.append(await _result(context, reading))
    try:
        await query.answer(results, cache_time=CACHE_SECONDS)
    except BadRequest as error:  # the person has typed on, or left, before the answer was ready
        log.info("an inline query was answered too late: %s", error)


def _meant(typed: str) -> list[str]:
    """The metrics that a query may mean, the nearest first."""
    if not typed.strip():
        return list(SUGGESTED)
    exact = metric_named(typed.strip())
    near = [one.metric for one in named(spelled(plain(typed)))]
    return list(dict.fromkeys([*([exact] if exact else []), *near]))[:MOST]


async def _result(
    context: Context, reading: FigureReading
) -> InlineQueryResultArticle | InlineQueryResultCachedPhoto:  # fmt: skip
    found, metric = parts(context), reading.figure.metric
    text, title = figure_text(reading), capital(reading.of.title)
    chart = await found.store.read(metric_chart, metric, found.simulated)
    picture = await found.store.read(file_ids.file_id, chart.key()) if chart is not None else None
    if picture is not None and visible_length(text) <= MessageLimit.CAPTION_LENGTH:
        return InlineQueryResultCachedPhoto(metric, picture, title=title, caption=text, parse_mode="HTML")
    return InlineQueryResultArticle(metric, title, InputTextMessageContent(text, parse_mode="HTML"))
