"""What the tests of the running bot share: the local Bot API in a process of its own, and figures to talk about."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest
from support.program import DAYS, TOKEN, Program, evening, until
from support.web import web

from alerts.market.sample import SampleMarket
from bot.pipeline.context import RunContext
from bot.pipeline.session import refresh
from storage.database import claim_market, open_database


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def telegram(program: Program) -> str:
    """The local Bot API in a process of its own; its address, which the program gets as its setting."""
    address = f"http://127.0.0.1:{free_port()}"
    program.start("local-telegram", "--port", address.rsplit(":", 1)[1])
    until(lambda: answers(address))
    program.settings |= {
        "TELEGRAM_API_URL": address,
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "SCHEDULE": "off",
        "REQUESTS_PER_MINUTE": "1000",  # people of these tests wait for each answer, and for nothing else
    }
    return address


def answers(address: str) -> bool:
    try:
        return web.get(f"{address}/_local/people").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def figures_of_two_days(program: Program, market: SampleMarket, tmp_path: Path) -> None:
    """Two sealed sessions in the program's database."""
    db = open_database(tmp_path / "rotation.db")
    claim_market(db, "sample", evening(DAYS[0]))
    for day in DAYS[:2]:
        refresh(RunContext(db, market, evening(day)), day)
    db.close()
