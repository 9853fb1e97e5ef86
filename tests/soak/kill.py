"""Kills the real bot, its refresh and what records beside it, at random moments, and counts what arrived.

    python tests/soak/kill.py --runs 200 [--seed 1]

One local Bot API lives through all runs. Each run starts the bot, which takes up what the killed one left and, in one
of four runs, refreshes in a child of its own; records a session beside it; has people ask something; and kills the bot
(two times in three its refresh, every second time the recorder) at a random moment. At the end everything due has to
have arrived, in order within each chat; a second copy only of what was under way at a kill, and marked; every question
has an answer; and the figures are those of a refresh that nobody disturbed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = "987654321:SoakTokenSoakTokenSoakTokenSoakToke"  # well-formed, nobody's
FIRST = date(2025, 1, 1)
CHATS = range(2001, 2061)
CHATS_A_RUN = 20
ASKERS = range(3001, 3021)
ASKERS_A_RUN = 6
QUESTION = "/privacy"
REFRESHES = 0.25  # of the runs have a refresh: it takes longer than everything else together
REPEAT = "This may be a repeat"


@dataclass
class Found:
    """What the kills came to."""

    runs: int
    seed: int
    messages: int = 0
    kills: Counter[str] = field(default_factory=Counter)  # by what the bot was doing
    recorders: Counter[str] = field(default_factory=Counter)  # killed, by how far they were
    claimed: set[str] = field(default_factory=set)  # texts that were under way at a kill
    arrived_twice: int = 0
    marked: int = 0  # messages that said they may be a repeat
    refreshes: Counter[str] = field(default_factory=Counter)  # under way at a kill: killed too, or left alone
    in_hand: int = 0  # questions that the bot had accepted and not answered at a kill
    asked: Counter[int] = field(default_factory=Counter)  # questions by person
    answers: int = 0
    figures: int = 0
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def table(self) -> str:
        """The figures, a line each."""
        rows = {
            "runs": self.runs,
            "seed": self.seed,
            "messages due": self.messages,
            "bots killed while messages were under way": self.kills["sending"],
            "bots killed while messages were waiting": self.kills["waiting"],
            "bots killed idle": self.kills["idle"],
            "recorders killed half-way": self.recorders["half-way"],
            "recorders killed before or after": self.recorders["outside"],
            "messages that were under way at a kill": len(self.claimed),
            "arrived twice": self.arrived_twice,
            "said that they may be a repeat": self.marked,
            "refreshes killed with their bot": self.refreshes["killed"],
            "refreshes that outlived their bot": self.refreshes["left alone"],
            "questions asked": sum(self.asked.values()),
            "questions in hand at a kill": self.in_hand,
            "answers": self.answers,
            "figures, as of an undisturbed refresh": self.figures,
            "lost, unanswered, out of order, unmarked": len(self.problems),
            "seconds": round(self.seconds),
        }
        return "\n".join(f"{name:<44}{value:>8,}" for name, value in rows.items())


class Bench:
    """The local Bot API, the database, and the processes between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "rotation.db"
        self.started: list[subprocess.Popen[bytes]] = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ} | {
            "PYTHONPATH": str(ROOT),
            "MARKET": "sample",
            "DATABASE_PATH": str(self.database),
            "CACHE_PATH": str(folder),
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": f"http://127.0.0.1:{self.port}",
            "HISTORY_YEARS": "0",
            "MESSAGES_PER_SECOND": "200",
            "REQUESTS_PER_MINUTE": "1000",
            "LOG_LEVEL": "ERROR",
        }
        self.telegram = self.start("-m", "bot", "local-telegram", "--port", str(self.port))
        for _ in range(200):
            with contextlib.suppress(OSError):
                self.ask("people")
                break
            time.sleep(0.05)
        for chat in (*CHATS, *ASKERS):
            self.ask("people", {"first_name": "Somebody", "id": chat, "started": True})

    def start(self, *words: str, **settings: str) -> subprocess.Popen[bytes]:
        with (self.folder / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *words], env=self.environment | settings, cwd=self.folder, stdout=log, stderr=log
            )
        self.started.append(process)
        return process

    def bot(self, *, refreshes: bool = False) -> subprocess.Popen[bytes]:
        return self.start("-m", "bot", "run", SCHEDULE="on" if refreshes else "off")

    def recorder(self, session: str, due: dict[int, int]) -> subprocess.Popen[bytes]:
        entries = [f"{chat}:{parts}" for chat, parts in due.items()]
        return self.start(str(ROOT / "tests/soak/recorder.py"), str(self.database), session, *entries)

    def ask(self, route: str, what: Any = None) -> Any:
        """A control route of the local Bot API."""
        body = None if what is None else json.dumps(what).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/_local/{route}", data=body)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def refreshes(self) -> list[int]:
        """The process ids of the refreshes that run, whichever bot started them."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                ours = f"DATABASE_PATH={self.database}".encode() in (folder / "environ").read_bytes()
                if ours and b"\0refresh\0" in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
        return found

    def kill_refreshes(self) -> None:
        for process in self.refreshes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def reopen(self) -> None:
        """Take the seal from the last session, so that the next bot has something to refresh."""
        if self.rows("SELECT 1"):
            with contextlib.closing(sqlite3.connect(self.database, timeout=30, isolation_level=None)) as db:
                db.execute("DELETE FROM sessions")

    def states(self) -> Counter[str]:
        return Counter(dict(self.rows("SELECT state, count(*) FROM outbox GROUP BY state")))

    def rows(self, statement: str, *given: Any) -> list[tuple[Any, ...]]:
        """What the file holds; nothing while no process has made its tables."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as db:
            if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'outbox'").fetchone() is None:
                return []
            return db.execute(statement, given).fetchall()

    def recorded(self, session: str) -> int:
        """How many messages of a session are in the outbox."""
        return sum(count for (count,) in self.rows("SELECT count(*) FROM outbox WHERE session = ?", session))

    def close(self) -> None:
        self.kill_refreshes()
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()


def run(runs: int, seed: int, folder: Path, most_seconds: float = math.inf) -> Found:
    """Kill `runs` times, or as often as fits into `most_seconds`; what was found."""
    chance, found, began = random.Random(seed), Found(runs, seed), time.monotonic()
    bench = Bench(folder)
    try:
        bench.ask("faults", {"kind": "slow_answer", "method": "sendMessage", "seconds": 0.15, "count": None,
                             "probability": 0.5, "seed": seed})  # fmt: skip
        due = {
            (FIRST + timedelta(days=number)).isoformat(): {
                chat: chance.choice((1, 1, 1, 2)) for chat in sorted(chance.sample(CHATS, CHATS_A_RUN))
            }
            for number in range(runs)
        }
        unfinished: list[str] = []
        for number, (session, chats) in enumerate(due.items(), start=1):
            _one(bench, session, chats, chance, found, unfinished)
            if number % 20 == 0:
                print(f"{number} runs, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
            if time.monotonic() - began > most_seconds:
                due = dict(islice(due.items(), number))
                break
        found.runs = len(due)
        for session in unfinished:  # as the next refresh would: what is there already stays
            assert bench.recorder(session, due[session]).wait() == 0
        _drain(bench, found)
        _verify(bench, due, found)
        _verify_answers(bench, found)
        _verify_figures(bench, found)
    finally:
        bench.close()
    found.seconds = time.monotonic() - began
    return found


def _one(
    bench: Bench, session: str, chats: dict[int, int], chance: random.Random, found: Found, unfinished: list[str]
) -> None:
    refreshes = chance.random() < REFRESHES
    if refreshes:
        bench.reopen()
    bot = bench.bot(refreshes=refreshes)
    polled = bench.ask("calls").get("getUpdates", 0)
    time.sleep(chance.uniform(0.0, 1.0))
    recorder = bench.recorder(session, chats)
    for person in chance.sample(ASKERS, ASKERS_A_RUN):
        bench.ask("say", {"person": person, "text": QUESTION})
        found.asked[person] += 1
    if chance.random() < 0.5:
        wanted = chance.randrange(sum(chats.values()))
        while recorder.poll() is None and bench.recorded(session) <= wanted:
            time.sleep(0.002)
        time.sleep(chance.uniform(0.0, 0.01))
        recorder.kill()
        recorder.wait()
        kept = bench.recorded(session)
        found.recorders["half-way" if 0 < kept < sum(chats.values()) else "outside"] += 1
        unfinished.append(session)
    else:
        assert recorder.wait() == 0
    end = time.monotonic() + (30 if chance.random() < 0.9 else 0)  # the others are killed while they begin
    while time.monotonic() < end and bench.ask("calls").get("getUpdates", 0) == polled:
        time.sleep(0.01)
    time.sleep(chance.uniform(0.0, 0.8))
    refreshing = bool(bench.refreshes())
    bot.kill()
    if kill_refresh := chance.random() < 2 / 3:
        bench.kill_refreshes()
    bot.wait()
    recorder.wait()
    found.refreshes["none" if not refreshing else "killed" if kill_refresh else "left alone"] += 1
    found.in_hand += sum(count for (count,) in bench.rows("SELECT count(*) FROM waiting_updates"))
    states = bench.states()
    found.claimed.update(text for (text,) in bench.rows("SELECT text FROM outbox WHERE state = 'sending'"))
    if (check := bench.rows("PRAGMA integrity_check")) not in ([], [("ok",)]):
        found.problems.append(f"{session}: integrity_check: {check}")
    doing = "sending" if states["sending"] else "waiting" if states["pending"] + states["unknown"] else "idle"
    found.kills[doing] += 1


def _drain(bench: Bench, found: Found) -> None:
    """A last bot sends, answers and refreshes what is left, and is ended in order."""
    bench.kill_refreshes()
    bench.reopen()
    bot = bench.bot(refreshes=True)
    end = time.monotonic() + 300
    while time.monotonic() < end:
        states = bench.states()
        sealed = bench.rows("SELECT 1 FROM sessions WHERE sealed_at IS NOT NULL")
        unanswered = sum((found.asked - _answers(bench)).values())
        if sealed and not unanswered + states["pending"] + states["sending"] + states["unknown"]:
            break
        time.sleep(0.2)
    else:
        found.problems.append(f"stuck: {dict(bench.states())}, sealed: {sealed}, {unanswered} without an answer")
    bot.terminate()
    if bot.wait(30) != 0:
        found.problems.append(f"the bot ended with status {bot.returncode} on SIGTERM")


def _verify(bench: Bench, due: dict[str, dict[int, int]], found: Found) -> None:
    with sqlite3.connect(bench.database) as db:
        if (check := db.execute("PRAGMA integrity_check").fetchone()) != ("ok",):
            found.problems.append(f"integrity_check: {check}")
        rows = db.execute("SELECT chat, text, attempts, maybe_repeat, state FROM outbox ORDER BY id").fetchall()
    found.messages = sum(sum(chats.values()) for chats in due.values())
    if len(rows) != found.messages:
        found.problems.append(f"{found.messages} messages were due, {len(rows)} recorded")
    by_chat: dict[int, list[tuple[str, int, int, str]]] = {}
    for chat, *row in rows:
        by_chat.setdefault(chat, []).append(tuple(row))
    for chat, expected in by_chat.items():
        heard = [row["message"]["text"] for row in bench.ask(f"messages?chat={chat}") if row["from_bot"]]
        _verify_chat(expected, heard, found)
        unasked = [text for text, _, maybe_repeat, _ in expected if maybe_repeat and text not in found.claimed]
        found.problems += [f"marked, and was not under way at a kill: {text}" for text in unasked]


def _verify_chat(expected: list[tuple[str, int, int, str]], heard: list[str], found: Found) -> None:
    plain = [text.rsplit("\n\n", 1)[-1] for text in heard]
    copies = Counter(plain)
    for text, attempts, maybe_repeat, state in expected:
        if state != "sent" or not copies[text]:
            found.problems.append(f"lost: {text} ({state})")
        if copies[text] > attempts or (copies[text] > 1 and not maybe_repeat):
            found.problems.append(f"sent {copies[text]} times in {attempts} attempts: {text}")
    seen: set[str] = set()
    for text, said in zip(plain, heard, strict=True):
        found.marked += said.startswith(REPEAT)
        if text in seen:
            found.arrived_twice += 1
            if not said.startswith(REPEAT):
                found.problems.append(f"a second copy is not marked: {text}")
        seen.add(text)
    if list(dict.fromkeys(plain)) != [text for text, *_ in expected]:
        found.problems.append(f"out of order: {plain[:3]} …")


def _answers(bench: Bench) -> Counter[int]:
    """How many answers each person has."""
    return Counter({chat: sum(row["from_bot"] for row in bench.ask(f"messages?chat={chat}")) for chat in ASKERS})


def _verify_answers(bench: Bench, found: Found) -> None:
    answers = _answers(bench)
    found.answers = answers.total()
    for person, count in (found.asked - answers).items():
        found.problems.append(f"{count} of {found.asked[person]} questions of {person} have no answer")


def _verify_figures(bench: Bench, found: Found) -> None:
    """The figures of all the killed refreshes together are those of one that nobody disturbed."""
    question = "SELECT metric, session, value, reason FROM figures ORDER BY 1, 2"
    session = bench.rows("SELECT max(session) FROM figures")[0][0]
    bench.reopen()  # the last refresh may have been killed: the next one goes on with what it left
    assert bench.start("-m", "bot", "refresh", "--session", session).wait() == 0
    disturbed = bench.rows(question)
    bench.database = bench.database.with_name("undisturbed.db")
    bench.environment["DATABASE_PATH"] = str(bench.database)
    assert bench.start("-m", "bot", "refresh", "--session", session).wait() == 0
    found.figures = len(disturbed)
    if differ := set(disturbed) ^ set(bench.rows(question)):
        found.problems.append(
            f"{len(differ)} figures differ from those of an undisturbed refresh: {sorted(differ)[:4]}"
        )


def main() -> None:
    """Run, and print the table."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--runs", type=int, default=200)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--most-seconds", type=float, default=math.inf, help="begin no run after so long")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(given.runs, given.seed, Path(folder), given.most_seconds)
    print(found.table())
    for problem in found.problems[:20]:
        print("PROBLEM", problem)
    sys.exit(bool(found.problems))


if __name__ == "__main__":
    main()
