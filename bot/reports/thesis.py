"""The thesis from recorded figures."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlite_utils import Database

from alerts.thesis import METRICS, Thesis, Verdict, judge
from storage import figures


def thesis_on(db: Database, session: date | None = None) -> Thesis | None:
    """The thesis on `session` (the latest one with figures); None where nothing is recorded by then."""
    last = session or figures.last_session(db)
    return None if last is None else judge({name: figures.history(db, name, end=last) for name in METRICS})


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
        "beside": dict(verdict.beside),
        "why": judged.why,
        "since": None if verdict.since is None else verdict.since.isoformat(),
        "since_at_least": verdict.at_least,
        "change": judged.change,
        "coverage": None if figure is None else figure.coverage,
        "source": None if figure is None else figure.source,
        "notes": [] if figure is None else list(figure.remarks),
    }
