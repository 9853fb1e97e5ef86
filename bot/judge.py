"""Sealing a session: every rule is stepped, and what happened is written with the messages that tell it.

Called inside the transaction that records the session's figures. Judging a session twice changes nothing the second
time: observations remember the last session of each series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from alerts.rules.condition import series_of, watched_from
from alerts.rules.evaluate import Change, evaluate
from alerts.rules.phases import NO_DATA_AFTER, Kind, Observation
from alerts.rules.series import Series
from bot.messages.alert import alert_texts
from bot.observe import Told, observed
from storage import chats, events, outbox, rules, silences, watches


@dataclass
class Judgement:
    """What a session did: how many events of each kind, and which belong to whom."""

    totals: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    by_chat: dict[int, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)  # (event, what is told)

    def add(self, chat: int, kind: Kind, event: int | None, told: dict[str, Any]) -> None:
        """Count an event that was written; one that was there already has no id, and is not counted."""
        if event is not None:
            self.totals[kind] += 1
            self.by_chat.setdefault(chat, []).append((event, told))


def judge(db: Database, session: date, now: datetime, *, late: bool) -> Judgement:
    """Evaluate every rule on the session, write what happened, and put the messages into the outbox."""
    out, told = Judgement(), Told(db, session)
    changes = _expired(db, session)
    watches.record_changes(db, changes)
    changes += _moved(db, session, now, told, out, late=late)
    for change in changes:
        watch = change.watch
        for kind in change.told:
            what = told.event(change, kind, late=late)
            event = events.record_event(db, watch.id, watch.chat, session, kind.value, what, now)
            out.add(watch.chat, kind, event, what)
    _data_back(db, session, now, told, out, late=late)
    _enqueue(db, session, now, out)
    return out


def _expired(db: Database, session: date) -> list[Change]:
    """What the session's date alone ends."""
    out = []
    for watch in rules.expiring(db, session):
        out += evaluate([watch], Observation(session, 0, None))
    return out


def _moved(
    db: Database, session: date, now: datetime, told: Told, out: Judgement, *, late: bool
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
            _no_data(db, key, missing, now, told, out, late=late)
    watches.record_observations(db, observations)
    watches.record_changes(db, changes)
    return changes


def _no_data(
    db: Database, key: str, missing: Sequence[Series], now: datetime, told: Told, out: Judgement, *, late: bool
) -> None:
    """Tell each chat that watches `key`, once, of each series it is missing for."""
    for chat, numbers in watches.chats_watching(db, key).items():
        for series in missing:
            if silences.begin(db, series.key, chat, told.session):
                what = told.json(series) | {"kind": Kind.NO_DATA.value, "numbers": numbers, "late": late}
                _record(db, chat, series, Kind.NO_DATA, what, now, told.session, out)


def _data_back(db: Database, session: date, now: datetime, told: Told, out: Judgement, *, late: bool) -> None:
    """Tell whoever was told that a series has no data that it has some again."""
    for key in silences.open_series(db):
        series = Series.from_key(key)
        if observed(db, series, session) is None:
            continue
        for chat, since in silences.end(db, key).items():
            what = told.json(series) | {"kind": Kind.DATA_BACK.value, "since": since.isoformat(), "late": late}
            _record(db, chat, series, Kind.DATA_BACK, what, now, session, out)


def _record(
    db: Database, chat: int, series: Series, kind: Kind, what: dict[str, Any], now: datetime, session: date,
    out: Judgement,
) -> None:  # fmt: skip
    event = events.record_event(db, None, chat, session, kind.value, what, now, series=series.key)
    out.add(chat, kind, event, what)


def _enqueue(db: Database, session: date, now: datetime, out: Judgement) -> None:
    """One message a chat."""
    for chat, found in out.by_chat.items():
        known = chats.chat(db, chat)
        if known is not None and known.subscribed:
            said = [what for _, what in found]
            ids = [event for event, _ in found]
            target = _announcement(db, chat, said)
            outbox.enqueue(db, chat, session, "alert", alert_texts(session, said), ids, now, target)


def _announcement(db: Database, chat: int, told: Sequence[Mapping[str, Any]]) -> int | None:
    """The message that announced what these events end, where all of them belong to that one message."""
    announced = {entry.get("fired_on") for entry in told}
    if len(announced) != 1:
        return None
    session = announced.pop()
    return outbox.message_of(db, chat, date.fromisoformat(str(session)), "alert") if session else None
