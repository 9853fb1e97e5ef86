"""`export`: every recorded figure, as CSV or as one Parquet file."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.context import DATE, command, complain, opened, settings_read

if TYPE_CHECKING:
    from sqlite_utils import Database

    from storage.imports import Import

COLUMNS = (
    "metric", "session", "value", "coverage", "eligible", "members", "source", "reason", "fetched_at", "notes",
)  # fmt: skip
_INSTALL = "--parquet needs pyarrow, which is not installed: pip install 'rotation-alerts[parquet]'"


@dataclass(frozen=True)
class _Wanted:
    """Metrics, which of all are imported, and the first and last session; None: without limit."""

    metrics: tuple[str, ...]
    imported: Mapping[str, Import]
    first: date | None
    last: date | None


@click.command()
@click.argument("metrics", nargs=-1)
@click.option("--from", "start", type=DATE, help="The first session.")
@click.option("--to", "end", type=DATE, help="The last session.")
@click.option("--parquet", type=click.Path(path_type=Path), help="Write a Parquet file instead; needs pyarrow.")
@command
def export(metrics: tuple[str, ...], start: datetime | None, end: datetime | None, parquet: Path | None) -> None:
    """Write the recorded figures of METRICS (all by default) as CSV, or with --parquet FILE as Parquet.

    An imported series comes as it was imported: its own dates and values, which `import` reads again from the CSV.
    """
    from alerts.metrics.catalog import catalog
    from bot.pipeline.imports import metric_named
    from storage import imports

    settings = settings_read()
    db = opened(settings)
    imported = imports.everybodys(db)
    named = [metric_named(db, name).id for name in metrics] or [*catalog(), *imported]
    wanted = _Wanted(tuple(dict.fromkeys(named)), imported, *(day.date() if day else None for day in (start, end)))
    if parquet is not None:
        _write_parquet(db, wanted, parquet, settings.market)
        return
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    for metric_id in wanted.metrics:
        out.writerows(_rows(db, metric_id, wanted))


def _rows(db: Database, metric_id: str, wanted: _Wanted) -> Iterator[tuple[Any, ...]]:
    """The rows of a metric, ascending, in the order of COLUMNS."""
    from storage import figures, imports

    own = wanted.imported.get(metric_id)
    if own is not None:
        for stamp, value in imports.observations(db, metric_id).items():
            day = stamp.date()  # type: ignore[attr-defined]
            if (wanted.first is None or day >= wanted.first) and (wanted.last is None or day <= wanted.last):
                yield metric_id, day, float(value), 1, 1, 1, own.file, None, own.imported_at.isoformat(), ""
        return
    for one in figures.history(db, metric_id, wanted.first, wanted.last):
        counted = (one.value, one.coverage, one.eligible, one.members)
        yield metric_id, one.session, *counted, one.source, one.reason, one.fetched_at, "; ".join(one.remarks)


def _write_parquet(db: Database, wanted: _Wanted, file: Path, market: str) -> None:
    """Write a row group a metric. The file takes its name once it is whole; a kill leaves an earlier one as it was."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        complain(_INSTALL, 2)
        return
    text, number = pa.string(), pa.float64()
    types = (text, pa.date32(), number, number, pa.int32(), pa.int32(), text, text, pa.timestamp("us", "UTC"), text)
    simulated = "yes" if market == "sample" else "no"
    schema = pa.schema(list(zip(COLUMNS, types, strict=True)), metadata={"market": market, "simulated": simulated})
    part = file.with_name(f"{file.name}.part")
    try:
        with pq.ParquetWriter(part, schema, compression="zstd") as writer:
            for metric_id in wanted.metrics:
                if rows := [_typed(row) for row in _rows(db, metric_id, wanted)]:
                    columns = [
                        pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), types, strict=True)
                    ]
                    writer.write_table(pa.table(columns, schema=schema))
        part.replace(file)
    except OSError as error:
        complain(f"--parquet {file}: {error.strerror or error}; name a file in a folder that can be written to", 2)
    finally:
        with suppress(OSError):
            part.unlink()


def _typed(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row with the time as a time, and shares as floats."""
    *before, fetched_at, notes = row
    before[3] = None if before[3] is None else float(before[3])
    return (*before, None if fetched_at is None else datetime.fromisoformat(fetched_at), notes)
