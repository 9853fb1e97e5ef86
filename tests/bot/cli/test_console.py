"""What is asked from a terminal: one JSON document on standard output, and errors that say the cure."""

from __future__ import annotations

import json

import pytest
from support.program import Program


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
    keys = ["session", "metric", "value", "coverage", "eligible", "members", "source", "reason", "by_former_members",
            "notes"]  # fmt: skip
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
    rows = json.loads(filled.run("figures", "size.ratio", "--json").stdout)
    shown = filled.run("figures", "iwm/spy").stdout
    assert "simulated" in shown
    assert f"{len(rows) - 63:,} earlier sessions are recorded" in shown
    assert rows[-1]["session"] in shown
    assert rows[0]["session"] not in shown
    assert rows[0]["session"] in filled.run("figures", "iwm/spy", "--from", rows[0]["session"]).stdout
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
        (("refresh", "--session", "2999-01-01"), "not complete yet"),
        (("refresh", "--session", "tomorrow"), "%Y-%m-%d"),
        (("backfill", "--from", "2099-01-05"), "no completed session"),
        (("backfill", "--from", "0001-01-01"), "is the first session that can be filled"),
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


def test_the_thesis_is_one_json_document_with_thirteen_claims(filled: Program) -> None:
    told = json.loads(filled.run("thesis", "--json").stdout)
    keys = ["claim", "metric", "value", "verdict", "beside", "why", "since", "since_at_least", "change",
            "coverage", "source", "notes"]  # fmt: skip
    assert len(told["claims"]) == 13
    assert all(list(claim) == keys for claim in told["claims"])
    assert {claim["verdict"] for claim in told["claims"]} <= {"holds", "does not hold", "cannot be told"}
    assert told["holding"] == sum(claim["verdict"] == "holds" for claim in told["claims"])
    assert all((claim["why"] is None) == (claim["verdict"] != "cannot be told") for claim in told["claims"])
    assert told["held"][-1] == {"session": told["session"], "holding": told["holding"], "told": told["told"]}


def test_the_thesis_of_an_earlier_session_is_that_sessions(filled: Program) -> None:
    sessions = [row["session"] for row in json.loads(filled.run("figures", "size.ratio", "--json").stdout)]
    told = json.loads(filled.run("thesis", "--session", sessions[2], "--json").stdout)
    assert told["session"] == sessions[2]
    assert [each["session"] for each in told["held"]] == sessions[:3]


def test_a_person_reads_the_thesis(filled: Program) -> None:
    shown = filled.run("thesis").stdout
    assert "Small caps lead large caps this quarter" in shown
    assert "not investment advice" in shown


def test_odds_are_one_json_document_that_adds_up_or_says_why_not(filled: Program) -> None:
    told = json.loads(filled.run("odds", "--json").stdout)
    if told["cut_odds"] is None:  # past the table of meetings
        assert "table of Fed meetings" in told["reason"]
        return
    assert told["meetings"]
    for meeting in told["meetings"]:
        assert abs(sum(meeting["lower_bounds"].values()) - 1) < 1e-9
    lower = told["range"][0]
    cut = sum(odds for bound, odds in told["meetings"][0]["lower_bounds"].items() if float(bound) < lower)
    assert abs(told["cut_odds"] - 100 * cut) < 1e-9


def test_odds_of_a_session_past_the_table_say_which_date_ran_out(filled: Program) -> None:
    ran = filled.run("odds", "--session", "2027-12-31")
    assert ran.returncode == 1
    assert ran.stderr.strip().endswith("the table of Fed meetings ends on 2027-12-08.")


def test_the_valuation_history_is_asked_for_once_a_month(filled: Program) -> None:
    first, again = filled.run("valuation-history"), filled.run("valuation-history")
    assert first.returncode == again.returncode == 0
    assert ", 0 left" in first.stdout
    assert again.stdout.startswith("0 companies asked about, 0 left")
    rows = json.loads(filled.run("figures", "monthly discount", "--json").stdout)
    assert rows[-1]["value"] is not None and any(note.startswith("of ") for note in rows[-1]["notes"])
