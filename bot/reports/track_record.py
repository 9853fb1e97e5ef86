"""The track record: what followed each alert that was sent, beside the base rate shown with it. Misses first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from statistics import median
from typing import Any

from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.rules.base_rates import HORIZONS
from alerts.rules.presets import preset_lines
from alerts.rules.track_record import Judged, Leads, Unknown, Verdict, chance_of_miss, judge
from bot.reports.base_rates import HORIZON
from storage import fund_closes, track_record
from storage.database import is_simulated
from storage.track_record import SentAlert

_ORDER = (Verdict.MISSED, Verdict.AS_SHOWN, Verdict.NOT_YET, Verdict.NOT_KNOWN, Verdict.NOTHING_SHOWN)


@dataclass(frozen=True)
class TrackedAlert:
    """An alert, and what followed. followed: leads after each of `HORIZONS`, pp."""

    alert: SentAlert
    followed: tuple[float | Unknown, ...]
    judged: Judged


@dataclass(frozen=True)
class TrackRecord:
    """Alerts that were sent: misses first, the largest before all, then the others, the latest first.

    through: the last session with closes, None where none are held. simulated: whether they are of the simulated
    market.
    """

    alerts: tuple[TrackedAlert, ...]
    through: date | None
    simulated: bool = False

    def only(self, alerts: Iterable[TrackedAlert]) -> TrackRecord:
        """The record of some of its alerts."""
        return replace(self, alerts=tuple(alerts))

    @property
    def horizons(self) -> tuple[int, ...]:
        """The horizons at which alerts are judged: those shown with them, in sessions, ascending."""
        return tuple(sorted({one.alert.shown.horizon for one in self.alerts if one.alert.shown})) or (HORIZON,)

    @property
    def since(self) -> date | None:
        """The session of the first alert."""
        return min((one.alert.session for one in self.alerts), default=None)

    @property
    def known(self) -> int:
        """How many alerts went as shown, or not."""
        return sum(one.judged.known for one in self.alerts)

    @property
    def missed(self) -> int:
        return sum(one.judged.verdict is Verdict.MISSED for one in self.alerts)

    @property
    def expected_misses(self) -> float | None:
        """How many misses the shares shown let expect; None where one of the alerts that are known showed no share."""
        chances = [chance_of_miss(one.alert.shown) for one in self.alerts if one.judged.known and one.alert.shown]
        known = [chance for chance in chances if chance is not None]
        return sum(known) if known and len(known) == len(chances) else None


@dataclass(frozen=True)
class PresetTrack:
    """The record of one preset over all chats. medians: of the leads known after each of `HORIZONS`, with how many."""

    line: str
    record: TrackRecord
    medians: tuple[tuple[float, int] | None, ...]


def leads_held(db: Database, start: date | None) -> Leads:
    """The leads after `start` and later sessions, by the closes of IWM and SPY that are held now."""
    from storage import closes  # pandas

    span = fund_closes.fund_span(db)
    if span is None or start is None or start > span[1]:
        return Leads((), (), ()) if span is None else Leads((span[1],), (float("nan"),), (float("nan"),))
    held = sessions_between(start, span[1])
    _, adjusted = closes.fund_frames(db, ("IWM", "SPY"), held)
    return Leads(held, adjusted["IWM"].tolist(), adjusted["SPY"].tolist())


def track_of_chat(db: Database, chat: int, leads: Leads | None = None) -> TrackRecord:
    """The record of the alerts that a chat was told of. `leads`: read already, from its first alert on."""
    sent = track_record.sent_to(db, chat)
    return _tracked(db, sent, leads or leads_held(db, sent[0].session if sent else None))


def track_of_all(db: Database) -> TrackRecord:
    """The record over all chats, without naming any."""
    sent = track_record.sent_alerts(db)
    return _tracked(db, sent, leads_held(db, sent[0].session if sent else None))


def by_preset(record: TrackRecord) -> list[PresetTrack]:
    """A record's alerts by preset, in the order of the packs; chats' own alerts are left out."""
    former = [one.alert.preset for one in record.alerts if one.alert.preset]
    lines = dict.fromkeys([*preset_lines(), *former])
    out = []
    for line in lines:
        if of_line := [one for one in record.alerts if one.alert.preset == line]:
            out.append(PresetTrack(line, record.only(of_line), _medians(of_line)))
    return out


def _tracked(db: Database, sent: Iterable[SentAlert], leads: Leads) -> TrackRecord:
    found = [
        TrackedAlert(one, leads.after_all(one.session), judge(leads, one.session, one.shown)) for one in sent
    ]  # fmt: skip
    return TrackRecord(tuple(sorted(found, key=_place)), leads.through, is_simulated(db))


def _place(one: TrackedAlert) -> tuple[int, float, int]:
    lead = one.judged.lead or 0.0
    size = -abs(lead) if one.judged.verdict is Verdict.MISSED else 0.0
    return _ORDER.index(one.judged.verdict), size, -one.alert.session.toordinal()


def _medians(found: Iterable[TrackedAlert]) -> tuple[tuple[float, int] | None, ...]:
    by_horizon = zip(*(one.followed for one in found), strict=True)
    known = [[lead for lead in leads if not isinstance(lead, Unknown)] for leads in by_horizon]
    return tuple((median(leads), len(leads)) if leads else None for leads in known)


def track_json(record: TrackRecord) -> dict[str, Any]:
    """A record as its JSON document has it."""
    return {
        "simulated": record.simulated,
        "closes_through": record.through.isoformat() if record.through else None,
        **_counts(record),
        "alerts": [_alert_json(one) for one in record.alerts],
        "presets": [
            {"preset": one.line, **_counts(one.record), "followed": {
                str(horizon): {"median": found[0], "n": found[1]} if found else {"median": None, "n": 0}
                for horizon, found in zip(HORIZONS, one.medians, strict=True)
            }}
            for one in by_preset(record)
        ],
    }  # fmt: skip


def _counts(record: TrackRecord) -> dict[str, Any]:
    return {
        "sent": len(record.alerts), "judged": record.known, "missed": record.missed,
        "expected_misses": record.expected_misses,
    }  # fmt: skip


def _alert_json(one: TrackedAlert) -> dict[str, Any]:
    alert, shown = one.alert, one.alert.shown
    followed = list(zip(map(str, HORIZONS), one.followed, strict=True))
    told = None if shown is None else asdict(shown)
    if told is not None:
        del told["years"]
    return {
        "session": alert.session.isoformat(),
        "preset": alert.preset,
        **({} if alert.line is None else {"line": alert.line, "number": alert.number}),
        "value": alert.value,
        "verdict": one.judged.verdict.value,
        "shown": told,
        "followed": {horizon: None if isinstance(lead, Unknown) else lead for horizon, lead in followed},
        "unknown": {horizon: lead.value for horizon, lead in followed if isinstance(lead, Unknown)},
    }
