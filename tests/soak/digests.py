"""Weeks of digests for chats in twelve zones, minute by minute, on a clock of its own.

`python tests/soak/digests.py --weeks 104 --chats 500` prints a table; what is wrong stands below it. Every minute the
bot's own tick looks for what is due, and the outbox hands out what it would send, with the topic it would go to.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from alerts.digest_times import DigestTime
from alerts.market.sessions import close_of, sessions_between
from alerts.metrics.figure import Figure
from bot.alerting.digests import send_due
from storage import chats, digests, figures, groups, outbox, sessions
from storage.database import open_database, writing
from storage.outbox import Sent

ZONES = (
    "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Jerusalem",
    "America/Santiago", "Africa/Casablanca", "America/St_Johns", "Africa/Cairo", "Europe/London", "UTC",
)  # fmt: skip
DAYS = (tuple(range(7)), (0, 1, 2, 3, 4), (0,), (5,), (6,), (2, 4))
FAMILIES = (("size", "breadth", "concentration", "valuation"), ("size",), ("breadth", "rates"))
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Wanted:
    """A chat, and what it asked for."""

    chat: int
    when: DigestTime
    topic: int | None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.when.zone)


@dataclass
class Found:
    """What the weeks brought."""

    weeks: float
    chats: int
    sent: int = 0
    skipped: int = 0  # no new session since the last
    seconds: float = 0.0
    missed: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    wrong_topic: list[str] = field(default_factory=list)
    wrong_time: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        return [*self.missed, *self.twice, *self.wrong_topic, *self.wrong_time]

    def table(self) -> str:
        """The counts, one a line."""
        return "\n".join(
            f"{name:>26}  {value:,}"
            for name, value in {
                "weeks": self.weeks, "chats": self.chats, "digests": self.sent, "without a new session": self.skipped,
                "missed": len(self.missed), "twice": len(self.twice), "in a wrong topic": len(self.wrong_topic),
                "at a wrong time": len(self.wrong_time), "seconds of the machine": round(self.seconds),
            }.items()
        )  # fmt: skip


def run(first: date, weeks: float, count: int, folder: Path, seed: int = 1) -> Found:
    """Live through the weeks from `first` on with `count` chats, a third of them groups with topics or channels."""
    began, found = time.monotonic(), Found(weeks, count)
    now = datetime.combine(first, datetime.min.time(), UTC)
    end = now + timedelta(weeks=weeks)
    db = open_database(folder / "digests.db")
    before = sessions_between(first - timedelta(days=10), first - timedelta(days=1))[-1]
    closes = {close_of(day) + timedelta(hours=1): day for day in sessions_between(first, end.date())}
    _seal(db, before)
    wanted = _ask(db, count, now, random.Random(seed))
    sent: Counter[tuple[int, date]] = Counter()
    at: dict[tuple[int, date], datetime] = {}
    while now < end:
        if now in closes:
            _seal(db, closes[now])
        with writing(db):
            while send_due(db, now):
                pass
        for due in _sendable(db, now):
            of = wanted[due.chat]
            local = now.astimezone(of.zone)
            sent[due.chat, local.date()] += 1
            at[due.chat, local.date()] = local
            found.sent += 1
            if due.topic != of.topic:
                found.wrong_topic.append(f"{due.chat} at {now}: topic {due.topic}, not {of.topic}")
        now += MINUTE
    db.close()
    for of in wanted.values():
        _compare(found, of, sent, at, (first, end), (before, [*closes.items()]))
    found.seconds = time.monotonic() - began
    return found


def _sendable(db: Database, now: datetime) -> list[outbox.Due]:
    """What leaves the outbox in this minute, marked sent."""
    if db.conn.execute("SELECT 1 FROM outbox WHERE state = 'pending' LIMIT 1").fetchone() is None:
        return []
    with writing(db):
        due = outbox.claim(db, now, 10_000)
        outbox.mark_sent(db, [Sent(one.id, one.id) for one in due], now)
        db.conn.execute("DELETE FROM outbox WHERE state = 'sent'")
    return due


def _compare(
    found: Found, of: Wanted, sent: Counter[tuple[int, date]], at: dict[tuple[int, date], datetime],
    span: tuple[date, datetime], known: tuple[date, list[tuple[datetime, date]]],
) -> None:  # fmt: skip
    """Each local day of the chat's choice has one digest, if a session has been judged since the last one."""
    before, closes = known
    reached: date | None = None
    day = span[0] + timedelta(days=1)  # the first day may have begun before the chat asked
    last = (span[1].astimezone(of.zone) - timedelta(days=1)).date()
    if (first := at.get((of.chat, span[0]))) is not None:
        reached = _latest(before, closes, first)
    while day <= last:
        count = sent[of.chat, day]
        label = f"{of.chat} ({of.when.line}) on {day}"
        if day.weekday() not in of.when.days:
            if count:
                found.wrong_time.append(f"{label}: not asked for")
        else:
            due = datetime.combine(day, of.when.at, of.zone)
            judged = _latest(before, closes, due)
            if judged == reached:
                found.skipped += 1
            if count > 1:
                found.twice.append(label)
            elif count != int(judged != reached):
                (found.twice if count else found.missed).append(label)
            if count:
                exists = due.astimezone(UTC).astimezone(of.zone).replace(tzinfo=None) == due.replace(tzinfo=None)
                if exists and at[of.chat, day].time() != of.when.at:
                    found.wrong_time.append(f"{label}: at {at[of.chat, day]}")
            reached = judged
        day += timedelta(days=1)


def _latest(before: date, closes: list[tuple[datetime, date]], moment: datetime) -> date:
    """The last session that is judged at a moment."""
    return max((session for judged, session in closes if judged <= moment.astimezone(UTC)), default=before)


def _ask(db: Database, count: int, now: datetime, choose: random.Random) -> dict[int, Wanted]:
    wanted = {}
    with writing(db):
        for number in range(1, count + 1):
            zone = ZONES[number % len(ZONES)]
            # Many of them in the hours in which clocks change.
            at = clock(choose.choice([0, 1, 2, 2, 3, 7, 18, 23]), choose.choice([0, 15, 30, 59]))
            when = DigestTime(choose.choice(DAYS), at, zone)
            chat, topic = number, None
            if number % 3 == 0:
                chat, topic = -1_002_000_000_000 - number, choose.choice([None, 7, 8])
                groups.add_group(db, chat, now, channel=topic is None)
                groups.keep_topic(db, chat, topic, now)
            chats.subscribe(db, chat, now)
            digests.set_digest(db, chat, when, choose.choice(FAMILIES), now)
            wanted[chat] = Wanted(chat, when, topic)
    return wanted


def _seal(db: Database, session: date) -> None:
    judged = close_of(session) + timedelta(hours=1)
    values = {"regime.state": 1.0, "regime.score": 3.0, "size.ratio": 100.0 + session.toordinal() % 9}
    found = [Figure(session, name, value, 1.0, 4, 4, "test", None) for name, value in values.items()]
    with writing(db):
        figures.record_figures(db, found, judged, backfilled=False)
        sessions.note_gathered(db, session, judged, None)
        sessions.seal(db, session, judged)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--weeks", type=float, default=104)
    asked.add_argument("--chats", type=int, default=500)
    asked.add_argument("--first", type=date.fromisoformat, default=date(2024, 1, 1))
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(given.first, given.weeks, given.chats, Path(folder))
    print(found.table())
    for problem in found.problems[:20]:
        print(problem)
    raise SystemExit(bool(found.problems))


if __name__ == "__main__":
    main()
