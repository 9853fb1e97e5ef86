"""`rotation-alerts valuation-history`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from bot import cli
from bot.console.progress import progress


@click.command("valuation-history")
@cli.command
def valuation_history() -> None:
    """Fetch month-end valuation measures of the members, for the monthly valuation discount.

    About two thousand requests, at the pace of YAHOO_PER_SECOND. Stopped half-way, the same command goes on where it
    was; asked again within the month, it asks for nothing. The bot runs it by itself after the history is filled.
    """
    from bot.valuations import fill

    db = cli.opened()
    with progress(False) as report:
        done = fill(db, cli.valuation_feed(), datetime.now(UTC), report, rests=cli.RESTS)
    click.echo(
        f"{done.companies:,} companies asked about, {done.left:,} left; the discount of {done.months} months, "
        f"on {done.figures:,} sessions."
    )
