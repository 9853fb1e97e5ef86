"""Sealing a session: every rule is stepped, and what happened is written with the messages that tell it.

Called inside the transaction that records the session's figures. Judging a session twice changes nothing the second
time: observations remember the last session of each series.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from storage import chats, outbox, rules, silences, watches
from storage.events import Happening, record_events


@dataclass
class Judgement:
    """What a session did: how many events of each kind, and which belong to whom."""

    totals: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    by_chat: dict[int, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)  # (event, what is told)


class _Session:
    """One session being judged."""

    def __init__(self, db: Database, session: date, now: datetime, *, late: bool) -> None:
        self.db, self.session, self.now, self.late = db, session, now, late
        self.told = Told(db, session)
        self.happened: list[Happening] = []

    def of_rules(self, changes: Iterable[Change]) -> None:
        """What moved rules have to say."""
        for change in changes:
            watch = change.watch
            for kind in change.told:
                what = self.told.event(change, kind, late=self.late)
                self.happened.append(Happening(watch.id, watch.chat, kind.value, what))

    def of_data(self, chat: int, series: Series, kind: Kind, **more: Any) -> None:
        """What a chat is told of the data of a series."""
        what = self.told.json(series) | {"kind": kind.value, "late": self.late} | more
        self.happened.append(Happening(None, chat, kind.value, what, series.key))


def judge(db: Database, session: date, now: datetime, *, late: bool) -> Judgement:
    """Evaluate every rule on the session, write what happened, and put the messages into the outbox."""
    judged = _Session(db, session, now, late=late)
    _expire(judged)
    _move(judged)
    _data_back(judged)
    out = Judgement()
    for event, one in record_events(db, session, judged.happened, now):
        out.totals[Kind(one.kind)] += 1
        out.by_chat.setdefault(one.chat, []).append((event, one.told))
    _enqueue(judged, out)
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
        value = observed(db, watched, session)
        observation = watches.next_observation(seen.get(key), session, value)
        if observation is None:
            continue
        observations[key] = observation
        changes += evaluate(watches.touched(db, key, observation), observation)
        if value is None and observation.missing == NO_DATA_AFTER:
            _no_data(judged, key, [series for series in series_of(watched) if observed(db, series, session) is None])
    watches.record_observations(db, observations)
    watches.record_changes(db, changes)
    judged.of_rules(changes)


def _no_data(judged: _Session, key: str, missing: Sequence[Series]) -> None:
    """Tell each chat that watches `key`, once, of each series it is missing for."""
    for chat, numbers in watches.chats_watching(judged.db, key).items():
        for series in missing:
            if silences.begin(judged.db, series.key, chat, judged.session):
                judged.of_data(chat, series, Kind.NO_DATA, numbers=numbers)


def _data_back(judged: _Session) -> None:
    """Tell whoever was told that a series has no data that it has some again."""
    for key in silences.open_series(judged.db):
        series = Series.from_key(key)
        if observed(judged.db, series, judged.session) is not None:
            for chat, since in silences.end(judged.db, key).items():
                judged.of_data(chat, series, Kind.DATA_BACK, since=since.isoformat())


def _enqueue(judged: _Session, out: Judgement) -> None:
    """One message a chat that listens."""
    listening = chats.subscribed_among(judged.db, out.by_chat)
    messages = []
    for chat, found in out.by_chat.items():
        if chat in listening:
            said = [what for _, what in found]
            target = _announcement(judged.db, chat, said)
            texts = alert_texts(judged.session, said)
            messages.append(outbox.Outgoing(chat, texts, [event for event, _ in found], target))
    outbox.enqueue_all(judged.db, judged.session, "alert", messages, judged.now)


def _announcement(db: Database, chat: int, told: Sequence[Mapping[str, Any]]) -> int | None:
    """The message that announced what these events end, where all of them belong to that one message."""
    announced = {entry.get("fired_on") for entry in told}
    if len(announced) != 1:
        return None
    session = announced.pop()
    return outbox.message_of(db, chat, date.fromisoformat(str(session)), "alert") if session else None
