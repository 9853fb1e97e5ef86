"""Where a figure stands reads the same in a summary, in an alert and under /why."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.series import Series
from bot.formatting import sources
from bot.reports.series import read_series
from bot.reports.summary import reading_of
from storage import figures
from storage.database import writing

NOW = datetime(2025, 8, 22, 21, tzinfo=UTC)
FIRST, LAST = date(2022, 1, 3), date(2025, 8, 22)


def record(db: Database, name: str, source: str) -> None:
    found = [
        Figure(day, name, 4.0 + day.month / 10, 1.0, 1, 1, source, None, observed=day.replace(day=1))
        for day in sessions_between(FIRST, LAST)
    ]
    with writing(db):
        figures.record_figures(db, found, NOW, backfilled=True)


def test_a_monthly_figure_has_one_standing(db: Database) -> None:
    record(db, "backdrop.unemployment", "FRED")
    reading = reading_of(db, "backdrop.unemployment", LAST)
    told = read_series(db, Series("backdrop.unemployment"), LAST)
    assert reading is not None
    assert reading.standing == told.rank
    assert (told.rank.count, told.rank.unit, told.rank.since) == (44, "months", FIRST)
    event = told.to_json()
    assert (event["count"], event["frequency"]) == (44, "monthly")


def test_a_file_name_with_a_comma_is_no_note(db: Database) -> None:
    record(db, "import.vix", "vix, of cboe.csv")
    reading = reading_of(db, "import.vix", LAST)
    assert reading is not None
    assert (reading.figure.source, reading.figure.dated) == ("vix, of cboe.csv", "of 1 Aug 2025")
    assert reading.figure.provenance == "vix, of cboe.csv, of 1 Aug 2025"
    assert sources([reading.figure]) == "vix, of cboe.csv"
