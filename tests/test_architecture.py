"""The house: imports go one way, and what only one room may do is done nowhere else."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {"alerts": {"alerts"}, "storage": {"alerts", "storage"}, "bot": {"alerts", "storage", "bot"}}


def sources(folder: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the direction"
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("folder", ALLOWED)
def test_imports_go_from_bot_to_storage_to_alerts_and_never_back(folder: str) -> None:
    against = [
        f"{path} imports {name}"
        for path, tree in sources(folder)
        for name in imported(tree)
        if name.split(".")[0] in ALLOWED and name.split(".")[0] not in ALLOWED[folder]
    ]
    assert against == []


def test_only_one_file_imports_yfinance() -> None:
    users = {
        str(path) for folder in ALLOWED for path, tree in sources(folder)
        if any(name.split(".")[0] == "yfinance" for name in imported(tree))
    }  # fmt: skip
    assert users == {"alerts/market/yahoo/client.py"}


def test_only_storage_opens_sqlite() -> None:
    users = {
        str(path) for folder in ALLOWED for path, tree in sources(folder)
        if "sqlite3" in {name.split(".")[0] for name in imported(tree)}
    }  # fmt: skip
    assert users == {"storage/database.py"}


def test_nothing_under_alerts_asks_what_time_it_is() -> None:
    asked = [
        f"{path}:{node.lineno}"
        for path, tree in sources("alerts")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "today", "utcnow")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("datetime", "date", "Timestamp")
    ]
    assert asked == []


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from bot.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'pandas', 'numpy', 'matplotlib', 'yfinance', 'telegram', 'sqlite_utils'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.splitlines()[-1] == "[]"
    assert "refresh" in ran.stdout


def test_messages_take_values_and_never_a_database() -> None:
    """From storage they import classes of values, no functions."""
    against = [
        f"{path} imports {alias.name} from {node.module}"
        for path, tree in sources("bot/messages")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if node.module == "sqlite_utils"
        or ((node.module or "").split(".")[0] == "storage" and not (alias.name[0].isupper()))
    ]
    assert against == []


def test_reports_import_no_message() -> None:
    against = [
        str(path) for path, tree in sources("bot/reports") if any(n.startswith("bot.messages") for n in imported(tree))
    ]
    assert against == []


def test_conversations_hold_no_sql_and_begin_no_transaction() -> None:
    against = [
        f"{path}:{node.lineno}"
        for path, tree in sources("bot/commands")
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in ("conn", "execute", "executemany"))
        or (isinstance(node, ast.alias) and node.name == "writing")
    ]
    assert against == []
