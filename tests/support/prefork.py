"""Processes of the program that start with its modules imported: forks of one process that did nothing but import them.

    prefork.py SOCKET       (the number of an open Unix socket; ends with its other end)

A start of the program takes 1 to 2 seconds of work, nearly all of it imports, and the tests start it hundreds of times.
A fork runs `python -m bot` as an interpreter of its own would: with its own folder, environment, standard files
and signals, and ended as usual. What is read of the environment while modules are imported is not seen; starts as they
are for a user stay in tests/bot/test_process.py, tests/test_procfile.py and tests/test_architecture.py, and for the bot
that a demo starts.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

MODULES = (
    "bot.app", "bot.cli.main", "bot.cli.tables", "bot.emulator", "bot.emulator.snapshot", "bot.pipeline.backfill",
    "bot.pipeline.imports", "bot.pipeline.session", "bot.pipeline.unsealing", "bot.pipeline.valuations",
    "alerts.market.sample", "alerts.market.sample.economy", "alerts.rules.backtest", "storage.backup", "rich.progress",
)  # fmt: skip
LONGEST = 1 << 20


class Forked:
    """A process of the program, with what tests use of subprocess.Popen."""

    def __init__(self, origin: Origin, args: list[str], pid: int) -> None:
        self.args, self.pid, self.returncode = args, pid, None
        self.returncode: int | None
        self._origin = origin
        self._ended = os.pidfd_open(pid)

    def __repr__(self) -> str:
        return f"<Forked: returncode: {self.returncode} args: {self.args}>"

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        if self.returncode is None and select.select([self._ended], [], [], 0)[0]:
            self.returncode = self._origin.reap(self.pid)
            os.close(self._ended)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status once it has ended. Raises subprocess.TimeoutExpired."""
        if self.returncode is None and not select.select([self._ended], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        status = self.poll()
        assert status is not None
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Origin:
    """The process that is forked, one for all tests of a process; started with the first that asks for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def start(
        self, words: Sequence[str], folder: Path, environment: Mapping[str, str], files: Sequence[IO[Any]]
    ) -> Forked:
        """Run `python -m bot` with those words. files: standard input, output and error."""
        args = [sys.executable, "-m", "bot", *words]
        asked = {"words": list(words), "folder": str(folder), "environment": dict(environment)}
        return Forked(self, args, self._ask(asked, [file.fileno() for file in files]))

    def reap(self, pid: int) -> int:
        """The exit status of a process that has ended."""
        return self._ask({"reap": pid}, [])

    def _ask(self, what: dict[str, Any], files: list[int]) -> int:
        with self._lock:
            if self._socket is None:
                self._socket = self._begin()
            socket.send_fds(self._socket, [json.dumps(what).encode()], files)
            return int(self._socket.recv(LONGEST))

    def _begin(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                # Threads of the linear algebra would not be there after a fork.
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip

        def end() -> None:
            ours.close()
            process.wait(20)

        atexit.register(end)
        return ours


ORIGIN = Origin()


def main() -> None:
    asking = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever waits for the tests
    for module in MODULES:
        __import__(module)
    from alerts.market.sessions import last_complete_session  # the calendar takes half a second to make, too

    last_complete_session(_now())
    gc.collect()
    gc.freeze()  # a collection in a fork would write to every page that it shares
    while True:
        message, files, _, _ = socket.recv_fds(asking, LONGEST, 3)
        if not message:
            return
        asked = json.loads(message)
        if "reap" in asked:
            _, status = os.waitpid(asked["reap"], 0)
            asking.send(str(os.waitstatus_to_exitcode(status)).encode())
        elif pid := os.fork():
            for file in files:
                os.close(file)
            asking.send(str(pid).encode())
        else:
            asking.close()
            break
    become(asked["words"], asked["folder"], asked["environment"], files)
    runpy.run_module("bot", run_name="__main__", alter_sys=True)


def become(words: list[str], folder: str, environment: dict[str, str], files: list[int]) -> None:
    """Make a fork what a new interpreter would be."""
    for at, file in enumerate(files):
        os.dup2(file, at)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["bot", *words]
    sys.path[0] = folder
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


if __name__ == "__main__":
    main()
