"""What the editor shows of a rule that is being made: its preview over two years, levels to tap, where it stands."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, replace

from sqlite_utils import Database

from alerts.metrics.catalog import catalog, families, metric
from alerts.metrics.symbols import named_pairs, without_owner
from alerts.rules.backtest import Histories
from alerts.rules.check import RuleError
from alerts.rules.clearing import clear_level
from alerts.rules.condition import typed_number
from alerts.rules.directions import Direction, at_level, condition_of, directions, leveled
from alerts.rules.grammar import GrammarError
from alerts.rules.levels import Steps, first_level, level_decimals, standing_levels, steps_of
from alerts.rules.rule import Rule
from alerts.rules.suggest import YEAR, levels_firing
from bot.charts.spec import Chart, Level
from bot.reports.backtest import histories, refuse_unheld
from bot.reports.preview import PER_YEAR, Preview, known_values, preview
from storage import figures, imports, lists, symbols
from storage.sessions import last_judged

SESSIONS = 2 * YEAR  # that the picture shows


@dataclass(frozen=True)
class Chips:
    """Levels that stand out: today's value, percentiles of the history, those firing monthly, quarterly, yearly."""

    now: float | None = None
    percentiles: tuple[tuple[int, float], ...] = ()
    often: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Edited:
    """A rule that is being made. steps and chips: of its level; None where it has no single one. clear: the clear level
    that the history suggests."""

    preview: Preview
    steps: Steps | None
    chips: Chips
    clear: float | None = None

    @property
    def rule(self) -> Rule:
        return self.preview.rule


#: By the rule without its level, and the revision of the figures: what `levels_firing` found.
OftenLevels = MutableMapping[tuple[Rule, int], tuple[float | None, ...]]
_KEPT = 500


@dataclass(frozen=True)
class Asked:
    """For whom a rule is shown: the chat, whether the market is simulated, how many sessions are being filled."""

    chat: int
    simulated: bool
    coming: int


def edited(db: Database, rule: Rule, asked: Asked, kept: OftenLevels) -> Edited:
    """The rule with what may be tapped. Raises GrammarError, RuleError where it cannot be watched here."""
    found = preview(db, rule, asked.simulated, asked.coming, asked.chat, SESSIONS)
    found = replace(found, chart=_with_clear(found.chart, rule))
    session = last_judged(db)
    if not leveled(rule) or session is None:
        return Edited(found, None, Chips())
    held = histories(db, rule, session)
    values = known_values(rule.first.series, held)
    steps = steps_of(rule.first.series, values)
    if rule.first.series.of.labels:  # of a state each label is a level, and stands out by itself
        return Edited(found, steps, Chips())
    chips = Chips(_level_now(rule, values), tuple(standing_levels(rule, values)), _often(db, rule, held, kept))
    suggested = clear_level(rule, values[-2 * YEAR :]) if rule.clear is None and found.tried.clear is None else None
    return Edited(found, steps, chips, found.tried.clear if suggested is None else suggested)


def _level_now(rule: Rule, values: list[float]) -> float | None:
    """Today's value as a level, where the rule could fire at it."""
    if not values:
        return None
    level = round(values[-1], level_decimals(rule.first.series)) + 0.0
    return level if at_level(rule, level) is not None else None


def _often(db: Database, rule: Rule, held: Histories, kept: OftenLevels) -> tuple[float | None, ...]:
    """The levels at which the rule fires about monthly, quarterly and yearly, from `kept` where they are known."""
    distance = None if rule.clear is None else round(rule.clear - rule.first.level, 10)
    shape = replace(rule.endless, conditions=(replace(rule.first, level=0.0),), clear=distance)
    key = (shape, figures.revision(db))
    if key not in kept:
        if len(kept) >= _KEPT:
            kept.clear()
        kept[key] = tuple(levels_firing(rule, held, PER_YEAR))
    return kept[key]


def _with_clear(chart: Chart | None, rule: Rule) -> Chart | None:
    """The chart with the clear level in it."""
    if chart is None or rule.clear is None or not leveled(rule):
        return chart
    panel = chart.panels[0]
    if any(level.value == rule.clear for level in panel.levels):
        return chart
    level = Level(rule.clear, f"clear {typed_number(rule.clear)}")
    return replace(chart, panels=(replace(panel, levels=(*panel.levels, level)), *chart.panels[1:]))


def begun(db: Database, identity: str, direction: Direction, coming: int) -> Rule:
    """The rule that a direction begins with. Raises GrammarError, RuleError where it cannot be watched here."""
    rule = Rule((condition_of(identity, direction),))
    refuse_unheld(db, rule, coming)
    if not direction.has_level:
        return rule
    session = last_judged(db)
    values = [] if session is None else known_values(rule.first.series, histories(db, rule, session))
    if rule.first.series.of.labels:
        values = [float(state) for state in rule.first.series.of.labels]
    level = first_level(rule, values)
    moved = None if level is None else at_level(rule, level)
    if moved is None:
        raise RuleError("There is no level at which that could fire.", "small above 200d crosses above 60")
    return moved


def open_directions(db: Database, identity: str, coming: int) -> tuple[Direction, ...]:
    """The directions of a metric that the history held is long enough for."""
    found = []
    for direction in directions(metric(identity)):
        try:
            begun(db, identity, direction, coming)
        except (GrammarError, RuleError):
            continue
        found.append(direction)
    return tuple(found)


def metrics_of(db: Database, family: str, chat: int) -> tuple[str, ...]:
    """The ids of a family's metrics that a chat can watch: those of its answer, the chat's own, then the others."""
    key = [name for name in families()[family].key if name in catalog() and catalog()[name].family == family]
    others = [of.id for of in catalog().values() if of.family == family]
    return tuple(dict.fromkeys((*key, *_own(db, family, chat), *others)))


def _own(db: Database, family: str, chat: int) -> list[str]:
    """The metrics of a family that are not in the catalogue: the chat's lists, series, pairs and prices, everybody's
    series, and the pairs that have names and are held."""
    if family == "import":
        hidden = {without_owner(one) for one in imports.own_series(db, chat)}
        return [*imports.own_series(db, chat), *(one for one in imports.everybodys(db) if one not in hidden)]
    if family == "breadth":
        return [one for made in lists.of_chat(db, chat) for one in made.metrics]
    asked = [one for one in symbols.asked_by(db, chat) if metric(one).family == family]
    if family == "pair":
        named = [one.metric for one in named_pairs().values() if len(symbols.held(db, one.symbols)) == 2]
        return [*asked, *(one for one in named if metric(one).family == family)]
    return asked


def families_held(db: Database, chat: int) -> tuple[str, ...]:
    """The families that have metrics which a chat can watch, in order."""
    return tuple(name for name in families() if metrics_of(db, name, chat))
