"""A market on loopback, a process that refreshes from it, and databases to look into."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlite_utils import Database

from alerts.rules.grammar import parse
from bot.reports.series import value_past
from storage import chats, figures, outbox, rules
from storage.database import open_database, writing
from support.program import evening
from support.refresh_driver import OPERATOR

TESTS = Path(__file__).resolve().parent.parent
LISTENER = 1001


@dataclass
class Bench:
    """Where the market stands, and what refreshes from it into `path`."""

    origin: str
    folder: Path
    environment: dict[str, str]
    driver: subprocess.Popen[str] = field(init=False)
    path: Path = field(init=False)
    made: int = 0
    few: dict[str, int] = field(default_factory=dict)  # what a small market asks of the driver

    def start_driver(self) -> None:
        """The process that refreshes; its log goes on where a killed one's ended."""
        self.driver = subprocess.Popen(
            [sys.executable, str(TESTS / "support" / "refresh_driver.py"), str(self.folder / "cache")],
            env={**os.environ, **self.environment, "PYTHONPATH": str(TESTS.parent)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(self.folder / "driver.log").open("a"), text=True,
        )  # fmt: skip

    def kill_driver(self) -> None:
        """End it as a crash would, and start another."""
        self.driver.kill()
        self.driver.wait(timeout=60)
        self.start_driver()

    def control(self, path: str) -> Any:
        """Turn the market's controls."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.origin + path, timeout=60) as reply:
            return json.load(reply)

    @property
    def replayed(self) -> bool:
        """Whether the market is the replay's, of real closes."""
        return not (self.folder / "env.json").exists()

    def stand_at(self, session: date) -> None:
        self.control(f"/_today?date={session}")

    def fault(self, kind: str, count: int = 1_000_000, match: str = ".") -> None:
        self.control(f"/_fault?kind={kind}&count={count}&match={match}")

    def ask(self, **what: Any) -> Any:
        """One line to the driver, and its answer; the sources' dates are those of its clock unless `clock` says."""
        clock = what.pop("clock", what["now"])
        if self.replayed:
            what["dates"] = False  # its answers carry the machine's time
        else:
            self.control("/_clock?" + urlencode({"at": clock}))
        self.begin(**what)
        assert self.driver.stdout is not None
        return json.loads(self.driver.stdout.readline())

    def begin(self, **what: Any) -> None:
        """One line to the driver, whose answer nobody waits for."""
        assert self.driver.stdin is not None
        self.driver.stdin.write(json.dumps({"database": str(self.path)} | self.few | what) + "\n")
        self.driver.stdin.flush()

    def refresh(self, session: date, after: timedelta = timedelta(0), **what: Any) -> list[dict[str, Any]]:
        """Refresh on the evening of `session`, or so long after it."""
        found: list[dict[str, Any]] = self.ask(
            do="refresh", session=session.isoformat(), now=(evening(session) + after).isoformat(), **what
        )
        return found

    def fresh(self, start_from: Path | None = None) -> None:
        """Another database: a new one, or a copy."""
        self.made += 1
        self.path = self.folder / f"{self.made}.db"
        if start_from is not None:
            shutil.copy(start_from, self.path)
        else:
            open_database(self.path).close()

    @contextmanager
    def open(self) -> Iterator[Database]:
        """The database, to look into or to meddle with."""
        db = open_database(self.path)
        try:
            yield db
        finally:
            db.close()

    def rows(self, statement: str, *given: Any) -> list[tuple[Any, ...]]:
        with self.open() as db:
            return db.conn.execute(statement, given).fetchall()

    def value(self, metric: str, session: date) -> tuple[float | None, str | None]:
        """A figure's value, or the reason why there is none."""
        ((value, reason),) = self.rows(
            "SELECT value, reason FROM figures WHERE metric = ? AND session = ?", metric, session.isoformat()
        )
        return value, reason

    def told(self, chat: int = OPERATOR) -> list[str]:
        """What a chat is to be told, oldest first."""
        return [text for (text,) in self.rows("SELECT text FROM outbox WHERE chat = ? ORDER BY id", chat)]

    def listen(self, line: str) -> None:
        """Somebody subscribes to a rule."""
        now = datetime(2025, 8, 19, 22, tzinfo=UTC)
        with self.open() as db, writing(db):
            chats.subscribe(db, LISTENER, now)
            chats.subscribe(db, OPERATOR, now)
            rule, session = parse(line), figures.last_session(db)
            assert session is not None
            rules.add_rule(db, LISTENER, rule, value_past(db, rule.watched, session, 12), now)

    def outbox(self) -> dict[str, int]:
        with self.open() as db:
            return outbox.counts(db)


#: Companies of a market in which a history takes a third of the time. All of them are large.
FEW = 208


@contextmanager
def few_companies(folder: Path, *more: str) -> Iterator[Bench]:
    """A market of FEW companies, whose closes are stored in as many steps as those of a market of 520."""
    serve = [sys.executable, str(TESTS / "support" / "market_web.py"), "--state", str(folder), "--companies", str(FEW)]
    with market(folder, [*serve, *more]) as bench:
        bench.few = {"fewest_lines": FEW // 2, "at_once": FEW // 5}
        yield bench


@contextmanager
def market(folder: Path, serve: list[str]) -> Iterator[Bench]:
    """A bench with the market that the command `serve` starts: it prints its address and writes its environment."""
    log = (folder / "market.log").open("w")
    server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=log, text=True)
    bench = None
    try:
        assert server.stdout is not None
        found = re.search(r"http://[\d.:]+", server.stdout.readline())
        assert found, (folder / "market.log").read_text()
        bench = Bench(found[0], folder, _environment(folder))
        bench.start_driver()
        yield bench
    finally:
        for process in filter(None, (bench and bench.driver, server)):
            process.kill()
            process.wait(timeout=60)


def _environment(folder: Path) -> dict[str, str]:
    if (folder / "env.json").exists():
        found: dict[str, str] = json.loads((folder / "env.json").read_text())
        return found
    return dict(re.findall(r"export (\w+)=(.*)", (folder / "env.sh").read_text()))
