"""Documentation that lags the code fails: every setting, command and chat command is described."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from bot.cli.main import main
from bot.commands import dispatch
from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_table_with_its_default(name: str) -> None:
    row = re.search(rf"^\| `{name.upper()}` \| (.*?) \|", OPERATING, re.MULTILINE)
    assert row, f"{name.upper()} is not in docs/operating.md"
    default = Settings.model_fields[name].default
    if name not in ("telegram_bot_token", "cache_path"):
        shown = f"{default:g}" if isinstance(default, float) else str(default)
        assert row[1] == (f"`{shown}`" if default not in ((), None) else "none")


@pytest.mark.parametrize("name", main.commands)
def test_every_command_is_in_the_table(name: str) -> None:
    assert f"`rotation-alerts {name}`" in OPERATING
    command = main.commands[name]
    assert isinstance(command, click.Command)
    assert command.help


@pytest.mark.parametrize("name", sorted(command.name for command in dispatch.commands()))
def test_every_chat_command_is_in_the_readme(name: str) -> None:
    assert name == "start" or f"/{name}" in README


def test_the_menu_lists_what_is_answered() -> None:
    names = [command.name for command in dispatch.commands()]
    assert len(names) == len(set(names))
    assert {name for name, _ in dispatch.menu()} | {"start", "status", "notice", "invite"} == set(names)


def test_lines_shown_in_the_readme_parse() -> None:
    from alerts.rules.grammar import parse

    lines = re.findall(r"^/alert (.*?)(?: {3,}.*)?$", README, re.MULTILINE)
    assert len(lines) >= 12
    for line in lines:
        parse(line)


def test_lines_shown_in_the_documentation_of_rules_parse() -> None:
    from alerts.rules.grammar import parse

    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    table = page.split("| option |")[0]
    shown = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE) + re.findall(r"^/alert (.*)$", page, re.MULTILINE)
    assert len(shown) >= 16
    for line in shown:
        assert parse(line).line
    for option in re.findall(r"^\| `([^`]+)` \|", page.split("| option |")[1], re.MULTILINE):
        assert parse(f"small above 200d > 60 {option}").line


def test_the_metrics_document_is_that_of_the_catalogue() -> None:
    from alerts.metrics.reference import described

    written = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert written == described(), "run: .venv/bin/python -m alerts.metrics.reference > docs/metrics.md"


def test_the_metrics_document_names_every_metric() -> None:
    from alerts.metrics.catalog import catalog

    written = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert [name for name in catalog() if f"`{name}`" not in written] == []
