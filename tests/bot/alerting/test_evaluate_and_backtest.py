"""What the program records evening by evening is what a backtest of the same rule says afterwards."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.backtest import backtest
from alerts.rules.evaluate import OF_SERIES
from alerts.rules.grammar import parse
from bot.alerting.evaluate import evaluate_session
from bot.reports.backtest import histories
from storage import chats, figures, rules
from storage.database import open_database, writing

NOW = datetime(2025, 8, 29, 21, tzinfo=UTC)
DAYS = sessions_between(date(2025, 1, 2), date(2025, 3, 31))
LINES = [
    "lead 21d > 1", "lead 21d > 1 clear -1 for 2 days keep 1 day remind every 2 days", "lead 21d < 0 once",
    "lead 21d crosses above 0 clear -2", "lead 21d crosses 1", "lead 21d outside -1..1 keep 2 days",
    "lead 21d rising 2d", "lead 21d at a new high 3d", "lead 21d at a new low 2d once",
    "lead 21d crosses below its 4d average",
    "average 3d of lead 21d at least 0 for 2 days", "z-score 5d of lead 21d > 1", "lead 21d > -1 until 2025-01-10",
    "lead 21d > 0 and lead 63d > 0 keep 1 day", "lead 21d rising 1d and lead 63d inside -1..1 remind every 1 day",
    "lead 63d < 1 and lead 63d rising 2d for 2 days once", "regime changes", "regime changes once", "regime at least 1",
]  # fmt: skip
VALUES = st.one_of(st.none(), st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0]))
STATES = st.one_of(st.none(), st.sampled_from([-1.0, 0.0, 1.0]))


@given(st.lists(st.tuples(VALUES, VALUES, STATES), min_size=1, max_size=24), st.data())
@settings(max_examples=40, deadline=None)
def test_evenings_and_backtest_agree(
    path: list[tuple[float | None, float | None, float | None]], data: st.DataObject
) -> None:
    lines = data.draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=len(LINES), unique=True))
    db = open_database(Path(":memory:"))
    with writing(db):
        chats.subscribe(db, 1, NOW)
        for line in lines:
            rules.add_rule(db, 1, parse(line), [], NOW)
    for day, values in zip(DAYS, path, strict=False):
        found = [
            Figure(day, metric, value, 1.0, 1, 1, "test", None if value is not None else "none")
            for metric, value in zip(("size.lead_21d", "size.lead_63d", "regime.state"), values, strict=True)
        ]
        with writing(db):
            figures.record_figures(db, found, NOW, backfilled=False)
            evaluate_session(db, day, NOW, late=False)
    for watch in rules.rules_of(db, 1):
        rows = db.conn.execute("SELECT session, kind FROM events WHERE rule = ? ORDER BY id", [watch.id]).fetchall()
        tried = backtest(watch.rule, histories(db, watch.rule))
        told = [(one.session.isoformat(), one.kind.value) for one in tried.happened if one.kind not in OF_SERIES]
        assert rows == told, watch.rule.line
    db.close()
