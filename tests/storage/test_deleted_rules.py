"""Deleting a rule and bringing it back; lines behind a link."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlite_utils import Database

from alerts.rules.grammar import parse
from alerts.rules.state import Phase
from storage import chats, rules, snoozes
from storage.database import writing
from storage.deleted_rules import KEPT, delete_for_undo, deleted_line, restore
from storage.shared_lines import line_of, payload_of
from storage.snoozes import PAUSED, Snooze

NOW = datetime(2025, 8, 29, 21, tzinfo=UTC)
CHAT, OTHER = 1001, 1002


def past(*values: float) -> list[tuple[date, float | None]]:
    return [(date(2025, 8, 1) + timedelta(days=at), value) for at, value in enumerate(values)]


def made(db: Database, line: str, values: list[tuple[date, float | None]]) -> int:
    chats.subscribe(db, CHAT, NOW)
    number, _ = rules.add_rule(db, CHAT, parse(line), values, NOW)
    watch = rules.rule_numbered(db, CHAT, number)
    assert watch is not None
    return watch.id


def test_a_rule_comes_back_under_its_id_number_and_snooze(db: Database) -> None:
    values = past(50, 61)
    with writing(db):
        first = made(db, "small above 200d > 60 clear 55", values)
        made(db, "small above 200d > 70", values)
        snoozes.snooze(db, Snooze(first, CHAT, PAUSED))
        gone = delete_for_undo(db, CHAT, first)
        assert gone is not None
        assert rules.count_rules(db, CHAT) == 1
        assert deleted_line(db, CHAT, first) == "small above 200d > 60 clear 55"
        assert deleted_line(db, OTHER, first) is None
        assert restore(db, OTHER, first, gone.rule, values) is None
        back = restore(db, CHAT, first, gone.rule, values)
    assert back is not None
    assert (back.id, back.number, back.rule, back.state.phase) == (first, 1, gone.rule, gone.state.phase)
    assert snoozes.snoozes_of(db, CHAT)[first].paused
    assert deleted_line(db, CHAT, first) is None
    assert db.conn.execute("SELECT count(*) FROM deleted_rules").fetchone() == (0,)


@pytest.mark.parametrize(
    ("later", "phase", "announced"),
    [
        ((50, 61), Phase.FIRING, True),  # nothing has happened since
        ((50, 61, 62), Phase.FIRING, True),  # the episode goes on
        ((50, 61, 59), Phase.INACTIVE, False),  # it ended meanwhile
        ((50, 61, 59, 63), Phase.FIRING, False),  # and another began, of which nobody was told
    ],
)
def test_an_episode_is_as_announced_as_it_was(
    db: Database, later: tuple[float, ...], phase: Phase, announced: bool
) -> None:
    with writing(db):
        identity = made(db, "small above 200d > 60", past(50, 61))
        db.conn.execute("UPDATE watches SET announced = 1 WHERE rule = ?", [identity])
        gone = delete_for_undo(db, CHAT, identity)
        assert gone is not None
        back = restore(db, CHAT, identity, gone.rule, past(*later))
    assert back is not None
    assert (back.state.phase, back.state.announced) == (phase, announced)


def test_only_the_last_deletions_of_a_chat_are_kept_and_none_of_an_erased_one(db: Database) -> None:
    with writing(db):
        for at in range(KEPT + 3):
            identity = made(db, f"small above 200d > {10 + at * 0.5:g}", past(50, 51))
            delete_for_undo(db, CHAT, identity)
    assert db.conn.execute("SELECT count(*) FROM deleted_rules").fetchone() == (KEPT,)
    with writing(db):
        chats.forget(db, CHAT)
    assert db.conn.execute("SELECT count(*) FROM deleted_rules").fetchone() == (0,)


@pytest.mark.parametrize(
    "line",
    [
        "small above 200d crosses above 60",
        "small above 200d crosses above 62.5 clear 58",
        "small above 200d ≥ 60",
        "small above 200d > 99 and large above 200d > 99 and small above 50d > 99 for 3 days keep 2 days",
    ],
)
def test_a_link_leads_back_to_its_line(db: Database, line: str) -> None:
    with writing(db):
        payload = payload_of(db, line)
        assert payload_of(db, line) == payload
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)
    assert line_of(db, payload) == line


@pytest.mark.parametrize("payload", ["", "a", "s", "a_-_-", "snobody", "x" * 64, "a" + "é" * 8, "a/w=="])
def test_a_link_that_was_cut_leads_nowhere(db: Database, payload: str) -> None:
    assert line_of(db, payload) in (None, "")
