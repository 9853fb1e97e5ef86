"""Wrong settings end the program at once: exit 2, one line that names the setting, its value and the cure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.program import TOKEN, Program

from bot.settings import Settings, former_settings

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
    "a chat's pace of nothing": (
        {"CHAT_MESSAGES_PER_SECOND": "0"},
        ("CHAT_MESSAGES_PER_SECOND=0", "too small", "1 is"),
    ),
    "half a rule": ({"MAX_RULES_PER_CHAT": "2.5"}, ("MAX_RULES_PER_CHAT=2.5", "not a whole number")),
    "an unknown log level": ({"LOG_LEVEL": "loud"}, ("LOG_LEVEL=LOUD", "DEBUG")),
    "no address": ({"TELEGRAM_API_URL": "telegram"}, ("TELEGRAM_API_URL=telegram", "http")),
    "a malformed proxy": ({"HTTPS_PROXY": "http://["}, ("HTTPS_PROXY (not shown here", "http://proxy.example:3128")),
    "a proxy with a bad port": ({"https_proxy": "http://a:secret@b:c"}, ("https_proxy (not shown", "http://proxy")),
    "a proxy of another kind": (
        {"ALL_PROXY": "socks5://ada:secret@proxy:1080"},
        ("ALL_PROXY=socks5://…@proxy:1080", "kind socks5:// cannot be used", "http://proxy.example:3128"),
    ),
    "a folder that is not there": (
        {"DATABASE_PATH": "nowhere/rotation.db"},
        ("DATABASE_PATH=nowhere/rotation.db", "create it or choose another"),
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


#: Well-formed, nobody's: in a variable that is not for tokens.
MISPLACED = "123456789:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


@pytest.mark.parametrize(
    "name", ["TELEGRAM_API_URL", "ADMIN_CHAT_IDS", "MARKET", "LOG_LEVEL", "SCHEDULE", "MESSAGES_PER_SECOND",
             "MAX_RULES_PER_CHAT", "HISTORY_YEARS", "YAHOO_PER_SECOND", "DATABASE_PATH"],
)  # fmt: skip
def test_a_token_in_the_wrong_setting_is_not_printed(program: Program, name: str) -> None:
    value = f"{MISPLACED}/rotation.db" if name == "DATABASE_PATH" else MISPLACED
    ran = program.run("run", **{"TELEGRAM_BOT_TOKEN": TOKEN} | {name: value})
    assert ran.returncode == 2
    assert name in ran.stderr
    assert "AAAA" not in (ran.stdout + ran.stderr).upper()


def test_every_setting_is_shown_with_its_source_and_no_secret(program: Program, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MAX_RULES_PER_CHAT=7\n")
    address = "http://someone:password@127.0.0.1:9"
    ran = program.run("settings", "--json", TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_URL=address)
    assert ran.returncode == 0
    found = {one["name"]: one for one in json.loads(ran.stdout)}
    assert set(found) == {name.upper() for name in Settings.model_fields}
    assert found["MAX_RULES_PER_CHAT"] == {
        "name": "MAX_RULES_PER_CHAT", "value": "7", "default": "50", "source": ".env"
    }  # fmt: skip
    assert (found["MARKET"]["value"], found["MARKET"]["source"]) == ("sample", "environment")
    assert found["SCHEDULE"]["source"] == "default"
    assert found["TELEGRAM_API_URL"]["value"] == "http://…@127.0.0.1:9"
    assert found["TELEGRAM_BOT_TOKEN"]["value"] == "set, hidden"
    printed = program.run("settings", TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_URL=address).stdout
    for secret in ("password", TOKEN.partition(":")[2]):
        assert secret not in ran.stdout + printed


def test_a_misspelt_setting_is_named_with_the_nearest(program: Program, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ADMIN_CHAT_ID=12345678\nDATABASE_URL=postgres://elsewhere\n")
    ran = program.run("summary")
    assert ran.returncode == 2
    assert ran.stderr.strip() == ".env: ADMIN_CHAT_ID is not a setting; did you mean ADMIN_CHAT_IDS?"


def test_a_dot_env_that_is_no_text_is_named(program: Program, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("MARKET=sample\n".encode("utf-16"))
    ran = program.run("summary")
    assert ran.returncode == 2
    assert ran.stderr.startswith(".env: not UTF-8 text")
    assert len(ran.stderr.strip().splitlines()) == 1


def test_a_setting_that_is_gone_is_named_with_the_one_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    assert former_settings() is None
    monkeypatch.setenv("HISTORY_SESSIONS", "500")
    said = former_settings()
    assert said is not None
    assert said.startswith("HISTORY_SESSIONS=500 is no setting any more: HISTORY_YEARS")
