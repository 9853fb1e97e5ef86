"""/summary, /breadth, /size, /valuation, /metrics."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlite_utils import Database
from telegram import Update

from alerts.metrics.catalog import catalog
from bot.charts.spec import Chart
from bot.commands.reply import Context, Made, answer_button, parts, say, show
from bot.messages.summary import NO_FIGURES, family_text, metrics_text, summary_text
from bot.reports.charts import chart_for
from bot.reports.freshness import freshness
from bot.reports.summary import Reading, family, own, readings, summarise
from storage import figures


async def summary(update: Update, context: Context) -> None:
    """The regime and the key figures, with a picture."""
    await answer_button(update)
    text, chart = await _made(context, "summary")
    await show(update, context, text, chart, [[("Breadth", "breadth"), ("Size", "size"), ("Valuation", "valuation")]])


async def breadth(update: Update, context: Context) -> None:
    """How many stocks take part."""
    await _family(update, context, "breadth")


async def size(update: Update, context: Context) -> None:
    """Small caps against large ones."""
    await _family(update, context, "size")


async def valuation(update: Update, context: Context) -> None:
    """What each costs."""
    await _family(update, context, "valuation")


async def metrics(update: Update, context: Context) -> None:
    """Everything that can be watched."""
    await say(update, metrics_text(await parts(context).store.read(_all)))


async def _family(update: Update, context: Context, name: str) -> None:
    await answer_button(update)
    text, chart = await _made(context, name)
    await show(update, context, text, chart)


async def _made(context: Context, topic: str) -> tuple[str, Chart | None]:
    """The text and the chart of a topic, made anew only where figures have changed since."""
    found = parts(context)
    return await found.store.read(_of_topic, topic, found.simulated, found.made, datetime.now(UTC))


def _of_topic(
    db: Database, topic: str, simulated: bool, made: dict[str, Made], now: datetime
) -> tuple[str, Chart | None]:
    # A simulated market has a clock of its own, and is never late.
    standing = (figures.revision(db), () if simulated else freshness(db, now))
    if topic in made and made[topic][0] == standing:
        return made[topic][1:]
    told = summarise(db) if topic == "summary" else None
    if topic == "summary":
        text = NO_FIGURES if told is None else summary_text(told, standing[1])
    else:
        text = family_text(topic, family(db, topic), standing[1])
    chart = chart_for(db, topic, simulated)
    made[topic] = (standing, text, chart)
    return text, chart


def _all(db: Database) -> tuple[Reading, ...]:
    session = figures.last_session(db)
    return () if session is None else readings(db, list(catalog()), session) + own(db, session)
