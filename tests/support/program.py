"""The real program as a process, and the sessions that the tests walk through."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TypeAlias, TypeVar

from alerts.market.sessions import close_of
from support.prefork import ORIGIN, Forked

T = TypeVar("T")
Process: TypeAlias = "subprocess.Popen[str] | Forked"

TOKEN = "987654321:TestTokenTestTokenTestTokenTestToke"  # well-formed, nobody's
#: Four sessions in a row that the tests walk through.
DAYS = (date(2025, 8, 19), date(2025, 8, 20), date(2025, 8, 21), date(2025, 8, 22))


def evening(session: date) -> datetime:
    """An hour after the close of `session`."""
    return close_of(session) + timedelta(hours=1)


@dataclass
class Program:
    """`rotation-alerts`, run as a process in a folder of its own, without this machine's settings.

    preforked: whether its modules are imported already (see prefork.py), or it starts as it does for a user.
    """

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    started: list[Process] = field(default_factory=list)
    preforked: bool = hasattr(os, "pidfd_open")

    @property
    def environment(self) -> dict[str, str]:
        """What the process sees."""
        keep = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TZ") if key in os.environ}
        own = {"MARKET": "sample", "DATABASE_PATH": str(self.folder / "rotation.db"), "CACHE_PATH": str(self.folder)}
        return keep | own | self.settings

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
            process = self._begin(words, settings, out, err)
            try:
                status = process.wait(250)
            finally:
                process.kill()
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(process.args, status, out.read(), err.read())

    def start(self, *words: str, **settings: str) -> Process:
        """Start a command that runs until it is ended; its output goes to a file beside the database."""
        with (self.folder / f"process-{len(self.started)}.log").open("w") as log:
            process = self._begin(words, settings, log, log)
        self.started.append(process)
        return process

    def _begin(self, words: tuple[str, ...], settings: dict[str, str], out: IO[str], err: IO[str]) -> Process:
        environment = self.environment | settings
        with open(os.devnull) as nothing:
            if self.preforked:
                return ORIGIN.start(words, self.folder, environment, (nothing, out, err))
            return subprocess.Popen(
                [sys.executable, "-m", "bot", *words], cwd=self.folder, env=environment,
                stdin=nothing, stdout=out, stderr=err, text=True,
            )  # fmt: skip

    def logs(self) -> str:
        """All that the started processes have printed."""
        return "".join(file.read_text() for file in sorted(self.folder.glob("process-*.log")))


def until(look: Callable[[], T], seconds: float = 60.0) -> T:
    """What `look` returns once it is true; fails after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing within {seconds:g} seconds")
