"""Every button of every message is pressed, over the real program: none is a dead end, none ends in an error."""

from __future__ import annotations

import sqlite3

import pytest
from support.crawler import Crawler
from support.program import Program
from support.telegram_people import Person, text

pytestmark = [pytest.mark.process, pytest.mark.timeout(1800)]
TYPED = (
    "/start", "/help", "/alert", "/alert small above 200d > 1", "/alert small above 200d > 99 for 3 days", "/edit 1",
    "/alerts", "/why 1", "/history", "/summary", "/breadth", "/sectors", "/thesis", "/presets", "/metrics",
    "/metric small above 200d", "regime", "IWM", "smalcap brdth", "small caps beat large caps or curve inverts",
    "/snooze 1", "/mute", "/unmute", "/quiet", "/digest", "/digest Mondays 7:30 berlin", "/privacy", "/subscribe",
    "/list funds QQQ MDY IWM", "funds above 50d", "/list", "qqq/rsp", "/symbols", "/theme", "/forgetme",
)  # fmt: skip


def test_no_button_is_a_dead_end(program: Program, telegram: str, figures_of_two_days: None) -> None:
    program.start("run")
    crawler = Crawler(Person(telegram), lambda: nothing_waits(program))
    for typed in TYPED:
        crawler.ask(typed)
    print(f"{len(crawler.kinds)} kinds of message, {crawler.pressed} presses")
    for kind, words in crawler.kinds.items():
        print(sorted(kind), words.replace("\n", " / "))
    assert crawler.idle == [], "\n".join(crawler.idle)
    assert not [said for said in crawler.heard if "went wrong" in said]
    assert "was not handled" not in program.logs()
    assert len(crawler.kinds) >= 50
    assert text(crawler.person.ask("/forgetme")).startswith("Erase")


def nothing_waits(program: Program) -> bool:
    """Whether every update that was accepted has been answered."""
    with sqlite3.connect(program.folder / "rotation.db") as db:
        return bool(db.execute("SELECT count(*) = 0 FROM waiting_updates").fetchone()[0])
