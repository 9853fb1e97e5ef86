"""`figures` and `summary`: what is recorded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from bot.cli.context import DATE, command, complain, opened, print_json, settings_read
from bot.cli.symbols import ask_first

TABLE_SESSIONS = 63  # a quarter


@click.command()
@click.argument("metric")
@click.option("--from", "start", type=DATE, help="The first session.")
@click.option("--to", "end", type=DATE, help="The last session.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def figures(metric: str, start: datetime | None, end: datetime | None, as_json: bool) -> None:
    """Show what is recorded of METRIC (an id, a title, or a name such as "small above 200d").

    A pair or a symbol, such as qqq/rsp or AAPL, is fetched at the first ask. The table has the last 63 sessions where
    neither --from nor --to is given; the JSON document has all.
    """
    from bot.pipeline.imports import metric_named
    from storage import figures as stored

    settings = settings_read()
    db = opened(settings)
    entry = metric_named(db, metric)
    ask_first(db, settings, [entry.id])
    found = stored.history(db, entry.id, start.date() if start else None, end.date() if end else None)
    if as_json:
        print_json([figure_json(figure) for figure in found])
        return
    from bot.cli.tables import figures_table

    figures_table(entry, found if start or end else found[-TABLE_SESSIONS:], len(found))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def summary(as_json: bool) -> None:
    """The regime and the key figures of the last session."""
    from bot.messages.summary import headline
    from bot.reports.summary import summarise

    settings = settings_read()
    db = opened(settings)
    told = summarise(db)
    if as_json:
        print_json({"headline": headline(told)} | told.as_json() if told else None)
        return
    if told is None:
        complain(
            "No figures yet: run `rotation-alerts refresh`, and `rotation-alerts backfill --from DATE` for history.", 1
        )
        return
    from bot.cli.tables import summary_table

    summary_table(told)


def figure_json(figure: Any) -> dict[str, Any]:
    """A figure as its JSON document has it."""
    names = ("metric", "value", "coverage", "eligible", "members", "source", "reason")
    told = {"session": figure.session.isoformat()} | {name: getattr(figure, name) for name in names}
    return told | {"by_former_members": figure.by_former_members, "notes": list(figure.remarks)}
