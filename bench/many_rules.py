"""Rules as chats make them: on funds and breadth, at levels that the metrics have known, ten a chat."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice

import numpy as np
from sqlite_utils import Database

from alerts.metrics.catalog import catalog
from alerts.rules.condition import Condition, Operator
from alerts.rules.rule import Rule
from alerts.rules.series import Series
from alerts.rules.state import Observation
from alerts.rules.step import settled
from bot.reports.series import value_past
from storage import watches
from storage.database import writing
from storage.rule_rows import columns_of

SEED = 20250930
SETTLED = 40  # sessions whose values a rule's first state is of
PAIRS = 500  # of conditions that rules with "and" choose from, as from the lines that people pass on
AT_ONCE = 20_000  # rules in one transaction
_FAMILIES = ("breadth", "size", "sectors")
_FEWEST = 20  # values of the past, or a metric has no levels to choose from
_ABOVE, _BELOW = (Operator.ABOVE, Operator.AT_LEAST), (Operator.BELOW, Operator.AT_MOST)
_CROSSINGS = (Operator.CROSSES_ABOVE, Operator.CROSSES_BELOW, Operator.CROSSES)

Past = list[tuple[date, float | None]]


def store(db: Database, chats: int, each: int, session: date, now: datetime) -> int:
    """Store `each` rules of each chat, in the states that the last sessions up to `session` leave them in.

    The same rows as /alert writes, many at a time. Returns on how many metrics the rules are.
    """
    pasts = _pasts(db, session)
    made = rules(pasts, random.Random(SEED))
    stamp, settling = now.isoformat(timespec="seconds"), _Settling(db, session)
    with writing(db):
        db.conn.executemany(
            "INSERT INTO chats (id, created_at, subscribed_at, last_rule) VALUES (?, ?, ?, ?)",
            ((chat, stamp, stamp, each) for chat in range(1, chats + 1)),
        )
    for first in range(0, chats * each, AT_ONCE):
        found = list(enumerate(islice(made, min(AT_ONCE, chats * each - first)), start=first + 1))
        with writing(db):
            states = [(identity, rule, settled(rule, settling.past(rule))) for identity, rule in found]
            db.conn.executemany(
                """INSERT INTO rules (id, chat, number, series, operator, level, upper, hold, clear, keep, repeat,
                                      remind, until, created_at, created_session)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    (identity, 1 + (identity - 1) // each, 1 + (identity - 1) % each, *columns_of(rule), stamp,
                     session.isoformat())
                    for identity, rule in found
                ),
            )  # fmt: skip
            states.sort(key=lambda row: (row[1].watched.key, row[1].first.level))
            watches.insert(db, states)
    db.conn.execute("ANALYZE")
    return len(pasts)


class _Settling:
    """The observations of each key, read once."""

    def __init__(self, db: Database, session: date) -> None:
        self._db, self._session = db, session
        self._read: dict[str, list[Observation]] = {}

    def past(self, rule: Rule) -> list[Observation]:
        """The observations of what the rule watches, from now on counted."""
        key = rule.watched.key
        if key not in self._read:
            past = value_past(self._db, rule.watched, self._session, SETTLED)
            last = watches.begin(self._db, key, past)
            known = [(day, value) for day, value in past if value is not None]
            self._read[key] = [
                Observation(day, last - len(known) + at, value) for at, (day, value) in enumerate(known, start=1)
            ]
        return self._read[key]


def _pasts(db: Database, session: date) -> dict[str, np.ndarray]:
    """The values so far of the metrics that rules are made on."""
    out = {}
    for name, of in catalog().items():
        if of.family not in _FAMILIES or of.unit in ("event", "state") or name.endswith(".large"):
            continue
        past: Past = value_past(db, Series(name), session)
        known = np.array([value for _, value in past if value is not None])
        if len(known) >= _FEWEST and known[0] != known[-1]:
            out[name] = known
    return out


def rules(pasts: dict[str, np.ndarray], chance: random.Random) -> Iterator[Rule]:
    """Rules without end: of ten, three on a level alone, five that last with an option, one and a half that cross, and
    half a one with "and"."""
    metrics = sorted(pasts)
    edges = {name: tuple(float(edge) for edge in np.quantile(pasts[name], (0.05, 0.95))) for name in metrics}
    quantiles = {name: np.quantile(pasts[name], np.linspace(0.05, 0.95, 181)) for name in metrics}

    def level(name: str) -> float:
        return float(f"{quantiles[name][chance.randrange(181)]:.4g}")

    def condition(name: str, operators: Sequence[Operator]) -> Condition:
        return Condition(Series(name), chance.choice(operators), level(name))

    pairs = [
        tuple(condition(name, (*_ABOVE, *_BELOW)) for name in chance.sample(metrics, 2)) for _ in range(PAIRS)
    ]  # fmt: skip
    while True:
        name = chance.choice(metrics)
        one = condition(name, (*_ABOVE, *_BELOW))
        low, high = edges[name]
        gap = (high - low) * chance.choice((0.05, 0.1, 0.2)) * (-1 if one.operator in _ABOVE else 1)
        clear = float(f"{one.level + gap:.4g}")
        kind = chance.random()
        if kind < 0.3:
            yield Rule((one,))
        elif kind < 0.5:
            yield Rule((one,), clear=clear)
        elif kind < 0.65:
            yield Rule((one,), hold=chance.randint(2, 5))
        elif kind < 0.7:
            yield Rule((one,), keep=chance.randint(1, 3))
        elif kind < 0.75:
            yield Rule((one,), hold=2, clear=clear, remind=chance.choice((5, 10, 21)))
        elif kind < 0.8:
            ends = sorted((level(name), level(name)))
            operator = chance.choice((Operator.INSIDE, Operator.OUTSIDE))
            yield Rule((Condition(Series(name), operator, ends[0], ends[1]),))
        elif kind < 0.95:
            yield Rule((condition(name, _CROSSINGS),))
        else:
            yield Rule(chance.choice(pairs), hold=chance.choice((1, 1, 2)))
