"""Wrong settings end the program at once: exit 2, one line that names the setting, its value and the cure."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.program import TOKEN, Program

WRONG = {
    "no token": ({}, ("TELEGRAM_BOT_TOKEN", "@BotFather", ".env")),
    "an empty token": ({"TELEGRAM_BOT_TOKEN": "  "}, ("TELEGRAM_BOT_TOKEN", "@BotFather")),
    "a malformed token": (
        {"TELEGRAM_BOT_TOKEN": "123:short-Secret"},
        ("TELEGRAM_BOT_TOKEN", "malformed", "@BotFather"),
    ),
    "an unknown market": ({"MARKET": "bloomberg"}, ("MARKET=bloomberg", "yahoo", "sample")),
    "a word for a number": ({"MESSAGES_PER_SECOND": "abc"}, ("MESSAGES_PER_SECOND=abc", "not a number", "30")),
    "a pace of nothing": ({"MESSAGES_PER_SECOND": "0"}, ("MESSAGES_PER_SECOND=0", "too small", "30")),
    "a pace that is no number": ({"MESSAGES_PER_SECOND": "nan"}, ("MESSAGES_PER_SECOND=nan", "30")),
    "half a rule": ({"MAX_RULES_PER_CHAT": "2.5"}, ("MAX_RULES_PER_CHAT=2.5", "not a whole number")),
    "an unknown log level": ({"LOG_LEVEL": "loud"}, ("LOG_LEVEL=LOUD", "DEBUG")),
    "no address": ({"TELEGRAM_API_URL": "telegram"}, ("TELEGRAM_API_URL=telegram", "http")),
    "a folder that is not there": (
        {"DATABASE_PATH": "nowhere/rotation.db"},
        ("DATABASE_PATH=nowhere/rotation.db", "make it"),
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_it_names_the_setting_its_value_and_the_cure(program: Program, case: str) -> None:
    settings, expected = WRONG[case]
    ran = program.run("run", **settings)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert len(ran.stderr.strip().splitlines()) == 1, ran.stderr
    for words in expected:
        assert words.lower() in ran.stderr.lower()
    assert "Secret" not in ran.stderr


def test_a_file_that_is_no_database_is_named(program: Program, tmp_path: Path) -> None:
    (tmp_path / "rotation.db").write_text("a letter, not a database\n" * 50)
    ran = program.run("run", TELEGRAM_BOT_TOKEN=TOKEN)
    assert ran.returncode == 2
    assert "DATABASE_PATH" in ran.stderr
    assert "rotation.db" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def test_a_folder_where_a_file_should_be_is_named(program: Program, tmp_path: Path) -> None:
    ran = program.run("refresh", DATABASE_PATH=str(tmp_path))
    assert ran.returncode == 2
    assert f"DATABASE_PATH={tmp_path}" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def test_a_file_of_another_market_is_refused(program: Program) -> None:
    assert program.run("summary").returncode == 1  # made, and still empty
    ran = program.run("summary", MARKET="yahoo")
    assert ran.returncode == 2
    assert "MARKET=yahoo" in ran.stderr
    assert "MARKET=sample" in ran.stderr


def test_a_token_in_dot_env_is_found(program: Program, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TELEGRAM_BOT_TOKEN=12:no\n")
    ran = program.run("run")
    assert ran.returncode == 2
    assert "malformed" in ran.stderr
