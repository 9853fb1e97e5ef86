"""`rotation-alerts who`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from bot.cli.context import DATE, command, complain, opened, print_json, settings_read

if TYPE_CHECKING:
    from bot.reports.movers import Movers


@click.command()
@click.argument("metric")
@click.option("--from", "start", type=DATE, help="The session to compare with; the one before by default.")
@click.option("--to", "end", type=DATE, help="The session whose figure moved; the last one with a figure by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def who(metric: str, start: datetime | None, end: datetime | None, as_json: bool) -> None:
    """Which companies moved METRIC, a count of members such as "small above 200d", and by how much each.

    Companies that crossed, joined, left, became old enough, or lack closes; the parts add up to the change.
    """
    from bot.pipeline.imports import metric_named
    from bot.reports.movers import NoMovers, who_moved

    db = opened(settings_read())
    of = metric_named(db, metric)
    try:
        found = who_moved(db, of.id, start.date() if start else None, end.date() if end else None)
    except NoMovers as error:
        complain("; ".join(filter(None, (f"{of.id}: {error.reason}", error.console))), 2)
        return
    if as_json:
        print_json(found.as_json())
    else:
        _print(found)


def _print(found: Movers) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from bot.formatting import capital, coverage, day
    from bot.messages.movers import cause_words, effect_words, legend, one_words, provenance, rest_words

    of, before, after = found.of, found.before, found.after
    assert before.value is not None
    assert after.value is not None
    console = Console(highlight=False)
    console.print(
        f"[bold]{escape(capital(of.title))}: {of.show(before.value)} → {of.show(after.value)}, "
        f"{of.show_change(found.change)}[/bold]\n"
        f"{day(before.session)} ({coverage(before.eligible, before.members)}) to "
        f"{day(after.session)} ({coverage(after.eligible, after.members)})\n"
        f"{escape(provenance(found))}"
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("companies", justify="right")
    table.add_column("part", justify="right", no_wrap=True)
    for cause, companies, effect in found.by_cause():
        table.add_row(cause_words(cause, found), f"{len(companies):,}", effect_words(effect, found))
    if rest := rest_words(found):
        table.add_row("not by companies", "", effect_words(found.rest, found))
    table.add_row("change", f"{len(found.movers):,}", effect_words(found.change, found), style="bold")
    console.print(table)
    for cause, companies, _ in found.by_cause():
        console.print(f"\n[bold]{cause_words(cause, found)}[/bold]")
        listed = Table(box=None, pad_edge=False, show_header=False)
        for side in ("left", "left", "right"):
            listed.add_column(justify=side)
        for one in companies:
            listed.add_row(escape(one.symbol), escape(one.name), one_words(one, found))
        console.print(listed)
    console.print(f"\n[dim]{legend(found)}{f' {rest}' if rest else ''}[/dim]")
