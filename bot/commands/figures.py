"""/summary, /breadth, /size, /valuation, /metrics."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlite_utils import Database
from telegram import Update

from bot.charts.spec import Chart
from bot.commands.declaration import Button, Command
from bot.commands.reply import Context, answer_button, answer_on, parts, say, show
from bot.messages.summary import NO_FIGURES, family_text, metrics_text, summary_text
from bot.reports.charts import chart_for
from bot.reports.summary import every_metric, family, summarise


async def summary(update: Update, context: Context) -> None:
    """The regime and the key figures, with a chart."""
    await answer_button(update)
    text, chart = await answer_on(context, "summary", partial(_summary, parts(context).simulated))
    await show(update, context, text, chart, [[("Breadth", "breadth"), ("Size", "size"), ("Valuation", "valuation")]])


async def breadth(update: Update, context: Context) -> None:
    """How many stocks take part."""
    await _show_family(update, context, "breadth")


async def size(update: Update, context: Context) -> None:
    """Small caps against large ones."""
    await _show_family(update, context, "size")


async def valuation(update: Update, context: Context) -> None:
    """What small and large caps cost."""
    await _show_family(update, context, "valuation")


async def metrics(update: Update, context: Context) -> None:
    """Everything that can be watched."""
    await say(update, metrics_text(await parts(context).store.read(every_metric)))


async def _show_family(update: Update, context: Context, name: str) -> None:
    await answer_button(update)
    text, chart = await answer_on(context, name, partial(_family, name, parts(context).simulated))
    await show(update, context, text, chart)


def _summary(simulated: bool, db: Database, notes: Sequence[str]) -> tuple[str, Chart | None]:
    found = summarise(db)
    text = NO_FIGURES if found is None else summary_text(found, notes)
    return text, chart_for(db, "summary", simulated)


def _family(name: str, simulated: bool, db: Database, notes: Sequence[str]) -> tuple[str, Chart | None]:
    return family_text(name, family(db, name), notes), chart_for(db, name, simulated)


COMMANDS = (
    Command("summary", summary, "The regime and the key figures", place=10),
    Command("breadth", breadth, "How many stocks take part", place=20),
    Command("size", size, "Small caps against large caps", place=30),
    Command("valuation", valuation, "What small and large caps cost", place=40),
    Command("metrics", metrics, "Everything that can be watched", place=160),
)
BUTTONS = (
    Button("summary", summary),
    Button("breadth", breadth),
    Button("size", size),
    Button("valuation", valuation),
)
