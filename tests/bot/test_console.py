"""What is asked from a terminal: one JSON document on standard output, and errors that say the cure."""

from __future__ import annotations

import json

import pytest
from program import Program


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A database with thirty sessions of the simulated market, and the last one gathered."""
    program = Program(tmp_path_factory.mktemp("console"))
    assert program.run("refresh").returncode == 0
    last = json.loads(program.run("summary", "--json").stdout)["session"]
    assert program.run("backfill", "--from", f"{int(last[:4])}{last[4:7]}-01").returncode == 0
    return program


def test_summary_is_one_json_document(filled: Program) -> None:
    ran = filled.run("summary", "--json")
    told = json.loads(ran.stdout)
    assert told["source"].startswith("simulated")
    assert {figure["metric"] for figure in told["figures"]} >= {"size.ratio", "breadth.above_200d.small"}
    for figure in told["figures"]:
        assert figure["source"].startswith("simulated")
        assert figure["eligible"] is not None
        assert figure["coverage"] is not None


def test_figures_have_the_documented_keys(filled: Program) -> None:
    rows = json.loads(filled.run("figures", "small above 50d", "--json").stdout)
    keys = ["session", "metric", "value", "coverage", "eligible", "members", "source", "reason"]
    assert rows
    assert all(list(row) == keys for row in rows)
    assert {row["metric"] for row in rows} == {"breadth.above_50d.small"}
    assert [row["session"] for row in rows] == sorted(row["session"] for row in rows)
    assert all((row["value"] is None) == (row["reason"] is not None) for row in rows)


def test_figures_of_a_range_stay_in_it(filled: Program) -> None:
    rows = json.loads(filled.run("figures", "size.ratio", "--json").stdout)
    middle = rows[len(rows) // 2]["session"]
    shown = json.loads(filled.run("figures", "size.ratio", "--from", middle, "--to", middle, "--json").stdout)
    assert [row["session"] for row in shown] == [middle]


def test_a_person_sees_a_table(filled: Program) -> None:
    assert "simulated" in filled.run("figures", "iwm/spy").stdout
    shown = filled.run("summary").stdout
    assert "signs of rotation" in shown
    assert "not investment advice" in shown


def test_refreshing_again_does_nothing(filled: Program) -> None:
    before = filled.run("figures", "size.ratio", "--json").stdout
    ran = filled.run("refresh", "--json")
    assert json.loads(ran.stdout) == []
    assert filled.run("figures", "size.ratio", "--json").stdout == before


def test_logs_do_not_reach_standard_output(filled: Program) -> None:
    ran = filled.run("summary", "--json", LOG_LEVEL="DEBUG")
    json.loads(ran.stdout)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("figures", "breadth.abov_200d.small"), "did you mean breadth.above_200d.small"),
        (("refresh", "--session", "2025-07-04"), "no NYSE session"),
        (("refresh", "--session", "2099-01-05"), "not complete yet"),
        (("refresh", "--session", "tomorrow"), "%Y-%m-%d"),
        (("backfill", "--from", "2099-01-05"), "no completed session"),
    ],
)
def test_what_cannot_be_done_ends_with_the_cure(filled: Program, words: tuple[str, ...], expected: str) -> None:
    ran = filled.run(*words)
    assert ran.returncode == 2
    assert expected in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_empty_database_says_what_to_run(program: Program) -> None:
    ran = program.run("summary")
    assert ran.returncode == 1
    assert "rotation-alerts refresh" in ran.stderr
    assert json.loads(program.run("summary", "--json").stdout) is None
