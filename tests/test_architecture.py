"""The house: imports go one way, and what only one room may do is done nowhere else."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {"alerts": {"alerts"}, "storage": {"alerts", "storage"}, "bot": {"alerts", "storage", "bot"}}


@cache
def sources(folder: str) -> tuple[tuple[Path, ast.Module], ...]:
    """Every file below the folder and its tree, parsed once for all tests."""
    if (room := folder.split("/")[0]) != folder:
        return tuple((path, tree) for path, tree in sources(room) if path.is_relative_to(folder))
    return tuple(
        (path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted((ROOT / folder).rglob("*.py"))
    )


@cache
def imported(tree: ast.Module) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the direction"
            found.add(node.module or "")
    return frozenset(found)


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
    assert users == {"storage/backup.py", "storage/database.py", "storage/errors.py"}


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


def test_the_bot_starts_without_what_only_computing_needs() -> None:
    """In the order of `run`: the console opens the file, then the bot is imported with all its conversations."""
    code = (
        "import sys; from bot.cli.context import opened; import storage.in_use\n"
        "import bot.app; from bot.commands import dispatch; assert dispatch.menu()\n"
        "print(sorted({'pandas', 'numpy', 'matplotlib', 'yfinance', 'exchange_calendars'} & set(sys.modules)))\n"
        "import pandas, numpy; print(pandas.Series([1.0]).sum(), numpy.ones(2).sum())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.splitlines() == ["[]", "1.0 2.0"]


# Modules and rooms ----------------------------------------------------------------------------------------------------

#: Rooms of bot/ by their height: a room imports only rooms below its own, and itself.
LADDER = {
"child_process": 0, "logs": 0,
    "brand": 0, "charts": 1, "database": 1, "emulator": 1, "formatting": 1, "settings": 1,
    "reports": 2,
    "messages": 3,
    "alerting": 4, "transport": 4,
    "pipeline": 5,
    "commands": 6,  # a question may need what a refresh fetches: symbols, a file's figures
    "app": 7,
    "demo": 8,
    "cli": 9,
    "__main__": 10,
}  # fmt: skip
OF_THEIR_OWN = ("charts", "emulator")  # import nothing of ours

MOST_PARAMETERS = 6
#: Signatures that a library prescribes.
PRESCRIBED = {"bot/transport/http.py do_request"}


def modules() -> dict[str, ast.Module]:
    """Every module of ours by its name."""
    found = {}
    for folder in ALLOWED:
        for path, tree in sources(folder):
            found[".".join(path.with_suffix("").parts).removesuffix(".__init__")] = tree
    return found


@cache
def arrows() -> dict[str, set[str]]:
    """Which module imports which of ours, wherever in the file and for whatever purpose it does."""
    trees = modules()
    found: dict[str, set[str]] = {}
    for module, tree in trees.items():
        named = set(imported(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                children = {f"{node.module}.{alias.name}" for alias in node.names}
                named |= children & trees.keys()
                if children <= trees.keys():  # only modules of the package, nothing of its own
                    named.discard(node.module or "")
        found[module] = named & trees.keys()
    return found


def test_no_modules_import_each_other_in_a_circle() -> None:
    left = arrows()
    # Take away what imports nothing that is left, again and again: what remains is in a circle, or imports one.
    while free := {module for module, named in left.items() if not named & left.keys()}:
        left = {module: named for module, named in left.items() if module not in free}
    assert left == {}


def test_rooms_of_bot_import_only_rooms_below_them() -> None:
    up = set()
    for module, named in arrows().items():
        room = module.split(".")[1:2]
        for other in named:
            theirs = other.split(".")[1:2]
            if module.startswith("bot.") and other.startswith("bot.") and room != theirs:
                assert {*room, *theirs} <= LADDER.keys(), f"{module} or {other}: give its room a height in LADDER"
                if LADDER[theirs[0]] >= LADDER[room[0]]:
                    up.add((module, other))
    assert up == set()


@pytest.mark.parametrize("room", OF_THEIR_OWN)
def test_what_imports_nothing_of_ours(room: str) -> None:
    others = {
        (module, other)
        for module, named in arrows().items()
        for other in named
        if module.startswith(f"bot.{room}") and other != "bot" and not other.startswith(f"bot.{room}")
    }
    assert others == set()


def test_no_function_has_more_than_six_parameters() -> None:
    many = set()
    for folder in ALLOWED:
        for path, tree in sources(folder):
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    given = node.args
                    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
                    names = [one.arg for one in named if one.arg not in ("self", "cls")]
                    names += ["*" for rest in (given.vararg, given.kwarg) if rest]
                    if len(names) > MOST_PARAMETERS:
                        many.add(f"{path.as_posix()} {node.name}")
    assert many == PRESCRIBED


# Dependencies ---------------------------------------------------------------------------------------------------------


def test_every_library_imported_is_declared_and_every_one_declared_is_imported() -> None:
    libraries = {
        name.split(".")[0] for folder in ALLOWED for _, tree in sources(folder) for name in imported(tree)
    } - {*sys.stdlib_module_names, *ALLOWED}  # fmt: skip
    providers = packages_distributions()
    # What an extra brings may not be installed; its name is that of its distribution.
    used = {normalized(distribution) for name in libraries for distribution in providers.get(name, [name])}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [line for extra, lines in project["optional-dependencies"].items() if extra != "test" for line in lines]
    declared = {normalized(re.split(r"[^\w.-]", line)[0]) for line in (*project["dependencies"], *extras)}
    assert (used - declared, declared - used) == (set(), set())


def normalized(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


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


def test_conversations_hold_no_sql_and_begin_no_transaction() -> None:
    against = [
        f"{path}:{node.lineno}"
        for path, tree in sources("bot/commands")
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in ("conn", "execute", "executemany"))
        or (isinstance(node, ast.alias) and node.name == "writing")
    ]
    assert against == []
