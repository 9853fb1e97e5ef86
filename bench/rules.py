"""A session's rules: what a million of them cost where nothing changes, and where ten thousand do.

    python bench/rules.py [--rules 1000000] [--runs 5]

Beside each figure stands a loop over all rules, held in memory, through the same step; its writes are the same writes.
Medians of the runs. All writes: states, events, messages with their texts, a full synchronous commit, its checkpoint.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from sqlite_utils import Database  # noqa: E402

from alerts.market.sessions import sessions_between  # noqa: E402
from alerts.metrics.figure import Figure  # noqa: E402
from alerts.rules.condition import Operator  # noqa: E402
from alerts.rules.evaluate import Change, Watch, evaluate  # noqa: E402
from alerts.rules.grammar import GrammarError, parse  # noqa: E402
from alerts.rules.rule import Rule  # noqa: E402
from alerts.rules.series import Series  # noqa: E402
from alerts.rules.state import Observation, Phase, State  # noqa: E402
from bot.alerting.evaluate import evaluate_session  # noqa: E402
from bot.reports.series import value_past  # noqa: E402
from storage import chats, figures, rules, watches  # noqa: E402
from storage.database import open_database, writing  # noqa: E402
from storage.rule_rows import columns_of  # noqa: E402

DAYS = sessions_between(date(2023, 1, 3), date(2025, 9, 30))
BEGUN = 300  # sessions of history before the rules are made
NOW = datetime(2025, 9, 30, 21, tzinfo=UTC)
MOVING = 10_000
LOW, BETWEEN, HIGH = 50.0, 50.05, 50.3  # no level stands between the first two; MOVING stand between the last
LINES = (
    "small above 200d > 60 for 3 days clear 55 keep 2 days remind every 5 days until 2030-12-31",
    "iwm/spy rising 21d and small above 200d > 50 and lead 63d inside -2..2 for 3 days once",
    "percentile 252d of iwm/spy < 5", "equal weight at a new high 252d", "smal abov 200 d over 60",
    "hello " * 40, "x" * 300,
)  # fmt: skip


def main() -> None:
    """Run, and print the figures."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--rules", type=int, default=1_000_000)
    asked.add_argument("--runs", type=int, default=5)
    given = asked.parse_args()
    parsing()
    tenth = _with_file(given.rules // 10, 60, given.runs, moving)
    print(f"\n{given.rules:,} rules on 60 series")
    whole = _with_file(given.rules, 60, given.runs, everything)
    say("… as a multiple of the time at a tenth of the rules", f"{whole / tenth:.2f} ×", "2")
    print(f"\n{given.rules:,} rules on 1,000 series")
    _with_file(given.rules, 1000, given.runs, nothing)


def say(what: str, found: str, aim: str = "") -> None:
    print(f"{what:<58}{found:>14}" + (f"   aim {aim}" if aim else ""))


def parsing() -> None:
    """Reading a line, the worst of those a person or a machine may send."""
    for line in LINES:
        _read(line)
    took = [_seconds(lambda line=line: _read(line)) for line in LINES * 50]  # type: ignore[misc]
    say("reading a line, median", f"{1e3 * median(took):.2f} ms")
    say("reading a line, slowest of the lines (median of 50)", f"{1e3 * _slowest(took):.2f} ms", "50 ms")


def _slowest(took: list[float]) -> float:
    return max(median(took[at :: len(LINES)]) for at in range(len(LINES)))


def _read(line: str) -> None:
    with contextlib.suppress(GrammarError):
        parse(line)


def _with_file(count: int, series: int, runs: int, measured: Callable[[Database, int, int], float]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        db = open_database(Path(folder) / "rotation.db")
        build(db, count, series)
        found = measured(db, series, runs)
        db.close()
    return found


def build(db: Database, count: int, series: int) -> None:
    """A file with `count` rules of `count`/4 chats, MOVING of them between BETWEEN and HIGH, one of a chat."""
    source = random.Random(20250930)
    keys = [f"import.s{at:04}" for at in range(series)]
    rows = []
    for identity in range(1, count + 1):
        moving = identity <= MOVING
        level = 50.1 + 0.1 * source.random() if moving else source.choice((0.0, 50.4)) + 49.5 * source.random()
        above = moving or source.random() < 0.5
        rule = Rule.on(Series(keys[identity % series]), Operator.ABOVE if above else Operator.BELOW, round(level, 4))
        rows.append((identity, 1 + identity % (count // 4), rule))
    with writing(db):
        for key in keys:
            db.conn.execute(
                "INSERT INTO observations VALUES (?, ?, ?, ?, 0)", [key, DAYS[BEGUN].isoformat(), BEGUN, LOW]
            )
            for at in range(BEGUN + 1):
                past = [Figure(DAYS[at], key, LOW, 1.0, 1, 1, "bench", None)]
                figures.record_figures(db, past, NOW, backfilled=True)
        stamp = NOW.isoformat()
        db.conn.executemany(
            "INSERT INTO chats (id, created_at, subscribed_at, last_rule) VALUES (?, ?, ?, 4)",
            ((chat, stamp, stamp) for chat in range(1, count // 4 + 1)),
        )
        db.conn.executemany(
            """INSERT INTO rules (id, chat, number, series, operator, level, upper, hold, clear, keep, repeat, remind,
                                  until, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            ((identity, chat, identity, *columns_of(rule), stamp) for identity, chat, rule in rows),
        )
        rows.sort(key=lambda row: (row[2].watched.key, row[2].first.level))
        watches.insert(db, ((identity, rule, _standing(rule)) for identity, _, rule in rows))
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.conn.execute("ANALYZE")


def _standing(rule: Rule) -> State:
    return State(Phase.FIRING if rule.holds(LOW) else Phase.INACTIVE, DAYS[BEGUN], announced=False)


class Evenings:
    """Sessions to judge, one after the other; their figures are recorded before the clock runs."""

    def __init__(self, db: Database, series: int) -> None:
        self.db, self.series, self.at = db, series, BEGUN

    def next(self, value: float) -> date:
        self.at += 1
        day = DAYS[self.at]
        found = [Figure(day, f"import.s{at:04}", value, 1.0, 1, 1, "bench", None) for at in range(self.series)]
        with writing(self.db):
            figures.record_figures(self.db, found, NOW, backfilled=False)
        self.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return day

    def judged(self, value: float) -> tuple[float, float, int]:
        """(seconds of judging, seconds with commit and checkpoint, events) of one session."""
        day = self.next(value)
        begun = time.perf_counter()
        with writing(self.db):
            found = evaluate_session(self.db, day, NOW, late=False)
            judged = time.perf_counter()
        self.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return judged - begun, time.perf_counter() - begun, sum(found.totals.values())


def nothing(db: Database, series: int, runs: int) -> float:
    """A session in which every series moves and no rule does."""
    evenings = Evenings(db, series)
    took = []
    for at in range(runs):
        judged, whole, events = evenings.judged((BETWEEN, LOW)[at % 2])
        assert events == 0
        took.append((judged, whole))
    quiet = median(judged for judged, _ in took)
    say("a session in which nothing changes", f"{1e3 * quiet:.1f} ms", "50 ms" if series > 60 else "10 ms")
    say("… with commit and checkpoint", f"{1e3 * median(whole for _, whole in took):.1f} ms")
    return quiet


def moving(db: Database, series: int, runs: int) -> float:
    """Sessions in which MOVING rules fire, and resolve, in turn: the median of both."""
    evenings = Evenings(db, series)
    took = []
    for _ in range(max(1, runs // 2) + 1):
        for value in (HIGH, LOW):
            _, seconds, events = evenings.judged(value)
            assert events == MOVING, events
            took.append(seconds)
    return median(took)


def everything(db: Database, series: int, runs: int) -> float:
    """Nothing, much, the search alone, and the same by a loop over all rules."""
    quiet = nothing(db, series, runs)
    evenings = Evenings(db, series)
    evenings.at += runs
    whole = _loop_rules(db, series)
    idle, stepped = _loop(whole, evenings.at, runs)
    say("… a loop over all rules", f"{1e3 * idle:,.0f} ms")
    say("… times faster", f"{idle / quiet:,.0f} ×", "200")

    found = []
    for _ in range(runs):
        begun = time.perf_counter()
        count = sum(len(_touched(db, f"import.s{at:04}", evenings.at)) for at in range(series))
        found.append(time.perf_counter() - begun)
        assert count == MOVING, count
    say(f"finding and stepping {MOVING:,} rules, nothing written", f"{1e3 * median(found):.0f} ms")
    say("… times faster than the loop", f"{stepped / median(found):,.0f} ×", "20")

    took = []
    for _ in range(max(1, runs // 2) + 1):
        for value in (HIGH, LOW):
            _, seconds, events = evenings.judged(value)
            assert events == MOVING, events
            took.append(seconds)
    changing = median(took)
    say(f"a session with {MOVING:,} transitions, all writes, checkpoint", f"{1e3 * changing:.0f} ms", "1,000 ms")
    say("… a loop over all rules and the same writes", f"{1e3 * (stepped + changing - median(found)):,.0f} ms")
    say("… times faster", f"{(stepped + changing - median(found)) / changing:.1f} ×", "8")
    making(db)
    return changing


def _touched(db: Database, key: str, at: int) -> list[Change]:
    observation = Observation(DAYS[at + 1], at + 1, HIGH)
    return evaluate(watches.touched(db, key, observation), observation)


def _loop_rules(db: Database, series: int) -> list[Watch]:
    """All rules in memory, where they stand."""
    out: list[Watch] = []
    for at in range(series):
        for value in (-1e9, 1e9):
            out += watches.touched(db, f"import.s{at:04}", Observation(DAYS[BEGUN], BEGUN, value))
    return out


def _loop(whole: list[Watch], at: int, runs: int) -> tuple[float, float]:
    """Seconds of stepping each rule where nothing changes, and where MOVING rules do."""
    out = []
    for value in (BETWEEN, HIGH):
        observation = Observation(DAYS[at + 1], at + 1, value)
        out.append(median(_seconds(lambda one=observation: evaluate(whole, one)) for _ in range(min(runs, 3))))  # type: ignore[misc]
    return out[0], out[1]


def _seconds(what: Callable[[], object]) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


def making(db: Database) -> None:
    """A rule of a chat, made as by /alert: looked for, settled, kept, committed."""
    source = random.Random(7)
    took = []
    for at in range(1000):
        rule = parse(f"import.s{at % 60:04} > {round(source.uniform(1, 99), 4)} for 2 days clear 0.5")
        begun = time.perf_counter()
        with writing(db):
            chats.subscribe(db, 500_000 + at, NOW)
            rules.same_rule(db, 500_000 + at, rule)
            rules.count_rules(db, 500_000 + at)
            rules.add_rule(db, 500_000 + at, rule, value_past(db, rule.watched, DAYS[BEGUN]), NOW)
        took.append(time.perf_counter() - begun)
    cuts = quantiles(took, n=100)
    say("making a rule, median", f"{1e3 * median(took):.2f} ms")
    say("making a rule, 99th percentile", f"{1e3 * cuts[98]:.2f} ms", "5 ms")


if __name__ == "__main__":
    main()
