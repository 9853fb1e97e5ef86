"""Which years of the simulated market a demo still has to fill."""

from __future__ import annotations

from datetime import date, timedelta

from sqlite_utils import Database

from alerts.market.sessions import previous_sessions
from bot.demo.clock import FIRST_SESSION, HISTORY, evening
from bot.demo.history import missing_from
from storage import histories, sessions
from storage.database import writing


def sealed(db: Database, session: date) -> None:
    with writing(db):
        sessions.note_gathered(db, session, evening(session), None)
        sessions.seal(db, session, evening(session))


def filled(db: Database, start: date) -> None:
    with writing(db):
        histories.note_filled(db, start)


def test_nothing_is_filled_before_the_first_session_is_judged_or_for_no_years(db: Database) -> None:
    assert missing_from(db, 10) is None
    sealed(db, FIRST_SESSION)
    assert missing_from(db, 0) is None


def test_ten_years_are_missing_after_two_and_none_once_they_are_there(db: Database) -> None:
    sealed(db, FIRST_SESSION)
    filled(db, previous_sessions(FIRST_SESSION, HISTORY)[0])
    start = missing_from(db, 10)
    assert start == date(2016, 1, 22)
    filled(db, start)
    assert missing_from(db, 10) is None


def test_a_clock_that_has_gone_on_for_some_days_fills_nothing_again(db: Database) -> None:
    sealed(db, FIRST_SESSION)
    filled(db, date(2016, 1, 22))
    sealed(db, FIRST_SESSION + timedelta(days=5))
    assert missing_from(db, 10) is None
