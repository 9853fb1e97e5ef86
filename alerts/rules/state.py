"""What a rule sees and remembers, and what happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

NO_DATA_AFTER = 3  # missing observations in a row


class Phase(StrEnum):
    """Where a rule stands."""

    NEW = "new"  # a crossing that has not seen a value yet
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    ARMED = "armed"
    BEYOND = "beyond"  # a crossing above (below) whose first value lay above (below) already
    SPENT = "spent"
    BELOW = "below"  # a crossing either way: the side of the last value
    AT = "at"
    ABOVE = "above"
    DISARMED = "disarmed"
    EXPIRED = "expired"


OVER = frozenset({Phase.DISARMED, Phase.EXPIRED})
TRUE = frozenset({Phase.FIRING, Phase.RECOVERING})  # an episode is going on


class Kind(StrEnum):
    """What happened to a rule."""

    FIRED = "fired"
    REMINDER = "reminder"
    RESOLVED = "resolved"
    EXPIRED = "expired"
    NO_DATA = "no data"
    DATA_BACK = "data back"


@dataclass(frozen=True)
class Observation:
    """One session's value of what a rule watches.

    number: of the observations that were not missing, this one included. missing: how many in a row were missing, up to
    this one where it is, up to the one before where it is not.
    """

    session: date
    number: int
    value: float | None
    missing: int = 0


@dataclass(frozen=True)
class State:
    """What is remembered of a rule between sessions.

    since: the session on which the phase began; while recovering, the episode. due: the observation number at which a
    pending rule fires, a recovering one resolves, a firing one reminds. announced: whether the episode was made known;
    what never was is never resolved. told: the observation number of the last word on the episode, where reminders
    count from it. side: of a range, where the last value stood (−1, 0, +1).
    """

    phase: Phase
    since: date | None = None
    due: int | None = None
    announced: bool = False
    told: int | None = None
    side: int | None = None
