"""Where rules stand: the state, value and history of one for /why, of all of a chat's for /alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.rules.evaluate import Watch
from alerts.rules.event import EventStatus
from alerts.rules.reading import ConditionReading, Reading
from alerts.rules.rule import Rule
from alerts.rules.state import Phase
from bot.reports.series import Readings, value_past
from storage import events, figures, preferences, rules, watches
from storage.preferences import ChatPreferences
from storage.sessions import last_judged
from storage.snoozes import Snooze, snoozes_of

OBSERVATIONS = 10
PAGE = 10  # rules of a list


@dataclass(frozen=True)
class Verdict:
    """One session's observation of what the rule watches, and whether the rule's condition is true of it."""

    session: date
    value: float | None
    true: bool | None


@dataclass(frozen=True)
class Why:
    """A rule, where its series stand on a session, and what it has seen and said."""

    watch: Watch
    session: date
    series: tuple[Reading, ...]  # one a condition
    observed: tuple[float | None, ...]
    recent: tuple[Verdict, ...]  # oldest first
    run: int  # sessions since its phase began, that one included; 0 where none has
    due_in: int | None  # observations until it fires, resolves or reminds, if nothing changes
    last_told: tuple[date, str] | None  # when, and what
    snooze: Snooze | None


@dataclass(frozen=True)
class ChatRule:
    """A rule with its snooze. readings: of each condition on the last session; None where there are no figures."""

    watch: Watch
    snooze: Snooze | None
    readings: tuple[ConditionReading, ...] | None


@dataclass(frozen=True)
class ChatRules:
    """A page of a chat's rules by number, of `count` in all, and when the chat wants to be told."""

    rules: tuple[ChatRule, ...]
    count: int
    page: int
    session: date | None
    wishes: ChatPreferences


def rules_of_chat(db: Database, chat: int, page: int = 1) -> ChatRules:
    """A page of the chat's rules; the last one where there are not so many."""
    found = rules.rules_of(db, chat)
    page = max(1, min(page, -(-len(found) // PAGE)))
    session, readings = last_judged(db), _readings(db)
    snoozed = snoozes_of(db, chat)
    shown = tuple(
        ChatRule(watch, snoozed.get(watch.id), _read(watch, readings))
        for watch in found[(page - 1) * PAGE : page * PAGE]
    )
    return ChatRules(shown, len(found), page, session, preferences.preferences_of(db, chat))


def rule_of_chat(db: Database, watch: Watch) -> ChatRule:
    """One rule, as the list has it."""
    return ChatRule(watch, snoozes_of(db, watch.chat).get(watch.id), _read(watch, _readings(db)))


def _readings(db: Database) -> Readings | None:
    session = last_judged(db)
    return None if session is None else Readings(db, session)


def _read(watch: Watch, readings: Readings | None) -> tuple[ConditionReading, ...] | None:
    if readings is None:
        return None
    return tuple(ConditionReading(one, readings.of(one.series)) for one in watch.rule.conditions)


def now_of(db: Database, rule: Rule) -> tuple[Reading, ...] | None:
    """Where the series of each condition stands on the last session with figures; None where there are no figures."""
    session = figures.last_session(db)
    if session is None:
        return None
    readings = Readings(db, session)
    return tuple(readings.of(condition.series) for condition in rule.conditions)


def why(db: Database, watch: Watch) -> Why | None:
    """All of it as of the last judged session; None where there are no figures."""
    session = last_judged(db)
    if session is None:
        return None
    rule, readings = watch.rule, Readings(db, session)
    series = tuple(readings.of(condition.series) for condition in rule.conditions)
    past = value_past(db, rule.watched, session, OBSERVATIONS)
    since = watch.state.since
    return Why(
        watch=watch,
        session=session,
        series=series,
        observed=tuple(one.observed for one in series),
        recent=tuple(Verdict(day, value, None if value is None else rule.holds(value)) for day, value in past),
        run=len(sessions_between(since, session)) if since and since <= session else 0,
        due_in=_due_in(db, watch),
        last_told=_last_told(db, watch),
        snooze=snoozes_of(db, watch.chat).get(watch.id),
    )


def _due_in(db: Database, watch: Watch) -> int | None:
    seen = watches.seen(db).get(watch.rule.watched.key)
    due = watch.state.due
    if due is None or seen is None or watch.state.phase not in (Phase.PENDING, Phase.FIRING, Phase.RECOVERING):
        return None
    return max(1, due - seen.number)


def _last_told(db: Database, watch: Watch) -> tuple[date, str] | None:
    for event in events.events_of(db, watch.chat, 50, watch.id):
        if event.status in (EventStatus.NOTIFIED, EventStatus.HELD):
            return event.session, event.kind.value
    return None
