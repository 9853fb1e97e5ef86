"""Rules with where they stand.

A rule is written once, into `rules`. What moves lies apart, in `watches`: one row for each value a rule waits for,
clustered by (series, sign, strict, level), so that the rules that a session's value touches are a few ranges however
many there are. A disarmed rule waits for nothing and has no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from alerts.rules.evaluate import Change, Watch
from alerts.rules.rule import Operator, Repeat, Rule, Series
from alerts.rules.state import Observation, Phase, State, Wait, all_waits, settled, waits

_RULE = "rules.id, chat, rules.number, rules.series, operator, rules.level, hold, repeat, disarmed_session"


def _rule(row: Sequence[Any]) -> tuple[int, int, int, Rule, str | None]:
    identity, chat, number, series, operator, level, hold, repeat, disarmed = row
    rule = Rule(Series.from_key(series), Operator(operator), level, hold, Repeat(repeat))
    return identity, chat, number, rule, disarmed


def _state(phase: str, since: str | None, due: int | None, announced: int) -> State:
    return State(Phase(phase), date.fromisoformat(since) if since else None, due, bool(announced))


def _key(series: str, wait: Wait) -> tuple[str, int, int, float]:
    return series, wait.sign, int(wait.strict), wait.sign * wait.level


def add_rule(
    db: Database, chat: int, rule: Rule, past: Sequence[tuple[date, float | None]], now: datetime
) -> tuple[int, State]:
    """Keep a chat's rule, starting where the market is; returns (its number in the chat, its state).

    `past`: the latest (session, value) of its series, ascending. The chat has to exist.
    """
    known = [(session, value) for session, value in past if value is not None]
    observed = db.conn.execute("SELECT number FROM observations WHERE series = ?", [rule.series.key]).fetchone()
    latest = observed[0] if observed else len(known)
    state = settled(
        rule,
        [Observation(session, latest - len(known) + 1 + at, value) for at, (session, value) in enumerate(known)][
            -max(rule.hold, 2) :
        ],
    )
    if observed is None and past:
        missing = len(past) - 1 - max((at for at, (_, value) in enumerate(past) if value is not None), default=-1)
        db.conn.execute(
            "INSERT INTO observations (series, session, number, value, missing) VALUES (?, ?, ?, ?, ?)",
            [rule.series.key, past[-1][0].isoformat(), latest, known[-1][1] if known else None, missing],
        )
    number = db.conn.execute(
        "UPDATE chats SET last_rule = last_rule + 1 WHERE id = ? RETURNING last_rule", [chat]
    ).fetchone()[0]
    identity = db.conn.execute(
        """INSERT INTO rules (chat, number, series, operator, level, hold, repeat, created_at, created_session)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id""",
        [chat, number, rule.series.key, rule.operator.value, rule.level, rule.hold, rule.repeat.value,
         now.isoformat(timespec="seconds"), past[-1][0].isoformat() if past else None],
    ).fetchone()[0]  # fmt: skip
    _insert_watches(db, [(identity, rule, state)])
    return number, state


def same_rule(db: Database, chat: int, rule: Rule) -> int | None:
    """The number of the chat's armed rule that says the same, if there is one."""
    row = db.conn.execute(
        """SELECT number FROM rules WHERE chat = ? AND series = ? AND operator = ? AND level = ? AND hold = ?
           AND repeat = ? AND disarmed_session IS NULL""",
        [chat, rule.series.key, rule.operator.value, rule.level, rule.hold, rule.repeat.value],
    ).fetchone()
    return None if row is None else int(row[0])


def rules_of(db: Database, chat: int) -> list[Watch]:
    """A chat's rules with where they stand, by number."""
    rows = db.conn.execute(f"SELECT {_RULE} FROM rules WHERE chat = ? ORDER BY number", [chat]).fetchall()
    return [_watch(db, row) for row in rows]


def rule_of(db: Database, chat: int, identity: int) -> Watch | None:
    """One rule of a chat by its id; None where there is none, or it is another chat's."""
    row = db.conn.execute(f"SELECT {_RULE} FROM rules WHERE chat = ? AND rules.id = ?", [chat, identity]).fetchone()
    return None if row is None else _watch(db, row)


def _watch(db: Database, row: Sequence[Any]) -> Watch:
    identity, chat, number, rule, disarmed = _rule(row)
    if disarmed:
        return Watch(identity, chat, number, rule, State(Phase.DISARMED, date.fromisoformat(disarmed), announced=True))
    for wait in all_waits(rule):
        found = db.conn.execute(
            """SELECT phase, since, due, announced FROM watches
               WHERE series = ? AND sign = ? AND strict = ? AND level = ? AND rule = ?""",
            [*_key(rule.series.key, wait), identity],
        ).fetchone()
        if found:
            return Watch(identity, chat, number, rule, _state(*found))
    raise LookupError(f"rule {identity} stands nowhere")  # the tables disagree: better said than guessed


def count_rules(db: Database, chat: int) -> int:
    """How many rules a chat keeps."""
    return int(db.conn.execute("SELECT count(*) FROM rules WHERE chat = ?", [chat]).fetchone()[0])


def delete_rule(db: Database, chat: int, identity: int) -> Watch | None:
    """Delete a chat's rule; what it was, or None where the chat has none of that id."""
    watch = rule_of(db, chat, identity)
    if watch is None:
        return None
    delete_watches(db, watch.id, watch.rule)
    db.conn.execute("DELETE FROM rules WHERE id = ?", [watch.id])
    return watch


def delete_watches(db: Database, identity: int, rule: Rule) -> None:
    """Take a rule's rows out of `watches`, wherever it stands."""
    db.conn.executemany(
        "DELETE FROM watches WHERE series = ? AND sign = ? AND strict = ? AND level = ? AND rule = ?",
        [(*_key(rule.series.key, wait), identity) for wait in all_waits(rule)],
    )


def _insert_watches(db: Database, rows: Iterable[tuple[int, Rule, State]]) -> None:
    db.conn.executemany(
        "INSERT INTO watches (series, sign, strict, level, rule, phase, since, due, announced) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *_key(rule.series.key, wait),
                identity,
                state.phase.value,
                state.since.isoformat() if state.since else None,
                state.due,
                int(state.announced),
            )
            for identity, rule, state in rows
            for wait in waits(rule, state.phase)
        ],
    )  # fmt: skip


def watched_series(db: Database) -> list[Series]:
    """The series that any rule waits on."""
    # A loose index scan: one seek a series, instead of a walk over every watch.
    rows = db.conn.execute(
        """WITH RECURSIVE found(series) AS (
               SELECT min(series) FROM watches
               UNION ALL SELECT (SELECT min(series) FROM watches WHERE series > found.series) FROM found
               WHERE found.series IS NOT NULL)
           SELECT series FROM found WHERE series IS NOT NULL"""
    )
    return [Series.from_key(row[0]) for row in rows]


def next_observation(db: Database, series: Series, session: date, value: float | None) -> Observation | None:
    """The observation `value` is for `series`; None where that session was evaluated already."""
    row = db.conn.execute("SELECT session, number FROM observations WHERE series = ?", [series.key]).fetchone()
    if row is not None and date.fromisoformat(row[0]) >= session:
        return None
    number = row[1] if row else 0
    return Observation(session, number + (value is not None), value)


def touched(db: Database, series: Series, observation: Observation) -> list[Watch]:
    """The watches that the observation moves: those whose wait it meets, and pending ones that are due."""
    if observation.value is None:
        return []
    columns = f"{_RULE}, watches.phase, watches.since, watches.due, watches.announced"
    rows = []
    for sign in (1, -1):
        for strict, beyond in ((1, "<"), (0, "<=")):
            rows += db.conn.execute(
                f"""SELECT {columns} FROM watches JOIN rules ON rules.id = watches.rule
                    WHERE watches.series = ? AND sign = ? AND strict = ? AND watches.level {beyond} ?""",
                [series.key, sign, strict, sign * observation.value],
            ).fetchall()
    rows += db.conn.execute(
        f"SELECT {columns} FROM watches JOIN rules ON rules.id = watches.rule WHERE watches.series = ? AND due <= ?",
        [series.key, observation.number],
    ).fetchall()
    found = {}
    for row in rows:
        identity, chat, number, rule, _ = _rule(row[:9])
        found[identity] = Watch(identity, chat, number, rule, _state(*row[9:]))
    return list(found.values())


def record_observation(db: Database, series: Series, observation: Observation) -> None:
    """Note that a session's value was evaluated."""
    db.conn.execute(
        """INSERT INTO observations (series, session, number, value, missing) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (series) DO UPDATE SET session = excluded.session, number = excluded.number,
               value = coalesce(excluded.value, value),
               missing = CASE WHEN excluded.value IS NULL THEN missing + 1 ELSE 0 END""",
        [
            series.key,
            observation.session.isoformat(),
            observation.number,
            observation.value,
            int(observation.value is None),
        ],
    )


def record_changes(db: Database, changes: Sequence[Change]) -> None:
    """Move the watches of a session to where they stand now."""
    db.conn.executemany(
        "DELETE FROM watches WHERE series = ? AND sign = ? AND strict = ? AND level = ? AND rule = ?",
        [
            (*_key(change.watch.rule.series.key, wait), change.watch.id)
            for change in changes
            for wait in waits(change.watch.rule, change.watch.state.phase)
        ],
    )
    _insert_watches(db, [(change.watch.id, change.watch.rule, change.after) for change in changes])
    db.conn.executemany(
        "UPDATE rules SET disarmed_session = ? WHERE id = ?",
        [
            (change.after.since.isoformat() if change.after.since else None, change.watch.id)
            for change in changes
            if change.after.phase is Phase.DISARMED
        ],
    )
