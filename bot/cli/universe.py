"""`universe`: who counts, who came and went, and who is left out, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from bot.cli.context import DATE, command, complain, opened, print_json, settings_read

if TYPE_CHECKING:
    from bot.reports.universe import LeftOut, Membership

_NONE = "run `rotation-alerts refresh` or `rotation-alerts backfill --from DATE` first"


@click.command()
@click.option("--session", type=DATE, help="The session; the last complete one by default.")
@click.option("--excluded", is_flag=True, help="The lines that are no company, with the reason, and closes held back.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def universe(session: datetime | None, excluded: bool, as_json: bool) -> None:
    """Who counts as large, mid or small on a session, who entered and left; or what is left out, and why."""
    from alerts.market.sessions import last_complete_session
    from bot.reports.universe import left_out_on, membership_on

    db = opened(settings_read())
    day = session.date() if session else last_complete_session(datetime.now(UTC))
    if excluded:
        left_out = left_out_on(db, day)
        if left_out is None:
            complain(f"{day}: no census by that day; {_NONE}", 2)
            return
        if as_json:
            print_json(left_out.as_json())
        else:
            _print_excluded(left_out)
        return
    found = membership_on(db, day)
    if found is None:
        complain(f"{day}: no ranks for that day; {_NONE}", 2)
        return
    if as_json:
        print_json(found.as_json())
    else:
        _print_members(found)


def _print_members(found: Membership) -> None:
    from rich.console import Console
    from rich.table import Table

    console, taken = Console(), found.taken
    how = "by a census, provisionally" if taken.provisional else "by the closes of that day"
    console.print(
        f"[bold]Members on {found.session}[/bold]: ranked on {taken.ranked_on} {how}, from {taken.season.in_force} on"
    )
    console.print(", ".join(f"{name} {found.count(name):,}" for name in ("large", "mid", "small")))
    console.print(
        f"{len(found.elsewhere):,} of large are domiciled elsewhere, as far as the legal form in their names tells"
    )
    table = Table(box=None, pad_edge=False)
    for heading, side in (("rank", "right"), ("symbol", "left"), ("name", "left"), ("segment", "left"),
                          ("market value", "right"), ("", "left")):  # fmt: skip
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    for member in found.members:
        notes = [] if not found.compared or member.entered or member.was == member.segment else [
            "entered" if member.was is None else f"from {member.was}"
        ]  # fmt: skip
        notes += [f"entered large on {member.entered}"] if member.entered else []
        notes += [] if member.listed else ["not in the last census"]
        value = f"${member.market_value / 1e9:,.2f} bn"
        table.add_row(str(member.rank), member.symbol, member.name, member.segment, value, ", ".join(notes))
    console.print(table)
    if not found.compared:
        console.print("The ranks before these are not known: who entered and left cannot be told.")
    for left in found.left:
        console.print(f"left: {left.symbol} {left.name} (was {left.was})", highlight=False)
    for gone in found.gone:
        console.print(f"gone: {gone.symbol} {gone.name} (was {gone.was}) from {gone.since} on: {gone.reason}",
                      highlight=False)  # fmt: skip
    for one in found.renamed:
        console.print(f"renamed: {one.former} is {one.symbol} ({one.name}) from {one.session} on", highlight=False)


def _print_excluded(found: LeftOut) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(
        f"[bold]Left out of the census of {found.census}[/bold]: {len(found.excluded):,} of {found.lines:,} lines; "
        f"{found.companies:,} companies"
    )
    table = Table(box=None, pad_edge=False)
    for heading in ("symbol", "name", "reason", "since"):
        table.add_column(heading)
    for line in found.excluded:
        table.add_row(line.symbol, line.name or "", line.reason, line.since.isoformat())
    console.print(table)
    for symbol, _, reason in found.held_back:
        console.print(f"held back: {symbol}: {reason}", highlight=False)
