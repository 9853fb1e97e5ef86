"""What many tests share: the simulated market, SQLite files, and the program."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

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


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    """A new database."""
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
