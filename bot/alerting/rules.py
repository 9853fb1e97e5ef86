"""What chats do with their alerts: set, edit, snooze, mute, be told now, set a pack.

Each function makes all changes of one request, is called inside one transaction, and returns what the answer says.
Deleting a rule is one change and stands in `storage.rules`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlite_utils import Database

from alerts.market.sessions import next_session
from alerts.rules.check import RuleError
from alerts.rules.evaluate import Change, Watch
from alerts.rules.event import AlertEvent, EventRule, EventStatus
from alerts.rules.grammar import GrammarError, parse
from alerts.rules.presets import Pack
from alerts.rules.reading import Reading
from alerts.rules.rule import Rule
from alerts.rules.state import TRUE, Kind
from alerts.rules.step import announced
from alerts.thesis import Claim
from alerts.thesis_alerts import rule_of
from bot.alerting.event import EventBuilder
from bot.alerting.suppression import ended_while_snoozed
from bot.reports.backtest import refuse_unheld
from bot.reports.own_names import own_names
from bot.reports.rule_status import now_of
from bot.reports.series import value_past
from storage import chats, deleted_rules, events, preferences, rules, snoozes, watches
from storage.events import NewEvent, StoredEvent
from storage.sessions import last_judged
from storage.snoozes import PAUSED, Snooze
from storage.track_record import record_answered


@dataclass(frozen=True)
class SetRule:
    """A rule that a chat has after asking for it.

    now: where the series of its conditions stand, None without figures. subscribed: whether the request subscribed the
    chat. there_already: whether the chat had the same rule before. ended: since when the rule that it replaces had been
    firing, which the chat had heard of.
    """

    watch: Watch
    now: tuple[Reading, ...] | None
    subscribed: bool
    there_already: bool
    ended: date | None = None

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
    the new one gets a number of its own. A rule that the chat has already is not set again. The end of an episode that
    the chat had heard of is written down.
    """
    number = rules.same_rule(db, chat, rule)
    there_already = number is not None
    ended = None if replaces is None or there_already else _end_episode(db, chat, replaces, now)
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
    return SetRule(watch, now_of(db, rule), subscribed, there_already, ended)


def _end_episode(db: Database, chat: int, identity: int, now: datetime) -> date | None:
    """Write down that a rule's episode ends because its line is changed; since when it had lasted, None without one."""
    watch, session = rules.rule_of(db, chat, identity), last_judged(db)
    if watch is None or session is None or watch.state.phase not in TRUE or watch.state.since is None:
        return None
    if events.announcement(db, watch.id, watch.state.since) is None:
        return None
    event = EventBuilder(db, session).of_rule(Change(watch, watch.state, (Kind.RESOLVED,)), Kind.RESOLVED)
    assert isinstance(event.subject, EventRule)
    event = replace(event, subject=replace(event.subject, changed=True))
    events.record_events(db, [NewEvent(chat, event)], now)
    return watch.state.since


def undo_delete(db: Database, chat: int, identity: int, limit: int) -> Watch | None:
    """Bring a deleted rule back; None where it is not kept, what it watched is gone, or the chat has `limit` rules, or
    this one again."""
    line = deleted_rules.deleted_line(db, chat, identity)
    if line is None or rules.count_rules(db, chat) >= limit:
        return None
    try:
        rule = parse(own_names(db, chat).full(line))
    except (GrammarError, RuleError):
        return None
    if rules.same_rule(db, chat, rule):
        return None
    return deleted_rules.restore(db, chat, identity, rule, _settling(db, rule))


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


@dataclass
class WatchedClaims:
    """What became of claims of the thesis that a chat wants to be told of; counts as in SetPack."""

    watches: list[tuple[str, Watch]] = field(default_factory=list)  # the claim's text, and its rule
    had: int = 0
    full: int = 0
    short: int = 0


def watch_claims(
    db: Database, chat: int, claims: Sequence[Claim], limit: int, coming: int, now: datetime
) -> WatchedClaims:  # fmt: skip
    """Set the rule of each claim. The thesis has just said which of them hold: their end is told, too."""
    out = WatchedClaims()
    for claim in claims:
        rule = rule_of(claim)
        try:
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
            if made.undecided:
                alert_now(db, made.watch, now)
            out.watches.append((claim.text, made.watch))
    return out


class SnoozeLength(StrEnum):
    """For how long a rule can be snoozed."""

    DAY = "day"
    WEEK = "week"
    RESOLVE = "resolve"  # until the rule resolves
    PAUSE = "pause"  # until it is resumed
    OFF = "off"  # ends a snooze or a pause


def snooze(db: Database, watch: Watch, length: SnoozeLength, now: datetime) -> Snooze | None:
    """Snooze a rule, or end its snooze; the snooze that it has afterwards.

    Rules are evaluated once a session: a day lasts through the next session, a week through those of seven days.
    """
    if length is SnoozeLength.OFF:
        snoozes.wake(db, watch.id)
        return None
    session = last_judged(db) or now.date()
    through = {
        SnoozeLength.DAY: next_session(session),
        SnoozeLength.WEEK: session + timedelta(days=7),
        SnoozeLength.PAUSE: PAUSED,
    }.get(length)
    made = Snooze(watch.id, watch.chat, through)
    snoozes.snooze(db, made)
    return made


def resume(db: Database, chat: int, identity: int) -> StoredEvent | None:
    """End the snooze or pause of a chat's rule; the end, meanwhile, of what the chat had heard of.

    That end counts as told now. So does a firing that was snoozed and still holds: the answer says since when.
    """
    watch = rules.rule_of(db, chat, identity)
    if watch is None or not snoozes.wake(db, watch.id):
        return None
    state = watch.state
    for event in events.events_of(db, watch.chat, 20, watch.id):
        if state.phase in TRUE and event.kind is Kind.FIRED and event.session == state.since:
            if event.status is EventStatus.SNOOZED:
                events.set_status(db, [event.id], EventStatus.NOTIFIED)
                record_answered(db, [event.id])
            return None
    ended = ended_while_snoozed(db, watch.chat, watch.id)
    if ended is not None:
        events.set_status(db, [ended.id], EventStatus.NOTIFIED)
    return ended


@dataclass(frozen=True)
class Unmuted:
    """changed: whether the chat was muted. missed: events it was not told. still: those whose condition still holds.
    ended: the ends of what the chat had heard of."""

    changed: bool
    missed: int = 0
    still: tuple[StoredEvent, ...] = ()
    ended: tuple[StoredEvent, ...] = ()


def unmute(db: Database, chat: int, now: datetime, *, answered: bool = True) -> Unmuted:
    """End a chat's mute. The chat hears of the events in `still`, so they count as told and their end is told too.

    answered: an answer tells it now; else a message will.
    """
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
    if answered:
        record_answered(db, [event.id for event in still.values()])
    over = [event.id for event in missed if event not in still.values()]
    events.set_status(db, over, EventStatus.MUTED_BEFORE)
    ended = tuple(event for event in missed if _was_heard_of(db, event))
    return Unmuted(True, len(missed), tuple(still.values()), ended)


def _was_heard_of(db: Database, ended: StoredEvent) -> bool:
    """Whether an event is the end of an episode that its chat had been told of."""
    rule = ended.event.rule
    if rule is None or rule.episode is None or ended.kind not in (Kind.RESOLVED, Kind.EXPIRED):
        return False
    return events.announcement(db, rule.id, rule.episode.fired_on) is not None


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
    record_answered(db, [one.id for one in written])
    return event if written else None
