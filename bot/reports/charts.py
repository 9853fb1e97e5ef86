"""Which charts go with which answer: from recorded figures to what is to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlite_utils import Database

from alerts.metrics.catalog import metric
from alerts.metrics.figure import Figure
from alerts.metrics.transforms import average
from bot.charts.spec import Chart, Level, Line, Panel
from bot.formatting import capital, counted_over, coverage, short_day
from storage import figures

SESSIONS = 300  # shown at most


def chart_for(db: Database, topic: str, simulated: bool) -> Chart | None:
    """The chart of "summary", "breadth", "size" or "valuation"; None where there are no figures."""
    session = figures.last_session(db)
    if session is None:
        return None
    panels = {
        "summary": (_ratio, _small_and_large),
        "breadth": (_small_and_large, _equal_weight),
        "size": (_ratio, _lead),
        "valuation": (_discount, _multiples),
    }[topic]
    titles = {
        "summary": "Is leadership rotating?",
        "breadth": "How many stocks take part",
        "size": "Small caps against large caps",
        "valuation": "What small and large caps cost",
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
    lines = (_line(past, of.title), *(_averaged(past, average_over) if average_over else ()))
    share = of.unit == "%" and (of.low, of.high) == (0, 100)
    panel = Panel(
        of.aliases[0], of.unit if of.unit in ("%", "pp", "×") else "", lines,
        levels=tuple(Level(level, of.show_level(level)) for level in levels),
        minimum=0 if share else None, maximum=100 if share else None,
    )  # fmt: skip
    subtitle = " · ".join(filter(None, (short_day(last.session), counted, last.provenance)))
    return Chart(capital(of.title), subtitle, (panel,), simulated)


def _subtitle(db: Database, session: date, topic: str) -> str:
    """Session, how many were counted, and source."""
    recorded = figures.on_session(db, session)
    names = {"valuation": "valuation.loss_share"}.get(topic, "breadth.above_200d")
    counted = []
    for segment in () if topic == "size" else ("small", "large"):
        figure = recorded.get(f"{names}.{segment}")
        if figure is not None and (of := coverage(figure.eligible, figure.members)):
            counted.append(f"{segment} {of}")
    return " · ".join((short_day(session), *counted, recorded["size.ratio"].provenance))


def _past(db: Database, metric_id: str, session: date) -> list[Figure]:
    return figures.history(db, metric_id, end=session)


def _line(past: Sequence[Figure], label: str, role: str = "main") -> Line:
    shown = past[-SESSIONS:]
    return Line(
        label,
        tuple(figure.session for figure in shown),
        tuple(figure.value for figure in shown),
        role,  # type: ignore[arg-type]
    )


def _averaged(past: Sequence[Figure], n: int) -> tuple[Line, ...]:
    """The n-session average as a line; none while the history is shorter than that."""
    values = [figure.value for figure in past]
    first = max(0, len(past) - SESSIONS)
    means = tuple(average(values[: at + 1], n) for at in range(first, len(values)))
    if all(mean is None for mean in means):
        return ()
    return (Line(f"{n}d average", tuple(figure.session for figure in past[first:]), means, "reference"),)


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
