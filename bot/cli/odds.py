"""`rotation-alerts odds`."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from bot.cli.context import DATE, command, complain, opened, print_json, settings_read

if TYPE_CHECKING:
    from alerts.metrics.odds import Tree


@click.command()
@click.option("--session", type=DATE, help="The session; the last one with figures by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def odds(session: datetime | None, as_json: bool) -> None:
    """What fed funds futures say of the next Fed meetings, by CME's method: the odds of every range after each."""
    from alerts.metrics.odds import NoOdds
    from bot.reports.odds import odds_json, odds_on
    from storage import figures

    db = opened(settings_read())
    day: date | None = session.date() if session else figures.last_session(db)
    if day is None:
        complain("No figures yet: run `rotation-alerts refresh`.", 1)
        return
    try:
        told = odds_on(db, day)
    except NoOdds as error:
        if as_json:
            print_json({"session": day.isoformat(), "cut_odds": None, "reason": str(error)})
            return
        complain(f"{day}: the odds cannot be told: {error}.", 1)
        return
    if as_json:
        print_json(odds_json(told))
    else:
        _print(told)


def _print(told: Tree) -> None:
    from rich.console import Console
    from rich.table import Table

    from alerts.metrics.fed_meetings import scheduled
    from alerts.metrics.odds import STEP
    from bot.formatting import day, short_day

    console = Console(highlight=False)
    console.print(
        f"[bold]After {day(told.session)}: a cut at the next meeting {told.cut_odds:.1f} %[/bold] · "
        f"range {told.lower:.2f} to {told.upper:.2f} %"
    )
    bounds = sorted({bound for meeting in told.meetings for bound in meeting.lower_bounds})
    table = Table(box=None, pad_edge=False)
    table.add_column("meeting", no_wrap=True)
    for heading in ("rate", "after", *(f"{bound:.2f}" for bound in bounds)):
        table.add_column(heading, justify="right", no_wrap=True)
    for meeting in told.meetings:
        chances = (meeting.lower_bounds.get(bound, 0.0) for bound in bounds)
        table.add_row(
            f"{meeting.decision}",
            f"{meeting.start:.2f}",
            f"{meeting.end:.2f}",
            *(f"{100 * chance:.1f}" if chance >= 0.0005 else "" for chance in chances),
        )
    console.print(table)
    known = scheduled()
    console.print(
        f"[dim]Odds in % by the lower bound of the range after each meeting; a range is {STEP:g} wide. "
        f"Anchors: {', '.join(told.anchors) or 'none'}. "
        f"Meetings: {known.source}, known to {short_day(known.last)}.[/dim]"
    )
