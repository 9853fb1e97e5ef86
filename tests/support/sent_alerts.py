"""Alerts that were sent a year ago and later, with closes that say what followed: three misses of six to be judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlite_utils import Database

from alerts.market.sessions import close_of, sessions_between
from alerts.rules.event import LeadAfterFirings
from alerts.rules.grammar import parse
from storage import chats, events, rules
from storage.database import writing
from storage.events import NewEvent
from storage.fund_closes import day_number
from storage.track_record import record_answered
from support.alert_events import small

PRESET = "small above 200d crosses above 60 clear 55"
OWN = "small above 200d > 61.5"
DAYS = sessions_between(date(2024, 9, 18), date(2025, 9, 18))
#: IWM gains a tenth of a point a session up to this one, and loses as much after it; SPY stays where it is.
TOP = 120
SHOWN = LeadAfterFirings(63, 12, 1.2, -0.4, 0.75, -6.1)


def hold_closes(db: Database, days: Sequence[date] = DAYS) -> None:
    """Closes of IWM and SPY on `days`, in place of those that are held."""
    with writing(db):
        db.conn.execute("DELETE FROM fund_closes")
        for at, day in enumerate(days):
            iwm = 100.0 + 0.1 * (TOP - abs(TOP - at))
            for symbol, close in (("IWM", iwm), ("SPY", 100.0)):
                db.conn.execute("INSERT INTO fund_closes VALUES (?, ?, ?, ?)", [symbol, day_number(day), close, close])


def send(db: Database, chat: int, line: str, *days: int, shown: LeadAfterFirings | None = SHOWN) -> None:
    """A chat's alert fires on each of those sessions of `DAYS`, and the chat is told of it."""
    now = close_of(DAYS[0])
    with writing(db):
        chats.subscribe(db, chat, now)
        number, _ = rules.add_rule(db, chat, parse(line), [], now)
        watch = rules.rule_numbered(db, chat, number)
        assert watch is not None
        told = [small(line, id=watch.id, number=number, session=DAYS[at], lead=shown) for at in days]
        written = events.record_events(db, [NewEvent(chat, event) for event in told], now)
        record_answered(db, [one.id for one in written])


def a_year(db: Database, ada: int, ben: int) -> None:
    """Ada's preset and Ben's, Ada's own alert, and one that was sent without a base rate."""
    hold_closes(db)
    send(db, ada, PRESET, 10, 90, 130, 200)
    send(db, ben, PRESET, 90, 130)
    send(db, ada, OWN, 20, 150)
    send(db, ben, OWN, 30, shown=None)
