"""`rotation-alerts odds`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from bot.cli.context import DATE, command, complain, opened, print_json, settings_read

if TYPE_CHECKING:
    from alerts.metrics.odds import Tree


@click.command()
@click.option("--session", type=DATE, help="The session; the last one with figures by default.")
@click.option(
    "--prices", type=click.Path(path_type=Path), help="Contract prices of that session: a CSV file month,price."
)
@click.option("--range", "target", help="With --prices: the Fed's range as FRED has it that day, such as 3.75-4.00.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def odds(session: datetime | None, prices: Path | None, target: str | None, as_json: bool) -> None:
    """What fed funds futures say of the next Fed meetings, by CME's method: the odds of every range after each.

    With --prices, --range and --session they are computed from the prices given, and no database is needed. On the
    evening of a decision the range is read from the futures, because FRED has it on the day after.
    """
    from alerts.metrics.odds import NoOdds
    from bot.reports.odds import odds_json, odds_on
    from storage import figures

    day: date | None = session.date() if session else None
    if (prices is None) != (target is None) or (prices is not None and day is None):
        raise click.UsageError("--prices FILE.csv, --range 3.75-4.00 and --session DATE go together.")
    db = None if prices else opened(settings_read())
    if db is not None and (day := day or figures.last_session(db)) is None:
        complain("No figures yet: run `rotation-alerts refresh`.", 1)
    assert day is not None
    try:
        told = odds_on(db, day) if db is not None else _given(cast(Path, prices), cast(str, target), day)
    except NoOdds as error:
        if as_json:
            print_json({"session": day.isoformat(), "cut_odds": None, "hike_odds": None, "reason": str(error)})
            return
        complain(f"{day}: the odds are not available: {error}.", 1)
        return
    if as_json:
        print_json(odds_json(told))
    else:
        _print(told)


def _given(prices: Path, target: str, day: date) -> Tree:
    """The tree of the prices in a file. Raises NoOdds; ends the program where the file or the range is none."""
    from alerts.metrics.fed_meetings import scheduled
    from alerts.metrics.odds import tree
    from bot.reports.odds import prices_in, range_in

    try:
        contracts = prices_in(prices.read_text(encoding="utf-8-sig"))
        in_force = range_in(target, day)
    except OSError as error:
        complain(f"{prices}: {error.strerror}; name a CSV file that can be read", 2)
        raise AssertionError from error
    except ValueError as error:
        complain(f"{prices}: {error}" if "--range" not in str(error) else str(error), 2)
        raise AssertionError from error
    return tree(day, contracts, in_force, scheduled())


_IN_A_ROW = 4  # odds, so that a table of many ranges stays within 80 columns


def _rows(chances: list[str]) -> str:
    """Odds beside each other, in as many lines as they take."""
    lines = [chances[at : at + _IN_A_ROW] for at in range(0, len(chances), _IN_A_ROW)]
    return "\n".join(" · ".join(line) for line in lines)


def _print(told: Tree) -> None:
    from rich.console import Console
    from rich.table import Table

    from alerts.metrics.fed_meetings import scheduled
    from alerts.metrics.odds import STEP
    from alerts.metrics.rates import AS_READ
    from bot.formatting import day, short_day

    console = Console(highlight=False)
    read = f", {AS_READ}" if told.as_futures_read else ""
    console.print(
        f"[bold]After {day(told.session)}: at the next meeting a cut {told.cut_odds:.1f} %, "
        f"a hike {told.hike_odds:.1f} %[/bold]\nRange {told.lower:.2f} to {told.upper:.2f} %{read}"
    )
    table = Table(box=None, pad_edge=False)
    for heading in ("meeting", "rate", "after", "odds in % by lower bound"):
        table.add_column(heading, justify="right" if heading in ("rate", "after") else "left")
    for meeting in told.meetings:
        chances = [f"{bound:.2f}: {100 * odds:.1f}" for bound, odds in meeting.lower_bounds.items() if odds >= 0.0005]
        table.add_row(f"{meeting.decision}", f"{meeting.start:.2f}", f"{meeting.end:.2f}", _rows(chances))
    console.print(table)
    known = scheduled()
    console.print(
        f"[dim]The lower bound is that of the range after the meeting; a range is {STEP:g} wide. "
        f"Anchors: {', '.join(told.anchors) or 'none'}. "
        f"Meetings: {known.source}, known to {short_day(known.last)}.[/dim]"
    )
