"""The bench of a year: its rules are such as people type, what is told twice stops it, and a short one runs."""

from __future__ import annotations

import random
from argparse import Namespace
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from alerts.rules.grammar import parse
from bench.many_rules import rules
from bench.year import Told, year
from storage.database import open_database, writing

SESSION, NEXT = date(2025, 9, 29), date(2025, 9, 30)


@pytest.mark.process
def test_a_short_year_tells_every_event_once(tmp_path: Path) -> None:
    given = Namespace(sessions=2, chats=40, companies=100, backfill=21, keep_events_days=120, keep_messages_days=30)
    found = {one.what: one for one in year(tmp_path / "rotation.db", given)}
    assert found["2 sessions, 40 chats, 400 rules: the database file"].met is True
    assert found["… events a session"].highest > 0
    assert 0 < found["… messages a session, each event in one of them"].ours <= 40


def test_rules_read_back_from_their_line() -> None:
    walk = np.random.default_rng(3).normal(50, 10, 252)
    names = ("breadth.above_50d.small", "breadth.net_highs.all", "size.lead_63d", "sectors.cyclicals_lead_63d")
    made = list(islice(rules(dict.fromkeys(names, walk), random.Random(1)), 300))
    assert [parse(one.line) for one in made] == made
    assert sum(one.clear is not None for one in made) > 30
    assert sum(one.momentary for one in made) > 20
    assert any(one.joined for one in made)
    assert any(one.remind for one in made)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A chat with a rule that lasts and a crossing of 50, whose metric went from 49 to 51."""
    db = open_database(tmp_path / "rotation.db")
    with writing(db):
        db.conn.execute("INSERT INTO chats (id, created_at) VALUES (1, '')")
        db.conn.execute(
            "INSERT INTO rules (id, chat, number, series, operator, level, hold, repeat, created_at) "
            "VALUES (1, 1, 1, 'a', '>', 50, 1, 'every time', ''), "
            "(2, 1, 2, 'a', 'crosses above', 50, 1, 'every time', '')"
        )
        figure(db, SESSION, 49.0)
    yield db
    db.close()


def figure(db: Database, session: date, value: float) -> None:
    db.conn.execute(
        "INSERT INTO figures (metric, session, value, source, backfilled, fetched_at) VALUES ('a', ?, ?, '', 0, '')",
        [session.isoformat(), value],
    )


def tell(db: Database, rule: int, kind: str, session: date, times: int = 1) -> None:
    """An event, and so many messages that tell it."""
    identity = db.conn.execute(
        "INSERT INTO events (rule, chat, session, kind, event, created_at, status) "
        "VALUES (?, 1, ?, ?, '{}', '', 'notified') RETURNING id",
        [rule, session.isoformat(), kind],
    ).fetchone()[0]
    for at in range(times):
        db.conn.execute(
            "INSERT INTO outbox (chat, session, kind, part, events, text, state, created_at) "
            "VALUES (1, ?, ?, 1, ?, 'text', 'sent', '')",
            [session.isoformat(), f"{identity} {at}", f"[{identity}]"],
        )


def test_a_second_firing_without_an_end_is_found_although_the_first_is_deleted(db: Database) -> None:
    told = Told(db)
    tell(db, 1, "fired", SESSION)
    assert told.add(SESSION) == 1
    db.conn.execute("DELETE FROM events")
    tell(db, 1, "fired", NEXT)
    with pytest.raises(AssertionError, match="rule 1 fired again without an end"):
        told.add(NEXT)


def test_a_rule_may_fire_again_after_its_end(db: Database) -> None:
    told = Told(db)
    for kind in ("fired", "reminder", "resolved"):
        tell(db, 1, kind, SESSION)
    tell(db, 1, "fired", NEXT)
    assert told.add(SESSION) == 4
    assert told.kinds == {"fired": 2, "reminder": 1, "resolved": 1}


def test_a_crossing_fires_only_where_its_value_crossed(db: Database) -> None:
    told = Told(db)
    figure(db, NEXT, 51.0)
    tell(db, 2, "fired", NEXT)
    assert told.add(NEXT) == 1
    after = date(2025, 10, 1)
    figure(db, after, 52.0)
    tell(db, 2, "fired", after)
    with pytest.raises(AssertionError, match=r"rule 2, a crosses above 50\.0, fired from 51\.0 to 52\.0"):
        told.add(after)


@pytest.mark.parametrize(("times", "why"), [(0, "1 events that no message tells"), (2, "which another has told")])
def test_an_event_is_in_one_message(db: Database, times: int, why: str) -> None:
    told = Told(db)
    tell(db, 1, "fired", SESSION, times)
    with pytest.raises(AssertionError, match=why):
        told.add(SESSION)
