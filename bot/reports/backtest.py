"""Trying a rule on the history that is held: what it needs, what it would have said, what followed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.catalog import catalog
from alerts.metrics.symbols import LIST_ID, symbols_of, without_owner
from alerts.rules.backtest import Backtest, Happened, Histories, backtest
from alerts.rules.base_rates import FEWEST, NO_CLOSES, TOO_FEW, BaseRates
from alerts.rules.check import check_history
from alerts.rules.condition import series_of
from alerts.rules.grammar import GrammarError
from alerts.rules.rule import Rule
from alerts.rules.state import Kind
from bot.reports.series import counting
from storage import figures, fund_closes

if TYPE_CHECKING:
    import pandas as pd

LATEST = date(9999, 12, 31)


def histories(db: Database, rule: Rule, until: date = LATEST) -> Histories:
    """All that is held, up to `until`, of each metric of the rule."""
    return {series.metric: figures.latest_values(db, series.metric, until, None) for series in series_of(rule.watched)}


def refuse_unheld(db: Database, rule: Rule, coming: int = 0) -> None:
    """Refuse what cannot be watched here: a series that is not held, a window that reaches back too far.

    `coming`: sessions of history that a running bot fills, and may be filling still; imported series have their own.
    Raises GrammarError, RuleError.
    """
    anything = figures.last_session(db) is not None
    for series in series_of(rule.watched):
        held = sum(value is not None for _, value in figures.latest_values(db, series.metric, LATEST, None))
        brought = series.metric not in catalog()  # its history is all there, or nothing of it
        if brought and not held and (anything or series.of.family == "import"):
            raise GrammarError(_nothing_held(series.metric))
        if anything:
            check_history(rule, series, held if brought else max(held, coming))


def _nothing_held(metric_id: str) -> str:
    if symbols := symbols_of(metric_id):
        return f"No closes of {' and '.join(symbols)} are held here."
    if LIST_ID.fullmatch(metric_id):
        return f"There is no list behind {without_owner(metric_id)}; /list makes one."
    return f"There is no series {without_owner(metric_id)} here; an import makes one."


def tried(db: Database, rule: Rule, start: date | None = None, end: date | None = None) -> tuple[Backtest, BaseRates]:
    """The rule over the history held, and what followed its firings. Raises GrammarError, RuleError.

    What followed is counted as if it spoke every time and had no last session.
    """
    refuse_unheld(db, rule)
    held = histories(db, rule)
    moves = counting(db, held, LATEST)
    found = backtest(rule, held, start, end, moves)
    always = rule.endless
    firings = (found if always == rule else backtest(always, held, start, end, moves)).of(Kind.FIRED)
    return found, rates_of(db, [one.session for one in firings], found.sessions)


def rates_of(db: Database, fired: list[date], sessions: tuple[date, ...]) -> BaseRates:
    """Base rates of firings among `sessions`, by the fund closes held."""
    from alerts.rules.returns import base_rates
    from storage import closes  # pandas

    span = fund_closes.fund_span(db)
    if span is None or not sessions:
        return BaseRates(len(fired), (), NO_CLOSES)
    held = sessions_between(*span)
    _, adjusted = closes.fund_frames(db, ("IWM", "SPY"), held)
    return base_rates(fired, sessions, held, *(_floats(adjusted[symbol]) for symbol in ("IWM", "SPY")))


def _floats(column: pd.Series) -> list[float]:
    return [float(value) for value in column]


def rates_json(rates: BaseRates) -> dict[str, Any]:
    """Base rates as their JSON document has them."""
    horizons = []
    for horizon in rates.horizons:
        entry = asdict(horizon)
        entry["note"] = TOO_FEW if horizon.firings.n < FEWEST else None
        horizons.append(entry)
    return {"fired": rates.fired, "horizons": horizons, "missing": rates.missing}


def backtest_json(found: Backtest, rates: BaseRates) -> dict[str, Any]:
    """A backtest as its JSON document has it."""
    return {
        "rule": found.rule.line,
        "history": list(dict.fromkeys(words for one in found.rule.conditions for words in one.series.of.hindsight)),
        "sessions": len(found.sessions),
        "from": found.sessions[0].isoformat() if found.sessions else None,
        "to": found.sessions[-1].isoformat() if found.sessions else None,
        "missing": found.missing,
        "true": found.true,
        "fired": [_happened(one) for one in found.of(Kind.FIRED)],
        "resolved": [_happened(one) for one in found.of(Kind.RESOLVED)],
        "others": [_happened(one) | {"kind": one.kind.value} for one in found.happened
                   if one.kind not in (Kind.FIRED, Kind.RESOLVED)],
        "base_rates": rates_json(rates),
    }  # fmt: skip


def _happened(one: Happened) -> dict[str, Any]:
    told: dict[str, Any] = {"session": one.session.isoformat(), "value": one.value}
    return told | {"values": list(one.values)} if len(one.values) > 1 else told
