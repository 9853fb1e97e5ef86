"""What the tests of the running bot share: the local Bot API in a process of its own, and figures to talk about."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.program import DAYS, Program, evening
from support.telegram_people import local_telegram

from alerts.market.sample import SampleMarket
from bot.pipeline.context import RunContext
from bot.pipeline.session import refresh
from storage.database import claim_market, open_database


@pytest.fixture
def telegram(program: Program) -> str:
    """The local Bot API in a process of its own; its address, which the program gets as its setting."""
    return local_telegram(program)


@pytest.fixture
def figures_of_two_days(program: Program, market: SampleMarket, tmp_path: Path) -> None:
    """Two sealed sessions in the program's database."""
    db = open_database(tmp_path / "rotation.db")
    claim_market(db, "sample", evening(DAYS[0]))
    for day in DAYS[:2]:
        refresh(RunContext(db, market, evening(day)), day)
    db.close()
