"""How many messages delivery begins at once: fewer while people wait for answers on a machine that is at its limit."""

from __future__ import annotations

LATE_SECONDS = 0.005  # by which a wait may end late: each step of an answer waits about so long
FEWEST = 2.0
LESS = 0.6  # of what it was, at each late end
MORE = 0.5  # messages, at each one in time


class Headroom:
    """At most `most`, and that many while nobody asks. A broadcast can wait; the answer that somebody looks for cannot.

    Additive increase, multiplicative decrease: as TCP finds the rate that a path carries.
    """

    def __init__(self, most: int) -> None:
        self._most = float(most)
        self._at_once = self._most

    @property
    def at_once(self) -> int:
        """How many messages may begin in one round."""
        return int(self._at_once)

    def waited(self, late: float, answers: int) -> None:
        """A wait ended `late` seconds after its time, while so many `answers` were being made."""
        if answers and late > LATE_SECONDS:
            self._at_once = max(FEWEST, self._at_once * LESS)
        elif answers:
            self._at_once = min(self._most, self._at_once + MORE)
        else:
            self._at_once = self._most
