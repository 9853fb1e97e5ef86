"""Figures and summaries in a terminal, by rich."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from alerts.metrics.catalog import Metric
from alerts.metrics.figure import Figure
from bot.messages.words import NO_ADVICE, coverage, day, ordinal
from bot.summary import Standing, Summary


def figures_table(of: Metric, found: Sequence[Figure]) -> None:
    """Print one metric's figures, a row a session."""
    table = Table(title=f"{of.id} · {of.title}", caption=of.formula, title_justify="left", caption_justify="left")
    for heading, side in (("session", "left"), ("value", "right"), ("coverage", "right"), ("source", "left")):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    for figure in found:
        shown = of.show(figure.value) if figure.value is not None else f"missing: {figure.reason}"
        table.add_row(figure.session.isoformat(), shown, coverage(figure.eligible, figure.members), figure.source)
    console = Console()
    console.print(table)
    if not found:
        console.print("Nothing recorded: run `rotation-alerts refresh`, or `rotation-alerts backfill --from DATE`.")


def summary_table(told: Summary) -> None:
    """Print a session's summary."""
    console = Console()
    console.print(f"[bold]{told.headline}[/bold]")
    console.print(f"Session {day(told.session)} · {told.state.source}")
    table = Table(box=None, pad_edge=False)
    for heading, side in (
        ("", "left"),
        ("value", "right"),
        ("change", "right"),
        ("standing", "left"),
        ("coverage", "right"),
    ):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    for entry in (*told.figures, *told.own):
        of, figure = entry.of, entry.figure
        table.add_row(
            of.title,
            of.show(figure.value) if figure.value is not None else f"missing: {figure.reason}",
            of.show_change(entry.change) if entry.change is not None else "",
            _standing(entry) if figure.value is not None else "",
            coverage(figure.eligible, figure.members),
        )
    console.print(table)
    console.print(f"[dim]{NO_ADVICE}[/dim]")


def _standing(entry: Standing) -> str:
    past = entry.percentile
    return f"none of {past.count:,}" if past.value is None else f"{ordinal(past.value)} of {past.count:,}"
