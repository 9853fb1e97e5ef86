"""Older closes, kept by company; closes that go, stay and change their scale."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from sqlite_utils import Database

from alerts.market.seasons import rank_days
from alerts.market.sessions import sessions_between
from bot.messages.freshness import freshness_lines
from bot.reports.freshness import freshness
from storage import closes, companies, figures, histories, older_closes
from storage.database import writing

SESSIONS = sessions_between(date(2022, 3, 1), date(2022, 6, 30))
NOW = pd.Timestamp("2022-06-30 22:00", tz="UTC").to_pydatetime()


def listed(db: Database, count: int) -> list[int]:
    """Companies of a census on the last session; their ids."""
    frame = pd.DataFrame(
        {"name": "Company", "first_trade": pd.NaT, "shares_all": 1e6}, index=[f"C{at}" for at in range(count)]
    )
    with writing(db):
        companies.record_companies(db, frame, SESSIONS[-1])
    return list(companies.ids(db).values())


def test_older_closes_come_back_as_they_were_kept(db: Database) -> None:
    ids = listed(db, 5)
    close = np.random.default_rng(7).integers(1, 10**12, (len(SESSIONS), 5))
    close[:40, 1] = 0  # listed later
    close[10:12, 2] = 0  # a hole
    close[:, 3] = 0  # none at all
    with writing(db):
        older_closes.keep_older(db, ids[:4], SESSIONS, close[:, :4])
    assert histories.with_older(db, SESSIONS[0]) == set(ids[:4])
    assert histories.with_older(db, date(2022, 2, 28)) == set()  # not from so early on
    close[:, 4] = 0  # not kept
    assert (older_closes.older_matrix(db, SESSIONS, ids) == close).all()
    with writing(db):
        histories.forget_older(db, ids[:1])
    assert histories.count_older(db) == (3, SESSIONS[0])


def test_closes_go_but_for_those_of_rank_days(db: Database) -> None:
    ids = listed(db, 2)
    close = np.arange(1, 2 * len(SESSIONS) + 1).reshape(-1, 2) * 1_000_000
    begin = date(2022, 6, 1)
    with writing(db):
        closes.record_closes(db, SESSIONS, ids, close)
        companies.note_history(db, ["C0", "C1"], SESSIONS[0])
        gone = closes.prune_closes(db, begin, rank_days(date(2020, 1, 1), begin))
    stay = [day == date(2022, 4, 29) or day >= begin for day in SESSIONS]
    assert gone == 2 * stay.count(False)
    assert (closes.close_matrix(db, SESSIONS, ids) == np.where(np.array(stay)[:, None], close, 0)).all()
    assert set(companies.companies(db)["history_from"]) == {begin.isoformat()}
    with writing(db):
        closes.rescale_closes(db, [date(2022, 4, 29)], {ids[0]: 0.1})
    at = SESSIONS.index(date(2022, 4, 29))
    assert closes.close_matrix(db, [SESSIONS[at]], ids).tolist() == [[close[at, 0] // 10, close[at, 1]]]


def test_answers_say_how_far_the_history_is(db: Database) -> None:
    ids = listed(db, 4)
    with writing(db):
        db.conn.execute(
            "INSERT INTO figures (metric, session, source, reason, backfilled, fetched_at) VALUES (?, ?, ?, ?, 0, ?)",
            ["size.ratio", SESSIONS[-1].isoformat(), "test", "none", NOW.isoformat()],
        )
    assert figures.last_session(db) == SESSIONS[-1]
    assert freshness_lines(freshness(db, NOW)) == ()
    with writing(db):
        companies.note_history(db, ["C0", "C1", "C2"], SESSIONS[0])
    assert freshness_lines(freshness(db, NOW)) == ("⏳ History: 3 of 4 companies.",)
    with writing(db):
        companies.note_history(db, ["C3"], SESSIONS[0])
        older_closes.keep_older(db, ids[:2], SESSIONS[:3], np.ones((3, 2), dtype=np.int64))
    assert freshness_lines(freshness(db, NOW)) == ("⏳ History since 2022: 2 of 4 companies.",)
    with writing(db):
        histories.note_filled(db, SESSIONS[2])
        histories.drop_older(db)
    assert freshness_lines(freshness(db, NOW)) == ()
    assert histories.filled_from(db) == SESSIONS[2]
