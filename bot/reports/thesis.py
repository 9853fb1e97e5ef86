"""The thesis from recorded figures, and its picture."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlite_utils import Database

from alerts.thesis import CLAIMS, METRICS, Thesis, Verdict, judge
from bot.charts.spec import Chart, Line, Panel
from bot.formatting import short_day
from storage import figures

SESSIONS = 300  # shown at most


def thesis_on(db: Database, session: date | None = None) -> Thesis | None:
    """The thesis on `session` (the latest one with figures); None where nothing is recorded by then."""
    last = session or figures.last_session(db)
    return None if last is None else judge({name: figures.history(db, name, end=last) for name in METRICS})


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


def thesis_json(told: Thesis) -> dict[str, Any]:
    """For `thesis --json`."""
    return {
        "session": told.session.isoformat(),
        "holding": told.holding,
        "told": told.told,
        "claims": [_verdict_json(verdict) for verdict in told.verdicts],
        "held": [{"session": day.isoformat(), "holding": held, "told": known} for day, held, known in told.held],
    }


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    figure, judged = verdict.figure, verdict.judged
    return {
        "claim": verdict.claim.text,
        "metric": verdict.claim.metric,
        "value": None if figure is None else figure.value,
        "verdict": judged.holding.value,
        "why": judged.why,
        "since": None if verdict.since is None else verdict.since.isoformat(),
        "since_at_least": verdict.at_least,
        "change": judged.change,
        "coverage": None if figure is None else figure.coverage,
        "source": None if figure is None else figure.source,
        "notes": [] if figure is None else list(figure.remarks),
    }
