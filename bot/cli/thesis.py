"""`rotation-alerts thesis`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from bot.cli.context import DATE, command, complain, opened, print_json, settings_read

if TYPE_CHECKING:
    from alerts.thesis import Thesis


@click.command()
@click.option("--session", type=DATE, help="The session; the last one with figures by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def thesis(session: datetime | None, as_json: bool) -> None:
    """The case for small caps, claim by claim: verdict, since when, what would change it."""
    from bot.reports.thesis import thesis_json, thesis_on

    told = thesis_on(opened(settings_read()), session.date() if session else None)
    if as_json:
        print_json(thesis_json(told) if told else None)
    elif told is None:
        complain("No figures yet: run `rotation-alerts refresh`.", 1)
    else:
        _print(told)


def _print(told: Thesis) -> None:
    from rich.console import Console
    from rich.markup import escape

    from alerts.metrics.catalog import metric
    from bot.brand import NO_ADVICE
    from bot.formatting import beside_text, coverage, day
    from bot.messages.thesis import SIGNS, since

    console = Console(highlight=False)
    total = len(told.verdicts)
    console.print(f"[bold]The case for small caps: {told.holding} of {total} claims hold[/bold]")
    console.print(f"Session {day(told.session)} · {told.told} of {total} can be told")
    for verdict in told.verdicts:
        figure = verdict.figure
        counted = "" if figure is None else coverage(figure.eligible, figure.members)
        console.print(
            f"\n{SIGNS[verdict.judged.holding]} [bold]{escape(verdict.claim.text)}[/bold]: "
            f"{verdict.judged.holding.value} {since(verdict)}"
        )
        console.print(f"   {verdict.claim.metric} {escape(verdict.shown)}" + (f" · {counted}" if counted else ""))
        if beside := beside_text(metric(verdict.claim.metric), verdict.beside):
            console.print(f"   beside it: {escape(beside)}")
        console.print(f"   [dim]{escape(verdict.judged.change)}[/dim]")
    console.print(f"\n[dim]{NO_ADVICE}[/dim]")
