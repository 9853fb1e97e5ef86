"""Rules replayed on one session: whether they fire and resolve on the figures that are kept as they did then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlite_utils import Database

from alerts.metrics.catalog import UnknownMetric
from alerts.rules.backtest import backtest
from alerts.rules.check import RuleError
from alerts.rules.condition import series_of
from alerts.rules.event import AlertEvent
from alerts.rules.grammar import GrammarError, parse
from alerts.rules.rule import Rule
from alerts.rules.state import Kind, Phase
from bot.reports.series import Past, counting
from storage import events, figures, rules
from storage.events import StoredEvent

_REPLAYED = (Kind.FIRED, Kind.RESOLVED)


@dataclass(frozen=True)
class Replayed:
    """A rule that does not do now what it did. event: the id of the recorded one, None where there is none."""

    line: str
    event: int | None
    recorded: str
    now: str
    corrected: bool  # the figures as they were first explain it
    figure_by_hand: bool


@dataclass(frozen=True)
class _Found:
    kinds: frozenset[Kind]
    ended: bool  # its state has been inactive since the session, whether or not its chat had heard of the episode


class Replay:
    """One session's firings and ends, of rules that are kept and of rules that only their events still name.

    changed: the metrics whose figures of the session were changed by hand. unreadable: its events that cannot be
    read.
    """

    def __init__(self, db: Database, session: date, changed: set[str]) -> None:
        self._db, self._session, self._changed = db, session, changed
        self._histories: dict[tuple[str, bool], Past] = {}
        self._found: dict[tuple[Rule, date, bool], _Found] = {}
        self.replayed = 0
        self._recorded, self.unreadable = events.on_session(db, session)

    def differences(self) -> Iterator[Replayed]:
        """Recorded firings and ends that do not follow from the figures; then those that do, and are not recorded."""
        kept = {identity: (rule, made) for identity, rule, made in rules.evaluated_on(self._db, self._session)}
        told = {(one.rule, one.kind) for one in self.unreadable}
        for event in self._recorded:
            if event.event.rule is None or event.kind not in _REPLAYED:
                continue
            told.add((event.event.rule.id, event.kind))
            yield from self._of_event(event, kept.get(event.event.rule.id))
        for identity, (rule, made) in kept.items():
            for kind in _REPLAYED:
                if (identity, kind) in told or not self._does(rule, made, kind, first=False):
                    continue
                if kind in self._replay(rule, made, first=False).kinds:
                    corrected = not self._does(rule, made, kind, first=True)
                    yield Replayed(rule.line, None, "nothing", kind.value, corrected, self._by_hand(rule))

    def _of_event(self, event: StoredEvent, kept: tuple[Rule, date] | None) -> Iterator[Replayed]:
        """A recorded event: the values it says, and whether it follows from the figures."""
        subject = event.event.rule
        assert subject is not None
        self.replayed += 1
        for condition in subject.conditions:
            said = condition.reading.figure
            for figure in figures.history(self._db, said.metric, said.session, said.session):
                if figure.value != said.value and not self._close(figure.value, said.value):
                    corrected = figure.corrected_on is not None and self._close(figure.was, said.value)
                    hand = said.metric in self._changed
                    yield Replayed(
                        subject.line, event.id, f"{said.metric} {said.value}", f"{said.metric} {figure.value}",
                        corrected, hand,
                    )  # fmt: skip
                    return
        rule = kept[0] if kept else _rule_of(event.event)
        if rule is None or subject.changed:  # what a chat did, such as a change of the line
            return
        made = kept[1] if kept else self._session - timedelta(days=1)
        if self._does(rule, made, event.kind, first=False):
            return
        if kept is None and self._holds(event.event):  # set on that session, and told because it held
            return
        corrected = self._does(rule, made, event.kind, first=True)
        yield Replayed(rule.line, event.id, event.kind.value, "nothing", corrected, self._by_hand(rule))

    @staticmethod
    def _close(one: float | None, other: float | None) -> bool:
        """Equal but for what a recount changes behind the decimals that are shown."""
        if one is None or other is None:
            return one is other
        return abs(one - other) <= 1e-3 * max(1.0, abs(one))

    @staticmethod
    def _holds(event: AlertEvent) -> bool:
        assert event.rule is not None
        return event.kind is Kind.FIRED and all(one.holds for one in event.rule.conditions)

    def _by_hand(self, rule: Rule) -> bool:
        return any(series.metric in self._changed for series in series_of(rule.watched))

    def _does(self, rule: Rule, made: date, kind: Kind, *, first: bool) -> bool:
        found = self._replay(rule, made, first=first)
        return kind in found.kinds or (kind is Kind.RESOLVED and found.ended)

    def _replay(self, rule: Rule, made: date, *, first: bool) -> _Found:
        """What a rule made after the session `made` does; `first`: on the values from before corrections."""
        alike = (rule, made, first)
        if alike not in self._found:
            metrics = sorted({series.metric for series in series_of(rule.watched)})
            held = {name: self._history(name, first) for name in metrics}
            moves = counting(self._db, held, self._session)
            tried = backtest(rule, held, made + timedelta(days=1), self._session, moves)
            kinds = frozenset(one.kind for one in tried.happened if one.session == self._session)
            ended = tried.state.phase is Phase.INACTIVE and tried.state.since == self._session
            self._found[alike] = _Found(kinds, ended)
        return self._found[alike]

    def _history(self, name: str, first: bool) -> Past:
        if (name, first) not in self._histories:
            self._histories[name, first] = [
                (figure.session, figure.was if first and figure.corrected_on else figure.value)
                for figure in figures.history(self._db, name, None, self._session)
            ]
        return self._histories[name, first]


def _rule_of(event: AlertEvent) -> Rule | None:
    """The rule of an event whose row is gone; None where its line cannot be read any more."""
    assert event.rule is not None
    try:
        return parse(event.rule.line)
    except (GrammarError, RuleError, UnknownMetric):
        return None
