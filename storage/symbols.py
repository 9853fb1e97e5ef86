"""Symbols that chats asked for, and the metrics made of them: who asked, and when last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlite_utils import Database

from alerts.metrics.symbols import symbols_of
from storage import companies, lists
from storage.owners import owners_of


def record_symbol(db: Database, symbol: str, currency: str | None, now: datetime) -> None:
    """Note that the whole history of a symbol was fetched; a currency that is not said now stays as it was."""
    db.conn.execute(
        "INSERT INTO symbols (symbol, currency, fetched_at) VALUES (?, ?, ?) ON CONFLICT (symbol) DO UPDATE SET "
        "currency = coalesce(excluded.currency, currency), fetched_at = excluded.fetched_at",
        [symbol, currency, now.isoformat(timespec="seconds")],
    )


def currencies(db: Database) -> dict[str, str | None]:
    """Every symbol that is held because somebody asked, with its currency."""
    return dict(db.conn.execute("SELECT symbol, currency FROM symbols").fetchall())


def held(db: Database, symbols: Iterable[str]) -> set[str]:
    """Those of `symbols` of which closes are held, funds of the catalogue included."""
    found = set()
    for symbol in symbols:
        if db.conn.execute("SELECT 1 FROM fund_closes WHERE symbol = ? LIMIT 1", [symbol]).fetchone():
            found.add(symbol)
    return found


def ask(db: Database, owner: int, metric: str, today: date) -> None:
    """Note that an owner asked for a metric."""
    db.conn.execute(
        "INSERT INTO asked_metrics (owner, metric, asked_on) VALUES (?, ?, ?) "
        "ON CONFLICT (owner, metric) DO UPDATE SET asked_on = excluded.asked_on",
        [owner, metric, today.isoformat()],
    )


def asked(db: Database) -> list[str]:
    """Every metric that somebody asked for, each once."""
    return [metric for (metric,) in db.conn.execute("SELECT DISTINCT metric FROM asked_metrics ORDER BY metric")]


def asked_by(db: Database, chat: int) -> list[str]:
    """The metrics that a chat asked for, the latest first."""
    rows = db.conn.execute(
        "SELECT metric, max(asked_on) AS at FROM asked_metrics JOIN owners ON owners.id = owner WHERE chat = ? "
        "GROUP BY metric ORDER BY at DESC, metric",
        [chat],
    )
    return [metric for metric, _ in rows]


def listed_by(db: Database, chat: int) -> set[str]:
    """The symbols of the lists of a chat."""
    return {symbol for one in lists.of_chat(db, chat) for symbol in one.symbols}


def listed_outside_census(db: Database, chat: int) -> set[str]:
    """The symbols of a chat's lists that no census has: they were fetched for it."""
    return listed_by(db, chat) - set(companies.ids(db))


def symbols_wanted(db: Database) -> set[str]:
    """The symbols of every metric and list of anybody."""
    listed = {symbol for one in lists.every_list(db) for symbol in one.symbols}
    return listed | {symbol for metric in asked(db) for symbol in symbols_of(metric)}


def let_go(db: Database, chat: int, metric: str) -> bool:
    """Forget that a chat asked for a metric; what nobody else asked for goes with the next refresh."""
    gone = 0
    for owner in owners_of(db, chat):
        row = db.conn.execute("DELETE FROM asked_metrics WHERE owner = ? AND metric = ?", [owner, metric])
        gone += row.rowcount
    return gone > 0


def is_watched(db: Database, metric: str) -> bool:
    """Whether a rule of any chat watches a metric."""
    found = db.conn.execute(
        "SELECT 1 FROM rules WHERE ' ' || series || ' ' LIKE '% ' || ? || ' %' LIMIT 1", [metric]
    ).fetchone()
    return found is not None


def is_watched_by(db: Database, chat: int, metric: str) -> bool:
    """Whether a rule of a chat watches a metric."""
    found = db.conn.execute(
        "SELECT 1 FROM rules WHERE chat = ? AND ' ' || series || ' ' LIKE '% ' || ? || ' %' LIMIT 1", [chat, metric]
    ).fetchone()
    return found is not None


def touch_watched(db: Database, today: date) -> None:
    """Note of each metric that a rule of its owner's chat watches that it was wanted today."""
    db.conn.execute(
        """UPDATE asked_metrics SET asked_on = ? WHERE EXISTS (
               SELECT 1 FROM rules JOIN owners ON owners.id = asked_metrics.owner AND owners.chat = rules.chat
               WHERE ' ' || rules.series || ' ' LIKE '% ' || asked_metrics.metric || ' %')""",
        [today.isoformat()],
    )


def forget_unwanted(db: Database, before: date, kept: Iterable[str] = ()) -> tuple[int, int]:
    """Let go what nobody asked for since `before`: (metrics, symbols). kept: metrics that stay in any case."""
    db.conn.execute("DELETE FROM asked_metrics WHERE asked_on < ?", [before.isoformat()])
    wanted = {*asked(db), *kept}
    recorded = db.conn.execute(
        "SELECT DISTINCT metric FROM figures WHERE session = (SELECT max(session) FROM figures) "
        "AND (metric LIKE 'pair.%' OR metric LIKE 'price.%')"
    )
    metrics = [metric for (metric,) in recorded if metric != "price.RSP" and metric not in wanted]
    for metric in metrics:
        forget_figures(db, metric)
    symbols = symbols_wanted(db) | {symbol for metric in kept for symbol in symbols_of(metric)}
    gone = [symbol for symbol in currencies(db) if symbol not in symbols]
    for symbol in gone:
        db.conn.execute("DELETE FROM fund_closes WHERE symbol = ?", [symbol])
        db.conn.execute("DELETE FROM symbols WHERE symbol = ?", [symbol])
    return len(metrics), len(gone)


def forget_figures(db: Database, metric: str) -> None:
    """Delete every figure of a metric."""
    db.conn.execute("DELETE FROM figures WHERE metric = ?", [metric])
    db.conn.execute("UPDATE revision SET number = number + 1")
