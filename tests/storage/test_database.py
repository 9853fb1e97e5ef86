"""The file: pragmas, migrations, two writers, and outbox rows that keep their order."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from alerts.metrics.figure import Figure
from storage import chats, closes, figures, outbox
from storage.database import claim_market, open_database, writing
from storage.errors import AnotherMarket
from storage.migrations import migrations

NOW = datetime(2025, 8, 22, 21, tzinfo=UTC)
DAY, NEXT = date(2025, 8, 22), date(2025, 8, 25)


def pragma(db: Database, name: str) -> object:
    return db.conn.execute(f"PRAGMA {name}").fetchone()[0]


def test_it_opens_with_wal_full_synchronous_and_foreign_keys(db: Database) -> None:
    assert (pragma(db, "journal_mode"), pragma(db, "synchronous"), pragma(db, "foreign_keys")) == ("wal", 2, 1)
    assert pragma(db, "page_size") == 16384


def test_opening_again_migrates_nothing(path: Path) -> None:
    open_database(path).close()
    before = path.read_bytes()
    db = open_database(path)
    assert list(migrations.pending(db)) == []
    db.close()
    assert path.read_bytes() == before


def test_two_processes_may_open_a_new_file_at_once(path: Path) -> None:
    problems: list[Exception] = []

    def open_and_close() -> None:
        try:
            open_database(path).close()
        except Exception as error:  # noqa: BLE001 – whatever it is, the test shows it
            problems.append(error)

    threads = [threading.Thread(target=open_and_close) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_second_writer_waits_and_loses_nothing(path: Path, db: Database) -> None:
    def write(first: int) -> None:
        other = open_database(path)
        for chat in range(first, first + 50):
            with writing(other):
                chats.subscribe(other, chat, NOW)
        other.close()

    threads = [threading.Thread(target=write, args=(first,)) for first in (1000, 2000, 3000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert chats.subscribers(db) == 150


def test_what_fails_half_way_is_undone(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), writing(db):
        chats.subscribe(db, 1, NOW)
        raise ZeroDivisionError
    assert chats.chat(db, 1) is None


def test_simulated_and_real_figures_never_share_a_file(db: Database) -> None:
    claim_market(db, "sample", NOW)
    claim_market(db, "sample", NOW)
    with pytest.raises(AnotherMarket, match="MARKET=yahoo"):
        claim_market(db, "yahoo", NOW)


def figure(value: float | None, session: date = DAY) -> Figure:
    return Figure(session, "size.ratio", value, 1.0, 2, 2, "test", None if value is not None else "no close")


def test_a_backfill_leaves_what_a_session_recorded(db: Database) -> None:
    with writing(db):
        figures.record_figures(db, [figure(67.6)], NOW, backfilled=False)
        figures.record_figures(db, [figure(1.0), figure(2.0, NEXT)], NOW, backfilled=True)
        figures.record_figures(db, [figure(3.0, NEXT)], NOW, backfilled=True)
    assert [row.value for row in figures.history(db, "size.ratio")] == [67.6, 3.0]


def test_a_correction_shows_the_new_value_and_says_what_it_was(db: Database) -> None:
    later = NOW + timedelta(days=1)
    with writing(db):
        figures.record_figures(db, [figure(67.6), figure(None, NEXT)], NOW, backfilled=False)
        number = figures.revision(db)
        assert figures.correct(db, [figure(67.604), figure(None), figure(None, NEXT)], NOW) == 0  # unseen, or nothing
        assert figures.revision(db) == number
        assert figures.correct(db, [figure(67.9), figure(70.0, NEXT)], NOW) == 2
        assert figures.correct(db, [figure(68.2)], later) == 1
        assert figures.revision(db) > number
    first, second = figures.history(db, "size.ratio")
    assert (first.value, first.provenance) == (68.2, f"test, corrected on {later.day} {later:%b %Y} (was 67.60)")
    assert (second.value, second.reason, second.provenance) == (
        70.0,
        None,
        f"test, corrected on {NOW.day} {NOW:%b %Y} (was missing)",
    )


def test_what_is_backfilled_is_written_over_and_not_corrected(db: Database) -> None:
    with writing(db):
        figures.record_figures(db, [figure(1.0)], NOW, backfilled=True)
        assert figures.correct(db, [figure(2.0)], NOW) == 0


def test_a_figure_without_a_value_needs_a_reason(db: Database) -> None:
    with pytest.raises(Exception, match="CHECK"), writing(db):
        figures.record_figures(
            db, [Figure(DAY, "size.ratio", None, None, None, None, "t", None)], NOW, backfilled=False
        )


def test_closes_come_back_as_they_went_in(db: Database) -> None:
    db.conn.executemany(
        "INSERT INTO companies (id, symbol, name, last_census) VALUES (?, ?, ?, ?)",
        [(key, f"Q{key}", "", "2025-08-22") for key in (7, 3, 9)],
    )
    matrix = np.array([[10_000_001, 0, 5], [0, 2**40, 7]], dtype=np.int64)
    with writing(db):
        closes.record_closes(db, [DAY, NEXT], [7, 3, 9], matrix)
    assert (closes.close_matrix(db, [DAY, NEXT], [7, 3, 9]) == matrix).all()
    assert (closes.close_matrix(db, [NEXT], [9, 4, 7]) == [[7, 0, 0]]).all()
    assert closes.count_closes(db, DAY) == 2


def test_a_message_is_queued_once_a_chat_session_kind_and_part(db: Database) -> None:
    with writing(db):
        chats.subscribe(db, 1, NOW)
        for _ in range(2):
            outbox.enqueue(db, DAY, "alert", [outbox.Outgoing(1, ["one", "two"], [1])], NOW)
    assert outbox.counts(db) == {"pending": 2}


def test_a_chats_next_message_waits_for_the_one_before(db: Database) -> None:
    with writing(db):
        for chat in (1, 2):
            chats.subscribe(db, chat, NOW)
        outbox.enqueue(db, DAY, "alert", [outbox.Outgoing(1, ["first", "second"])], NOW)
        outbox.enqueue(db, DAY, "alert", [outbox.Outgoing(2, ["other"])], NOW)
        first, other = outbox.claim(db, NOW, 10)
        assert (first.text, other.text) == ("first", "other")
        assert outbox.claim(db, NOW, 10) == []
        outbox.mark_sent(db, [outbox.Sent(first.id, 5)], NOW)
        assert [due.text for due in outbox.claim(db, NOW, 10, resting=[1])] == []
        assert [due.text for due in outbox.claim(db, NOW, 10)] == ["second"]


def test_leaving_withdraws_what_was_due(db: Database) -> None:
    with writing(db):
        chats.subscribe(db, 1, NOW)
        outbox.enqueue(db, DAY, "alert", [outbox.Outgoing(1, ["late"])], NOW)
        chats.unsubscribe(db, 1, NOW)
        assert outbox.claim(db, NOW, 1) == []
    assert outbox.counts(db) == {"withdrawn": 1}


def test_notes_that_stood_behind_a_source_move_into_their_own_columns(path: Path) -> None:
    db = Database(path)
    migrations.apply(db, stop_before="notes_of_figures")
    sources = {
        "size.ratio": "Yahoo Finance",
        "backdrop.unemployment": "FRED, of 2025-07-01",
        "breadth.above_50d.small": "Yahoo Finance, census averages for 4, provisional members",
        "rates.cut_odds": "Yahoo Finance futures, FRED",
        "import.vix": "vix, of cboe.csv",
        "import.pe": "pe, of cboe.csv, of 2025-07-31",
    }
    for name, source in sources.items():
        db.conn.execute(
            "INSERT INTO figures (metric, session, value, source, backfilled, fetched_at) VALUES (?, ?, 1, ?, 0, ?)",
            [name, DAY.isoformat(), source, NOW.isoformat()],
        )
    db.conn.commit()
    db.close()
    db = open_database(path)
    held = figures.on_session(db, DAY)
    shown = {"backdrop.unemployment": "FRED, of 1 Jul 2025", "import.pe": "pe, of cboe.csv, of 31 Jul 2025"}
    assert {name: figure.provenance for name, figure in held.items()} == sources | shown
    assert {name: (figure.source, figure.notes, figure.observed) for name, figure in held.items()} == {
        "size.ratio": ("Yahoo Finance", (), None),
        "backdrop.unemployment": ("FRED", (), date(2025, 7, 1)),
        "breadth.above_50d.small": ("Yahoo Finance", ("census averages for 4", "provisional members"), None),
        "rates.cut_odds": ("Yahoo Finance futures, FRED", (), None),
        "import.vix": ("vix, of cboe.csv", (), None),
        "import.pe": ("pe, of cboe.csv", (), date(2025, 7, 31)),
    }
    db.close()
