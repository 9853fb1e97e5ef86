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
from alerts.metrics.imported import counted, longest_age, own_figures, proposed_lag
from alerts.rules.backtest import backtest
from alerts.rules.grammar import parse
from alerts.rules.state import Kind
from bot.formatting import short_day
from bot.pipeline import imports
from bot.pipeline.context import RunContext
from bot.pipeline.session import refresh
from bot.reports.series import value_past
from bot.reports.summary import summarise
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
        (("universe", "--session", "2001-01-02"), "no ranks for that day"),
        (("universe", "--excluded", "--session", "2001-01-02"), "no census by that day"),
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
    assert told["left"] == []  # nobody leaves the simulated market between these two seasons
    shown = filled.run("universe", "--session", session).stdout
    assert f"Members on {session}" in shown
    left_out = json.loads(filled.run("universe", "--excluded", "--json").stdout)
    assert left_out["lines"] == left_out["companies"] + len(left_out["excluded"])
    assert all(line["reason"] for line in left_out["excluded"])


def imported(db: Database, text: str, session: date, **how: bool) -> None:
    imports.keep(db, "import.vix", read(text, session), "vix.csv", evening(session), **how)


def test_a_rule_on_it_fires_with_the_session_and_a_later_file_fires_nothing(
    one_day: Database, market: SampleMarket
) -> None:
    db = one_day
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
    assert (figure.value, figure.provenance) == (5, f"vix.csv, corrected on {short_day(DAYS[1])} (was 25)")
    assert db.conn.execute("SELECT count(*) FROM outbox WHERE chat = 7").fetchone() == (1,)


def test_replacing_drops_what_was_there(db: Database, market: SampleMarket) -> None:
    refresh(RunContext(db, market, evening(DAYS[1])), DAYS[1])
    imported(db, f"{DAYS[0]},1\n{DAYS[1]},2\n", DAYS[1])
    imported(db, f"{DAYS[1]},3\n", DAYS[1], replace=True)
    assert [figure.value for figure in figures.history(db, "import.vix")] == [3]


def test_a_month_end_that_is_no_session_counts_from_the_next_one_and_grows_stale() -> None:
    observations = read("2025-06-30,1\n2025-07-31,2\n2025-08-31,3\n", date(2025, 9, 18)).observations
    assert longest_age(observations) == 125  # twice 31, the 60 proposed, and 3
    assert longest_age(observations, 0) == 65
    found = own_figures("import.pe", observations, sessions_between(date(2025, 6, 27), date(2025, 12, 1)), "pe.csv", 0)
    by_day = {figure.session: figure for figure in found}
    assert date(2025, 6, 27) not in by_day
    assert (by_day[date(2025, 8, 29)].value, by_day[date(2025, 8, 29)].provenance) == (2, "pe.csv, of 31 Jul 2025")
    assert by_day[date(2025, 9, 2)].value == 3
    assert by_day[date(2025, 11, 4)].value == 3
    stale = by_day[date(2025, 11, 5)]
    assert (stale.value, stale.reason) == (None, "no observation since 2025-08-31, 66 days ago")


# ---- rules see observations ------------------------------------------------------------------------------------------

QUARTERS = "observation_date,Q\n" + "".join(
    f"{year}-{month:02}-01,{value}\n"
    for value, (year, month) in enumerate(((y, m) for y in (2022, 2023, 2024) for m in (1, 4, 7, 10)), 30)
) + "2025-01-01,44\n2025-04-01,45\n2025-07-01,8\n"  # fmt: skip


def tried_on(text: str, line: str, until: date) -> tuple[list[date], list[date]]:
    """The sessions on which a rule on import.own fires and resolves over the history of a file."""
    observations = read(text, until).observations
    sessions = sessions_between(observations.index[0].date(), until)
    held = [(one.session, one.value) for one in own_figures("import.own", observations, sessions, "own.csv")]
    found = backtest(parse(line), {"import.own": held}, counting={"import.own": counted(observations, None, sessions)})
    fired, resolved = ([one.session for one in found.of(kind)] for kind in (Kind.FIRED, Kind.RESOLVED))
    return fired, resolved


def test_a_record_low_held_for_a_quarter_goes_on_while_the_series_rests() -> None:
    # 15 observations, the last the lowest: 100 · 0.5/15 = 3.3. 1 July 2025 is a session.
    fired, resolved = tried_on(QUARTERS, "percentile 252d of import.own < 5", date(2025, 9, 18))
    assert (fired, resolved) == ([date(2025, 7, 1)], [])


def test_three_days_are_three_observations_and_not_three_sessions_of_silence() -> None:
    text = "2025-03-03,10\n2025-03-04,30\n2025-03-20,30\n2025-03-21,30\n2025-03-24,10\n"
    assert tried_on(text, "import.own > 20 for 3 days", date(2025, 4, 30))[0] == [date(2025, 3, 21)]


@pytest.mark.cases
@pytest.mark.parametrize(
    ("file", "line", "fires"),
    [
        ("d01_quarterly_low", "percentile 252d of import.own < 5", date(2026, 7, 1)),
        ("e03c_gap", "import.own > 60 for 3 days", date(2026, 1, 26)),
    ],
)
def test_files_that_were_met_fire_when_they_should(cases: Path, file: str, line: str, fires: date) -> None:
    text = (cases / "import" / f"{file}.csv").read_text()
    assert tried_on(text, line, date(2026, 9, 18))[0] == [fires]


@pytest.mark.cases
def test_a_monthly_file_that_was_met_is_current_while_its_next_release_is_due(cases: Path) -> None:
    observations = read((cases / "import" / "f01_fred_pce_monthly.csv").read_text(), date(2026, 11, 20)).observations
    (figure,) = own_figures("import.pce", observations, [date(2026, 11, 20)], "pce.csv")
    assert (figure.value, figure.reason, figure.observed) == (121.168, None, date(2026, 9, 1))
    assert proposed_lag(observations) == 60


@pytest.mark.cases
@pytest.mark.parametrize(
    ("file", "session", "value"),
    [
        ("c01_vix_1990", date(1999, 1, 4), 26.17),
        ("c01_vix_1990", date(1999, 1, 5), 26.17),
        ("c04_old", date(1999, 1, 4), 9293.991),
    ],
)
def test_files_that_begin_before_the_calendar_have_figures_from_its_first_session_on(
    cases: Path, file: str, session: date, value: float
) -> None:
    observations = read((cases / "import" / f"{file}.csv").read_text(), date(2026, 9, 18)).observations
    sessions = sessions_between(observations.index[0].date(), session)
    found = {figure.session: figure.value for figure in own_figures("import.own", observations, sessions, "own.csv")}
    assert found[session] == value
    assert min(found) == date(1999, 1, 4)


def test_a_monthly_series_without_a_lag_is_current_for_as_long_as_its_release_takes() -> None:
    text = "".join(f"{2025 + at // 12}-{at % 12 + 1:02}-01,{110 + at}\n" for at in range(21))  # to September 2026
    observations = read(text, date(2026, 11, 20)).observations
    (figure,) = own_figures("import.pce", observations, [date(2026, 11, 20)], "pce.csv")
    assert (figure.value, figure.source, figure.observed) == (130, "pce.csv", date(2026, 9, 1))


def test_observations_before_the_calendar_are_taken() -> None:
    observations = read("1990-01-02,17.24\n1998-12-31,24.42\n1999-01-04,26.17\n", date(2025, 9, 18)).observations
    sessions = sessions_between(observations.index[0].date(), date(1999, 1, 5))
    found = own_figures("import.vix", observations, sessions, "vix.csv")
    assert [(figure.session, figure.value) for figure in found] == [
        (date(1999, 1, 4), 26.17),
        (date(1999, 1, 5), 26.17),
    ]
    assert date(1999, 1, 4) in counted(observations, None, sessions).sessions


def test_a_lag_counts_an_observation_once_it_is_known() -> None:
    observations = read("2025-06-01,1\n2025-07-01,2\n2025-08-01,3\n", date(2025, 9, 18)).observations
    sessions = sessions_between(date(2025, 7, 28), date(2025, 9, 2))
    by_day = {figure.session: figure.value for figure in own_figures("import.x", observations, sessions, "x.csv", 60)}
    assert (min(by_day), by_day[date(2025, 8, 28)]) == (date(2025, 7, 31), 1)
    assert by_day[date(2025, 9, 2)] == 2  # 1 July + 60 days is Saturday 30 August, and Monday is Labor Day


def test_an_import_between_two_sessions_makes_no_figure_past_the_judged_one(
    one_day: Database, market: SampleMarket
) -> None:
    db = one_day
    imports.keep(db, "import.vix", read(f"{DAYS[0]},15\n{DAYS[1]},16\n", DAYS[1]), "vix.csv", evening(DAYS[1]))
    assert figures.last_session(db) == DAYS[0]
    told = summarise(db)
    assert told is not None
    assert (told.session, [standing.figure.value for standing in told.own]) == (DAYS[0], [15])
    refresh(RunContext(db, market, evening(DAYS[1])), DAYS[1])
    assert [figure.value for figure in figures.history(db, "import.vix")] == [15, 16]


def test_what_is_imported_before_any_session_has_its_past_with_the_first_one(
    db: Database, market: SampleMarket
) -> None:
    imports.keep(db, "import.vix", read(f"{DAYS[0]},15\n{DAYS[1]},16\n", DAYS[1]), "vix, of cboe.csv", evening(DAYS[1]))
    assert figures.last_session(db) is None
    refresh(RunContext(db, market, evening(DAYS[1])), DAYS[1])
    assert [(figure.session, figure.value, figure.source) for figure in figures.history(db, "import.vix")] == [
        (DAYS[0], 15, "vix, of cboe.csv"), (DAYS[1], 16, "vix, of cboe.csv"),
    ]  # fmt: skip


def fired_on(db: Database) -> list[str]:
    return [day for (day,) in db.conn.execute("SELECT session FROM events WHERE kind = 'fired' ORDER BY id")]


def test_a_running_rule_counts_observations_and_an_observation_that_comes_late(
    one_day: Database, market: SampleMarket
) -> None:
    db = one_day
    imported(db, f"{DAYS[0]},15\n", DAYS[0])
    with writing(db):
        chats.subscribe(db, 7, evening(DAYS[0]))
        rule = parse("import.vix > 20 for 2 days")
        rules.add_rule(db, 7, rule, value_past(db, rule.watched, DAYS[0], 12), evening(DAYS[0]))
    imported(db, f"{DAYS[1]},25\n", DAYS[1])
    refresh(RunContext(db, market, evening(DAYS[1])), DAYS[1])  # the first above 20
    refresh(RunContext(db, market, evening(DAYS[2])), DAYS[2])  # nothing new: 25 stands
    assert fired_on(db) == []
    imported(db, f"{DAYS[2]},26\n", DAYS[2])  # a day late
    refresh(RunContext(db, market, evening(DAYS[3])), DAYS[3])
    assert fired_on(db) == [DAYS[3].isoformat()]


def test_a_lag_is_proposed_to_slow_series_and_never_required(filled: Program) -> None:
    (filled.folder / "slow.csv").write_text(QUARTERS)
    ran = filled.run("import", "slow", "slow.csv")
    assert ran.returncode == 0, ran.stderr
    assert "A quarterly series is usually known 120 days after its date: --lag 120 counts it then." in ran.stdout
    given = filled.run("import", "slow", "slow.csv", "--lag", "30")
    assert "--lag" not in given.stdout
    assert "larger than 5 MB" in filled.run("import", "endless", "/dev/zero").stderr


def test_a_removed_series_is_gone(filled: Program, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("2025-08-19,1\n")
    assert filled.run("import", "x", str(tmp_path / "x.csv")).returncode == 0
    assert "is gone" in filled.run("import", "x", "--remove").stdout
    assert "import.x: never imported" in filled.run("figures", "import.x").stderr
