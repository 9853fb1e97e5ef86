"""The chain: clean after all that a running bot does, and the first row that was changed by hand is found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.grammar import parse
from bot.alerting.evaluate import evaluate_session
from bot.pipeline.unsealing import unseal
from bot.reports.series import value_past
from storage import chain, chats, figures, outbox, rules, sessions
from storage.chain_check import What, check_chain
from storage.chat_migration import move_chat
from storage.database import open_database, writing
from storage.migrations import migrations
from storage.retention import Retention, prune

NOW = datetime(2025, 8, 29, 21, tzinfo=UTC)
METRIC, OTHER = "breadth.above_50d.large", "breadth.above_200d.large"
DAYS = sessions_between(date(2025, 8, 18), date(2025, 8, 29))
VALUES = (48, 52, 47, 53, 46, 54, 47, 55, 46, 56)
CHATS = (1001, 1002)


def seal(db: Database, day: date, value: float) -> None:
    """Gather and evaluate a session, as a refresh does."""
    with writing(db):
        found = [Figure(day, name, float(value), 1.0, 1, 1, "test", None) for name in (METRIC, OTHER, "price.AAPL")]
        figures.record_figures(db, found, NOW, backfilled=False)
        sessions.note_gathered(db, day, NOW, None)
        evaluate_session(db, day, NOW, late=False)
        sessions.seal(db, day, NOW)


@pytest.fixture
def recorded(db: Database) -> Database:
    """Ten sessions that two chats with a rule each were told of, on nine of which it fired or resolved."""
    seal(db, DAYS[0], VALUES[0])
    with writing(db):
        for chat in CHATS:
            chats.subscribe(db, chat, NOW)
            rule = parse("large above 50d > 50")
            rules.add_rule(db, chat, rule, value_past(db, rule.watched, DAYS[0]), NOW)
    for day, value in zip(DAYS[1:], VALUES[1:], strict=True):
        seal(db, day, value)
    return db


def test_what_is_digested_of_a_row_stays_as_it_was_for_earlier_entries(recorded: Database) -> None:
    """Each value after its length in characters, as text, in UTF-8."""
    rows = recorded.conn.execute(
        f"SELECT {chain.written(chain.MESSAGE)}, {', '.join(chain.MESSAGE)} FROM outbox"
    ).fetchall()
    assert any("−" in text or "≥" in text or "🔔" in text for *_, text in rows)
    for content, *values in rows:
        assert content == "".join(f"{len(str(value))}:{value}" for value in values).encode()
    digested = chain.digest(bytes(range(16)), "1:5≥".encode())
    assert digested == hashlib.blake2b("1:5≥".encode(), digest_size=16, salt=bytes(range(16))).digest()


def whats(db: Database) -> list[What]:
    return [one.what for one in check_chain(db).findings]


def test_all_that_was_recorded_is_chained(recorded: Database) -> None:
    found = check_chain(recorded)
    assert not found.findings
    assert (found.sessions, found.figures, found.events, found.messages) == (10, 20, 18, 18)
    assert (found.since, found.head) == (None, chain.head(recorded).hash)
    kinds = [one.kind for one in chain.entries(recorded)]
    assert kinds == ["start"] + ["sealed"] * 10  # events and texts of a session are in its own entry


def test_texts_made_later_enter_as_they_are_stored(recorded: Database) -> None:
    for at in range(3):
        with writing(recorded):
            messages = [outbox.Outgoing(chat, [f"Digest {at}"]) for chat in CHATS]
            outbox.enqueue(recorded, DAYS[-1], f"digest {at}", messages, NOW + timedelta(hours=at))
    with writing(recorded):
        outbox.claim(recorded, NOW, 10)  # stores nothing new
    added = list(chain.entries(recorded))[11:]
    assert [(one.kind, len(list(chain.leaves(one.messages)))) for one in added] == [("stored", 2)] * 3
    assert added[-1].recorded_at == (NOW + timedelta(hours=2)).isoformat(timespec="seconds")
    assert not whats(recorded)


def test_a_text_made_when_its_message_is_sent_is_chained_as_it_was_stored(recorded: Database) -> None:
    with writing(recorded):
        outbox.enqueue(recorded, DAYS[-1], "late", [outbox.Outgoing(chat, [""]) for chat in CHATS], NOW)
    late = [row[0] for row in recorded.conn.execute("SELECT id FROM outbox WHERE kind = 'late' ORDER BY id")]
    assert not whats(recorded)
    with writing(recorded):  # one of them, beside a message that is new
        outbox.enqueue(recorded, DAYS[-1], "digest", [outbox.Outgoing(CHATS[0], ["Digest"])], NOW)
        outbox.write_texts(recorded, [outbox.Written(late[0], "Small caps lead", None, None)])
    *_, worded = chain.entries(recorded)
    assert (worded.kind, [one for one, _ in chain.leaves(worded.messages)]) == ("worded", [late[0], late[1] + 1])
    assert (whats(recorded), check_chain(recorded).messages) == ([], 21)
    recorded.conn.execute("UPDATE outbox SET text = 'Large caps lead' WHERE id = ?", [late[0]])
    recorded.conn.execute("UPDATE outbox SET text = 'Nobody leads' WHERE id = ?", [late[1]])  # made by hand, not sent
    found = {(one.what, one.name, one.entry) for one in check_chain(recorded).findings}
    assert found == {
        (What.MESSAGE, str(late[0]), worded.number), (What.MESSAGE, str(late[1]), worded.number - 1)
    }  # fmt: skip


def test_a_transaction_that_is_undone_leaves_no_entry(recorded: Database) -> None:
    before = chain.head(recorded)
    with pytest.raises(ZeroDivisionError), writing(recorded):
        outbox.enqueue(recorded, DAYS[-1], "notice", [outbox.Outgoing(1001, ["Hello"])], NOW)
        chain.append_stored(recorded)
        raise ZeroDivisionError
    assert chain.head(recorded) == before


def test_a_correction_is_appended(recorded: Database) -> None:
    with writing(recorded):
        computed = [Figure(DAYS[3], METRIC, 51.0, 1.0, 1, 1, "test", None)]
        assert figures.correct(recorded, computed, NOW) == 1
    *_, last = chain.entries(recorded)
    assert (last.kind, DAYS[3].isoformat() in last.figures, METRIC in last.figures) == ("corrected", True, True)
    assert not whats(recorded)
    recorded.conn.execute("UPDATE figures SET value = 53 WHERE session = ? AND metric = ?", [str(DAYS[3]), METRIC])
    (found,) = check_chain(recorded).findings  # the value that it had first is not the one that it has since
    assert (found.what, found.entry, found.session, found.name) == (What.FIGURE, last.number, str(DAYS[3]), METRIC)


def test_an_undone_seal_is_appended_and_the_session_sealed_again(recorded: Database) -> None:
    unseal(recorded, DAYS[7])
    *_, last = chain.entries(recorded)
    assert (last.kind, last.session, last.gone_events, last.gone_messages) == ("unsealed", str(DAYS[7]), 6, 6)
    assert (whats(recorded), check_chain(recorded).sessions) == ([], 7)
    seal(recorded, DAYS[7], 58)
    assert (whats(recorded), check_chain(recorded).sessions) == ([], 8)


def test_an_erased_chat_leaves_digests_that_tell_nothing(recorded: Database) -> None:
    salts = [row[0] for row in recorded.conn.execute("SELECT salt FROM outbox WHERE chat = 1001")]
    assert len(set(salts)) == 9
    with writing(recorded):
        chats.forget(recorded, 1001)
    *_, last = chain.entries(recorded)
    assert (last.kind, last.gone_events, last.gone_messages, last.recorded_at) == ("erased", 9, 9, None)
    assert (whats(recorded), check_chain(recorded).gone_messages) == ([], 9)
    kept = b"".join(one.messages + one.events for one in chain.entries(recorded))
    assert not any(salt in kept for salt in salts)


def test_what_is_pruned_reads_so(recorded: Database) -> None:
    seal(recorded, date(2025, 9, 2), 45)  # resolves: what announced an episode that goes on would stay
    recorded.conn.execute("UPDATE outbox SET state = 'sent'")
    keep = Retention(events=6, messages=3, census=50)
    with writing(recorded):
        assert prune(recorded, keep, NOW) == 18
    found = check_chain(recorded)
    assert (found.findings, found.gone_events, found.gone_messages) == ((), 8, 10)


def test_a_group_that_got_another_number_keeps_its_digests(recorded: Database) -> None:
    with writing(recorded):
        move_chat(recorded, 1001, -100500)
    with writing(recorded):
        move_chat(recorded, -100500, -100600)
    assert not whats(recorded)
    recorded.conn.execute(
        "UPDATE outbox SET chat = 1002, part = 7 WHERE chat = -100600 AND session = ?", [str(DAYS[4])]
    )
    assert whats(recorded) == [What.MESSAGE]


FOURTH = str(DAYS[3])
BY_HAND: dict[str, tuple[str, Sequence[object], list[What]]] = {
    "a figure": ("UPDATE figures SET value = 51 WHERE session = ? AND metric = ?", (FOURTH, METRIC), [What.FIGURE]),
    "a figure's coverage": ("UPDATE figures SET coverage = 0.9 WHERE session = ? AND metric = ?", (FOURTH, METRIC),
                            [What.FIGURE]),
    "a figure's mark": ("UPDATE figures SET backfilled = 1 WHERE session = ? AND metric = ?", (FOURTH, METRIC),
                        [What.FIGURE_GONE]),
    "a figure deleted": ("DELETE FROM figures WHERE session = ? AND metric = ?", (FOURTH, METRIC), [What.FIGURE_GONE]),
    "a figure added": ("INSERT INTO figures (metric, session, value, source, backfilled, fetched_at) "
                       "VALUES ('breadth.above_50d.small', ?, 1, '', 0, '')", (FOURTH,), [What.FIGURE_ADDED]),
    "an event": ("UPDATE events SET event = replace(event, '53.0', '54.0') WHERE id = 5", (), [What.EVENT]),
    "an event's session": ("UPDATE events SET session = '2025-08-18' WHERE id = 5", (), [What.EVENT]),
    "an event's chat": ("UPDATE events SET chat = 1001 WHERE id = 6", (), [What.EVENT]),
    "an event deleted": ("DELETE FROM events WHERE id = 5", (), [What.EVENTS_GONE]),
    "an event added": ("INSERT INTO events (chat, session, kind, event, created_at) "
                       "VALUES (1001, ?, 'fired', '{}', '')", (FOURTH,), [What.EVENT_ADDED]),
    "a text": ("UPDATE outbox SET text = text || '!' WHERE id = 5", (), [What.MESSAGE]),
    "a text, behind a character 0": (
        "UPDATE outbox SET text = text || char(0) || '!' WHERE id = 5", (), [What.MESSAGE]
    ),
    "a text's salt": ("UPDATE outbox SET salt = NULL WHERE id = 5", (), [What.MESSAGE]),
    "a text deleted": ("DELETE FROM outbox WHERE id = 5", (), [What.MESSAGES_GONE]),
    "an entry": ("UPDATE chain SET recorded_at = '2025-01-01' WHERE number = 4", (), [What.ENTRY]),
    "an entry's digests": ("UPDATE chain SET figures = '[' WHERE number = 11", (),
                           [What.ENTRY, What.FIGURE_ADDED, What.FIGURE_ADDED]),
    "the last entries": ("DELETE FROM chain WHERE number > 10", (),
                         [What.NOT_SEALED_HERE, *[What.EVENT_ADDED] * 2, *[What.MESSAGE_ADDED] * 2]),
}  # fmt: skip


@pytest.mark.parametrize("changed", BY_HAND)
def test_what_was_changed_by_hand_is_found(recorded: Database, changed: str) -> None:
    statement, given, expected = BY_HAND[changed]
    assert recorded.conn.execute(statement, given).rowcount == 1
    assert whats(recorded) == expected


def test_an_entry_taken_out_and_the_first_of_many_changes_are_named(recorded: Database) -> None:
    one = recorded.conn.execute
    one("UPDATE figures SET value = 1 WHERE metric = ? AND session IN (?, ?)", [METRIC, str(DAYS[8]), str(DAYS[2])])
    one("UPDATE outbox SET text = '' WHERE session = ?", [str(DAYS[5])])
    found = check_chain(recorded).findings
    assert [(one.what, one.session) for one in found] == [
        (What.FIGURE, str(DAYS[2])), (What.MESSAGE, str(DAYS[5])), (What.MESSAGE, str(DAYS[5])),
        (What.FIGURE, str(DAYS[8])),
    ]  # fmt: skip
    one("DELETE FROM chain WHERE number = 3")
    first = check_chain(recorded).findings[0]
    assert (first.what, first.entry) == (What.ENTRY, 4)


def test_a_noted_hash_shows_that_the_chain_was_written_anew(recorded: Database) -> None:
    noted = chain.head(recorded).hash
    with writing(recorded):
        outbox.enqueue(recorded, DAYS[-1], "notice", [outbox.Outgoing(1001, ["Hello"])], NOW)
    assert (check_chain(recorded, noted[:12].upper()).anchored, check_chain(recorded).anchored) == (True, None)
    # Whoever can write the file can make a chain that agrees with itself: its hashes are others.
    recorded.conn.execute("UPDATE figures SET value = 1 WHERE session = ? AND metric = ?", [FOURTH, METRIC])
    recorded.conn.execute("DELETE FROM chain WHERE number > 1")
    with writing(recorded):
        for day in DAYS:
            chain.append_session(recorded, day, NOW)
    found = check_chain(recorded, noted)
    assert (found.findings, found.anchored) == ((), False)


def test_a_database_of_an_earlier_version_is_chained_from_its_migration_on(tmp_path: Path) -> None:
    path = tmp_path / "rotation.db"
    before = Migrations("rotation-alerts")
    before._migrations = [one for one in migrations._migrations if one.name != "chain_of_sessions"]
    earlier = Database(path)
    before.apply(earlier)
    stamp = NOW.isoformat()
    for statement, given in (
        ("INSERT INTO chats (id, created_at) VALUES (1001, ?)", [stamp]),
        ("INSERT INTO sessions (session, gathered_at, sealed_at) VALUES (?, ?, ?)", [str(DAYS[0]), stamp, stamp]),
        ("INSERT INTO figures (metric, session, value, source, backfilled, fetched_at) VALUES (?, ?, 48, '', 0, '')",
         [METRIC, str(DAYS[0])]),
        ("INSERT INTO events (chat, session, kind, event, created_at) VALUES (1001, ?, 'fired', '{}', '')",
         [str(DAYS[0])]),
    ):  # fmt: skip
        earlier.conn.execute(statement, given)
    earlier.conn.commit()
    earlier.close()
    db = open_database(path)
    found = check_chain(db)
    assert (found.since, found.entries, found.findings) == (DAYS[0], 1, ())
    seal(db, DAYS[1], 52)
    found = check_chain(db)
    assert (found.sessions, found.findings) == (1, ())
    with writing(db):
        chats.forget(db, 1001)  # its event was never chained
    assert (check_chain(db).gone_events, whats(db)) == (0, [])
    db.close()


@pytest.mark.parametrize("append", [chain.append_stored, lambda db: chain.append_corrections(db, [], NOW)])
def test_nothing_new_appends_nothing(recorded: Database, append: Callable[[Database], None]) -> None:
    before = chain.head(recorded)
    with writing(recorded):
        append(recorded)
    assert chain.head(recorded) == before
