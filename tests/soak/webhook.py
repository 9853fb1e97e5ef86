"""Ten thousand events to a receiver that fails and dies, from a sender that is killed, too.

    python tests/soak/webhook.py --events 10000 [--rules 500] [--failing 0.3] [--seed 1]

Three processes: this one records events, session by session, as an evaluation does; a sender posts them; a receiver
notes what it is given. Of the receiver's answers a share fails: before the note, after it, or by a connection that ends
without an answer. The receiver is killed twice and the sender once. At the end every event has to be noted, in order
for each rule, each note under one key of its event, each signature right.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pydantic import SecretStr

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.alert_events import small  # noqa: E402
from support.web import free_port  # noqa: E402

from alerts.rules.grammar import parse  # noqa: E402
from bot.database import Store  # noqa: E402
from bot.transport.webhook_out import WebhookOut, signature  # noqa: E402
from storage import chats, rules, webhook_posts  # noqa: E402
from storage.database import open_database, writing  # noqa: E402
from storage.events import NewEvent, record_events  # noqa: E402

SECRET = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")  # of the specification's own example
FIRST_SESSION = date(2020, 1, 1)
DEAD_SECONDS = 1.0  # that a killed receiver stays away
CHAT = 1001


@dataclass
class Posted:
    """What was recorded and what the receiver noted."""

    events: int
    notes: int = 0
    keys: int = 0
    failed: int = 0  # answers that were no 2xx, or did not come
    killed: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def table(self) -> str:
        """The counts, one a line."""
        return "\n".join(
            f"{name:>26}  {value:,}"
            for name, value in {
                "events": self.events, "lost": self.events - self.keys, "noted twice or more": self.notes - self.keys,
                "failed answers": self.failed, "kills": self.killed, "seconds": round(self.seconds),
            }.items()
        )  # fmt: skip


# The receiver ---------------------------------------------------------------------------------------------------------


def receive(port: int, notes: Path, failing: float, seed: int) -> None:
    """Serve until killed: a line for each note and each failed answer."""
    chance, lock = random.Random(f"{seed} {time.time_ns()}"), threading.Lock()

    def write(**line: object) -> None:
        with lock, notes.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Note the event, unless this is one of those that fail before."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            how = chance.choice(("before", "after", "dropped")) if chance.random() < failing else ""
            if how:
                write(failed=how)
            if how != "before":
                head = self.headers
                right = signature(SECRET, head["webhook-id"], int(head["webhook-timestamp"]), body)
                event = json.loads(body)
                write(
                    key=head["webhook-id"], named=event["id"], genuine=right == head["webhook-signature"],
                    rule=event["data"]["rule"], session=event["data"]["session"],
                )  # fmt: skip
            if how == "dropped":
                self.close_connection = True
                return
            self.send_response(503 if how else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A sender that was killed is no news."""

    Server(("127.0.0.1", port), Receiver).serve_forever()


async def send(path: Path, port: int) -> None:
    """Post what is recorded at `path` until killed."""
    store = Store(path)
    await WebhookOut(SecretStr(f"http://127.0.0.1:{port}/events"), SECRET, store).run()


# The soak -------------------------------------------------------------------------------------------------------------


def soak(events: int, of_rules: int, failing: float, folder: Path, seed: int = 1) -> Posted:
    """Record so many events of so many rules, and wait until all of them are posted."""
    began, done = time.monotonic(), Posted(events)
    path, notes, port = folder / "rotation.db", folder / "notes.jsonl", free_port()
    notes.touch()
    db = open_database(path)
    with writing(db):
        chats.subscribe(db, CHAT, datetime.now(UTC))
        for at in range(of_rules):
            line = f"small above 200d > {1 + 98 * at / of_rules:.3f}"
            rules.add_rule(db, CHAT, parse(line), [], datetime.now(UTC))
        made = rules.rules_of(db, CHAT)
        webhook_posts.begin(db)
    receiver = ["--receive", str(port), "--notes", str(notes), "--failing", str(failing), "--seed", str(seed)]
    with _started(receiver) as receiving, _started(["--send", str(path), "--port", str(port)]) as sending:
        kills = {events // 4: receiving, events // 2: sending, 3 * events // 4: receiving}
        recorded = 0
        while (state := webhook_posts.waiting(db)).open or recorded < events:
            if recorded < events:
                session = FIRST_SESSION + timedelta(days=recorded // of_rules)
                new = [
                    NewEvent(CHAT, small(id=rule.id, number=rule.number, session=session))
                    for rule in made[: events - recorded]
                ]
                with writing(db):
                    recorded += len(record_events(db, new, datetime.now(UTC)))
            noted = _noted(notes)
            if (due := min(kills, default=None)) is not None and noted >= due:
                kills.pop(due).again()
                done.killed += 1
            if state.failed or time.monotonic() - began > 1_800:
                done.problems.append(f"given up: {state}")
                break
            time.sleep(0.2)
        time.sleep(0.2)  # `open` is 0 once the last answer is recorded; nothing is to come after it
    db.close()
    if kills:
        done.problems.append(f"only {done.killed} kills happened")
    _compare(done, notes, {rule.id for rule in made})
    done.seconds = time.monotonic() - began
    return done


def _noted(notes: Path) -> int:
    with notes.open("rb") as file:
        return sum(1 for _ in file)


def _compare(done: Posted, notes: Path, of_rules: set[int]) -> None:
    """Every event once or more, each under one key, in order for its rule."""
    by_key: dict[str, tuple[int, str]] = {}
    latest: dict[int, str] = {}
    for line in notes.read_text(encoding="utf-8").splitlines():
        note = json.loads(line)
        if "failed" in note:
            done.failed += 1
            continue
        done.notes += 1
        rule, session = note["rule"], note["session"]
        if not note["genuine"] or note["named"] != note["key"] or rule not in of_rules:
            done.problems.append(f"not signed, or not named as it is keyed: {note}")
        if by_key.setdefault(note["key"], (rule, session)) != (rule, session):
            done.problems.append(f"two events under one key: {note}")
        if session < latest.get(rule, ""):
            done.problems.append(f"rule {rule}: {session} came after {latest[rule]}")
        latest[rule] = max(session, latest.get(rule, ""))
    done.keys = len(by_key)
    if len(set(by_key.values())) != done.keys:
        done.problems.append("one event under two keys")
    if done.keys != done.events:
        done.problems.append(f"{done.events - done.keys} events lost")


class _Process:
    """A part of this script in a process of its own."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.running = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, str(Path(__file__).resolve()), *self.words], env=dict(os.environ))

    def again(self) -> None:
        """Kill it, and start it again a while later."""
        self.kill()
        time.sleep(DEAD_SECONDS)
        self.running = self._start()

    def kill(self) -> None:
        self.running.send_signal(signal.SIGKILL)
        self.running.wait()


@contextlib.contextmanager
def _started(words: list[str]) -> Iterator[_Process]:
    process = _Process(words)
    try:
        yield process
    finally:
        process.kill()


def main() -> None:
    """Run, and print the table; or be the receiver, or the sender."""
    given = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    given.add_argument("--events", type=int, default=10_000)
    given.add_argument("--rules", type=int, default=500)
    given.add_argument("--failing", type=float, default=0.3)
    given.add_argument("--seed", type=int, default=1)
    for name, kind in (("--receive", int), ("--notes", Path), ("--send", Path), ("--port", int)):
        given.add_argument(name, type=kind, help=argparse.SUPPRESS)
    asked = given.parse_args()
    if asked.receive:
        receive(asked.receive, asked.notes, asked.failing, asked.seed)
    elif asked.send:
        asyncio.run(send(asked.send, asked.port))
    else:
        with tempfile.TemporaryDirectory() as folder:
            done = soak(asked.events, asked.rules, asked.failing, Path(folder), asked.seed)
        print(done.table())
        print("\n".join(done.problems[:20]) or "nothing is wrong")
        sys.exit(bool(done.problems))


if __name__ == "__main__":
    main()
