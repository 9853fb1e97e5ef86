"""When observations of economic series were first seen."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
from sqlite_utils import Database

from storage import economy
from storage.database import writing

MONTHS = pd.DatetimeIndex(["2025-06-01", "2025-07-01", "2025-08-01"])


def fetched(db: Database, count: int, value: float, day: int) -> None:
    with writing(db):
        held = pd.Series([4.0, 4.1, value][:count], MONTHS[:count])
        economy.record_series(db, "UNRATE", held, datetime(2025, 9, day, 21, tzinfo=UTC))


def test_an_observation_keeps_the_day_it_appeared_through_revisions(db: Database) -> None:
    fetched(db, 2, 4.2, 3)
    fetched(db, 2, 4.2, 4)
    fetched(db, 3, 4.2, 5)
    fetched(db, 3, 4.3, 9)  # revised
    seen = economy.appearances(db, ["UNRATE", "DGS3MO"])
    assert list(seen) == ["UNRATE"]
    ((day, row),) = seen["UNRATE"].iterrows()
    assert (day, row["first_seen"], row["missed_on"]) == (
        pd.Timestamp("2025-08-01"), pd.Timestamp("2025-09-05"), pd.Timestamp("2025-09-04"),
    )  # fmt: skip
    assert economy.first_seen(db, "UNRATE").iloc[-1] == pd.Timestamp("2025-09-09")  # with the value that it has
