"""Ten minutes of a Telegram that fails: 2 % of all requests, 50 chats that are told something all the time.

    python tests/soak/failing.py --minutes 10 [--seed 1]

At the end the faults stop, what is left is sent, and everything has to have arrived, in order within each chat, every
second copy marked as a possible repeat.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from soak.kill import Bench, Found, _verify_chat  # noqa: E402

from storage import chats, outbox  # noqa: E402
from storage.database import open_database, writing  # noqa: E402

CHATS = range(2001, 2051)
ASKING = 1001
EVERY_SECONDS = 3.0  # each chat is told something
ASKS_EVERY = 5  # of these rounds, from the first on, people ask something
FAILING = 0.02
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "server_error", "error_code": 500},
    {"kind": "server_error", "error_code": 502},
    {"kind": "too_many_requests", "retry_after": 1},
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "slow", "seconds": 7.0},  # longer than an answer is waited for
    {"kind": "slow_answer", "seconds": 7.0},
)


@dataclass
class Soaked:
    """What the minutes came to."""

    seconds: float
    told: int = 0
    states: Counter[str] = field(default_factory=Counter)
    failed_requests: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    found: Found = field(default_factory=lambda: Found(0, 0))
    longest: float = 0.0
    asked: int = 0
    answered: int = 0

    def table(self) -> str:
        """The figures, a line each."""
        rows: dict[str, object] = {
            "seconds of faults": f"{self.seconds:,.0f}",
            "requests": f"{self.requests:,}",
            "… that failed": f"{sum(self.failed_requests.values()):,}",
            **{f"    {kind}": f"{count:,}" for kind, count in sorted(self.failed_requests.items())},
            "messages due": f"{self.told:,}",
            "messages by state": dict(self.states),
            "questions people asked": f"{self.asked:,}",
            "… that had their answer": f"{self.answered:,}",
            "arrived twice": f"{self.found.arrived_twice:,}",
            "said that they may be a repeat": f"{self.found.marked:,}",
            "longest from recording to Telegram's word": f"{self.longest:,.1f} s",
            "lost, out of order, unmarked or stuck": f"{len(self.found.problems):,}",
        }
        return "\n".join(f"{name:<44}{value!s:>12}" for name, value in rows.items())


def soak(minutes: float, seed: int, folder: Path) -> Soaked:
    """Tell and fail for so long, then drain and verify."""
    bench = Bench(folder)
    bench.environment["MESSAGES_PER_SECOND"] = "30"
    done = Soaked(minutes * 60)
    try:
        bot = bench.bot()
        for number, fault in enumerate(FAULTS):
            more = {"method": ".*", "count": None, "probability": FAILING / len(FAULTS), "seed": seed + number}
            bench.ask("faults", fault | more)
        db = open_database(bench.database)
        _tell(bench, db, done)
        _count(bench, done)
        import urllib.request

        clear = urllib.request.Request(f"http://127.0.0.1:{bench.port}/_local/faults", method="DELETE")
        urllib.request.urlopen(clear, timeout=10).close()
        _drain(bench, done)
        db.close()
        bot.terminate()
        if bot.wait(30) != 0:
            done.found.problems.append(f"the bot ended with status {bot.returncode}")
        _verify(bench, done)
    finally:
        bench.close()
    return done


def _tell(bench: Bench, db: Database, done: Soaked) -> None:
    end, number = time.monotonic() + done.seconds, 0
    while time.monotonic() < end:
        began = time.monotonic()
        number += 1
        now = datetime.now(UTC)
        with writing(db):
            for chat in CHATS:
                chats.subscribe(db, chat, now)
                outbox.enqueue(
                    db, now.date(), f"round {number}", [outbox.Outgoing(chat, [f"round {number}, chat {chat}"])], now
                )
                done.told += 1
        if number % ASKS_EVERY == 1:
            bench.ask("say", {"person": ASKING, "text": "/help"})
            done.asked += 1
        time.sleep(max(0.0, EVERY_SECONDS - (time.monotonic() - began)))


def _count(bench: Bench, done: Soaked) -> None:
    for row in bench.ask("log?since=0"):
        done.requests += 1
        if row["outcome"] not in ("ok", "OK", 200):
            done.failed_requests[f"{row['method']}: {row['outcome']}"] += 1


def _drain(bench: Bench, done: Soaked) -> None:
    end = time.monotonic() + 240
    while time.monotonic() < end:
        states = bench.states()
        if not states["pending"] + states["sending"] + states["unknown"]:
            return
        time.sleep(0.5)
    done.found.problems.append(f"stuck: {dict(bench.states())}")


def _verify(bench: Bench, done: Soaked) -> None:
    done.states = bench.states()
    with sqlite3.connect(bench.database) as db:
        rows = db.execute("SELECT chat, text, attempts, maybe_repeat, state FROM outbox ORDER BY id").fetchall()
        done.longest = db.execute(
            "SELECT max((julianday(sent_at) - julianday(created_at)) * 86400) FROM outbox WHERE state = 'sent'"
        ).fetchone()[0]
    by_chat: dict[int, list[tuple[str, int, int, str]]] = {}
    for chat, *row in rows:
        by_chat.setdefault(chat, []).append(tuple(row))
    for chat, expected in by_chat.items():
        heard = [row["message"]["text"] for row in bench.ask(f"messages?chat={chat}") if row["from_bot"]]
        _verify_chat(expected, heard, done.found)
    said = [row["message"]["text"] for row in bench.ask(f"messages?chat={ASKING}") if row["from_bot"]]
    done.answered = len(said)
    if done.answered < done.asked:
        done.found.problems.append(f"{done.asked - done.answered} of {done.asked} questions stayed without an answer")


def main() -> None:
    """Run, and print the table."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = soak(given.minutes, given.seed, Path(folder))
    print(done.table())
    for problem in done.found.problems[:20]:
        print("PROBLEM", problem)
    sys.exit(bool(done.found.problems))


if __name__ == "__main__":
    main()
