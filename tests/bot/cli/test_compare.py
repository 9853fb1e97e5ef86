"""`compare`: a recorded metric beside a person's file, by the real program."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from support.program import Program

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from storage.database import claim_market, open_database, writing
from storage.figures import record_figures

METRIC = "breadth.above_200d.large"
SESSIONS = sessions_between(date(2024, 10, 1), date(2025, 3, 31))
OURS = [45.0 + (at * 7 % 23) / 2 for at in range(len(SESSIONS))]
NOW = datetime(2025, 4, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Half a year of one metric, and a file of the same that is a point lower, day first, with decimal commas."""
    program = Program(tmp_path_factory.mktemp("compare"))
    db = open_database(program.folder / "rotation.db")
    claim_market(db, "sample", NOW)
    figures = [
        Figure(session, METRIC, value, 0.99, 495, 500, "simulated", None)
        for session, value in zip(SESSIONS, OURS, strict=True)
    ]
    with writing(db):
        record_figures(db, figures, NOW, backfilled=True)
    db.close()
    lines = [
        f"{day:%d/%m/%Y};{f'{value - 1:.1f}'.replace('.', ',')}" for day, value in zip(SESSIONS, OURS, strict=True)
    ]
    (program.folder / "published.csv").write_text("Date;Value\n" + "\n".join(lines) + "\n31/05/2025;50,0\n")
    (program.folder / "elsewhere.csv").write_text("date,value\n1999-01-04,50\n1999-01-05,51\n")
    (program.folder / "open.csv").write_text("date,value\n1/4/2025,50\n2/4/2025,51\n")
    return program


def test_it_says_how_far_the_two_agree_and_draws_both(recorded: Program) -> None:
    ran = recorded.run("compare", "large above 200d", "published.csv", "--chart", "compared.png", "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["metric"], told["days"], told["only_in_file"], told["only_recorded"]) == (METRIC, len(SESSIONS), 1, 0)
    assert told["correlation"] == pytest.approx(1)
    assert told["correlation_of_changes"] == pytest.approx(1)
    assert told["bias"] == told["mean_absolute_difference"] == pytest.approx(1)
    assert [(one["year"], one["days"], round(one["bias"], 6)) for one in told["years"]] == [
        (year, sum(day.year == year for day in SESSIONS), 1) for year in (2024, 2025)
    ]
    assert told["level"] == 50
    apart = [str(day) for day, value in zip(SESSIONS, OURS, strict=True) if 50 < value <= 51]
    assert apart
    assert [one["session"] for one in told["on_different_sides"]] == apart
    assert (told["lowest_coverage"], told["simulated"]) == (0.99, True)
    assert (recorded.folder / "compared.png").read_bytes().startswith(b"\x89PNG")


def test_a_person_reads_it_with_sessions_coverage_and_source(recorded: Program) -> None:
    shown = recorded.run("compare", METRIC, "published.csv", "--level", "49.5").stdout
    assert f"{len(SESSIONS)} days in common, 2024-10-01 to 2025-03-31 · simulated, coverage at least 99.0 %" in shown
    assert "left out: 0 that only the record has, 1 only the file" in shown
    assert "mean absolute difference      1.0 pp" in shown
    assert "bias (record less file)       +1.0 pp" in shown
    assert "On different sides of 49.5 %:" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("elsewhere.csv",), "no day in common with what is recorded of breadth.above_200d.large"),
        (("open.csv",), "--dates"),
        (("nowhere.csv",), "nowhere.csv: No such file"),
        (("published.csv", "--chart", "nowhere/x.png"), "--chart nowhere/x.png: No such file"),
    ],
)
def test_what_cannot_be_compared_says_why(recorded: Program, words: tuple[str, ...], said: str) -> None:
    ran = recorded.run("compare", METRIC, *words)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
