"""A recorded metric beside a series from a person's file: the comparison, and its chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlite_utils import Database

from alerts.metrics.catalog import Metric
from alerts.metrics.comparison import Comparison, compare
from bot.charts.spec import Chart, Level, Line, Panel
from bot.formatting import capital, short_day
from storage import figures


@dataclass(frozen=True)
class Compared:
    """of: the metric. coverage: the lowest share of companies behind one of its figures here, 0–1; None: not known.
    simulated: whether the figures are of the simulated market."""

    of: Metric
    file: str
    found: Comparison
    coverage: float | None
    source: str
    simulated: bool

    @property
    def span(self) -> tuple[date, date]:
        return self.found.pairs[0].session, self.found.pairs[-1].session

    def as_json(self) -> dict[str, Any]:
        """JSON values; every day on which the two stand on different sides of the level is in it."""
        found, (first, last) = self.found, self.span
        return {
            "metric": self.of.id, "file": self.file, "from": first.isoformat(), "to": last.isoformat(),
            "days": len(found.pairs), "only_recorded": found.only_ours, "only_in_file": found.only_theirs,
            "correlation": found.correlation, "correlation_of_changes": found.of_changes,
            "mean_absolute_difference": found.absolute, "bias": found.bias,
            "years": [
                {"year": one.year, "days": one.days, "bias": one.bias, "mean_absolute_difference": one.absolute}
                for one in found.years
            ],
            "level": found.level,
            "on_different_sides": [
                {"session": one.session.isoformat(), "recorded": one.ours, "in_file": one.theirs} for one in found.apart
            ],
            "lowest_coverage": self.coverage, "source": self.source, "simulated": self.simulated,
        }  # fmt: skip


def compared(
    db: Database, of: Metric, theirs: Mapping[date, float], file: str, level: float | None, *, simulated: bool
) -> Compared:
    """Compare what is recorded of a metric with a series by date. Raises NothingInCommon."""
    past = [figure for figure in figures.history(db, of.id) if figure.value is not None]
    found = compare({figure.session: float(figure.value or 0.0) for figure in past}, theirs, level)
    common = {pair.session for pair in found.pairs}
    used = [figure for figure in past if figure.session in common]
    coverage = min((figure.coverage for figure in used if figure.coverage is not None), default=None)
    return Compared(of, file, found, coverage, used[-1].source, simulated)


def default_level(of: Metric) -> float | None:
    """Half of all, of a share in percent; None of anything else."""
    return 50.0 if of.unit == "%" and (of.low, of.high) == (0, 100) else None


def comparison_chart(told: Compared) -> Chart:
    """Both series, and below them their difference."""
    pairs, of, (first, last) = told.found.pairs, told.of, told.span
    sessions = tuple(one.session for one in pairs)
    unit = of.unit if of.unit in ("%", "pp", "×") else ""
    level = told.found.level
    both = Panel(
        of.named(), unit,
        (
            Line("recorded", sessions, tuple(one.ours for one in pairs)),
            Line("file", sessions, tuple(one.theirs for one in pairs), "second"),
        ),
        levels=() if level is None else (Level(level, of.show_level(level)),),
    )  # fmt: skip
    difference = Panel(
        "Recorded less file", "pp" if unit == "%" else unit,
        (Line("difference", sessions, tuple(one.difference for one in pairs)),), shade_zero=True,
    )  # fmt: skip
    covered = "" if told.coverage is None else f" · coverage at least {told.coverage * 100:.0f} %"
    subtitle = f"{short_day(first)} to {short_day(last)} · {len(pairs):,} days{covered}"
    return Chart(
        f"{capital(of.title)} and {told.file}"[:80], f"{subtitle} · {told.source}", (both, difference), told.simulated
    )
