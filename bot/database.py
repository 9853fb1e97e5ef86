"""The database off the event loop: a thread that writes, one that reads, one for long reads, each on its connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database

from storage.database import erase_traces, open_database, writing

P = ParamSpec("P")
T = TypeVar("T")


KINDS = ("read", "long", "write")


class Store:
    """Runs functions of a Database in its own threads: `await store.read(function, …)`, `await store.write(…)`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._threads = {kind: ThreadPoolExecutor(1, thread_name_prefix=f"sqlite-{kind}") for kind in KINDS}
        self._connections: dict[str, Database] = {}

    async def read(self, function: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `function(db, …)` returns. It must not write."""
        return await self._read("read", function, *args, **kwargs)

    async def read_long(self, function: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same of what may take a second: no other answer waits for it."""
        return await self._read("long", function, *args, **kwargs)

    async def _read(
        self, kind: str, function: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        def call() -> T:
            return function(self._connection(kind), *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._threads[kind], call)

    async def write(self, function: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same inside one transaction, which is kept when `function` returns and undone when it raises."""

        def call() -> T:
            db = self._connection("write")
            with writing(db):
                return function(db, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._threads["write"], call)

    async def erase_traces(self) -> None:
        """Leave nothing of what was erased in the files beside the database."""

        def call() -> None:
            erase_traces(self._connection("write"))

        await asyncio.get_running_loop().run_in_executor(self._threads["write"], call)

    def _connection(self, kind: str) -> Database:
        if kind not in self._connections:
            self._connections[kind] = open_database(self.path)
        return self._connections[kind]

    async def close(self) -> None:
        """Close the connections, in the threads that opened them, after what is under way."""
        for kind, thread in self._threads.items():
            if kind in self._connections:
                await asyncio.get_running_loop().run_in_executor(thread, self._connections.pop(kind).close)
            thread.shutdown()
