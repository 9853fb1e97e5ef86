"""A series of one's own: imported, shown, watched, corrected, exported, removed; and who counts, listed."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.program import DAYS, Program, evening

from alerts.market.csv_import import read
from alerts.market.sample import SampleMarket
from alerts.market.sessions import sessions_between
from alerts.metrics.imported import longest_age, own_figures
from alerts.rules.grammar import parse
from bot.pipeline import imports
from bot.pipeline.context import RunContext
from bot.pipeline.session import refresh
from bot.reports.series import value_past
from storage import chats, figures, rules
from storage.database import writing

FILE = "date;value\n" + "".join(f"{day:%d.%m.%Y};{at},5\n" for at, day in enumerate(sessions_between(DAYS[0], DAYS[2])))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A database with one session of the simulated market and a series of one's own."""
    program = Program(tmp_path_factory.mktemp("own"))
    assert program.run("refresh").returncode == 0
    (program.folder / "vix.csv").write_text(FILE)
    return program


def test_a_file_becomes_a_metric_and_comes_back_as_it_was(filled: Program) -> None:
    ran = filled.run("import", "VIX", "vix.csv")
    assert ran.returncode == 0, ran.stderr
    assert "import.vix: 3 values from 2025-08-19 to 2025-08-21, 3 of them new or changed" in ran.stdout
    rows = json.loads(filled.run("figures", "import.vix", "--to", "2025-08-21", "--json").stdout)
    assert [(row["session"], row["value"], row["source"]) for row in rows] == [
        ("2025-08-19", 0.5, "vix.csv"), ("2025-08-20", 1.5, "vix.csv"), ("2025-08-21", 2.5, "vix.csv"),
    ]  # fmt: skip
    exported = filled.run("export", "import.vix").stdout
    assert [row["value"] for row in csv.DictReader(io.StringIO(exported))] == ["0.5", "1.5", "2.5"]
    (filled.folder / "again.csv").write_text(exported)
    assert "0 of them new or changed" in filled.run("import", "vix", "again.csv").stdout


def test_everything_recorded_is_exported(filled: Program) -> None:
    rows = list(csv.DictReader(io.StringIO(filled.run("export").stdout)))
    told = json.loads(filled.run("summary", "--json").stdout)
    by_metric = {row["metric"]: row for row in rows if row["session"] == told["session"]}
    for figure in told["figures"]:
        if not figure["metric"].startswith("import."):
            assert float(by_metric[figure["metric"]]["value"]) == figure["value"]
            assert by_metric[figure["metric"]]["fetched_at"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "vix", "nowhere.csv"), "nowhere.csv: No such file"),
        (("import", "v i x", "vix.csv"), "a name has up to 40"),
        (("import", "vix"), "Name the FILE to import"),
        (("import", "never", "--remove"), "nothing was imported under that name"),
        (
            ("import", "bad", "bad.csv"),
            "nothing was imported:\nline 2: 'y' is no number\nline 3: '2025-02-30' is no date",
        ),
        (("export", "import.never"), "import.never: never imported; `rotation-alerts import never FILE.csv` does"),
        (("universe", "--session", "2001-01-02"), "no ranks in force then are known"),
        (("universe", "--excluded", "--session", "2001-01-02"), "no census up to then"),
    ],
)
def test_what_cannot_be_done_says_why(filled: Program, words: tuple[str, ...], said: str) -> None:
    (filled.folder / "bad.csv").write_text("2025-01-02,1\n2025-01-03,y\n2025-02-30,2\n")
    ran = filled.run(*words)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "import.bad: never imported" in filled.run("figures", "import.bad").stderr


def test_who_counts_and_who_does_not_can_be_listed(filled: Program) -> None:
    session = json.loads(filled.run("summary", "--json").stdout)["session"]
    told = json.loads(filled.run("universe", "--session", session, "--json").stdout)
    assert [member["rank"] for member in told["members"]] == sorted(member["rank"] for member in told["members"])
    assert {member["segment"] for member in told["members"]} >= {"large", "small"}
    assert told["left"] is None  # no ranks of the year before
    shown = filled.run("universe", "--session", session).stdout
    assert "who entered and left cannot be told" in shown
    left_out = json.loads(filled.run("universe", "--excluded", "--json").stdout)
    assert left_out["lines"] == left_out["companies"] + len(left_out["excluded"])
    assert all(line["reason"] for line in left_out["excluded"])


def imported(db: Database, text: str, session: date, **how: bool) -> None:
    imports.keep(db, "import.vix", read(text, session), "vix.csv", evening(session), **how)


def test_a_rule_on_it_fires_with_the_session_and_a_later_file_fires_nothing(db: Database, market: SampleMarket) -> None:
    refresh(RunContext(db, market, evening(DAYS[0])), DAYS[0])
    imported(db, f"{DAYS[0]},15\n", DAYS[0])
    with writing(db):
        chats.subscribe(db, 7, evening(DAYS[0]))
        rule = parse("import.vix > 20")
        rules.add_rule(db, 7, rule, value_past(db, rule.watched, DAYS[0], 12), evening(DAYS[0]))
    imported(db, f"{DAYS[1]},25\n", DAYS[1])
    (outcome,) = refresh(RunContext(db, market, evening(DAYS[1])), DAYS[1])
    assert outcome.fired == 1
    ((text,),) = db.conn.execute("SELECT text FROM outbox WHERE chat = 7").fetchall()
    assert "import.vix &gt; 20" in text
    assert "vix.csv" in text
    imported(db, f"{DAYS[1]},5\n", DAYS[1])  # a correction of a judged session
    assert refresh(RunContext(db, market, evening(DAYS[1])), DAYS[1]) == []
    (figure,) = figures.history(db, "import.vix", DAYS[1], DAYS[1])
    assert (figure.value, figure.provenance) == (5, f"vix.csv, corrected on {DAYS[1]} (was 25)")
    assert db.conn.execute("SELECT count(*) FROM outbox WHERE chat = 7").fetchone() == (1,)


def test_replacing_drops_what_was_there(db: Database) -> None:
    imported(db, f"{DAYS[0]},1\n{DAYS[1]},2\n", DAYS[1])
    imported(db, f"{DAYS[1]},3\n", DAYS[1], replace=True)
    assert [figure.value for figure in figures.history(db, "import.vix")] == [3]


def test_a_month_end_that_is_no_session_counts_from_the_next_one_and_grows_stale() -> None:
    observations = read("2025-06-30,1\n2025-07-31,2\n2025-08-31,3\n", date(2025, 9, 18)).observations
    assert longest_age(observations) == 65
    found = own_figures("import.pe", observations, sessions_between(date(2025, 6, 27), date(2025, 12, 1)), "pe.csv")
    by_day = {figure.session: figure for figure in found}
    assert date(2025, 6, 27) not in by_day
    assert (by_day[date(2025, 8, 29)].value, by_day[date(2025, 8, 29)].provenance) == (2, "pe.csv, of 2025-07-31")
    assert by_day[date(2025, 9, 2)].value == 3
    assert by_day[date(2025, 11, 4)].value == 3
    stale = by_day[date(2025, 11, 5)]
    assert (stale.value, stale.reason) == (None, "no observation since 2025-08-31, 66 days ago")


def test_a_removed_series_is_gone(filled: Program, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("2025-08-19,1\n")
    assert filled.run("import", "x", str(tmp_path / "x.csv")).returncode == 0
    assert "is gone" in filled.run("import", "x", "--remove").stdout
    assert "import.x: never imported" in filled.run("figures", "import.x").stderr
