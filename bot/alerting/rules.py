"""What chats do with their alerts: set, edit, snooze, mute, be told now, set a pack.

Each function makes all changes of one request, is called inside one transaction, and returns what the answer says.
Deleting a rule is one change and stands in `storage.rules`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlite_utils import Database

from alerts.market.sessions import next_session
from alerts.rules.check import RuleError
from alerts.rules.evaluate import Change, Watch
from alerts.rules.event import AlertEvent, EventStatus, Reading
from alerts.rules.grammar import GrammarError, parse
from alerts.rules.presets import Pack
from alerts.rules.rule import Rule
from alerts.rules.state import TRUE, Kind
from alerts.rules.step import announced
from bot.alerting.event import EventBuilder
from bot.reports.backtest import refuse_unheld
from bot.reports.rule_status import now_of
from bot.reports.series import value_past
from storage import chats, events, preferences, rules, snoozes, watches
from storage.events import NewEvent, StoredEvent
from storage.sessions import last_judged
from storage.snoozes import Snooze


@dataclass(frozen=True)
class SetRule:
    """A rule that a chat has after asking for it.

    now: where the series of its conditions stand, None without figures. subscribed: whether the request subscribed the
    chat. there_already: whether the chat had the same rule before.
    """

    watch: Watch
    now: tuple[Reading, ...] | None
    subscribed: bool
    there_already: bool

    @property
    def undecided(self) -> bool:
        """Whether the rule is true from the start, so that the chat may be told now or after it has cleared."""
        state = self.watch.state
        return state.phase in TRUE and not state.announced and not self.there_already


def set_rule(
    db: Database, chat: int, rule: Rule, limit: int, now: datetime, replaces: int | None = None
) -> SetRule | None:  # fmt: skip
    """Set a rule for a chat and subscribe the chat; None where it has `limit` rules already.

    `replaces`: the id of a rule to delete; the new rule takes its number. If that rule is gone, or another chat's,
    the new one gets a number of its own. A rule that the chat has already is not set again.
    """
    number = rules.same_rule(db, chat, rule)
    there_already = number is not None
    gone = rules.delete_rule(db, chat, replaces) if replaces is not None and not there_already else None
    if not there_already and rules.count_rules(db, chat) >= limit:
        return None
    subscribed = chats.subscribe(db, chat, now)
    if number is None:
        number, _ = rules.add_rule(db, chat, rule, _settling(db, rule), now)
        if gone is not None:
            rules.take_number(db, chat, number, gone.number)
            number = gone.number
    watch = rules.rule_numbered(db, chat, number)
    assert watch is not None
    return SetRule(watch, now_of(db, rule), subscribed, there_already)


def _settling(db: Database, rule: Rule) -> list[tuple[date, float | None]]:
    """The whole (session, value) history of what a rule watches, up to the last session that its series has run on."""
    session = last_judged(db)
    seen = watches.seen_through(db, rule.watched.key)  # later than the last sealed one where that waits for inputs
    if session is not None and seen is not None:
        session = max(session, seen)
    return [] if session is None else value_past(db, rule.watched, session)


@dataclass
class SetPack:
    """What became of the rules of a pack."""

    watches: list[Watch] = field(default_factory=list)  # set now
    had: int = 0  # the chat had these before
    full: int = 0  # left out: the chat may have no more
    short: int = 0  # left out: the history is too short
    subscribed: bool = False  # whether the request subscribed the chat


def set_pack(db: Database, chat: int, pack: Pack, limit: int, coming: int, now: datetime) -> SetPack:
    """Set every rule of a pack. `limit`: rules a chat may have; `coming`: sessions of history that are being filled."""
    out = SetPack()
    for preset in pack.presets:
        try:
            rule = parse(preset.line)
            refuse_unheld(db, rule, coming)
        except (GrammarError, RuleError):
            out.short += 1
            continue
        made = set_rule(db, chat, rule, limit, now)
        if made is None:
            out.full += 1
        elif made.there_already:
            out.had += 1
        else:
            out.watches.append(made.watch)
            out.subscribed |= made.subscribed
    return out


class SnoozeLength(StrEnum):
    """For how long a rule can be snoozed."""

    DAY = "day"
    WEEK = "week"
    RESOLVE = "resolve"  # until the rule resolves
    OFF = "off"  # ends a snooze


def snooze(db: Database, watch: Watch, length: SnoozeLength, now: datetime) -> Snooze | None:
    """Snooze a rule, or end its snooze; the snooze that it has afterwards.

    Rules are evaluated once a session: a day lasts through the next session, a week through those of seven days.
    """
    if length is SnoozeLength.OFF:
        snoozes.wake(db, watch.id)
        return None
    session = last_judged(db) or now.date()
    through = {SnoozeLength.DAY: next_session(session), SnoozeLength.WEEK: session + timedelta(days=7)}.get(length)
    made = Snooze(watch.id, watch.chat, through)
    snoozes.snooze(db, made)
    return made


@dataclass(frozen=True)
class Unmuted:
    """changed: whether the chat was muted. missed: events it was not told. still: those whose condition still holds."""

    changed: bool
    missed: int = 0
    still: tuple[StoredEvent, ...] = ()


def unmute(db: Database, chat: int, now: datetime) -> Unmuted:
    """End a chat's mute. The answer tells of the events in `still`, so they count as told and their end is told too."""
    if not preferences.mute(db, chat, False, now):
        return Unmuted(changed=False)
    missed = events.with_status(db, chat, EventStatus.MUTED)
    true_now = {watch.id: watch for watch in rules.rules_of(db, chat) if watch.state.phase in TRUE}
    still: dict[int, StoredEvent] = {}
    for event in missed:
        watch = true_now.get(event.event.rule.id) if event.event.rule else None
        if watch is not None and event.kind is Kind.FIRED and event.session == watch.state.since:
            still[watch.id] = event
    events.set_status(db, [event.id for event in still.values()], EventStatus.NOTIFIED)
    ended = [event.id for event in missed if event not in still.values()]
    events.set_status(db, ended, EventStatus.MUTED_BEFORE)
    return Unmuted(True, len(missed), tuple(still.values()))


def alert_now(db: Database, watch: Watch, now: datetime) -> AlertEvent | None:
    """Let a rule fire that was true when it was set; its event, or None if it cannot fire now."""
    seen = watches.seen(db).get(watch.rule.watched.key)
    after = announced(watch.rule, watch.state, seen.number) if seen else None
    if after is None or seen is None:
        return None
    change = Change(watch, after, (Kind.FIRED,))
    event = EventBuilder(db, seen.session).of_rule(change, Kind.FIRED)
    watches.record_changes(db, [change])
    written = events.record_events(db, [NewEvent(watch.chat, event)], now)
    return event if written else None
