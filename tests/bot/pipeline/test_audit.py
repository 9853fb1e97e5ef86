"""The audit: clean after sessions as a refresh records them; every difference is found, and its cause is said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.program import DAYS, Program, evening

from alerts.market.sample import SampleMarket
from alerts.metrics.figure import Figure
from alerts.rules.grammar import parse
from bot.alerting.rules import set_rule
from bot.pipeline.audit import Cause, Difference, SessionAudit, Subject, audit
from bot.pipeline.backfill import backfill
from bot.pipeline.context import RunContext
from bot.pipeline.session import refresh
from storage import figures
from storage.chain_check import check_chain
from storage.database import claim_market, open_database, writing

METRIC = "breadth.above_50d.large"
SEALED = DAYS[:3]
FIRED = SEALED[2]
BEFORE = date(2025, 8, 18)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, market: SampleMarket) -> Iterator[Database]:
    """A database with SEALED, and a chat with two rules of which one fires on the third; to be copied."""
    made = open_database(tmp_path_factory.mktemp("recorded") / "rotation.db")
    claim_market(made, "sample", evening(DAYS[0]))
    backfill(RunContext(made, market, evening(BEFORE)), BEFORE)
    for day in SEALED[:2]:
        refresh(RunContext(made, market, evening(day)), day)
    value = figures.values_on(made, SEALED[1])[METRIC]
    assert value is not None
    with writing(made):
        for line in (f"large above 50d > {value + 0.01:.3f}", f"large above 50d < {value - 0.01:.3f}"):
            set_rule(made, 1001, parse(line), 50, evening(SEALED[1]))
    refresh(RunContext(made, market, evening(FIRED)), FIRED)
    yield made
    made.close()


@pytest.fixture
def copied(recorded: Database, db: Database) -> Database:
    recorded.conn.backup(db.conn)
    return db


def audited(db: Database, market: SampleMarket, *sessions: date) -> list[SessionAudit]:
    return list(audit(RunContext(db, market, evening(FIRED)), sessions, check_chain(db)))


def subjects(one: SessionAudit) -> list[tuple[Subject, str, Cause]]:
    return [(found.subject, found.name, found.cause) for found in one.differences]


def test_sessions_as_they_were_recorded_are_clean(copied: Database, market: SampleMarket) -> None:
    found = audited(copied, market, *SEALED)
    assert [(one.differences, one.unkept) for one in found] == [((), {})] * len(SEALED)
    assert all(one.clean and one.chained and one.figures > 100 for one in found)
    assert [(one.firings, one.texts) for one in found] == [(0, 0), (0, 0), (1, 1)]


def test_a_figure_changed_by_hand_is_found_with_the_firing_that_no_longer_follows(
    copied: Database, market: SampleMarket
) -> None:
    before = figures.values_on(copied, SEALED[1])[METRIC]
    copied.conn.execute(
        "UPDATE figures SET value = ? WHERE metric = ? AND session = ?", [before, METRIC, FIRED.isoformat()]
    )
    (found,) = audited(copied, market, FIRED)
    assert [(subject, cause) for subject, _, cause in subjects(found)] == [
        (Subject.FIGURE, Cause.BY_HAND), (Subject.FIRING, Cause.BY_HAND),
    ]  # fmt: skip
    assert not found.clean


def test_an_event_and_a_text_changed_by_hand_are_found(copied: Database, market: SampleMarket) -> None:
    text, identity = copied.conn.execute("SELECT text, id FROM outbox").fetchone()
    copied.conn.execute("UPDATE outbox SET text = ?", [text.replace("5", "6", 1)])
    (found,) = audited(copied, market, FIRED)
    assert subjects(found) == [(Subject.TEXT, str(identity), Cause.BY_HAND)]
    copied.conn.execute("UPDATE outbox SET text = ?", [text])
    (event,) = copied.conn.execute("SELECT id FROM events").fetchone()
    copied.conn.execute("UPDATE events SET event = json_set(event, '$.value', 12.5)")
    (found,) = audited(copied, market, FIRED)
    assert [(subject, cause) for subject, _, cause in subjects(found)] == [
        (Subject.FIRING, Cause.BY_HAND), (Subject.CHAIN, Cause.BY_HAND),
    ]  # fmt: skip
    assert found.differences[-1].name == f"event {event}"


def test_a_firing_deleted_by_hand_is_missed(copied: Database, market: SampleMarket) -> None:
    copied.conn.execute("DELETE FROM events")
    (found,) = audited(copied, market, FIRED)
    (missed,) = found.differences
    assert (missed.subject, missed.recorded, missed.now) == (Subject.FIRING, "nothing", "fired")
    assert (found.texts, found.without_events) == (0, 1)


def test_a_correction_is_said_and_what_rules_did_before_it_follows_from_the_first_value(
    copied: Database, market: SampleMarket
) -> None:
    """A close of many large companies comes out otherwise: the figure is corrected, and would not have fired."""
    day = (FIRED - date(1970, 1, 1)).days
    before = (SEALED[1] - date(1970, 1, 1)).days
    copied.conn.execute(
        "UPDATE closes SET close = (SELECT close FROM closes AS earlier WHERE earlier.company = closes.company "
        "AND earlier.day = ?) WHERE day = ? AND company IN (SELECT company FROM closes WHERE day = ?)",
        [before, day, before],
    )
    (found,) = audited(copied, market, FIRED)
    assert (Subject.FIGURE, METRIC, Cause.LATER_CLOSE) in subjects(found)
    first = figures.on_session(copied, FIRED)[METRIC].value
    refreshed = next(one.now for one in found.differences if one.name == METRIC)
    with writing(copied):
        anew = Figure(FIRED, METRIC, float(refreshed.rstrip(" %")), 1.0, 500, 500, "test", None)
        assert figures.correct(copied, [anew], evening(DAYS[3])) == 1
    (found,) = audited(copied, market, FIRED)
    of_metric = [one for one in found.differences if METRIC in (one.name, one.recorded.split()[0])]
    assert [(one.subject, one.cause) for one in of_metric] == [
        (Subject.FIGURE, Cause.CORRECTION), (Subject.FIRING, Cause.CORRECTION),
    ]  # fmt: skip
    assert of_metric[1].recorded == f"{METRIC} {first}"


def test_companies_that_no_longer_count_are_the_cause_of_what_they_change(
    copied: Database, market: SampleMarket
) -> None:
    copied.conn.execute(
        "DELETE FROM memberships WHERE segment = 'large' AND company IN "
        "(SELECT company FROM memberships WHERE segment = 'large' LIMIT 40)"
    )
    (found,) = audited(copied, market, FIRED)
    assert (Subject.FIGURE, METRIC, Cause.MEMBERSHIP) in subjects(found)


def test_what_was_only_corrected_counts_as_clean() -> None:
    found = Difference(Subject.FIGURE, METRIC, "51 %", "52 %", Cause.CORRECTION)
    assert SessionAudit(FIRED, True, 1, {}, 0, 0, 0, (found,)).clean


@pytest.mark.process
def test_the_console_audits_and_finds_what_was_changed_first(program: Program, recorded: Database) -> None:
    path = Path(recorded.conn.execute("PRAGMA database_list").fetchone()[2])
    recorded.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(path, program.folder / "rotation.db")
    ran = program.run("audit", "--from", str(DAYS[0]))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert [line[:17] for line in ran.stdout.splitlines() if line[:1] == "2"] == [f"{day}: clean" for day in SEALED]
    noted = ran.stdout.split("Last hash: ")[1].strip()
    assert "Nothing was changed by hand." in ran.stdout and noted == check_chain(recorded).head
    db = open_database(program.folder / "rotation.db")
    db.conn.execute("UPDATE figures SET value = 1 WHERE metric = ? AND session = ?", [METRIC, str(SEALED[1])])
    db.conn.execute("UPDATE outbox SET text = text || '!'")
    db.close()
    ran = program.run("audit", "--chain", "--expect", noted[:16])
    assert ran.returncode == 1, ran.stderr
    assert f"The first row changed by hand: figure {METRIC} of {SEALED[1]}, recorded in entry " in ran.stdout
    assert f"  then text 1 of {FIRED}, recorded in entry " in ran.stdout
    ran = program.run("audit", "--json", "--expect", "0000")
    document = json.loads(ran.stdout)
    assert (ran.returncode, document["chain"]["anchored"], document["sessions"][0]["clean"]) == (1, False, False)
    ran = program.run("audit", "--session", "2025-08-23")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "2025-08-23 is not sealed; the last sealed session is 2025-08-21" in ran.stderr


@pytest.mark.parametrize(("table", "column"), [("events", "event"), ("outbox", "events")])
@pytest.mark.parametrize("content", ['{"value": 1null}', "[]", "7"])
def test_what_cannot_be_read_any_more_is_found_and_the_rest_is_audited(
    copied: Database, market: SampleMarket, table: str, column: str, content: str
) -> None:
    row = copied.conn.execute(f"SELECT id FROM {table} WHERE session = ? LIMIT 1", [str(FIRED)]).fetchone()[0]
    copied.conn.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", [content, row])
    (found,) = audited(copied, market, FIRED)
    assert (found.clean, found.figures > 100) == (False, True)
    assert all(cause is Cause.BY_HAND for _, _, cause in subjects(found))
    named = {name for _, name, _ in subjects(found)}
    assert str(row) in named or f"event {row}" in named
