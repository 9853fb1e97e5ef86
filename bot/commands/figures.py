"""/summary, and the families: /breadth, /size, /valuation, /sectors, /rates, /regime."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlite_utils import Database
from telegram import Update

from alerts.metrics.catalog import families
from bot.charts.spec import Picture
from bot.commands.declaration import Button, Command
from bot.commands.parts import Context, answer_on, parts
from bot.commands.reply import answer_button, argument, say, show
from bot.messages.families import family_answer, family_buttons
from bot.messages.summary import NO_FIGURES, family_text, summary_text
from bot.reports.charts import chart_for
from bot.reports.summary import family, key_family, named_pairs_of, summarise


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


async def sectors(update: Update, context: Context) -> None:
    """Which sectors lead, and in which quadrant of rotation each stands."""
    await _show_family(update, context, "sectors")


async def rates(update: Update, context: Context) -> None:
    """The Fed, what futures expect of it, and the yield curve."""
    await _show_family(update, context, "rates")


async def regime(update: Update, context: Context) -> None:
    """Who leads, and which signs say so."""
    await _show_family(update, context, "regime")


async def every_figure(update: Update, context: Context) -> None:
    """All figures of the family that a button names."""
    await answer_button(update)
    name = argument(update)
    text, _ = await answer_on(context, f"all {name}", partial(_every, name))
    await say(update, text, [[("Alert me", f"watch:{name}"), ("All metrics", "metrics")]])


async def _show_family(update: Update, context: Context, name: str) -> None:
    await answer_button(update)
    text, chart = await answer_on(context, name, partial(_family, name, parts(context).simulated))
    await show(update, context, text, chart, family_buttons(name))


def _summary(simulated: bool, db: Database, notes: Sequence[str]) -> tuple[str, Picture | None]:
    found = summarise(db)
    text = NO_FIGURES if found is None else summary_text(found, notes)
    return text, chart_for(db, "summary", simulated)


def _family(name: str, simulated: bool, db: Database, notes: Sequence[str]) -> tuple[str, Picture | None]:
    figures = key_family(db, name) + (family(db, name) if name == "sectors" else ())
    return family_answer(name, figures, notes, named_pairs_of(db, name)), chart_for(db, name, simulated)


def _every(name: str, db: Database, notes: Sequence[str]) -> tuple[str, Picture | None]:
    return family_text(name, family(db, name), notes), None


COMMANDS = (
    Command("summary", summary, "The regime and the key figures", place=10),
    Command("breadth", breadth, "How many stocks take part", place=20),
    Command("size", size, "Small caps against large caps", place=30),
    Command("valuation", valuation, "What small and large caps cost", place=40),
    Command("sectors", sectors, "Which sectors lead", place=42),
    Command("rates", rates, "The Fed and the yield curve", place=44),
    Command("regime", regime, "Who leads, and which signs say so", place=46),
)
BUTTONS = (
    Button("summary", summary),
    Button("breadth", breadth),
    Button("size", size),
    Button("valuation", valuation),
    Button("all", every_figure, "|".join(families())),
)
