"""`symbols`: pairs and symbols that people asked for, and asking for them from the console."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from bot.cli.context import DATE, command, complain, opened, print_json, settings_read

if TYPE_CHECKING:
    from sqlite_utils import Database

    from bot.settings import Settings


@click.group()
def symbols() -> None:
    """Pairs and symbols that people asked for."""


@symbols.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def list_(as_json: bool) -> None:
    """List the symbols that are held because somebody asked, and the metrics made of them."""
    from bot.pipeline.symbols import metrics_held
    from storage.symbols import currencies

    db = opened(settings_read())
    held, metrics = currencies(db), metrics_held(db)
    if as_json:
        print_json({"symbols": held, "metrics": metrics})
        return
    click.echo("Symbols: " + (", ".join(held) or "none"))
    click.echo("Metrics: " + (", ".join(metrics) or "none"))


@symbols.command("ask")
@click.argument("metrics", nargs=-1)
@click.option("--symbol", "listed", multiple=True, help="A company of a list; may be said again.")
@click.option("--through", type=DATE, help="The last session of the history; the last judged one by default.")
@click.option("--chat", type=int, hidden=True, help="The chat that asks.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def ask(
    metrics: tuple[str, ...], listed: tuple[str, ...], through: datetime | None, chat: int | None, as_json: bool
) -> None:
    """Fetch the history of what METRICS (such as qqq/rsp or AAPL) are made of, and keep them up to date from now on."""
    from alerts.market.feed import FeedError
    from alerts.rules.grammar import metric_named
    from bot.pipeline.sources import make_feed
    from bot.pipeline.symbols import Ask, SymbolRefused, add, latest_session

    settings = settings_read()
    db = opened(settings)
    named = tuple(metric_named(metric) or metric for metric in metrics)
    asked = Ask(named, chat, listed, settings.max_symbols)
    now = datetime.now(UTC)
    try:
        fetched = add(db, make_feed(settings), asked, now, through.date() if through else latest_session(db, now))
    except (SymbolRefused, FeedError) as error:
        refused = isinstance(error, SymbolRefused)
        if not as_json:
            complain(str(error), 2 if refused else 1)
        print_json({"refused" if refused else "failed": str(error)})
        sys.exit(2 if refused else 1)
    if as_json:
        print_json({"fetched": fetched})
        return
    click.echo(f"Fetched: {', '.join(fetched) or 'nothing, all of it is held'}.")


def ask_first(db: Database, settings: Settings, metrics: Iterable[str]) -> None:
    """Fetch what those of `metrics` lack that are made of symbols. Raises FeedError; ends the program where refused."""
    from alerts.metrics.catalog import catalog
    from alerts.metrics.symbols import symbols_of
    from bot.pipeline.sources import make_feed
    from bot.pipeline.symbols import Ask, SymbolRefused, add, latest_session

    wanted = tuple(metric for metric in metrics if symbols_of(metric) and metric not in catalog())
    if not wanted:
        return
    now = datetime.now(UTC)
    try:
        add(db, make_feed(settings), Ask(wanted, None, (), settings.max_symbols), now, latest_session(db, now))
    except SymbolRefused as error:
        complain(str(error), 2)
