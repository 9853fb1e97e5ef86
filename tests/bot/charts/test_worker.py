"""The drawing process: a real one, killed for real."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from support.chart_samples import chart, line, pixels, wave

import bot
from bot.charts.spec import Chart, Line, Panel
from bot.charts.worker import ChartFailed, ChartWorker

HOME = Path(bot.__file__).resolve().parent.parent
SMALL = chart(line(wave(5)))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for the module, as the bot's lasts from start to start."""
    return tmp_path_factory.mktemp("charts") / "matplotlib"


@pytest_asyncio.fixture
async def worker(cache: Path) -> AsyncIterator[ChartWorker]:
    worker = ChartWorker(cache)
    yield worker
    await worker.close()


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not yet asked after does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return not Path("/proc/self").exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def until(so: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not so():
            await asyncio.sleep(0.02)


class Unpickled:
    """Calls a function in whichever process unpickles it."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def with_a_trap(function: Callable[..., Any], *arguments: Any) -> Chart:
    return Chart("Trap", Unpickled(function, *arguments), SMALL.panels)  # type: ignore[arg-type]


async def test_a_chart_comes_back_as_a_picture_from_another_process(worker: ChartWorker):
    assert worker.pid is None  # not before the first chart
    assert pixels(await worker.draw(SMALL)).shape[1] == 1080
    assert worker.pid not in (None, os.getpid())


async def test_the_folder_of_matplotlib_is_the_one_given(worker: ChartWorker, cache: Path):
    await worker.draw(SMALL)
    assert list(cache.glob("fontlist*"))


async def test_charts_asked_for_together_all_come_and_equal_ones_are_drawn_once(worker: ChartWorker):
    other = chart(line(wave(9)))
    one, two, again, equal = await asyncio.gather(
        worker.draw(SMALL), worker.draw(other), worker.draw(SMALL), worker.draw(chart(line(wave(5))))
    )
    assert one is again is equal
    assert one != two


async def test_a_reader_who_leaves_does_not_take_the_picture_from_the_next(worker: ChartWorker):
    leaves, stays = asyncio.create_task(worker.draw(SMALL)), asyncio.create_task(worker.draw(SMALL))
    await until(lambda: worker.pid is not None)
    leaves.cancel()
    assert pixels(await stays).any()
    assert leaves.cancelled()


async def test_a_child_killed_between_charts_is_replaced(worker: ChartWorker):
    before = await worker.draw(SMALL)
    first = worker.pid
    assert first
    os.kill(first, signal.SIGKILL)
    assert await worker.draw(SMALL) == before
    assert worker.pid not in (None, first)
    assert not alive(first)


async def test_a_child_killed_while_it_draws_is_replaced_and_the_chart_drawn_again(worker: ChartWorker):
    drawing = asyncio.create_task(worker.draw(SMALL))
    await until(lambda: worker.pid is not None)
    first = worker.pid
    assert first
    os.kill(first, signal.SIGKILL)  # it has hardly started
    assert pixels(await drawing).shape[1] == 1080
    assert worker.pid != first


async def test_a_chart_that_ends_its_child_twice_has_failed_and_the_next_one_is_drawn(worker: ChartWorker):
    with pytest.raises(ChartFailed, match=r"'Trap': drawn 2 times without a picture; .* ended, code 3"):
        await worker.draw(with_a_trap(os._exit, 3))
    assert pixels(await worker.draw(SMALL)).any()


async def test_a_child_that_says_nothing_is_ended(cache: Path):
    worker = ChartWorker(cache, patience=0.3)
    try:
        with pytest.raises(ChartFailed, match=r"said nothing for 0\.3 seconds"):
            await worker.draw(with_a_trap(time.sleep, 60))
        assert worker.pid is None
    finally:
        await worker.close()


async def test_a_chart_that_cannot_be_drawn_fails_at_once_and_leaves_the_child_at_work(worker: ChartWorker):
    await worker.draw(SMALL)
    child = worker.pid
    with pytest.raises(ChartFailed, match="AttributeError"):
        await worker.draw(Chart("Nonsense", "", (Panel("", "", ("not a line",)),)))  # type: ignore[arg-type]
    assert pixels(await worker.draw(SMALL)).any()
    assert worker.pid == child


async def test_a_chart_larger_than_a_pipe_gets_through(worker: ChartWorker):
    days = chart(line(wave(5000))).panels[0].lines[0].sessions
    lines = tuple(Line(f"Sector {i}", days, tuple(wave(5000, middle=i))) for i in range(4))
    assert pixels(await worker.draw(Chart("Long", "", (Panel("Sectors", "%", lines),)))).any()


async def test_the_child_ends_when_nobody_asks_and_comes_back_when_somebody_does(cache: Path):
    worker = ChartWorker(cache, idle_seconds=0.1)
    try:
        await worker.draw(SMALL)
        await until(lambda: worker.pid is None)
        assert pixels(await worker.draw(SMALL)).any()
    finally:
        await worker.close()


async def test_the_child_ignores_the_interrupt_of_a_terminal(worker: ChartWorker):
    await worker.draw(SMALL)
    child = worker.pid
    assert child
    os.kill(child, signal.SIGINT)
    assert pixels(await worker.draw(SMALL)).any()
    assert worker.pid == child
    assert os.getpgid(child) != os.getpgid(0)


async def test_closing_ends_the_child_and_fails_what_is_under_way_and_what_comes_after(cache: Path):
    worker = ChartWorker(cache)
    await worker.draw(SMALL)
    child = worker.pid
    assert child
    waiting = [asyncio.create_task(worker.draw(chart(line(wave(n))))) for n in (6, 7)]
    await asyncio.sleep(0)
    await worker.close()
    await worker.close()
    assert not alive(child)
    failed = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(failure) for failure in failed] == [ChartFailed, ChartFailed]
    with pytest.raises(ChartFailed, match="closed"):
        await worker.draw(SMALL)


PROGRAM = """\
import asyncio, sys
from datetime import date
from pathlib import Path
from bot.charts.spec import Chart, Line, Panel
from bot.charts.worker import ChartWorker

async def main():
    worker = ChartWorker(Path(sys.argv[1]))
    chart = Chart("Breadth", "", (Panel("Share", "%", (Line("Small", (date(2025, 1, 24),), (58.3,)),)),))
    drawing = asyncio.create_task(worker.draw(chart))
    if sys.argv[2] == "draw":
        picture = await drawing
        print(picture[1:4].decode(), "matplotlib" in sys.modules, flush=True)
        await worker.close()
        return
    if sys.argv[2] == "idle":
        await drawing
    while worker.pid is None:
        await asyncio.sleep(0.001)
    print(worker.pid, flush=True)
    await asyncio.sleep(600)

print("started", flush=True)
asyncio.run(main())
"""


def program(folder: Path) -> Path:
    """A console script: without an ending, and without a guard around what it does when imported."""
    script = folder / "console-script"
    script.write_text(PROGRAM)
    return script


def test_a_console_script_draws_without_being_run_again_and_without_matplotlib(tmp_path: Path, cache: Path):
    told = subprocess.run(
        [sys.executable, program(tmp_path), cache, "draw"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HOME)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.stdout.splitlines() == ["started", "PNG False"]
    assert told.stderr == ""


@pytest.mark.parametrize("when", ["starting", "idle"])
async def test_no_child_outlives_a_parent_that_was_killed(when: str, tmp_path: Path, cache: Path):
    parent = subprocess.Popen(
        [sys.executable, program(tmp_path), cache, when],
        env={**os.environ, "PYTHONPATH": str(HOME)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout
        assert parent.stdout.readline() == "started\n"
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
    await until(lambda: not alive(child))
