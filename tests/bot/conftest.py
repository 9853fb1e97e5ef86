"""What the tests of the running bot share: the local Bot API in a process of its own, and figures to talk about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.prepared import made_once
from support.program import DAYS, Program, evening
from support.telegram_people import local_telegram

from alerts.market.sample import SampleMarket
from bot.pipeline.context import RunContext
from bot.pipeline.session import refresh
from storage.backup import back_up
from storage.database import claim_market, open_database


@pytest.fixture
def telegram(program: Program) -> str:
    """The local Bot API in a process of its own; its address, which the program gets as its setting."""
    return local_telegram(program)


@pytest.fixture(scope="session")
def prepared(market: SampleMarket, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Databases of the simulated market with one, two and three sealed sessions of `DAYS`, made once; to be copied."""

    def make(folder: Path) -> None:
        path = folder / "growing.db"
        db = open_database(path)
        claim_market(db, "sample", evening(DAYS[0]))
        for day in DAYS[:3]:
            refresh(RunContext(db, market, evening(day)), day)
            back_up(path, folder / f"{day}.db")
        db.close()

    folder = made_once(tmp_path_factory, "prepared", make)
    return [folder / f"{day}.db" for day in DAYS[:3]]


@pytest.fixture
def one_day(prepared: list[Path], path: Path) -> Iterator[Database]:
    """A database with the first of `DAYS` sealed."""
    yield from _opened(prepared[0], path)


@pytest.fixture
def two_days(prepared: list[Path], path: Path) -> Iterator[Database]:
    """A database with the first two of `DAYS` sealed."""
    yield from _opened(prepared[1], path)


def _opened(made: Path, path: Path) -> Iterator[Database]:
    shutil.copyfile(made, path)
    db = open_database(path)
    yield db
    db.close()


@pytest.fixture
def figures_of_two_days(prepared: list[Path], program: Program) -> None:
    """Two sealed sessions in the program's database."""
    shutil.copyfile(prepared[1], program.folder / "rotation.db")
