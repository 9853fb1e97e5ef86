"""Undoing the seals of sessions, as of those that a wrong clock or a wrong source had sealed."""

from __future__ import annotations

from datetime import date

from sqlite_utils import Database

from alerts.market.sessions import is_session, previous_sessions
from alerts.rules.condition import watched_from
from bot.pipeline.session import LONGEST_GAP
from bot.reports.series import value_past
from storage import rules, sessions, watches
from storage.database import writing


class CannotUnseal(Exception):
    """There is nothing to undo, or more than a refresh would catch up with."""


def unseal(db: Database, session: date) -> sessions.Unsealed:
    """Undo the seals of `session` and of all later ones, whose rules went on from there. Raises CannotUnseal.

    Their figures, events and messages go. Every rule gets the state that the history before `session` leaves it in, so
    that the sessions, which are asked for again, are evaluated as if for the first time.
    """
    with writing(db):
        undone = sessions.sealed_from(db, session)
        if session not in undone:
            last = sessions.last_sealed(db)
            why = "is not sealed" if session.year >= 1999 and is_session(session) else "is no NYSE session"
            raise CannotUnseal(f"{session} {why}; the last sealed session is {last or 'none'}")
        if len(undone) > LONGEST_GAP:
            raise CannotUnseal(
                f"{len(undone)} sessions have been sealed from {session} on, more than {LONGEST_GAP}, which is as far "
                "as a refresh looks back: put a back-up in the database's place (rotation-alerts restore)"
            )
        done = sessions.unseal(db, session)
        before = previous_sessions(session, 1)[0]
        rules.revive(db, session)
        for key in {*watches.forget(db, session), *rules.unwatched(db)}:
            rules.restart(db, key, value_past(db, watched_from(key), before))
    return done
