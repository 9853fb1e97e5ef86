"""The four signs of the regime on a session, and which of them flipped with it."""

from __future__ import annotations

from datetime import date

from sqlite_utils import Database

from alerts.metrics.regime_state import of_score
from alerts.rules.tally import SignFlip
from storage import figures

STATE, SCORE = "regime.state", "regime.score"
REGIME = frozenset({STATE, SCORE})
_LOOK_BACK = 63  # sessions in which the state before is looked for
Signs = dict[date, dict[str, bool]]


def signs_until(db: Database, session: date, count: int) -> Signs:
    """The signs of the last `count` sessions up to `session`; a session that lacks one is left out."""
    import pandas as pd

    from alerts.metrics.regime import PARTS, SLOPE_SESSIONS, signs

    parts = {}
    for name in PARTS:
        past = figures.latest_values(db, name, session, count + SLOPE_SESSIONS)
        parts[name] = pd.DataFrame({"value": pd.Series(dict(past), dtype="float64")})
    together = parts["size.trend"].index
    for part in parts.values():
        together = together.union(part.index)
    told = signs({name: part.reindex(together) for name, part in parts.items()}).dropna().tail(count)
    columns = {str(name): told[name].tolist() for name in told.columns}
    return {day: {name: held[at] > 0 for name, held in columns.items()} for at, day in enumerate(told.index.tolist())}


def flips_on(db: Database, metric: str, session: date) -> tuple[SignFlip, ...]:
    """The signs that differ from those before the state or score of `session` came about.

    A score is compared with the session before; a state with the last session whose score belonged to the state before,
    for a state needs two sessions to count, and a score between them may belong to a third. None where unknown.
    """
    told = signs_until(db, session, _LOOK_BACK)
    if session not in told:
        return ()
    former = _former_state(db, session) if metric == STATE else None
    for day in sorted((day for day in told if day < session), reverse=True):
        if metric == SCORE or of_score(sum(told[day].values())) == former:
            return tuple(SignFlip(name, holds) for name, holds in told[session].items() if told[day][name] != holds)
    return ()


def _former_state(db: Database, session: date) -> float | None:
    """The state before the one of `session`; None where it was never another."""
    past = [value for _, value in figures.latest_values(db, STATE, session, None) if value is not None]
    return next((value for value in reversed(past) if value != past[-1]), None)
