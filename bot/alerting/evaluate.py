"""Evaluating a session: every rule is stepped, and the events are written with the messages that notify of them.

Called inside the transaction that records the session's figures. Evaluating a session twice changes nothing the second
time: observations remember the last session of each series. Every event is written, with an EventStatus that says
whether its chat is notified (bot/alerting/suppression.py). What fails for one chat is left out and noted, and the
others go on. Events of sessions that were missed wait for the last of them, and all go into one message.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlite_utils import Database

from alerts.rules.condition import Watched, series_of, watched_from
from alerts.rules.evaluate import Change, Watch, evaluate
from alerts.rules.event import AlertEvent, Episode, EventRule, EventStatus
from alerts.rules.series import Series
from alerts.rules.state import NO_DATA_AFTER, TRUE, Kind, Observation, Phase
from bot.alerting.evaluation import Evaluation
from bot.alerting.event import EventBuilder
from bot.alerting.failures import ChatFailures
from bot.alerting.notify import notify
from bot.alerting.suppression import Suppression, chat_status, ended_while_snoozed
from bot.reports.base_rates import NOTHING_SAID, FiringPasts
from bot.reports.series import Observed
from storage import data_gaps, events, rules, snoozes, watches
from storage.events import NewEvent, StoredEvent, record_events
from storage.snoozes import Snooze


@dataclass(frozen=True)
class Part:
    """Which rules of a session are evaluated: those on no metric of `held`, which lacks its inputs so far.

    follows: whether others were evaluated before. Their series remember the session, and are not evaluated again.
    """

    held: frozenset[str] = frozenset()
    follows: bool = False

    def waits(self, watched: Watched) -> bool:
        """Whether any metric of what is watched is held."""
        return any(series.metric in self.held for series in series_of(watched))


WHOLE = Part()


class _Session:
    """One session being evaluated: the rules that moved, and the events so far as (chat, event)."""

    def __init__(self, db: Database, session: date, part: Part, *, late: bool) -> None:
        self.db, self.session, self.part, self.late = db, session, part, late
        self.build = EventBuilder(db, session, late=late)
        self.observed = Observed(db, session)
        self.failures = ChatFailures()
        self.changes: list[Change] = []
        self.events: list[tuple[int, AlertEvent]] = []
        self.ended: list[StoredEvent] = []  # while their rules were snoozed, which is over now

    def add_changes(self, found: Iterable[Change]) -> None:
        """Write the new states of rules that moved, and add their events; a firing is completed by `with_pasts`.

        A rule whose events cannot be built keeps its state.
        """

        def built(change: Change) -> tuple[Change, list[AlertEvent]]:
            return change, [self.build.of_rule(change, kind) for kind in change.kinds]

        moved = self.failures.each(found, lambda change: change.watch.chat, built)
        changes = [change for change, _ in moved]
        watches.record_changes(self.db, changes)
        self.changes += changes
        self.events += [(change.watch.chat, event) for change, events_of in moved for event in events_of]

    def step(self, found: Iterable[Watch], observation: Observation) -> list[Change]:
        """The changes of watches that the observation moves."""
        watches_found = list(found)
        try:
            return evaluate(watches_found, observation)
        except Exception:  # noqa: BLE001 – one of them; by themselves the others go on
            steps = self.failures.each(
                watches_found, lambda watch: watch.chat, lambda watch: evaluate([watch], observation)
            )
            return [change for changes in steps for change in changes]

    def with_pasts(self) -> list[tuple[int, AlertEvent]]:
        """All events, chat by chat, firings with what earlier firings of the same rule say."""
        by_id = {change.watch.id: change.watch.rule for change in self.changes if Kind.FIRED in change.kinds}
        pasts = FiringPasts(self.db, self.session, by_id.values())

        def complete(one: tuple[int, AlertEvent]) -> tuple[int, AlertEvent]:
            chat, event = one
            if event.kind is Kind.FIRED and isinstance(event.subject, EventRule):
                try:
                    past = pasts.of(by_id[event.subject.id])
                except Exception as error:  # noqa: BLE001 – the alert goes without this line
                    self.failures.add(chat, error)
                    past = NOTHING_SAID
                if past != NOTHING_SAID:
                    event = replace(event, subject=replace(event.subject, lead=past.lead, tally=past.tally))
            return chat, event

        # Of rules first. By chat, whose rows lie together: thousands of them are written in the order of the file.
        return [complete(one) for one in sorted(self.events, key=lambda one: (one[0], one[1].rule is None))]


def evaluate_session(db: Database, session: date, now: datetime, *, late: bool, part: Part = WHOLE) -> Evaluation:
    """Evaluate every rule of `part` on the session, write the events, and put the messages into the outbox.

    `late`: a later session is due too, whose message includes the events of this one.
    """
    with _not_collecting():
        return _evaluate(db, session, now, part, late=late)


@contextmanager
def _not_collecting() -> Iterator[None]:
    """No search for garbage meanwhile: thousands of new events, all of them needed, would be gone through each time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _evaluate(db: Database, session: date, now: datetime, part: Part, *, late: bool) -> Evaluation:
    evaluated = _Session(db, session, part, late=late)
    _expire(evaluated)
    _move(evaluated)
    _end_snoozes(evaluated)
    _end_data_gaps(evaluated)
    found = evaluated.with_pasts()
    failures = evaluated.failures
    out = Evaluation(failures=failures)
    chats = {chat for chat, _ in found} | {one.chat for one in evaluated.ended}
    preferences = out.preferences_of(db, chats)
    of_chat = {chat: chat_status(one, now, late=late) for chat, one in preferences.items()}
    snoozed = snoozes.snoozes(db, failures.add)
    suppression = Suppression(db, session, of_chat, snoozed, [event for _, event in found])
    new = failures.each(
        found, lambda one: one[0], lambda one: NewEvent(one[0], one[1], suppression.status(one[0], one[1]))
    )
    for stored in record_events(db, new, now):
        out.totals[stored.kind] += 1
        if not stored.status.suppressed:
            out.by_chat.setdefault(stored.chat, []).append(stored)
    for stored in evaluated.ended:
        status = of_chat.get(stored.chat, EventStatus.NOT_SUBSCRIBED)
        events.set_status(db, [stored.id], status)
        if not status.suppressed:
            out.by_chat.setdefault(stored.chat, []).append(replace(stored, status=status))
    if not late:
        notify(db, session, now, out, follows=part.follows)
    return out


def _expire(evaluated: _Session) -> None:
    """End the rules whose last session is over."""
    over = rules.expiring(evaluated.db, evaluated.session, evaluated.failures.add)
    evaluated.add_changes(evaluated.step(over, Observation(evaluated.session, 0, None)))


def _move(evaluated: _Session) -> None:
    """Step the rules that the session's values touch."""
    db, session = evaluated.db, evaluated.session
    changes: list[Change] = []
    seen, observations = watches.seen(db), {}
    for key in watches.watched_keys(db):
        try:
            watched = watched_from(key)
            if evaluated.part.waits(watched):
                continue
            value, news = evaluated.observed.value(watched), evaluated.observed.news(watched)
        except Exception as error:  # noqa: BLE001 – whatever it is, it concerns those who watch this key
            for chat in watches.chats_watching(db, key):
                evaluated.failures.add(chat, error)
            continue
        before = seen.get(key)
        if value is not None and before and not before.missing and news and news <= before.session:
            continue  # an imported series between its observations
        observation = watches.next_observation(before, session, value)
        if observation is None:
            continue
        # An imported series is noted by the session of its observation: one that is imported late is new all the same.
        if value is not None and news is not None and news != session:
            observations[key] = replace(observation, session=news)
        else:
            observations[key] = observation
        changes += evaluated.step(watches.touched(db, key, observation, evaluated.failures.add), observation)
        if value is None and observation.missing == NO_DATA_AFTER:
            missing = [series for series in series_of(watched) if evaluated.observed.value(series) is None]
            _begin_data_gaps(evaluated, key, missing)
    watches.record_observations(db, observations)
    evaluated.add_changes(changes)


def _end_snoozes(evaluated: _Session) -> None:
    """End snoozes that are over: rules that still hold remind once; so do rules that fired once meanwhile. The end of
    what the chat had heard of is told now."""
    db, session = evaluated.db, evaluated.session
    spoke = {change.watch.id for change in evaluated.changes if {Kind.FIRED, Kind.REMINDER} & set(change.kinds)}

    def end(snooze: Snooze) -> None:
        watch = rules.rule_of(db, snooze.chat, snooze.rule)
        if watch is not None and evaluated.part.waits(watch.rule.watched):
            return
        snoozes.wake(db, snooze.rule)
        if watch is None or watch.id in spoke:
            return
        if watch.state.phase in TRUE and watch.state.announced:
            change = Change(watch, watch.state, (Kind.REMINDER,))
            evaluated.events.append((watch.chat, evaluated.build.of_rule(change, Kind.REMINDER, snooze_over=True)))
        elif watch.state.phase is Phase.DISARMED:
            missed = _missed(db, watch.chat, watch.id)
            if missed is not None and isinstance(missed.subject, EventRule):
                subject = replace(missed.subject, missed=True, episode=Episode(missed.session))
                reminder = AlertEvent(Kind.REMINDER, session, subject, evaluated.late)
                evaluated.events.append((watch.chat, reminder))
        elif (ended := ended_while_snoozed(db, watch.chat, watch.id)) is not None:
            evaluated.ended.append(ended)

    evaluated.failures.each(snoozes.over(db, session, evaluated.failures.add), lambda snooze: snooze.chat, end)


def _missed(db: Database, chat: int, rule: int) -> AlertEvent | None:
    """The firing of a rule that fires once, if it was snoozed and the chat has not heard of it."""
    found = events.events_of(db, chat, 1, rule)
    if found and found[0].kind is Kind.FIRED and found[0].status is EventStatus.SNOOZED:
        return found[0].event
    return None


def _begin_data_gaps(evaluated: _Session, key: str, missing: Sequence[Series]) -> None:
    """An event, once a chat that watches `key`, for each series it is missing for."""
    for chat, numbers in watches.chats_watching(evaluated.db, key).items():
        for series in missing:
            if data_gaps.begin(evaluated.db, series.key, chat, evaluated.session):
                evaluated.events.append((chat, evaluated.build.of_data(series, Kind.NO_DATA, numbers=numbers)))


def _end_data_gaps(evaluated: _Session) -> None:
    """An event for each chat with an open gap of a series that has data again."""
    for key in data_gaps.open_series(evaluated.db):
        try:
            series = Series.from_key(key)
            if evaluated.part.waits(series):
                continue
            back = evaluated.observed.value(series) is not None
        except Exception as error:  # noqa: BLE001 – as above
            for chat in data_gaps.chats_with(evaluated.db, key):
                evaluated.failures.add(chat, error)
            continue
        if back:
            for chat, since in data_gaps.end(evaluated.db, key, evaluated.failures.add).items():
                evaluated.events.append((chat, evaluated.build.of_data(series, Kind.DATA_BACK, since=since)))
