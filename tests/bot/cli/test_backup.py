"""`backup` and `restore` as processes, beside a running bot."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.program import Program, until
from support.telegram_people import Person, text

from bot.alerting.notices import send_notice
from storage import notices
from storage.database import open_database, writing

pytestmark = pytest.mark.process


def chats(path: Path) -> int:
    with closing(sqlite3.connect(path)) as held:
        return int(held.execute("SELECT count(*) FROM chats").fetchone()[0])


def test_a_backup_beside_a_running_bot_and_its_restore(program: Program, telegram: str) -> None:
    bot = program.start("run")
    ada, copy = Person(telegram), program.folder / "copy.db"
    ada.ask("/subscribe")
    made = program.run("backup", str(copy))
    assert re.search(r"copy\.db: [\d.,]+ MB, checked", made.stdout), made.stderr
    Person(telegram, 1002).ask("/subscribe")
    refused = program.run("restore", str(copy))
    assert refused.returncode == 2
    assert "is using it; stop that first" in refused.stderr
    assert chats(program.folder / "rotation.db") == 2
    bot.terminate()
    bot.wait(timeout=60)
    done = program.run("restore", str(copy))
    assert done.returncode == 0, done.stderr
    assert "is now" in done.stdout and "is kept as" in done.stdout
    assert chats(program.folder / "rotation.db") == 1
    program.start("run")
    assert "subscribed already" in text(ada.ask("/subscribe"))


def test_a_restore_in_the_middle_of_a_broadcast_loses_nothing_and_marks_what_may_repeat(
    program: Program, telegram: str
) -> None:
    people, texts = (1001, 1002, 1003), [f"notice {at}" for at in range(10)]
    bot = program.start("run", MESSAGES_PER_SECOND="1")
    for person in people:
        Person(telegram, person).ask("/subscribe")
    with closing(open_database(program.folder / "rotation.db")) as db, writing(db):
        for said in texts:
            send_notice(db, notices.add_notice(db, said, datetime.now(UTC)), datetime.now(UTC))
    until(lambda: "notice 1" in " ".join(Person(telegram).heard()))
    copy = program.folder / "copy.db"
    assert program.run("backup", str(copy)).returncode == 0
    with closing(sqlite3.connect(copy)) as held:
        states = dict(held.execute("SELECT state, count(*) FROM outbox GROUP BY state"))
    assert states.get("pending", 0) + states.get("sending", 0) > 0, "the broadcast was over: the test says nothing"
    refused = program.run("restore", str(copy))
    assert "stop that first" in refused.stderr
    bot.kill()
    bot.wait()
    assert program.run("restore", str(copy)).returncode == 0
    program.start("run")  # at its usual pace
    for person in people:
        heard = Person(telegram, person)
        until(lambda heard=heard: all(any(one in said for said in heard.heard()) for one in texts))
        for one in texts:
            copies = [said for said in heard.heard() if said.split("\n")[-1] == one or f"{one}\n" in said]
            assert sum("may be a repeat" not in said for said in copies) <= 1, copies


def test_a_running_bot_on_a_damaged_file_is_no_less_running(program: Program, telegram: str) -> None:
    program.start("run")
    copy, path = program.folder / "copy.db", program.folder / "rotation.db"
    Person(telegram).ask("/subscribe")
    assert program.run("backup", str(copy)).returncode == 0
    with path.open("r+b") as file:
        file.write(b"\xff" * 100)  # the header: SQLite's own locks say nothing any more
    refused = program.run("restore", str(copy))
    assert (refused.returncode, "stop that first" in refused.stderr) == (2, True)


def test_a_killed_bot_holds_nothing(program: Program, telegram: str) -> None:
    bot = program.start("run")
    Person(telegram).ask("/subscribe")
    copy = program.folder / "copy.db"
    assert program.run("backup", str(copy)).returncode == 0
    bot.kill()
    bot.wait()
    assert program.run("restore", str(copy)).returncode == 0


def test_the_bot_backs_up_into_its_folder_by_itself_once_a_day(program: Program, telegram: str) -> None:
    folder = program.folder / "backups"
    folder.mkdir()
    (folder / "rotation-20200102T030405Z.db").touch()
    settings = {"BACKUP_DIR": str(folder), "BACKUP_KEEP": "1"}
    bot = program.start("run", **settings)
    until(lambda: [file.name for file in folder.iterdir() if "2020" not in file.name and not file.name.startswith(".")])
    until(lambda: not (folder / "rotation-20200102T030405Z.db").exists())
    held = sorted(file.name for file in folder.iterdir())
    bot.terminate()
    bot.wait(timeout=60)
    program.start("run", **settings)
    Person(telegram).ask("/help")
    time.sleep(1)  # nothing to wait for: no back-up follows
    assert sorted(file.name for file in folder.iterdir()) == held


def test_a_backup_that_fails_tells_the_operators(program: Program, telegram: str) -> None:
    ada = Person(telegram)
    ada.say("/start")  # a bot may write only to whoever wrote to it
    program.start("run", BACKUP_DIR="/proc", ADMIN_CHAT_IDS="1001")
    until(lambda: any("No back-up was made" in said for said in ada.heard()))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "BACKUP_DIR is not set: name a file"),
        ({"BACKUP_DIR": "nowhere"}, "BACKUP_DIR=nowhere: this folder does not exist"),
        ({"BACKUP_KEEP": "0"}, "BACKUP_KEEP=0: too small; use a number from 1"),
    ],
)
def test_what_is_set_wrong_is_named(program: Program, settings: dict[str, str], said: str) -> None:
    ran = program.run("backup", **settings)
    assert (ran.returncode, said in ran.stderr) == (2, True), ran.stderr
