"""Whether a chat is notified of an event, and when: decided once an event, answered with an EventStatus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlite_utils import Database

from alerts.rules.event import AlertEvent, DataGap, EventRule, EventStatus
from alerts.rules.state import Kind
from storage import events, snoozes
from storage.events import StoredEvent
from storage.preferences import ChatPreferences
from storage.snoozes import Snooze

_ENDS = (Kind.RESOLVED, Kind.EXPIRED)  # of an episode: suppressed where the episode was never announced


class Suppression:
    """The preferences and snoozes of the chats that a session has events for.

    `of_chat`: what becomes of an event by the preferences of its chat alone (`chat_status`). `snoozed`: by rule.
    `ending`: the events among which are ends of episodes.
    """

    def __init__(
        self, db: Database, session: date, of_chat: Mapping[int, EventStatus], snoozed: Mapping[int, Snooze],
        ending: Iterable[AlertEvent],
    ) -> None:  # fmt: skip
        self._db, self._session = db, session
        ends = (event.rule for event in ending if event.kind in _ENDS)
        self._announced = events.announced(
            db, {rule.id: rule.episode.fired_on for rule in ends if rule is not None and rule.episode is not None}
        )
        self._of_chat, self._snoozes = of_chat, snoozed

    def status(self, chat: int, event: AlertEvent) -> EventStatus:
        """What becomes of an event of a chat."""
        status = self._of_chat.get(chat, EventStatus.NOT_SUBSCRIBED)
        if status.suppressed:
            return status
        if isinstance(event.subject, EventRule):
            return self._of_rule(event.subject, event.kind, status)
        return self._of_data(chat, event.subject, event.kind, status)

    def _of_rule(self, rule: EventRule, kind: Kind, status: EventStatus) -> EventStatus:
        if kind in _ENDS and rule.id not in self._announced:
            return EventStatus.NOT_ANNOUNCED
        snooze = self._snoozes.get(rule.id)
        if snooze is None or snooze.over(self._session):
            return status
        if snooze.through is None and kind is not Kind.REMINDER:  # until it resolves, of which the chat is notified
            snoozes.wake(self._db, rule.id)
            return status
        return EventStatus.SNOOZED

    def _of_data(self, chat: int, gap: DataGap, kind: Kind, status: EventStatus) -> EventStatus:
        """Data that are back are for whoever was notified that they were missing."""
        if kind is not Kind.DATA_BACK:
            return status
        known = gap.since is not None and events.knows_gap(self._db, chat, gap.reading.series.key, gap.since)
        return status if known else EventStatus.NOT_ANNOUNCED


def chat_status(preferences: ChatPreferences, now: datetime, *, late: bool = False) -> EventStatus:
    """What becomes of an event for a chat with those preferences. `late`: a later session is due too."""
    if not preferences.subscribed:
        return EventStatus.NOT_SUBSCRIBED
    if preferences.muted:
        return EventStatus.MUTED
    if late:
        return EventStatus.WAITING
    quiet = preferences.quiet
    holds = quiet is not None and not quiet.silent and quiet.until(now) is not None
    return EventStatus.HELD if holds else EventStatus.NOTIFIED


def ended_while_snoozed(db: Database, chat: int, rule: int) -> StoredEvent | None:
    """The end, while it was snoozed, of the last episode of a rule that the chat had heard of."""
    for event in events.events_of(db, chat, 20, rule):
        told = event.event.rule
        if event.kind in _ENDS and told is not None and told.episode is not None:
            heard = events.announcement(db, rule, told.episode.fired_on) is not None
            return event if heard and event.status is EventStatus.SNOOZED else None
    return None
