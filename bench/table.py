"""One table of figures: what was measured, beside what, the ratio, the aim, and whether it was met.

Each bench makes `Line`s and prints them with `show`: a table for people, a JSON list with `--json`. A line holds the
median of its runs and their spread. A ratio is of medians of runs that took turns, and says how many times better ours
is: on a machine that is busy, ratios hold where seconds do not.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

RUNS = 5


@dataclass(frozen=True)
class Line:
    """A row of the table. Values are medians in `unit`, `lowest` and `highest` the extremes of the `runs`.

    ratio: how many times better than `theirs`. met: whether every aim is; None without an aim.
    """

    what: str
    unit: str
    ours: float
    lowest: float
    highest: float
    runs: int
    beside: str = ""
    theirs: float | None = None
    ratio: float | None = None
    aim: str = ""
    met: bool | None = None

    @classmethod
    def from_json(cls, row: dict[str, object]) -> Line:
        """The line of what `show` prints with `--json`."""
        return cls(**row)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Aim:
    """What a line is to reach. at_most, at_least: of ours. ratio: of ours to the other."""

    at_most: float | None = None
    at_least: float | None = None
    ratio: float | None = None

    def met(self, ours: float, ratio: float | None) -> bool | None:
        """Whether all of it is reached; None where nothing is asked."""
        asked = [ours <= self.at_most] if self.at_most is not None else []
        asked += [ours >= self.at_least] if self.at_least is not None else []
        asked += [ratio is not None and ratio >= self.ratio] if self.ratio is not None else []
        return all(asked) if asked else None

    def words(self, unit: str) -> str:
        """ "≤ 10 ms, ≥ 200 ×"."""
        words = [f"≤ {amount(self.at_most)} {unit}".strip()] if self.at_most is not None else []
        words += [f"≥ {amount(self.at_least)} {unit}".strip()] if self.at_least is not None else []
        words += [f"≥ {amount(self.ratio)} ×"] if self.ratio is not None else []
        return ", ".join(words)


NO_AIM = Aim()


@dataclass(frozen=True)
class Beside:
    """What ours is compared with, by the same measure."""

    what: str
    found: Sequence[float]


def line(
    what: str, unit: str, found: Sequence[float], aim: Aim = NO_AIM, beside: Beside | None = None
) -> Line:  # fmt: skip
    """The line of several runs; of a unit "…/s" more is better, of any other less."""
    ours, theirs, ratio = median(found), None, None
    if beside is not None:
        theirs = median(beside.found)
        ratio = ours / theirs if unit.endswith("/s") else theirs / ours
    return Line(
        what, unit, ours, min(found), max(found), len(found), beside.what if beside else "", theirs, ratio,
        aim.words(unit), aim.met(ours, ratio),
    )  # fmt: skip


def amount(value: float) -> str:
    """A number with about three digits: "1,234", "12.3", "0.456"."""
    if value == 0 or abs(value) >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(lines: Sequence[Line]) -> str:
    """All lines under one heading."""
    rows = [("what", "ours (spread)", "beside", "ratio", "aim", "met")]
    for one in lines:
        spread = f" ({amount(one.lowest)}–{amount(one.highest)})" if one.runs > 1 else ""
        beside = "" if one.theirs is None else f"{one.beside}: {amount(one.theirs)} {one.unit}"
        rows.append(
            (
                one.what,
                f"{amount(one.ours)} {one.unit}".strip() + spread,
                beside,
                "" if one.ratio is None else f"{amount(one.ratio)} ×",
                one.aim,
                "" if one.met is None else "yes" if one.met else "NO",
            )
        )
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    rows.insert(1, tuple("─" * width for width in widths))  # type: ignore[arg-type]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def arguments(doc: str | None) -> argparse.ArgumentParser:
    """The options that every bench has."""
    asked = argparse.ArgumentParser(description=(doc or "").split("\n")[0])
    asked.add_argument("--runs", type=int, default=RUNS, help="of which each line is the median")
    asked.add_argument("--json", action="store_true", help="print a list of lines as JSON")
    return asked


def show(lines: Sequence[Line], *, as_json: bool) -> None:
    """Print the lines."""
    print(json.dumps([asdict(one) for one in lines], ensure_ascii=False, indent=1) if as_json else table(lines))
