"""Charts drawn in the worker process, one at a time, and how long the event loop waits for anything meanwhile.

python -m bench.charts [--runs 5] [--json]
"""

from __future__ import annotations

import asyncio
import math
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import quantiles

from alerts.market.sessions import sessions_between
from bench.table import Aim, Line, arguments, line, show
from bot.charts import spec
from bot.charts.worker import ChartWorker

DAYS = sessions_between(date(2024, 9, 30), date(2025, 9, 30))
LOOK = 0.002  # seconds between looks at the clock of the event loop


def main() -> None:
    """Run, and print the table."""
    asked = arguments(__doc__)
    given = asked.parse_args()
    lines = asyncio.run(measured(given.runs))
    show(lines, as_json=given.json)


async def measured(runs: int) -> list[Line]:
    """Each kind of chart, and the longest the loop was held up while all of them were drawn."""
    with tempfile.TemporaryDirectory() as folder:
        worker = ChartWorker(Path(folder))
        await worker.draw(one_panel(-1))  # starts the process, and builds matplotlib's list of fonts
        late: list[float] = []
        looking = asyncio.create_task(_look(late))
        kinds: tuple[tuple[str, float, Callable[[int], spec.Picture]], ...] = (
            ("a chart of one line over a year", 150, one_panel),
            ("a rotation graph of eleven sectors", 150, rotation),
            ("a chart of four panels", 500, four_panels),
        )
        lines = []
        for what, most, make in kinds:
            took = []
            for run in range(runs):
                began = time.perf_counter()
                await worker.draw(make(run))
                took.append(1e3 * (time.perf_counter() - began))
            lines.append(line(what, "ms", took, Aim(at_most=most)))
        looking.cancel()
        await worker.close()
    lines.append(line("… the event loop meanwhile held up, p99", "ms", [quantiles(late, n=100)[98]], Aim(at_most=50)))
    return lines


async def _look(late: list[float]) -> None:
    """Milliseconds by which the loop came back later than it should, again and again."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(LOOK)
        late.append(1e3 * (time.perf_counter() - began - LOOK))


def one_panel(run: int) -> spec.Chart:
    """Equal charts would be drawn once: each run is another."""
    return spec.Chart("Small above 200d", f"run {run}", (_panel(run),), simulated=True)


def four_panels(run: int) -> spec.Chart:
    return spec.Chart("Rotation", f"run {run}", tuple(_panel(4 * run + at) for at in range(4)), simulated=True)


def rotation(run: int) -> spec.RotationGraph:
    trails = tuple(
        spec.Trail(f"X{at}", tuple((math.sin(run + at + week / 9), math.cos(at + week / 7)) for week in range(10)))
        for at in range(11)
    )
    return spec.RotationGraph("Sectors", f"run {run}", trails, simulated=True)


def _panel(seed: int) -> spec.Panel:
    values = tuple(50 + 30 * math.sin(seed + at / 20) for at in range(len(DAYS)))
    lines = (spec.Line("Small", tuple(DAYS), values),)
    return spec.Panel(f"Share above, {seed}", "%", lines, (spec.Level(60, "60 %"),), minimum=0, maximum=100)


if __name__ == "__main__":
    main()
