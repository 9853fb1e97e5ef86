"""What many tests share: the simulated market, SQLite files, and the program."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from sqlite_utils import Database
from support.program import Program

from alerts.market.sample import SampleMarket
from storage.database import open_database

# An example that takes long on a busy machine is no defect: speeds are measured by `make bench`.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


#: Started first, so that none of them runs alone when all others have ended: the files that take half a minute or more.
#: The soaks, and what waits for a second poller, leave the processor to others.
LONGEST = (
    "soak/test_webhook.py",
    "soak/test_kill.py",
    "test_market_faults.py",
    "test_page_demo.py",
    "test_session.py",
    "pipeline/test_history.py",
    "test_backfill.py",
    "test_process.py",
    "test_membership.py",
    "soak/test_failing.py",
    "test_two_bots.py",
    "test_hostile_lines.py",
    "test_valuations.py",
    "test_held_back.py",
    "test_crawl.py",
    "test_examples_fire.py",
    "test_attacks.py",
    "pipeline/test_audit.py",
    "test_requests.py",
    "test_console.py",
    "test_imports.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; each in its own order."""

    def place(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((at for at, name in enumerate(LONGEST) if path.endswith(f"/{name}")), len(LONGEST))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file is one worker's, as xdist has it; its tests on the replay may be another's, since both take minutes."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return super()._split_scope(nodeid) + ("[replay]" if "[replay" in nodeid else "")

    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_configure(config: pytest.Config) -> None:
    """exchange_calendars and yfinance still speak pandas 2, which pandas 3.1 says at every turn."""
    if hasattr(pd.errors, "Pandas4Warning"):
        config.addinivalue_line("filterwarnings", "ignore::pandas.errors.Pandas4Warning")


@pytest.fixture(scope="session")
def market() -> SampleMarket:
    """The simulated market from 2020 on."""
    return SampleMarket(now=lambda: datetime.now(UTC), past=False)


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder of people's own files as they were met."""
    if not (folder := os.environ.get("CASES")):
        pytest.skip("CASES is not set: no files as people met them at hand")
    return Path(folder)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a new database may lie."""
    return tmp_path / "rotation.db"


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database, migrated once: all migrations take twenty times as long as a copy."""
    path = tmp_path_factory.mktemp("empty") / "rotation.db"
    open_database(path).close()
    return path


@pytest.fixture
def db(path: Path, empty: Path) -> Iterator[Database]:
    """A new database."""
    shutil.copyfile(empty, path)
    opened = open_database(path)
    yield opened
    opened.close()


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The program; what it started is ended with the test."""
    ran = Program(tmp_path)
    yield ran
    for process in ran.started:
        if process.poll() is None:
            process.kill()
        process.wait()
