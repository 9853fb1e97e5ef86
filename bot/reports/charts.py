"""The charts of answers, from recorded figures to what is to be drawn: of a topic, a metric, the thesis, a rule."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from sqlite_utils import Database

from alerts.metrics.catalog import Metric, metric, minus
from alerts.metrics.figure import Figure
from alerts.metrics.transforms import average
from alerts.rules.backtest import backtest
from alerts.rules.condition import Condition, Operator, typed_number
from alerts.rules.rule import Rule
from alerts.rules.series import Series, Transform
from alerts.rules.state import Kind
from alerts.thesis import CLAIMS, Thesis
from bot.charts.spec import Chart, Level, Line, Marker, Panel, Picture, Role
from bot.formatting import capital, counted_over, coverage, hindsight, short_day
from bot.reports.backtest import histories
from bot.reports.rotation import rotation_graph
from bot.reports.series import counting, value_past
from storage import figures
from storage.sessions import last_judged

SESSIONS = 300  # shown at most
#: Of these a rule's chart shows what is made of the metric, for the threshold is in its unit.
_DERIVED = (Transform.PERCENTILE, Transform.ZSCORE, Transform.CHANGE, Transform.AVERAGE)
_BEHIND_EVENTS = Series("size.ratio")  # an event is 0 or 1: what it is read for is drawn instead

Dated = Sequence[tuple[date, float | None]]


def chart_for(db: Database, topic: str, simulated: bool) -> Picture | None:
    """The chart of "summary" or of a family that has an answer; None where there are no figures."""
    session = figures.last_session(db)
    if session is None:
        return None
    if topic == "sectors" and (graph := rotation_graph(db, session, simulated)) is not None:
        return graph
    panels = {
        "summary": (_ratio, _small_and_large),
        "breadth": (_small_and_large, _equal_weight),
        "size": (_ratio, _lead),
        "valuation": (_discount, _multiples),
        "sectors": (_cyclicals, _sectors_up),
        "rates": (_fed, _curve),
        "regime": (_regime, _score, _ratio),
    }[topic]
    titles = {
        "summary": "Is leadership rotating?",
        "breadth": "How many stocks take part",
        "size": "Small caps against large caps",
        "valuation": "What small and large caps cost",
        "sectors": "Which sectors lead",
        "rates": "The Fed and the yield curve",
        "regime": "Signs of rotation",
    }
    subtitle = _subtitle(db, session, topic)
    return Chart(titles[topic], subtitle, tuple(panel(db, session) for panel in panels), simulated)


def metric_chart(
    db: Database, metric_id: str, simulated: bool, levels: Sequence[float] = (), average_over: int | None = None
) -> Chart | None:
    """One metric's history with thresholds (in its unit) and its own average marked; None where it has no figures."""
    of = metric(metric_id)
    past = figures.history(db, metric_id)
    shown = past[-SESSIONS:]
    if not any(figure.value is not None for figure in shown):
        return None
    last = past[-1]
    counted = counted_over(of, last.eligible, last.members)
    dated = _dated(past)
    subtitle = " · ".join(filter(None, (short_day(last.session), counted, last.provenance, hindsight([of]))))
    if of.labels and of.unit == "state":
        return Chart(capital(of.title), subtitle, (category_panel(of.aliases[0], of, dated),), simulated)
    lines = (_line(dated, of.named()), *(_averaged(dated, average_over) if average_over else ()))
    share = of.unit == "%" and (of.low, of.high) == (0, 100)
    panel = Panel(
        of.aliases[0], of.unit if of.unit in ("%", "pp", "×") else "", lines,
        levels=tuple(Level(level, of.show_level(level)) for level in levels),
        minimum=0 if share else None, maximum=100 if share else None,
    )  # fmt: skip
    return Chart(capital(of.title), subtitle, (panel,), simulated)


def category_panel(title: str, of: Metric, past: Dated, markers: Collection[date] = ()) -> Panel:
    """A metric that has states: a band for each, the lowest state at the bottom, and the line that steps between."""
    states = sorted(of.labels)
    shown = [(day, None if value is None else float(states.index(round(value)))) for day, value in past[-SESSIONS:]]
    known = {day: at for day, at in shown if at is not None}
    return Panel(
        title, "", (_line(shown, title),), categories=tuple(of.labels[state] for state in states),
        markers=tuple(Marker(day, known[day]) for day in sorted(markers) if day in known),
    )  # fmt: skip


def _subtitle(db: Database, session: date, topic: str) -> str:
    """Session, how many were counted, and source."""
    recorded = figures.on_session(db, session)
    names = {"valuation": "valuation.loss_share"}.get(topic, "breadth.above_200d")
    source = "rates.fed_upper" if topic == "rates" and "rates.fed_upper" in recorded else "size.ratio"
    counted = []
    for segment in () if topic in ("size", "sectors", "rates") else ("small", "large"):
        figure = recorded.get(f"{names}.{segment}")
        if figure is not None and (of := coverage(figure.eligible, figure.members)):
            counted.append(f"{segment} {of}")
    return " · ".join((short_day(session), *counted, recorded[source].provenance))


def _past(db: Database, metric_id: str, session: date) -> Dated:
    return _dated(figures.history(db, metric_id, end=session))


def _dated(past: Sequence[Figure]) -> Dated:
    return [(figure.session, figure.value) for figure in past]


def _line(past: Dated, label: str, role: Role = "main", sessions: int = SESSIONS) -> Line:
    shown = past[-sessions:]
    return Line(label, tuple(session for session, _ in shown), tuple(value for _, value in shown), role)


def _averaged(past: Dated, n: int, sessions: int = SESSIONS) -> tuple[Line, ...]:
    """The n-session average as a line; none while the history is shorter than that."""
    values = [value for _, value in past]
    first = max(0, len(past) - sessions)
    means = tuple(average(values[: at + 1], n) for at in range(first, len(values)))
    if all(mean is None for mean in means):
        return ()
    return (Line(f"{n}d average", tuple(session for session, _ in past[first:]), means, "reference"),)


def _ratio(db: Database, session: date) -> Panel:
    past = _past(db, "size.ratio", session)
    return Panel(
        "IWM/SPY, 100 on 2 Jan 2020", "", (_line(past, "IWM/SPY"), *_averaged(past, 50), *_averaged(past, 200))
    )


def _lead(db: Database, session: date) -> Panel:
    past = _past(db, "size.lead_63d", session)
    return Panel("Small caps' lead over 63 sessions", "pp", (_line(past, "lead"),), shade_zero=True)


def _small_and_large(db: Database, session: date) -> Panel:
    small, large = (_past(db, f"breadth.above_200d.{segment}", session) for segment in ("small", "large"))
    lines = (_line(small, "small"), _line(large, "large", "second"))
    return Panel(
        "Stocks above their 200-day average",
        "%",
        lines,
        levels=(Level(60, "60"), Level(40, "40")),
        minimum=0,
        maximum=100,
    )


def _equal_weight(db: Database, session: date) -> Panel:
    past = _past(db, "breadth.equal_weight", session)
    return Panel("RSP/SPY, equal against cap weight", "", (_line(past, "RSP/SPY"), *_averaged(past, 50)))


def _discount(db: Database, session: date) -> Panel:
    past = _past(db, "valuation.discount_profitable", session)
    return Panel(
        "Small caps' P/E against large, profitable companies", "%", (_line(past, "discount"),), shade_zero=True
    )


def _multiples(db: Database, session: date) -> Panel:
    small, large = (_past(db, f"valuation.forward_pe_profitable.{segment}", session) for segment in ("small", "large"))
    unit = metric("valuation.forward_pe_profitable.small").unit
    return Panel("Forward P/E, profitable companies", unit, (_line(small, "small"), _line(large, "large", "second")))


def _cyclicals(db: Database, session: date) -> Panel:
    past = _past(db, "sectors.cyclicals_lead_63d", session)
    return Panel("Cyclicals' lead over defensives, 63 sessions", "pp", (_line(past, "lead"),), shade_zero=True)


def _sectors_up(db: Database, session: date) -> Panel:
    past = _past(db, "breadth.sectors_above_200d", session)
    return Panel("Sectors above their 200-day average, of 11", "", (_line(past, "sectors"),), minimum=0, maximum=11)


def _fed(db: Database, session: date) -> Panel:
    upper, lower = (_past(db, f"rates.fed_{end}", session) for end in ("upper", "lower"))
    return Panel("Fed target range", "%", (_line(upper, "upper"), _line(lower, "lower", "second")))


def _curve(db: Database, session: date) -> Panel:
    two, bills = (_past(db, f"rates.curve_10y{end}", session) for end in ("2y", "3m"))
    lines = (_line(two, "10y − 2y"), _line(bills, "10y − 3m", "second"))
    return Panel("Yield curve", "pp", lines, levels=(Level(0.0, "0"),))


def _regime(db: Database, session: date) -> Panel:
    return category_panel("Regime", metric("regime.state"), _past(db, "regime.state", session))


def _score(db: Database, session: date) -> Panel:
    past = _past(db, "regime.score", session)
    return Panel("Signs of rotation that hold, of 4", "", (_line(past, "signs"),), minimum=0, maximum=4)


def thesis_chart(told: Thesis, simulated: bool) -> Chart | None:
    """How many claims held over time, and of how many it could be told; None with a single session."""
    shown = told.held[-SESSIONS:]
    if len(shown) < 2:
        return None
    sessions = tuple(day for day, _, _ in shown)
    lines = (
        Line("hold", sessions, tuple(float(held) for _, held, _ in shown)),
        Line("can be told", sessions, tuple(float(known) for _, _, known in shown), "reference"),
    )
    panel = Panel(f"Claims that hold, of {len(CLAIMS)}", "", lines, minimum=0, maximum=len(CLAIMS))
    subtitle = f"{short_day(told.session)} · {told.holding} hold, {told.told} can be told"
    return Chart("The case for small caps", subtitle, (panel,), simulated)


def rule_chart(
    db: Database, rule: Rule, simulated: bool, fired: Collection[date], until: date, sessions: int = SESSIONS
) -> Chart | None:  # fmt: skip
    """A panel a condition, of that many sessions up to `until`; None where nothing is held."""
    panels = [
        panel
        for condition in rule.conditions
        if (panel := _condition_panel(db, condition, fired, until, sessions)) is not None
    ]
    if rule.clear is not None and panels and not panels[0].categories:
        clear = Level(rule.clear, f"clear {_level_words(rule.first, rule.clear)}", clear=True)
        panels[0] = replace(panels[0], levels=(*panels[0].levels, clear))
    if not panels:
        return None
    title = capital(rule.first.series.of.title) if not rule.joined else "Conditions joined by “and”"
    stated = [_rule_subtitle(db, rule.first.series, until)]
    if fired and (first := min((line.sessions[0] for panel in panels for line in panel.lines), default=None)):
        stated.append(f"rings since {short_day(first)}")
    if known_later := hindsight(condition.series.of for condition in rule.conditions):
        stated.append(known_later)
    return Chart(title, " · ".join(stated), tuple(panels), simulated)


def fired_chart(db: Database, rule: Rule, simulated: bool) -> tuple[date, Chart | None] | None:
    """(session, chart) of a rule up to the last judged session, with a ring wherever it would have fired by the history
    held; None where there are no figures."""
    session = last_judged(db)
    if session is None:
        return None
    held = histories(db, rule, session)
    found = backtest(rule, held, counting=counting(db, held, session))
    fired = [one.session for one in found.of(Kind.FIRED)]
    return session, rule_chart(db, rule, simulated, fired, session)


def _condition_panel(
    db: Database, condition: Condition, fired: Collection[date], until: date, sessions: int
) -> Panel | None:  # fmt: skip
    series, of = condition.series, condition.series.of
    drawn = Series(series.metric)
    if series.transform is Transform.VALUE and of.unit == "event":
        drawn = _BEHIND_EVENTS
    elif series.transform in _DERIVED:
        drawn = series
    past: Dated = value_past(db, drawn, until, sessions)
    known = {session: value for session, value in past if value is not None}
    if not known:
        return None
    if drawn.of.labels and drawn.transform is Transform.VALUE:
        return category_panel(condition.line, drawn.of, past, fired)
    lines = [_line(past, _label(drawn), sessions=sessions)]
    if series.transform is Transform.GAP:
        lines += _averaged(figures.latest_values(db, series.metric, until, None), series.n, sessions)
    in_unit = drawn.transform is Transform.VALUE and drawn.of.unit in ("%", "pp", "×")
    share = in_unit and drawn.of.unit == "%" and (drawn.of.low, drawn.of.high) == (0, 100)
    return Panel(
        condition.line,
        drawn.of.unit if in_unit else "",
        tuple(lines),
        levels=tuple(Level(level, _level_words(condition, level)) for level in _condition_levels(condition)),
        markers=tuple(Marker(day, known[day]) for day in sorted(fired) if day in known),
        minimum=0 if share else None,
        maximum=100 if share else None,
    )


def _label(drawn: Series) -> str:
    """The name at the end of a rule's line, short where a transform is drawn: "percentile, 252d"."""
    if drawn.transform not in _DERIVED:
        return drawn.of.named()
    called = {Transform.PERCENTILE: "percentile", Transform.ZSCORE: "z-score", Transform.CHANGE: "change",
              Transform.AVERAGE: "average"}[drawn.transform]  # fmt: skip
    return f"{called}, {f'{drawn.n}d' if drawn.n else 'all'}"


def _condition_levels(condition: Condition) -> list[float]:
    if condition.operator is Operator.HAPPENS or condition.series.transform is Transform.GAP:
        return []
    return [level for level in (condition.level, condition.upper) if level is not None]


def _level_words(condition: Condition, level: float) -> str:
    if condition.series.transform in _DERIVED:
        return minus(typed_number(level))
    return condition.series.of.show_level(level)


def _rule_subtitle(db: Database, series: Series, until: date) -> str:
    """Session, how many were counted, and source."""
    found = figures.history(db, series.metric, until, until)
    if not found:
        return short_day(until)
    figure = found[-1]
    counted = counted_over(series.of, figure.eligible, figure.members)
    return " · ".join(filter(None, (short_day(until), counted, figure.provenance)))
