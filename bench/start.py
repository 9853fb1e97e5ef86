"""From nothing to an answer: `--help`, the start of the bot until it has answered, and what it holds when idle.

    python -m bench.start [--runs 5] [--json]

The bot starts beside the local Bot API, on a file with figures and with a question that waits for it. Memory is the
proportional share (PSS) of the bot and of every process under it, a second after the answer and, with the chart worker,
after a chart.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from soak.kill import Bench  # noqa: E402

from bench.table import Aim, arguments, line, show  # noqa: E402

ASKING = 9001
PATIENCE = 60.0  # seconds


def main() -> None:
    """Run, and print the table."""
    asked = arguments(__doc__)
    given = asked.parse_args()
    helps = [_seconds(sys.executable, "-m", "bot", "--help") for _ in range(given.runs)]
    starts, idle, drawing = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        try:
            bench.ask("people", {"first_name": "Q", "id": ASKING, "started": True})
            for words in (("refresh",), ("backfill", "--from", "2026-08-03")):
                assert bench.start("-m", "bot", *words).wait() == 0
            for _ in range(given.runs):
                answer, *held = started(bench)
                starts.append(answer)
                idle.append(held[0])
                drawing.append(held[1])
        finally:
            bench.close()
    show(
        [
            line("rotation-alerts --help", "s", helps, Aim(at_most=0.3)),
            line("start of the process to its first answer", "s", starts, Aim(at_most=2)),
            line("memory of all processes, idle", "MB", idle, Aim(at_most=200)),
            line("… with the chart worker, which ends when idle", "MB", drawing),
        ],
        as_json=given.json,
    )


def started(bench: Bench) -> tuple[float, float, float]:
    """(seconds to the first answer, megabytes after it, megabytes with the chart worker) of one start."""
    since = max((row["number"] for row in bench.ask("log?since=0")), default=0)
    bench.ask("say", {"person": ASKING, "text": "/privacy"})
    began = time.time()
    bot = bench.bot(refreshes=True)  # which finds nothing to refresh
    answered = _until(bench, since, "sendMessage")
    time.sleep(1.0)  # what a start does beside answering is over
    idle = _held(bot.pid)
    bench.ask("say", {"person": ASKING, "text": "/summary"})
    _until(bench, since, "sendPhoto")
    drawing = _held(bot.pid)
    bot.terminate()
    bot.wait(30)
    return answered - began, idle, drawing


def _until(bench: Bench, since: int, method: str) -> float:
    """The time of the first call of a method after `since`, by the server's log."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for row in bench.ask(f"log?since={since}"):
            if row["method"] == method and row["chat_id"] == ASKING:
                return float(row["time"])
        time.sleep(0.05)
    raise TimeoutError(f"no {method} within {PATIENCE:g} s")


def _held(pid: int) -> float:
    """Megabytes of a process and of those under it."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = next(int(row.split()[1]) for row in rollup.splitlines() if row.startswith("Pss:")) / 1024
    children = [
        int(word) for task in Path(f"/proc/{pid}/task").iterdir() for word in (task / "children").read_text().split()
    ]
    return own + sum(_held(child) for child in children)


def _seconds(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
