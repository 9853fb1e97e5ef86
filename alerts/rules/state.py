"""Observations, states and transitions of rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

NO_DATA_AFTER = 3  # missing observations in a row


class Phase(StrEnum):
    """The phase of a rule."""

    NEW = "new"  # without any observation yet
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    ARMED = "armed"
    BEYOND = "beyond"  # a crossing above (below) whose first value was above (below) already
    SPENT = "spent"
    BELOW = "below"  # a crossing either way: the side of the last value
    AT = "at"
    ABOVE = "above"
    DISARMED = "disarmed"
    EXPIRED = "expired"


OVER = frozenset({Phase.DISARMED, Phase.EXPIRED})
TRUE = frozenset({Phase.FIRING, Phase.RECOVERING})  # an episode is in progress


class Kind(StrEnum):
    """The kind of a transition."""

    FIRED = "fired"
    REMINDER = "reminder"
    RESOLVED = "resolved"
    EXPIRED = "expired"
    NO_DATA = "no data"
    DATA_BACK = "data back"


@dataclass(frozen=True)
class Observation:
    """One session's value of a watched series.

    number: the count of observations so far that were not missing, this one included. missing: how many were missing
    in a row: up to this one if it is missing, otherwise up to the one before.
    """

    session: date
    number: int
    value: float | None
    missing: int = 0


@dataclass(frozen=True)
class State:
    """The state of a rule between sessions.

    since: the session on which the phase began; while recovering, on which the episode began. due: the observation
    number on which a pending rule fires, a recovering one resolves, or a firing one reminds. announced: whether the
    episode was announced; only an announced one is reported as resolved. told: the observation number of the last
    message about the episode, from which reminders count. side: the last value's position in a range (−1, 0, +1).
    at_least: `since` is the first session of the history, so the phase may have begun earlier.
    """

    phase: Phase
    since: date | None = None
    due: int | None = None
    announced: bool = False
    told: int | None = None
    side: int | None = None
    at_least: bool = False
