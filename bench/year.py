"""A year of sessions through the program's own code: what it costs as the file grows old, and how large that becomes.

    python -m bench.year [--sessions 252] [--chats 10000] [--companies 3200] [--keep-events-days 120]
                         [--keep-messages-days 30] [--json]

Each session is refreshed, its messages are claimed and marked sent as delivery does it, and what is too old is deleted.
A process of its own fills the history and stores ten rules a chat before; that is not counted. The bench ends with an
error where anything is told twice, or not at all. The whole year takes an hour or more; Ctrl-C ends it with the
table so far.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
from sqlite_utils import Database

from alerts.market.sample.economy import SampleEconomy
from alerts.market.sessions import close_of, previous_sessions
from alerts.rules.condition import Operator
from alerts.rules.event import REACHES_CHAT
from alerts.rules.state import Kind
from bench.many_rules import store
from bench.table import Aim, Beside, Line, arguments, line, show
from bench.two_markets import TwoMarkets
from bot.pipeline.backfill import backfill
from bot.pipeline.context import RunContext
from bot.pipeline.session import refresh
from bot.settings import Settings
from bot.transport.delivery import MOST_UNDER_WAY
from bot.transport.settlement import set_aside
from bot.transport.texts import with_texts
from storage import figures, outbox
from storage.database import open_database, writing
from storage.retention import Retention, prune

LAST = date(2025, 9, 30)  # of the year
EACH = 10  # rules of a chat
MONTHS = 12
COMPARED = 4  # the month beside which the last one stands: by then what is deleted with age is being deleted
MB = 1e6


def main() -> None:
    """Run, and print the table."""
    asked = arguments(__doc__)
    asked.add_argument("--sessions", type=int, default=252)
    asked.add_argument("--chats", type=int, default=10_000)
    asked.add_argument("--companies", type=int, default=3_200, help="about how many")
    asked.add_argument("--backfill", type=int, default=252, help="sessions of history before, which levels are of")
    asked.add_argument("--keep-events-days", type=int, default=120)
    asked.add_argument("--keep-messages-days", type=int, default=30)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        show(year(Path(folder) / "rotation.db", given), as_json=given.json)


def year(path: Path, given: Namespace) -> list[Line]:
    """Fill `path`, live the sessions, and the lines of the table."""
    before = multiprocessing.get_context("spawn").Process(target=_prepare, args=(path, given))
    before.start()
    before.join()
    if before.exitcode:
        raise SystemExit(f"the history before the year could not be filled: exit code {before.exitcode}")
    db = open_database(path)
    sessions = _sessions(given)[1:]
    defaults = Settings.model_fields
    keep = Retention(given.keep_events_days, given.keep_messages_days, defaults["keep_census_days"].default)
    life = Life(db, TwoMarkets(given.companies, LAST), keep)
    length = max(1, len(sessions) // MONTHS)
    lived: list[Cost] = []
    try:
        for at in range(0, len(sessions), length):
            for session in sessions[at : at + length]:
                lived.append(life.live(session))
            _say(f"sessions {at + 1}–{len(lived)}", db, lived[at:])
    except KeyboardInterrupt:
        _tell(f"stopped after {len(lived)} sessions: the table is of these")
    lines = _lines(db, lived, life.told, length, given)
    db.close()
    return lines


def _sessions(given: Namespace) -> list[date]:
    """The sessions that are lived, and the one before them, whose figures the rules know."""
    return [*previous_sessions(LAST, given.sessions), LAST]


def _prepare(path: Path, given: Namespace) -> None:
    """The history up to the session before the year, and the rules of the chats."""
    begin = _sessions(given)[0]
    began = time.monotonic()
    db = open_database(path)
    context = _context(db, TwoMarkets(given.companies, begin), begin)
    filled = backfill(context, previous_sessions(begin, given.backfill)[0], begin)
    refresh(context, begin)
    _tell(f"{filled.companies:,} companies, {filled.figures:,} figures: {time.monotonic() - began:.0f} s")
    metrics = store(db, given.chats, EACH, begin, _evening(begin))
    _tell(f"{given.chats * EACH:,} rules on {metrics} metrics: {time.monotonic() - began:.0f} s")
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _context(db: Database, feed: TwoMarkets, session: date) -> RunContext:
    return RunContext(db, feed, _evening(session), SampleEconomy(past=False))


def _evening(session: date) -> datetime:
    return (close_of(session) + timedelta(hours=1)).astimezone(UTC)


@dataclass(frozen=True)
class Cost:
    """Seconds of one session, of the processor and on the clock, and how many rows it made and deleted."""

    cpu: float
    refreshed: float
    delivered: float
    pruned: float
    events: int
    messages: int
    deleted: int

    @property
    def wall(self) -> float:
        return self.refreshed + self.delivered + self.pruned


class Life:
    """Sessions one after the other, each refreshed, delivered and pruned."""

    def __init__(self, db: Database, feed: TwoMarkets, keep: Retention) -> None:
        self.db, self.feed, self.keep = db, feed, keep
        self.told = Told(db)

    def live(self, session: date) -> Cost:
        """One session; AssertionError where it is not sealed, or something is told twice."""
        now, clock = _evening(session), time.perf_counter
        cpu, began = time.process_time(), clock()
        (outcome,) = refresh(_context(self.db, self.feed, session), session)
        refreshed = clock()
        messages = deliver(self.db, now)
        delivered = clock()
        cpu = time.process_time() - cpu
        assert outcome.sealed, outcome
        events = self.told.add(session)  # not counted
        again, asked = time.process_time(), clock()
        deleted = 0
        while gone := self._prune(now):
            deleted += gone
        return Cost(
            cpu + time.process_time() - again, refreshed - began, delivered - refreshed, clock() - asked, events,
            messages, deleted,
        )  # fmt: skip

    def _prune(self, now: datetime) -> int:
        with writing(self.db):
            return prune(self.db, self.keep, now)


def deliver(db: Database, now: datetime) -> int:
    """Claim all messages, with their texts, as many at a time as delivery has under way, and mark them sent."""
    total, sent = 0, list[outbox.Sent]()
    while True:
        with writing(db):
            outbox.mark_sent(db, sent, now)
            due = with_texts(db, outbox.claim(db, now, MOST_UNDER_WAY), partial(set_aside, db, (), now))
        if not due:
            return total
        assert all(one.text for one in due)
        total += len(due)
        sent = [outbox.Sent(one.id, one.id) for one in due]


class Told:
    """What chats have been told, kept here because the database forgets it; `add` proves that none of it comes twice.

    A rule that lasts fires again only after it has resolved, and reminds only between the two. A crossing fires only on
    a session whose value is on the other side of its level than the value before. Each event is in one message.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._crossings = {
            identity: (metric, Operator(operator), level)
            for identity, metric, operator, level in db.conn.execute(
                "SELECT id, series, operator, level FROM rules WHERE operator LIKE 'crosses%'"
            )
        }
        (rules,) = db.conn.execute("SELECT max(id) FROM rules").fetchone()
        self._open = bytearray(rules + 1)  # 1 from when a rule fires until it resolves
        self._event, self._message = (self._last(table) for table in ("events", "outbox"))
        self._values: dict[str, float] = {}
        self._keep_values(figures.last_session(db))
        self.kinds: Counter[str] = Counter()

    def _last(self, table: str) -> int:
        return int(self._db.conn.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])

    def _keep_values(self, session: date | None) -> dict[str, float]:
        """Remember the values of a session, and return those before."""
        before = dict(self._values)
        if session is not None:
            known = figures.values_on(self._db, session).items()
            self._values.update((metric, value) for metric, value in known if value is not None)
        return before

    def add(self, session: date) -> int:
        """Look at what a session told; how many events it wrote."""
        before = self._keep_values(session)
        count, due = 0, set()
        for identity, rule, kind, status in self._db.conn.execute(
            "SELECT id, rule, kind, status FROM events WHERE id > ? ORDER BY id", [self._event]
        ):
            if status in REACHES_CHAT:
                due.add(identity)
            if rule is not None:
                self._follow(rule, Kind(kind), session, before)
            self.kinds[kind] += 1
            count += 1
            self._event = identity
        for identity, told, state, text in self._db.conn.execute(
            "SELECT id, events, state, text FROM outbox WHERE id > ? AND part = 1 ORDER BY id", [self._message]
        ):
            assert state == "sent" and text, f"{session}: message {identity} is {state}"
            for event in json.loads(told):
                assert event in due, f"{session}: message {identity} tells event {event}, which another has told"
                due.remove(event)
            self._message = identity
        assert not due, f"{session}: {len(due)} events that no message tells"
        return count

    def _follow(self, rule: int, kind: Kind, session: date, before: dict[str, float]) -> None:
        if rule in self._crossings:
            metric, operator, level = self._crossings[rule]
            was, now = before[metric], self._values[metric]
            up, down = was <= level < now, now < level <= was
            if operator is Operator.CROSSES:
                up, down = was <= level < now or was < level < now, now < level <= was
            crossed = {Operator.CROSSES_ABOVE: up, Operator.CROSSES_BELOW: down}.get(operator, up or down)
            assert crossed, f"{session}: rule {rule}, {metric} {operator} {level}, fired from {was} to {now}"
            return
        match kind:
            case Kind.FIRED:
                assert not self._open[rule], f"{session}: rule {rule} fired again without an end"
                self._open[rule] = 1
            case Kind.REMINDER | Kind.RESOLVED:
                assert self._open[rule], f"{session}: rule {rule}: {kind} without a firing before it"
                self._open[rule] = kind is Kind.REMINDER


def _say(what: str, db: Database, costs: Sequence[Cost]) -> None:
    """One line of what some sessions cost, on standard error."""
    count = len(costs)
    whole, free = _size(db)
    parts = ", ".join(
        f"{name} {sum(getattr(one, name) for one in costs) / count:.2f} s"
        for name in ("cpu", "refreshed", "delivered", "pruned")
    )
    made = ", ".join(
        f"{sum(getattr(one, name) for one in costs):,} {name}" for name in ("events", "messages", "deleted")
    )
    _tell(f"{what}: a session {parts}; {made}; file {whole / MB:.0f} MB, {free / MB:.0f} MB of it free")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _size(db: Database) -> tuple[int, int]:
    """Bytes of the file without its WAL, and of its pages that are free."""
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size, pages, free = (
        db.conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count")
    )
    return size * pages, size * free


def _lines(db: Database, lived: Sequence[Cost], told: Told, length: int, given: Namespace) -> list[Line]:
    whole, _ = _size(db)
    last, fourth = lived[-length:], lived[(COMPARED - 1) * length : COMPARED * length]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    what = f"{len(lived)} sessions, {given.chats:,} chats, {given.chats * EACH:,} rules"
    sizes = [
        line(f"{what}: the database file", "MB", [whole / MB], Aim(at_most=1_000)),
        line("… memory of the process at its peak, the invented market included", "MB", [peak]),
        line("… events a session", "events", [one.events for one in lived]),
        line("… of which fired", "of all", [told.kinds[Kind.FIRED] / max(1, told.kinds.total())]),
        line("… messages a session, each event in one of them", "messages", [one.messages for one in lived]),
    ]
    if not fourth:
        return sizes
    beside = f"month {COMPARED}"
    return [
        *sizes,
        line("a session of the last month, CPU", "s", [one.cpu for one in last], Aim(ratio=1 / 1.2),
             Beside(beside, [one.cpu for one in fourth])),
        line("… on the clock", "s", [one.wall for one in last],
             beside=Beside(beside, [one.wall for one in fourth])),
        line("… CPU of all of the month as a multiple of that month's", "×",
             [sum(one.cpu for one in last) / sum(one.cpu for one in fourth)], Aim(at_most=1.2)),
        line("… and its events as a multiple", "×",
             [sum(one.events for one in last) / max(1, sum(one.events for one in fourth))]),
        line("… the CPU at as many events, as a multiple", "×", [_aged(lived, last) / _aged(lived, fourth)],
             Aim(at_most=1.2)),
    ]  # fmt: skip


def _aged(lived: Sequence[Cost], month: Sequence[Cost]) -> float:
    """The CPU of a month as a multiple of what sessions with as many events cost over the year, by least squares."""
    slope, base = np.polyfit([one.events for one in lived], [one.cpu for one in lived], 1)
    return float(sum(one.cpu for one in month) / sum(base + slope * one.events for one in month))


if __name__ == "__main__":
    main()
