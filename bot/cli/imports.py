"""`import`: series of one's own into the database."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.context import command, complain, opened, settings_read

DECIMAL = {"comma": ",", "point": "."}


@click.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--dates", type=click.Choice(["day-first", "month-first"]), help="date order for 3/4/2025.")
@click.option("--decimal", type=click.Choice(["point", "comma"]), help="How 1,234 is meant.")
@click.option("--lag", type=click.IntRange(0, 366), help="Days after its date on which an observation is known.")
@click.option("--replace", is_flag=True, help="Drop what was imported under that name before.")
@click.option("--remove", is_flag=True, help="Drop the series, and import nothing.")
@command
def import_(name: str, file: Path | None, dates: str | None, decimal: str | None, lag: int | None, **how: bool) -> None:
    """Make a series of your own a metric: NAME from FILE.csv becomes import.NAME.

    FILE has a date and a value a line; dates and numbers are read as people write them. Importing again adds, and
    writes over values of the same dates. With a wrong line nothing is imported.
    """
    from alerts.market import csv_import
    from alerts.metrics.imported import proposed_lag
    from bot.pipeline.imports import keep
    from storage.database import writing
    from storage.imports import forget_import, imports, observations

    short = name.casefold().removeprefix("import.")
    if not csv_import.NAME.fullmatch(short):
        raise click.BadParameter(
            f"{name}: a name has up to 40 of a–z, 0–9, - and _, such as vix or put-call", param_hint="NAME"
        )
    replace, remove = how["replace"], how["remove"]
    if remove == (file is not None):
        raise click.UsageError("Name the FILE to import, or say --remove.")
    metric_id = f"import.{short}"
    now = datetime.now(UTC)
    db = opened(settings_read())
    if file is None:
        with writing(db):
            known = forget_import(db, metric_id)
        if not known:
            complain(f"{metric_id}: nothing was imported under that name.", 2)
        click.echo(f"{metric_id} is gone; alerts on it have no data.")
        return
    day_first = None if dates is None else dates == "day-first"
    try:
        text = csv_import.text_of(content_of(file))
        found = csv_import.read(text, now.date(), day_first=day_first, decimal=DECIMAL.get(decimal or ""))
    except csv_import.NotReadable as error:
        complain(f"{file}: nothing was imported:\n{error}", 2)
        return
    changed = keep(db, metric_id, dataclasses.replace(found, lag=lag), file.name, now, replace=replace)
    first, last = found.observations.index[0].date(), found.observations.index[-1].date()
    gaps = f", {found.gaps:,} lines without a value" if found.gaps else ""
    click.echo(
        f"{metric_id}: {len(found.observations):,} values from {first} to {last}, {changed:,} of them new or changed"
        f"{gaps}.\nWatch it: /alert {metric_id} crosses above {found.observations.iloc[-1]:.6g}"
    )
    kept = imports(db)[metric_id].lag
    if kept is None and (proposed := proposed_lag(observations(db, metric_id))):
        step = "monthly" if proposed == 60 else "quarterly"
        click.echo(f"A {step} series is usually known {proposed} days after its date: --lag {proposed} counts it then.")


def content_of(file: Path) -> bytes:
    """The bytes of a file, one more than a series may have where it has more. Ends the program if it cannot be read."""
    from alerts.market.csv_import import MOST_BYTES

    try:
        with file.open("rb") as opened_file:
            return opened_file.read(MOST_BYTES + 1)
    except OSError as error:
        complain(f"{file}: {error.strerror}; name a CSV file that can be read", 2)
        raise AssertionError from error
