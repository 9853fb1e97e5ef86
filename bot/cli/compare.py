"""`compare`: a recorded metric beside a published series of the same thing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.context import command, complain, opened, print_json, settings_read
from bot.cli.imports import DECIMAL, content_of

if TYPE_CHECKING:
    from bot.reports.comparison import Compared

SHOWN = 10  # days on different sides of the level


@dataclass(frozen=True)
class _Options:
    """How FILE is to be read, the level (None: the metric's own), and what is to be made of it."""

    dates: str | None
    decimal: str | None
    level: float | None
    chart: Path | None
    as_json: bool


@click.command()
@click.argument("metric")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dates", type=click.Choice(["day-first", "month-first"]), help="date order for 3/4/2025.")
@click.option("--decimal", type=click.Choice(["point", "comma"]), help="How 1,234 is meant.")
@click.option("--level", type=float, help="The level whose sides are compared; 50 for shares in percent.")
@click.option("--chart", type=click.Path(path_type=Path), help="Write a picture of both series to this PNG file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, with all such days.")
@command
def compare(metric: str, file: Path, **options: Any) -> None:
    """Compare what is recorded of METRIC with a series in FILE.csv: how far they agree, and where they do not.

    FILE has a date and a value a line, in the metric's unit, and is read as `import` reads it. Nothing is stored.
    Shown are the correlation, the mean absolute difference, the bias by year, and the days on which one is above the
    level and the other is not.
    """
    from alerts.market import csv_import
    from alerts.metrics.comparison import NothingInCommon
    from bot.pipeline.imports import metric_named
    from bot.reports.comparison import compared, default_level

    wanted = _Options(**options)
    settings = settings_read()
    db = opened(settings)
    of = metric_named(db, metric)
    try:
        series = csv_import.read(
            csv_import.text_of(content_of(file)), datetime.now(UTC).date(),
            day_first=None if wanted.dates is None else wanted.dates == "day-first",
            decimal=DECIMAL.get(wanted.decimal or ""),
        )  # fmt: skip
    except csv_import.NotReadable as error:
        complain(f"{file}: nothing was compared:\n{error}", 2)
        return
    theirs = {stamp.date(): float(value) for stamp, value in series.observations.items()}  # type: ignore[attr-defined]
    level = default_level(of) if wanted.level is None else wanted.level
    try:
        told = compared(db, of, theirs, file.name, level, simulated=settings.market == "sample")
    except NothingInCommon as error:
        complain(
            f"{file}: {error} with what is recorded of {of.id}; `rotation-alerts figures {of.id}` shows its sessions, "
            "and `rotation-alerts backfill --from DATE` fills earlier ones",
            2,
        )
        return
    if wanted.chart is not None:
        os.environ.setdefault("MPLCONFIGDIR", str(settings.cache_folder / "matplotlib"))
        _draw(told, wanted.chart)
    if wanted.as_json:
        print_json(told.as_json())
    else:
        _print(told)


def _draw(told: Compared, picture: Path) -> None:
    from bot.charts.draw import draw
    from bot.reports.comparison import comparison_chart

    try:
        picture.write_bytes(draw(comparison_chart(told)))
    except OSError as error:
        complain(f"--chart {picture}: {error.strerror}; name a file in a folder that can be written to", 2)


def _print(told: Compared) -> None:
    from rich.console import Console
    from rich.table import Table

    of, found, (first, last) = told.of, told.found, told.span
    console = Console(highlight=False)
    console.print(f"[bold]{of.id} · {of.title}[/bold], beside {told.file}", soft_wrap=True)
    covered = "" if told.coverage is None else f", coverage at least {told.coverage * 100:.1f} %"
    simulated = ", a simulated market" if told.simulated and "imulated" not in told.source else ""
    console.print(
        f"{len(found.pairs):,} days in common, {first} to {last} · {told.source}{simulated}{covered}", soft_wrap=True
    )
    console.print(f"left out: {found.only_ours:,} that only the record has, {found.only_theirs:,} only the file\n")
    for name, value in (("values", found.correlation), ("daily changes", found.of_changes)):
        console.print(
            f"correlation of {name:<15}" + ("not defined: one does not move" if value is None else f"{value:.3f}")
        )
    console.print(f"{'mean absolute difference':<30}{of.show_change(found.absolute).removeprefix('+')}")
    console.print(f"{'bias (record less file)':<30}{of.show_change(found.bias)}\n")
    table = Table(box=None, pad_edge=False)
    for heading in ("year", "days", "bias", "mean absolute difference"):
        table.add_column(heading, justify="right")
    for one in found.years:
        absolute = of.show_change(one.absolute).removeprefix("+")
        table.add_row(str(one.year), f"{one.days:,}", of.show_change(one.bias), absolute)
    console.print(table)
    if found.level is None:
        console.print("\n--level says on which days the two stand on different sides of a level.")
        return
    share = len(found.apart) / len(found.pairs)
    console.print(
        f"\nOn different sides of {of.show_level(found.level)}: {len(found.apart):,} days, {share * 100:.1f} %"
    )
    for pair in found.apart[-SHOWN:]:
        shown = (of.show_near(value, [found.level]) for value in (pair.ours, pair.theirs))
        console.print("{}  {:>10}  file {:>10}".format(pair.session, *shown))
    if len(found.apart) > SHOWN:
        console.print(f"the last {SHOWN} of them; --json has all")
