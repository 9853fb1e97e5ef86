"""rules check, backtest and baserates, as a person at a terminal has them."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.program import Program

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from storage import figures
from storage.database import claim_market, open_database, writing

NOW = datetime(2025, 8, 29, 21, tzinfo=UTC)
DAYS = sessions_between(date(2024, 1, 2), date(2025, 8, 29))


def rotation(
    path: Path, *arguments: str, status: int = 0, columns: str = "160"
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    ran = Program(path.parent).run(*arguments, DATABASE_PATH=str(path), COLUMNS=columns)
    assert ran.returncode == status, ran.stderr
    return ran


def answer(path: Path, *arguments: str, status: int = 0) -> Any:
    return json.loads(rotation(path, *arguments, "--json", status=status).stdout)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with an imported series of 60 sessions, and one of 400, and no closes of funds."""
    file = tmp_path / "rotation.db"
    db = open_database(file)
    claim_market(db, "sample", NOW)
    with writing(db):
        for metric, count in (("import.short", 60), ("import.long", 400)):
            rows = [
                Figure(day, metric, float(at % 20), 1.0, 1, 1, "mine.csv", None) for at, day in enumerate(DAYS[:count])
            ]
            figures.record_figures(db, rows, NOW, backfilled=True)
    db.close()
    return file


def with_funds(path: Path) -> None:
    db = open_database(path)
    with writing(db):
        for at, day in enumerate(DAYS):
            number = (day - date(1970, 1, 1)).days
            for symbol, adjusted in (("IWM", 100 + at * 0.2), ("SPY", 100 + at * 0.1)):
                db.conn.execute("INSERT INTO fund_closes VALUES (?, ?, ?, ?)", [symbol, number, 1.0, adjusted])
    db.close()


def test_a_line_is_read_without_a_database_and_none_is_made(tmp_path: Path) -> None:
    file = tmp_path / "none.db"
    told = answer(file, "rules", "check", "Small above 200-day < 40 % clear 45, once")
    assert (told["ok"], told["rule"], told["kind"]) == (True, "small above 200d < 40 clear 45 once", "level")
    assert told["conditions"][0]["series"] == "breadth.above_200d.small"
    shown = rotation(file, "rules", "check", "equal weight at a new high 252d").stdout
    assert "RSP itself" in shown
    assert not file.exists()


def test_a_line_that_does_not_parse_ends_with_two_and_says_what_would(tmp_path: Path) -> None:
    file = tmp_path / "none.db"
    told = answer(file, "rules", "check", "smal above 200d > 60", status=2)
    assert (told["ok"], told["suggestions"][0]) == (False, "small above 200d")
    assert told["example"]
    ran = rotation(file, "rules", "check", "small above 200d > 600", status=2)
    assert ran.stdout == ""
    assert "from 0 to 100" in ran.stderr
    yesterday = (datetime.now(UTC).date() - timedelta(days=2)).isoformat()
    assert "is gone by" in rotation(file, "rules", "check", f"iwm/spy > 3 until {yesterday}", status=2).stderr
    assert "does not exist" in rotation(file, "rules", "check", "import.mine > 3", status=2).stderr


def test_a_series_that_was_not_imported_and_a_window_beyond_the_history_are_refused(path: Path) -> None:
    assert "no series import.other" in rotation(path, "rules", "check", "import.other > 3", status=2).stderr
    ran = rotation(path, "rules", "check", "import.short at a new high 252d", status=2)
    assert "60 sessions of history are held" in ran.stderr
    assert "import.short at a new high 60d" in ran.stderr
    assert answer(path, "rules", "check", "import.short at a new high 60d")["ok"]
    assert "no series import.other" in rotation(path, "backtest", "import.other > 3", status=2).stderr


def test_a_backtest_of_an_imported_series_without_market_data(path: Path) -> None:
    told = answer(path, "backtest", "import.short > 17 clear 5")
    assert (told["rule"], told["sessions"]) == ("import.short > 17 clear 5", 60)
    assert told["fired"] == [{"session": DAYS[at].isoformat(), "value": 18.0} for at in (18, 38, 58)]
    assert told["resolved"] == [{"session": DAYS[at].isoformat(), "value": 0.0} for at in (20, 40)]
    assert told["base_rates"]["horizons"] == []
    assert "not held" in told["base_rates"]["missing"]


def test_a_backtest_of_a_part_of_the_history(path: Path) -> None:
    told = answer(
        path, "backtest", "import.short > 17 clear 5", "--from", DAYS[19].isoformat(), "--to", DAYS[45].isoformat()
    )
    assert told["sessions"] == 27
    # It was true before the range and nobody was told: it resolves in silence.
    assert [one["session"] for one in told["fired"]] == [DAYS[38].isoformat()]
    assert [one["session"] for one in told["resolved"]] == [DAYS[40].isoformat()]


def test_base_rates_stand_beside_all_days(path: Path) -> None:
    with_funds(path)
    told = answer(path, "baserates", "import.long crosses above 17 once")
    assert told["fired"] == 20  # what spoke once is counted as if it spoke every time
    first, *_, last = told["horizons"]
    assert (first["sessions"], first["firings"]["n"], first["note"]) == (21, 10, None)
    assert first["firings"]["lead"]["share_above_zero"] == 1.0
    assert first["all_days"]["n"] == min(400, len(DAYS) - 21)
    assert (last["sessions"], last["note"]) == (252, "too few to say")
    assert last["firings"]["lead"] is None
    shown = rotation(path, "baserates", "import.long crosses above 17").stdout
    assert "too few to say" in shown
    assert "all days" in shown


def test_a_backtest_for_people_is_a_table(path: Path) -> None:
    shown = rotation(path, "backtest", "import.short crosses above 17").stdout
    assert DAYS[18].isoformat() in shown
    assert "No base rates" in shown


def test_what_nobody_knew_then_is_said_under_a_history_and_tables_read_in_80_columns(path: Path) -> None:
    with_funds(path)
    db = open_database(path)
    with writing(db):
        rows = [Figure(day, name, 20.0 + at % 90, 1.0, 487, 500, "Yahoo Finance", None)
                for name in ("concentration.top7", "breadth.above_200d.small")
                for at, day in enumerate(DAYS)]  # fmt: skip
        figures.record_figures(db, rows, NOW, backfilled=True)
    db.close()
    said = "History and percentiles: surviving companies, by today's share counts."
    for asked in (("backtest", "top 7 > 60"), ("baserates", "top 7 > 60"), ("figures", "top 7")):
        shown = rotation(path, *asked, columns="80").stdout.splitlines()
        assert said in shown, asked
        assert max(map(len, shown)) <= 80
    joined = rotation(path, "backtest", "top 7 > 60 and small above 200d > 40", columns="80").stdout.splitlines()
    assert max(map(len, joined)) <= 80
    assert answer(path, "backtest", "top 7 > 60")["history"] == ["surviving companies", "by today's share counts"]
    assert "History and percentiles" not in rotation(path, "baserates", "import.long > 17").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("backtest", "import.huge > 100000000"),
        ("backtest", "import.huge crosses above its 20d average"),
        ("backtest", "change 1d of import.huge > 5"),
        ("backtest", "zscore 20d of import.huge > 2"),
        ("baserates", "import.huge > 5"),
        ("rules", "check", "import.huge > 100000000"),
    ],
)
def test_json_is_valid_where_numbers_are_infinite_or_as_large_as_they_can_be(
    path: Path, words: tuple[str, ...]
) -> None:
    huge = (1e308, -1e308, float("inf"), 1.7e308, 0.0, float("-inf"))
    db = open_database(path)
    with writing(db):
        rows = [
            Figure(day, "import.huge", huge[at % len(huge)], 1.0, 1, 1, "mine.csv", None) for at, day in enumerate(DAYS)
        ]
        figures.record_figures(db, rows, NOW, backfilled=True)
    db.close()
    with_funds(path)

    def refused(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    ran = Program(path.parent).run(*words, "--json", DATABASE_PATH=str(path))
    assert "Traceback" not in ran.stderr, ran.stderr
    assert ran.returncode in (0, 2), ran.stderr  # 2: a line that says what is wrong with the question
    assert json.loads(ran.stdout, parse_constant=refused)
