"""`odds --prices`: the tree of prices that a person gives, without a database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.program import Program

# Settlements of 18 September 2026.
PRICES = (
    "month,price\n2026-09,96.2525\n2026-10,96.1050\n2026-11,95.9750\n2026-12,95.8350\n2027-01,95.7700\n2027-02,95.68\n"
)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    (tmp_path / "fed.csv").write_text(PRICES)
    return Program(tmp_path)


def given(program: Program, session: str, target: str) -> dict[str, object]:
    ran = program.run("odds", "--prices", "fed.csv", "--range", target, "--session", session, "--json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)  # type: ignore[no-any-return]


def test_the_odds_are_those_that_fedwatch_showed_and_no_database_is_made(program: Program) -> None:
    told = given(program, "2026-09-18", "3.75-4.00")
    first, second, third = told["meetings"]  # type: ignore[misc]
    assert {bound: round(100 * odds, 1) for bound, odds in first["lower_bounds"].items()} == {
        "3.75": 42.4,
        "4.00": 57.6,
    }
    assert {bound: 100 * odds for bound, odds in second["lower_bounds"].items()} == pytest.approx(
        {"3.75": 9.9, "4.00": 46.0, "4.25": 44.1}, abs=0.1
    )
    assert (third["decision"], told["cut_odds"], told["range_source"]) == ("2027-01-27", 0.0, "FRED")
    assert not (program.folder / "rotation.db").exists()


def test_the_evening_of_a_decision_reads_the_range_from_the_futures(program: Program) -> None:
    told = given(program, "2026-09-16", "3.50-3.75")
    assert (told["range"], told["range_source"]) == ([3.75, 4.0], "as the futures read the decision")
    shown = program.run("odds", "--prices", "fed.csv", "--range", "3.50-3.75", "--session", "2026-09-16").stdout
    assert "a hike 57.6 %" in shown
    assert "Range 3.75 to 4.00 %, as the futures read the decision" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_long_tree_reads_in_80_columns(program: Program) -> None:
    rows = [f"{2026 + at // 12}-{at % 12 + 1:02},{96.2 - 0.04 * (at - 8):.4f}" for at in range(8, 20)]
    (program.folder / "fed.csv").write_text("month,price\n" + "\n".join(rows) + "\n")
    asked = ("odds", "--prices", "fed.csv", "--range", "3.75-4.00", "--session", "2026-09-18")
    shown = program.run(*asked, COLUMNS="80").stdout.splitlines()
    assert max(map(len, shown)) <= 80
    odds = [line for line in shown if line.strip().endswith(tuple("0123456789")) and ": " in line]
    assert len(odds) > 7  # more lines than meetings: no odds are torn from their bound
    assert all(part.count(":") == 1 for line in odds for part in line.strip().split("  ")[-1].split(" · "))


@pytest.mark.parametrize(
    ("text", "target", "said"),
    [
        ("2026-09;96.25\n", "3.75-4.00", "line 1: '2026-09;96.25' is no month and price; write 2026-09,96.2525"),
        ("month,price\n2026-13,96\n2026-10,x\n", "3.75-4.00", "line 3: '2026-10,x' is no month and price"),
        ("2026-09,96.1\n2026-09,96.2\n", "3.75-4.00", "line 2: 2026-09 has another price already, 96.1"),
        ("", "3.75-4.00", "no line with a month and a price"),
        (PRICES, "3.75-4.10", "--range 3.75-4.10: a target range is a quarter point wide"),
        (PRICES, "four", "--range four: a target range is a quarter point wide"),
        (None, "3.75-4.00", "No such file or directory; name a CSV file that can be read"),
    ],
)
def test_what_is_no_price_or_range_is_named(program: Program, text: str | None, target: str, said: str) -> None:
    file = program.folder / "fed.csv"
    file.unlink() if text is None else file.write_text(text)
    ran = program.run("odds", "--prices", "fed.csv", "--range", target, "--session", "2026-09-18")
    assert (ran.returncode, said in ran.stderr, "Traceback" in ran.stderr) == (2, True, False), ran.stderr


def test_prices_need_their_session_and_range(program: Program) -> None:
    ran = program.run("odds", "--prices", "fed.csv")
    assert ran.returncode == 2
    assert "go together" in ran.stderr
