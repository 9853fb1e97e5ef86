"""Sealing a session: every rule is stepped, and what happened is written with the messages that tell it.

Called inside the transaction that records the session's figures. Judging a session twice changes nothing the second
time: observations remember the last session of each series. Events are always written; whether a chat hears of them is
decided event by event (bot/hearing.py), and written beside them. Sessions that are caught up with are told together
with the last of them, in one message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from alerts.rules.condition import series_of, watched_from
from alerts.rules.evaluate import Change, evaluate
from alerts.rules.phases import NO_DATA_AFTER, TRUE, Kind, Observation, Phase
from alerts.rules.series import Series
from bot.followed import Followed
from bot.hearing import Ears
from bot.observe import Told, observed
from bot.telling import tell
from storage import events, rules, silences, snoozes, watches


@dataclass
class Judgement:
    """What a session did: how many events of each kind, and what each chat hears of."""

    totals: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    by_chat: dict[int, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)  # (event, what is told)

    def add(self, chat: int, kind: Kind, event: int | None, told: dict[str, Any], said: str | None) -> None:
        """Count an event that was written; one that was there already has no id, and is not counted."""
        if event is None:
            return
        self.totals[kind] += 1
        if said in (None, events.TOLD, events.HELD):
            self.by_chat.setdefault(chat, []).append((event, told))


def judge(db: Database, session: date, now: datetime, *, late: bool) -> Judgement:
    """Evaluate every rule on the session, write what happened, and put the messages into the outbox.

    `late`: a later session is due too, whose message tells of this one.
    """
    out, told, ears = Judgement(), Told(db, session), Ears(db, session, now, late=late)
    changes = _expired(db, session)
    watches.record_changes(db, changes)
    changes += _moved(db, session, now, told, ears, out)
    followed = Followed(db, session, [change.watch.rule for change in changes if Kind.FIRED in change.told])
    for change in changes:
        for kind in change.told:
            what = told.event(change, kind, late=late)
            if kind is Kind.FIRED and (then := followed.of(change.watch.rule)) is not None:
                what["followed"] = then
            _of_rule(db, change, kind, what, now, ears, out)
    _woken(db, changes, now, told, ears, out)
    _data_back(db, session, now, told, ears, out)
    if not late:
        tell(db, session, now, out.by_chat)
    return out


def _of_rule(
    db: Database, change: Change, kind: Kind, what: dict[str, Any], now: datetime, ears: Ears, out: Judgement
) -> None:
    watch, session = change.watch, ears.session
    said = ears.of_rule(watch, kind, what)
    event = events.record_event(db, watch.id, watch.chat, session, kind.value, what, now, said=said)
    out.add(watch.chat, kind, event, what, said)


def _woken(
    db: Database, changes: Sequence[Change], now: datetime, told: Told, ears: Ears, out: Judgement
) -> None:  # fmt: skip
    """Rules whose snooze is over and that are still true are told of once; so is what will never be told again."""
    spoke = {change.watch.id for change in changes if Kind.FIRED in change.told or Kind.REMINDER in change.told}
    for snooze in ears.woken():
        snoozes.wake(db, snooze.rule)
        watch = rules.rule_of(db, snooze.chat, snooze.rule)
        if watch is None or watch.id in spoke:
            continue
        change = Change(watch, watch.state, (Kind.REMINDER,))
        if watch.state.phase in TRUE and watch.state.since is not None:
            what = told.event(change, Kind.REMINDER, late=ears.late) | {"snooze_over": True}
            _of_rule(db, change, Kind.REMINDER, what, now, ears, out)
        elif watch.state.phase is Phase.DISARMED and (missed := _missed(db, watch.chat, watch.id)):
            what = missed | {
                "kind": Kind.REMINDER.value, "missed": True, "fired_on": missed["session"], "late": ears.late,
                "session": ears.session.isoformat(),
            }  # fmt: skip
            _of_rule(db, change, Kind.REMINDER, what, now, ears, out)


def _missed(db: Database, chat: int, rule: int) -> dict[str, Any] | None:
    """What a rule that speaks once said while it was snoozed, if the chat has not heard of it."""
    found = events.events_of(db, chat, 2, rule)
    return found[0].told if found and found[0].kind == Kind.FIRED.value and found[0].said == "snoozed" else None


def _expired(db: Database, session: date) -> list[Change]:
    """What the session's date alone ends."""
    out = []
    for watch in rules.expiring(db, session):
        out += evaluate([watch], Observation(session, 0, None))
    return out


def _moved(
    db: Database, session: date, now: datetime, told: Told, ears: Ears, out: Judgement
) -> list[Change]:  # fmt: skip
    """What the session's values do to the rules that they touch."""
    changes: list[Change] = []
    seen, observations = watches.seen(db), {}
    for key in watches.watched_keys(db):
        watched = watched_from(key)
        value = observed(db, watched, session)
        observation = watches.next_observation(seen.get(key), session, value)
        if observation is None:
            continue
        observations[key] = observation
        changes += evaluate(watches.touched(db, key, observation), observation)
        if value is None and observation.missing == NO_DATA_AFTER:
            missing = [series for series in series_of(watched) if observed(db, series, session) is None]
            _no_data(db, key, missing, now, told, ears, out)
    watches.record_observations(db, observations)
    watches.record_changes(db, changes)
    return changes


def _no_data(
    db: Database, key: str, missing: Sequence[Series], now: datetime, told: Told, ears: Ears, out: Judgement
) -> None:
    """Tell each chat that watches `key`, once, of each series it is missing for."""
    for chat, numbers in watches.chats_watching(db, key).items():
        for series in missing:
            if silences.begin(db, series.key, chat, told.session):
                what = told.json(series) | {"kind": Kind.NO_DATA.value, "numbers": numbers, "late": ears.late}
                _of_series(db, chat, series, Kind.NO_DATA, what, now, ears.of_chat(chat), out)


def _data_back(
    db: Database, session: date, now: datetime, told: Told, ears: Ears, out: Judgement
) -> None:  # fmt: skip
    """Tell whoever was told that a series has no data that it has some again."""
    for key in silences.open_series(db):
        series = Series.from_key(key)
        if observed(db, series, session) is None:
            continue
        for chat, since in silences.end(db, key).items():
            what = told.json(series) | {"kind": Kind.DATA_BACK.value, "since": since.isoformat(), "late": ears.late}
            heard = events.was_told_of(db, chat, key, since)
            said = ears.of_chat(chat) if heard else "not announced"
            _of_series(db, chat, series, Kind.DATA_BACK, what, now, said, out)


def _of_series(
    db: Database, chat: int, series: Series, kind: Kind, what: dict[str, Any], now: datetime, said: str | None,
    out: Judgement,
) -> None:  # fmt: skip
    session = date.fromisoformat(what["session"])
    event = events.record_event(db, None, chat, session, kind.value, what, now, series=series.key, said=said)
    out.add(chat, kind, event, what, said)
