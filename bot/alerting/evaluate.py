"""Sealing a session: every rule is stepped, and what happened is written with the messages that tell it.

Called inside the transaction that records the session's figures. Judging a session twice changes nothing the second
time: observations remember the last session of each series. Events are always written; whether a chat hears of them is
decided event by event (bot/alerting/suppression.py), and written beside them. Sessions that are caught up with are
told together with the last of them, in one message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from alerts.rules.condition import series_of, watched_from
from alerts.rules.evaluate import Change, evaluate
from alerts.rules.series import Series
from alerts.rules.state import NO_DATA_AFTER, TRUE, Kind, Observation, Phase
from bot.alerting.notify import tell
from bot.alerting.suppression import Ears
from bot.reports.base_rates import Followed
from bot.reports.series import Observed, Told
from storage import data_gaps, events, rules, snoozes, watches
from storage.events import Happening, record_events


@dataclass
class Judgement:
    """What a session did: how many events of each kind, and what each chat hears of."""

    totals: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    by_chat: dict[int, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)  # (event, what is told)


class _Session:
    """One session being judged: what moved, and what there is to say of it."""

    def __init__(self, db: Database, session: date, now: datetime, *, late: bool) -> None:
        self.db, self.session, self.now, self.late = db, session, now, late
        self.told = Told(db, session)
        self.observed = Observed(db, session)
        self.changes: list[Change] = []
        self._of_rules: list[tuple[Change, Kind, dict[str, Any]]] = []
        self._of_data: list[tuple[int, Series, Kind, dict[str, Any]]] = []

    def of_rules(self, changes: Iterable[Change]) -> None:
        """What moved rules have to say."""
        for change in changes:
            self.changes.append(change)
            for kind in change.told:
                self.of_rule(change, kind, self.told.event(change, kind, late=self.late))

    def of_rule(self, change: Change, kind: Kind, what: dict[str, Any]) -> None:
        """One thing that a rule has to say."""
        self._of_rules.append((change, kind, what))

    def of_data(self, chat: int, series: Series, kind: Kind, **more: Any) -> None:
        """What a chat is told of the data of a series."""
        what = self.told.json(series) | {"kind": kind.value, "late": self.late} | more
        self._of_data.append((chat, series, kind, what))

    def happenings(self) -> list[Happening]:
        """All of it, with what becomes of it, and of firings what followed earlier ones."""
        chats = {change.watch.chat for change, _, _ in self._of_rules} | {chat for chat, *_ in self._of_data}
        ears = Ears(self.db, self.session, self.now, chats, late=self.late)
        fired = [change.watch.rule for change, kind, _ in self._of_rules if kind is Kind.FIRED]
        followed = Followed(self.db, self.session, fired)
        out = []
        for change, kind, what in self._of_rules:
            watch = change.watch
            if kind is Kind.FIRED and (then := followed.of(watch.rule)) is not None:
                what["followed"] = then
            out.append(Happening(watch.id, watch.chat, kind.value, what, said=ears.of_rule(watch, kind, what)))
        for chat, series, kind, what in self._of_data:
            out.append(Happening(None, chat, kind.value, what, series.key, ears.of_data(chat, series, kind, what)))
        return out


def judge(db: Database, session: date, now: datetime, *, late: bool) -> Judgement:
    """Evaluate every rule on the session, write what happened, and put the messages into the outbox.

    `late`: a later session is due too, whose message tells of this one.
    """
    judged = _Session(db, session, now, late=late)
    _expire(judged)
    _move(judged)
    _wake(judged)
    _data_back(judged)
    out = Judgement()
    for event, one in record_events(db, session, judged.happenings(), now):
        out.totals[Kind(one.kind)] += 1
        if one.said in (None, events.TOLD, events.HELD):
            out.by_chat.setdefault(one.chat, []).append((event, one.told))
    if not late:
        tell(db, session, now, out.by_chat)
    return out


def _expire(judged: _Session) -> None:
    """End what the session's date alone ends."""
    over = evaluate(rules.expiring(judged.db, judged.session), Observation(judged.session, 0, None))
    watches.record_changes(judged.db, over)
    judged.of_rules(over)


def _move(judged: _Session) -> None:
    """Step the rules that the session's values touch."""
    db, session = judged.db, judged.session
    changes: list[Change] = []
    seen, observations = watches.seen(db), {}
    for key in watches.watched_keys(db):
        watched = watched_from(key)
        value = judged.observed.value(watched)
        before, news = seen.get(key), judged.observed.news(watched)
        if value is not None and before and not before.missing and news and news <= before.session:
            continue  # an imported series between its observations
        observation = watches.next_observation(before, session, value)
        if observation is None:
            continue
        # An imported series is noted by the session of its observation: one that is imported late is new all the same.
        observations[key] = observation if value is None or news is None else replace(observation, session=news)
        changes += evaluate(watches.touched(db, key, observation), observation)
        if value is None and observation.missing == NO_DATA_AFTER:
            _no_data(judged, key, [series for series in series_of(watched) if judged.observed.value(series) is None])
    watches.record_observations(db, observations)
    watches.record_changes(db, changes)
    judged.of_rules(changes)


def _wake(judged: _Session) -> None:
    """Rules whose snooze is over and that are still true are told of once; so is what will never be told again."""
    spoke = {change.watch.id for change in judged.changes if {Kind.FIRED, Kind.REMINDER} & set(change.told)}
    for snooze in snoozes.over(judged.db, judged.session):
        snoozes.wake(judged.db, snooze.rule)
        watch = rules.rule_of(judged.db, snooze.chat, snooze.rule)
        if watch is None or watch.id in spoke:
            continue
        change = Change(watch, watch.state, (Kind.REMINDER,))
        if watch.state.phase in TRUE and watch.state.announced:
            what = judged.told.event(change, Kind.REMINDER, late=judged.late)
            judged.of_rule(change, Kind.REMINDER, what | {"snooze_over": True})
        elif watch.state.phase is Phase.DISARMED and (missed := _missed(judged.db, watch.chat, watch.id)):
            judged.of_rule(change, Kind.REMINDER, missed | {
                "kind": Kind.REMINDER.value, "missed": True, "fired_on": missed["session"], "late": judged.late,
                "session": judged.session.isoformat(),
            })  # fmt: skip


def _missed(db: Database, chat: int, rule: int) -> dict[str, Any] | None:
    """What a rule that speaks once said while it was snoozed, if the chat has not heard of it."""
    found = events.events_of(db, chat, 1, rule)
    return found[0].told if found and found[0].kind == Kind.FIRED.value and found[0].said == "snoozed" else None


def _no_data(judged: _Session, key: str, missing: Sequence[Series]) -> None:
    """Tell each chat that watches `key`, once, of each series it is missing for."""
    for chat, numbers in watches.chats_watching(judged.db, key).items():
        for series in missing:
            if data_gaps.begin(judged.db, series.key, chat, judged.session):
                judged.of_data(chat, series, Kind.NO_DATA, numbers=numbers)


def _data_back(judged: _Session) -> None:
    """Tell whoever was told that a series has no data that it has some again."""
    for key in data_gaps.open_series(judged.db):
        series = Series.from_key(key)
        if judged.observed.value(series) is not None:
            for chat, since in data_gaps.end(judged.db, key).items():
                judged.of_data(chat, series, Kind.DATA_BACK, since=since.isoformat())
