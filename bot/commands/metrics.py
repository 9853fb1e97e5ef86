"""/metrics by family, /metric NAME, and a metric's name alone: its value with its history."""

from __future__ import annotations

from telegram import Update

from alerts.metrics.catalog import catalog, families
from alerts.metrics.movers import is_explained
from alerts.metrics.symbols import without_owner
from alerts.phrases.words import named, plain, spelled
from alerts.rules.grammar import metric_named
from alerts.rules.series import typed_name
from bot.commands.asked import have, is_of_another, metric_here, names_here
from bot.commands.declaration import Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, say, show
from bot.messages import families as words
from bot.messages import help as help_words
from bot.messages.buttons import Buttons
from bot.messages.movers import movers_text, no_movers_text
from bot.messages.summary import NO_FIGURES, figure_text
from bot.reports.charts import metric_chart
from bot.reports.movers import NoMovers, who_moved
from bot.reports.summary import FigureReading, every_metric, latest_reading, own_of, range_of


async def metrics(update: Update, context: Context) -> None:
    """What can be watched, by family."""
    await answer_button(update)
    figures = await _every(update, context)
    own = any(entry.of.family == "import" for entry in figures)
    await say(update, words.families_text(figures), words.families_buttons(own))


async def _every(update: Update, context: Context) -> tuple[FigureReading, ...]:
    """The readings of every metric, and of the chat's own series."""
    store = parts(context).store
    return await store.read(every_metric) + await store.read(own_of, chat_of(update))


async def family(update: Update, context: Context) -> None:
    """All metrics of the family that a button names."""
    await answer_button(update)
    figures = await _every(update, context)
    await say(
        update,
        words.family_metrics(argument(update), figures),
        [[("Families", "metrics"), ("Alert me", f"watch:{argument(update)}")]],
    )


async def metric(update: Update, context: Context) -> None:
    """/metric NAME: what it is, how it is computed, its range."""
    typed = argument(update)
    if not typed:
        await say(update, words.which_metric(), words.families_buttons(own=False))
        return
    identity = metric_named((await names_here(update, context)).full(typed))
    found = [] if identity else named(spelled(plain(typed)))
    if identity is None and found and found[0].score == 1:
        identity = found[0].metric
    if identity is None:
        near = [[(typed_name(catalog()[one.metric]), f"metric:{one.metric}")] for one in found[:3]]
        await say(update, help_words.no_such_metric(typed), [*near, [("All metrics", "metrics")]])
        return
    await _described(update, context, identity)


async def metric_pressed(update: Update, context: Context) -> None:
    """The value and history of the metric that a button names."""
    if (identity := await _named_by_button(update, context)) is not None:
        await show_metric(update, context, identity)


async def about_pressed(update: Update, context: Context) -> None:
    """What the metric that a button names is."""
    if (identity := await _named_by_button(update, context)) is not None:
        await _described(update, context, identity)


async def _named_by_button(update: Update, context: Context) -> str | None:
    """The metric that a button names; None, which is said, where the chat has it no more."""
    await answer_button(update)
    identity = await metric_here(update, context, argument(update))
    if identity is None:
        await say(update, help_words.no_such_metric(without_owner(argument(update))), [[("All metrics", "metrics")]])
    return identity


async def show_metric(update: Update, context: Context, metric_id: str) -> None:
    """A metric's value, where it stands, and its history as a picture."""
    found = parts(context)
    entry = await _latest(update, context, metric_id)
    if entry is None:
        return
    chart = await found.store.read(metric_chart, metric_id, found.simulated)
    await show(
        update,
        context,
        figure_text(entry),
        chart,
        [
            [("What it is", f"about:{without_owner(metric_id)}"), ("Alert me", f"alert:{without_owner(metric_id)}")],
            *_who_row(metric_id),
        ],
    )


def _who_row(metric_id: str) -> Buttons:
    """The button that says who moved the figure, where that can be told."""
    return [[("Who moved it", f"who:{metric_id}")]] if is_explained(metric_id) else []


async def who_pressed(update: Update, context: Context) -> None:
    """Which companies moved the figure that a button names since the session before."""
    await answer_button(update)
    metric_id = argument(update)
    of = catalog().get(metric_id)
    if of is None:  # of an earlier version, or made up
        await say(update, help_words.no_such_metric(metric_id), [[("All metrics", "metrics")]])
        return
    try:
        text = movers_text(await parts(context).store.read_long(who_moved, metric_id))
    except NoMovers as error:
        text = no_movers_text(of, error)
    await say(update, text, [[("History", f"metric:{metric_id}"), ("Alert me", f"alert:{metric_id}")]])


async def _latest(update: Update, context: Context, metric_id: str) -> FigureReading | None:
    """The latest reading of a metric, fetched where it is made of symbols; what is missing is said."""
    if await is_of_another(update, context, metric_id):
        await say(update, help_words.not_imported(without_owner(metric_id)))
        return None
    if not await have(update, context, [metric_id]):
        return None
    entry = await parts(context).store.read(latest_reading, metric_id)
    if entry is None:
        await say(update, help_words.not_imported(metric_id) if metric_id.startswith("import.") else NO_FIGURES)
    return entry


async def _described(update: Update, context: Context, metric_id: str) -> None:
    found = parts(context)
    entry = await _latest(update, context, metric_id)
    if entry is None:
        return
    ranged = await found.store.read(range_of, metric_id)
    chart = await found.store.read(metric_chart, metric_id, found.simulated)
    await show(
        update,
        context,
        words.metric_text(entry, ranged),
        chart,
        [
            [("Alert me", f"alert:{without_owner(metric_id)}"), ("All metrics", "metrics")],
            *_who_row(metric_id),
        ],
    )


_ID = r"[a-z0-9][A-Za-z0-9._/^=@-]{1,54}"
COMMANDS = (
    Command("metrics", metrics, "Everything that can be watched, by family", place=160),
    Command("metric", metric, "What a figure is: /metric small above 200d", place=165),
)
BUTTONS = (
    Button("metrics", metrics),
    Button("family", family, "|".join((*families(), "import"))),
    Button("metric", metric_pressed, _ID),
    Button("about", about_pressed, _ID),
    Button("who", who_pressed, r"breadth\.[a-z0-9_]{1,30}\.(?:large|small|all)"),
)
