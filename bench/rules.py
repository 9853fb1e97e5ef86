"""A session's rules: what a million of them cost where nothing changes, and where ten thousand do.

    python -m bench.rules [--rules 1000000] [--runs 5] [--json]

Beside stands a loop over all rules, held in memory, through the same step; its writes are the same writes. All writes:
states, events, messages, a full synchronous commit, its checkpoint. It takes at least 400,000 rules.
"""

from __future__ import annotations

import contextlib
import random
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.condition import Operator
from alerts.rules.evaluate import Change, Watch, evaluate
from alerts.rules.grammar import GrammarError, parse
from alerts.rules.rule import Rule
from alerts.rules.series import Series
from alerts.rules.state import Observation, Phase, State
from bench.table import RUNS, Aim, Beside, Line, arguments, line, show
from bot.alerting.evaluate import evaluate_session
from bot.reports.series import value_past
from bot.transport.delivery import MOST_UNDER_WAY
from bot.transport.settlement import set_aside
from bot.transport.texts import with_texts
from storage import chats, figures, outbox, rules, watches
from storage.database import open_database, writing
from storage.rule_rows import columns_of

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
    """Run, and print the table."""
    asked = arguments(__doc__)
    asked.add_argument("--rules", type=int, default=1_000_000)
    given = asked.parse_args()
    lines = parsing()
    tenth: list[float] = []
    _with_file(given.rules // 10, 60, lambda db: tenth.extend(moving(db, 60, given.runs)))
    _with_file(given.rules, 60, lambda db: lines.extend(everything(db, given, tenth)))
    _with_file(
        given.rules, 1000, lambda db: lines.append(_quiet_line(nothing(db, 1000, given.runs), given.rules, 1000))
    )
    show(lines, as_json=given.json)


def parsing() -> list[Line]:
    """Reading a line, the worst of those a person or a machine may send."""
    for one in LINES:
        _read(one)
    took = [1e3 * _seconds(lambda one=one: _read(one)) for one in LINES * 50]  # type: ignore[misc]
    slowest = max((took[at :: len(LINES)] for at in range(len(LINES))), key=median)
    return [line("reading the line of a rule, the slowest of several", "ms", slowest, Aim(at_most=50))]


def _read(line: str) -> None:
    with contextlib.suppress(GrammarError):
        parse(line)


def _with_file(count: int, series: int, measured: Callable[[Database], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = open_database(Path(folder) / "rotation.db")
        build(db, count, series)
        measured(db)
        db.close()


def build(db: Database, count: int, series: int) -> None:
    """A file with `count` rules of `count`/4 chats, MOVING of them between BETWEEN and HIGH, one of a chat."""
    source = random.Random(20250930)
    keys = [f"import.s{at:04}" for at in range(series)]
    with writing(db):
        for key in keys:
            db.conn.execute(
                "INSERT INTO observations VALUES (?, ?, ?, ?, 0)", [key, DAYS[BEGUN].isoformat(), BEGUN, LOW]
            )
        for day in DAYS[: BEGUN + 1]:
            found = [Figure(day, key, LOW, 1.0, 1, 1, "bench", None) for key in keys]
            figures.record_figures(db, found, NOW, backfilled=True)
        stamp = NOW.isoformat()
        db.conn.executemany(
            "INSERT INTO chats (id, created_at, subscribed_at, last_rule) VALUES (?, ?, ?, 4)",
            ((chat, stamp, stamp) for chat in range(1, count // 4 + 1)),
        )
        _copy_models(db, count, [_drawn(identity, keys, source) for identity in range(1, count + 1)], stamp)
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.conn.execute("ANALYZE")


#: Rules above and below a level that stand on either side of it. A million of them are copies, each on a series and a
#: level of its own: to make as many one by one takes minutes.
MODELS = (
    Rule.on(Series("import.s0000"), Operator.ABOVE, 50.0), Rule.on(Series("import.s0000"), Operator.ABOVE, 1.0),
    Rule.on(Series("import.s0000"), Operator.BELOW, 50.0), Rule.on(Series("import.s0000"), Operator.BELOW, 99.0),
)  # fmt: skip


def _drawn(identity: int, keys: Sequence[str], source: random.Random) -> tuple[int, str, int, float]:
    """(id, series, its place in MODELS, level) of a rule."""
    moving = identity <= MOVING
    level = round(50.1 + 0.1 * source.random() if moving else source.choice((0.0, 50.4)) + 49.5 * source.random(), 4)
    above = moving or source.random() < 0.5
    model = (0 if level >= LOW else 1) if above else (2 if level <= LOW else 3)
    return identity, keys[identity % len(keys)], model, level


def _copy_models(db: Database, count: int, drawn: Iterable[tuple[int, str, int, float]], stamp: str) -> None:
    watches.insert(db, ((-at, rule, _standing(rule)) for at, rule in enumerate(MODELS, start=1)))
    db.conn.execute("CREATE TEMP TABLE drawn (id INTEGER PRIMARY KEY, series, model, level REAL)")
    db.conn.executemany("INSERT INTO drawn VALUES (?, ?, ?, ?)", drawn)
    for at, rule in enumerate(MODELS):
        _, operator, _, *others = columns_of(rule)
        db.conn.execute(
            f"""INSERT INTO rules (id, chat, number, series, operator, level, upper, hold, clear, keep, repeat, remind,
                                   until, created_at)
                SELECT id, 1 + id % {count // 4}, id, series, ?, level, ?, ?, ?, ?, ?, ?, ?, ? FROM drawn
                WHERE model = {at} ORDER BY id""",
            [operator, *others, stamp],
        )
    db.conn.execute(
        """INSERT INTO watches (series, sign, strict, level, rule, phase, since, due, announced, told, side, at_least)
           SELECT drawn.series, sign, strict, sign * drawn.level, id, phase, since, due, announced, told, side, at_least
           FROM drawn JOIN watches ON rule = -1 - model ORDER BY 1, 2, 3, 4, 5"""
    )
    db.conn.execute("DELETE FROM watches WHERE rule < 0")
    db.conn.execute("DROP TABLE drawn")
    for identity in range(1, count, count // 100):
        watch = next(one for one in rules.rules_of(db, 1 + identity % (count // 4)) if one.id == identity)
        assert watch.state == _standing(watch.rule), watch


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


def nothing(db: Database, series: int, runs: int) -> list[float]:
    """Seconds of sessions in which every series moves and no rule does."""
    evenings = Evenings(db, series)
    took = []
    for at in range(runs):
        judged, _, events = evenings.judged((BETWEEN, LOW)[at % 2])
        assert events == 0
        took.append(judged)
    return took


def moving(db: Database, series: int, runs: int, after: int = 0) -> list[float]:
    """Seconds of sessions in which MOVING rules fire, and resolve, in turn, at least `runs`."""
    evenings = Evenings(db, series)
    evenings.at += after
    took = []
    for _ in range((runs + 1) // 2):
        for value in (HIGH, LOW):
            _, seconds, events = evenings.judged(value)
            assert events == MOVING, events
            took.append(seconds)
    return took


def _quiet_line(quiet: list[float], rules: int, series: int, beside: Beside | None = None) -> Line:
    aim = Aim(at_most=10, ratio=200) if series == 60 else Aim(at_most=50)
    return line(f"{rules:,} rules on {series:,} series, nothing changes", "ms", _ms(quiet), aim, beside)


def _ms(seconds: list[float]) -> list[float]:
    return [1e3 * one for one in seconds]


def everything(db: Database, given: Namespace, tenth: list[float]) -> list[Line]:
    """Nothing, much, the search alone, and the same by a loop over all rules; making a rule.

    tenth: seconds of much, with a tenth of the rules.
    """
    runs, series = given.runs, 60
    quiet = nothing(db, series, runs)
    whole = _loop_rules(db, series)
    idle, stepped = _loop(whole, BEGUN + runs, runs)
    del whole  # a million objects, which every look for garbage would go through

    found = []
    for _ in range(runs):
        begun = time.perf_counter()
        count = sum(len(_touched(db, f"import.s{at:04}", BEGUN + runs)) for at in range(series))
        found.append(time.perf_counter() - begun)
        assert count == MOVING, count

    changing = moving(db, series, runs, after=runs)
    writes = median(changing) - median(found)
    loop = "a loop over all rules"
    with_writes = Beside(f"{loop}, and the same writes", [1e3 * (one + writes) for one in stepped])
    whole_of_it = Aim(at_most=1_000, ratio=8)
    growth = line(
        "… as a multiple of the time at a tenth of the rules", "×", [one / median(tenth) for one in changing],
        Aim(at_most=2),
    )  # fmt: skip
    return [
        _quiet_line(quiet, given.rules, series, Beside(loop, _ms(idle))),
        line(f"finding and stepping {MOVING:,} of them", "ms", _ms(found), Aim(ratio=20), Beside(loop, _ms(stepped))),
        line(f"{MOVING:,} transitions, all writes, checkpoint", "ms", _ms(changing), whole_of_it, with_writes),
        growth,
        line(
            f"… claiming {MOST_UNDER_WAY} of the messages, their texts made and stored", "ms", _ms(claiming(db, runs))
        ),
        *making(db),
    ]


def claiming(db: Database, runs: int) -> list[float]:
    """Seconds of claiming as many messages as delivery has under way at most."""
    took = []
    for _ in range(runs):
        begun = time.perf_counter()
        with writing(db):
            due = with_texts(db, outbox.claim(db, NOW, MOST_UNDER_WAY), partial(set_aside, db, (), NOW))
        took.append(time.perf_counter() - begun)
        assert len(due) == MOST_UNDER_WAY
        with writing(db):
            outbox.mark_sent(db, [outbox.Sent(one.id, one.id) for one in due], NOW)
    return took


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


def _loop(whole: list[Watch], at: int, runs: int) -> tuple[list[float], list[float]]:
    """Seconds of stepping each rule where nothing changes, and where MOVING rules do."""
    out = []
    for value in (BETWEEN, HIGH):
        observation = Observation(DAYS[at + 1], at + 1, value)
        out.append([_seconds(lambda one=observation: evaluate(whole, one)) for _ in range(runs)])  # type: ignore[misc]
    return out[0], out[1]


def _seconds(what: Callable[[], object]) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


def making(db: Database) -> list[Line]:
    """A rule of a chat, made as by /alert: looked for, settled, kept, committed. Five times two hundred rules."""
    source = random.Random(7)
    runs = []
    for run in range(RUNS):
        took = []
        for at in range(200 * run, 200 * (run + 1)):
            rule = parse(f"import.s{at % 60:04} > {round(source.uniform(1, 99), 4)} for 2 days clear 0.5")
            begun = time.perf_counter()
            with writing(db):
                chats.subscribe(db, 500_000 + at, NOW)
                rules.same_rule(db, 500_000 + at, rule)
                rules.count_rules(db, 500_000 + at)
                rules.add_rule(db, 500_000 + at, rule, value_past(db, rule.watched, DAYS[BEGUN]), NOW)
            took.append(1e3 * (time.perf_counter() - begun))
        runs.append(quantiles(took, n=100))
    return [
        line("making a rule, p50", "ms", [cuts[49] for cuts in runs]),
        line("making a rule, p99", "ms", [cuts[98] for cuts in runs], Aim(at_most=5)),
    ]


if __name__ == "__main__":
    main()
