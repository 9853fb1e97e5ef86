"""Commands of the console script. Heavy imports happen inside the command that needs them."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from bot.console.progress import progress

if TYPE_CHECKING:
    from sqlite_utils import Database

    from alerts.market.feed import EconomyFeed, MarketFeed, ValuationFeed
    from bot.settings import Settings

DATE: click.DateTime = click.DateTime(["%Y-%m-%d"])
RESTS = (60.0, 180.0, 600.0, 1200.0, 1800.0)  # seconds that a backfill leaves a source alone which turns it away


def complain(text: str, status: int) -> None:
    """Say what is wrong on standard error, and end."""
    click.echo(text, err=True)
    sys.exit(status)


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Errors that a person can cure end as one line: exit 2 for what was asked or set, 1 for what the world did."""

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        from bot.settings import WrongSetting

        try:
            function(*args, **kwargs)
        except WrongSetting as error:
            complain(str(error), 2)
        except KeyboardInterrupt:
            complain("Stopped. What was done is kept; the same command goes on from there.", 130)
        except Exception as error:
            _known(error)
            raise

    return wrapped


def _known(error: Exception) -> None:
    """Say the error and end, if it is one that explains itself."""
    from alerts.market.feed import FeedError
    from alerts.metrics.catalog import UnknownMetric
    from bot.backfill import NothingToFill
    from bot.local.keeping import NotKept
    from storage.database import DatabaseUnusable

    if isinstance(error, (DatabaseUnusable, UnknownMetric, NothingToFill, NotKept)):
        complain(str(error), 2)
    if isinstance(error, FeedError):
        complain(str(error), 1)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rotation-alerts")
def main() -> None:
    """Tells investors in Telegram when leadership in US equities rotates.

    Settings come from the environment or a file .env: TELEGRAM_BOT_TOKEN, DATABASE_PATH (rotation.db), MARKET (yahoo or
    sample), TELEGRAM_API_URL, MESSAGES_PER_SECOND (30), MAX_RULES_PER_CHAT (50), HISTORY_SESSIONS (300), SCHEDULE (on),
    CACHE_PATH, LOG_LEVEL (INFO).
    """


def _settings() -> Settings:
    from bot.logs import configure
    from bot.settings import read_settings

    settings = read_settings()
    configure(settings.log_level, settings.telegram_bot_token)
    return settings


def _open(settings: Settings) -> Database:
    from storage.database import claim_market, open_database

    db = open_database(settings.database_path)
    claim_market(db, settings.market, datetime.now(UTC))
    return db


def _feed(settings: Settings) -> MarketFeed:
    from bot.feeds import make_feed

    return make_feed(settings)


def _economy(settings: Settings) -> EconomyFeed | None:
    from bot.feeds import make_economy

    return make_economy(settings)


@main.command()
@click.option("--end-with-stdin", is_flag=True, hidden=True, help="End when standard input does, as a child should.")
@command
def run(end_with_stdin: bool) -> None:
    """Run the bot: listen to Telegram, refresh after each close, push alerts."""
    if end_with_stdin:
        _end_with_stdin()
    settings = _settings()
    settings.token()  # before anything slow
    _open(settings).close()
    from bot.app import AnotherPoller, serve

    try:
        serve(settings)
    except AnotherPoller:
        sys.exit(1)  # said in the log already


def _end_with_stdin() -> None:
    """End as by SIGTERM once whoever started this process is gone, however it went."""
    import os
    import signal
    import threading

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="stdin", daemon=True).start()


@main.command()
@click.option("--session", type=DATE, help="The session to bring the figures up to; the last complete one by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def refresh(session: datetime | None, as_json: bool) -> None:
    """Gather the last complete session, evaluate the rules, and queue what is to be told.

    Sessions missed since the last one come first, oldest first. Safe beside a running bot, which sends what was queued.
    """
    from dataclasses import asdict

    from alerts.market.sessions import is_session, last_complete_session
    from bot import cycle

    settings = _settings()
    now = datetime.now(UTC)
    last = last_complete_session(now)
    until = session.date() if session else last
    if not is_session(until) or until > last:
        what = "no NYSE session" if not is_session(until) else "not complete yet"
        raise click.BadParameter(f"{until} is {what}; the last complete session is {last}", param_hint="--session")
    db = _open(settings)
    with progress(as_json) as report:
        outcomes = cycle.refresh(
            db, _feed(settings), now, until, report,
            economy=_economy(settings), operators=settings.admin_chat_ids,
        )  # fmt: skip
    if as_json:
        _print_json([asdict(outcome) | {"session": outcome.session.isoformat()} for outcome in outcomes])
        return
    if not outcomes:
        click.echo(f"{until}: already done; nothing to do.")
    for outcome in outcomes:
        state = "sealed" if outcome.sealed else "not sealed yet; the next refresh goes on"
        click.echo(
            f"{outcome.session}: {outcome.figures} figures, {outcome.missing} missing; {state}; "
            f"{outcome.fired} fired, {outcome.resolved} resolved."
        )
        for lack in outcome.lacking:
            click.echo(f"  lacking: {lack}", err=True)


@main.command()
@click.option("--from", "start", type=DATE, required=True, help="The first session to have figures.")
@click.option("--to", "end", type=DATE, help="The last one; the last complete session by default.")
@command
def backfill(start: datetime, end: datetime | None) -> None:
    """Compute figures of past sessions, from closes 300 sessions earlier on.

    Fires nothing. Stopped half-way, the same command goes on where it was.
    """
    from bot.backfill import backfill as fill

    settings = _settings()
    db = _open(settings)
    with progress(False) as report:
        done = fill(
            db, _feed(settings), start.date(), end.date() if end else None, datetime.now(UTC), report,
            economy=_economy(settings), rests=RESTS,
        )  # fmt: skip
    click.echo(
        f"{done.figures:,} figures of {done.sessions} sessions, from the closes of {done.companies:,} companies."
    )


@main.command()
@click.argument("metric")
@click.option("--from", "start", type=DATE, help="The first session.")
@click.option("--to", "end", type=DATE, help="The last session.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def figures(metric: str, start: datetime | None, end: datetime | None, as_json: bool) -> None:
    """Show what is recorded of METRIC (an id, a title, or a name such as "small above 200d")."""
    from alerts.metrics.catalog import metric as entry_of
    from alerts.rules.grammar import metric_named
    from storage import figures as stored

    settings = _settings()
    entry = entry_of(metric_named(metric) or metric)
    db = _open(settings)
    found = stored.history(db, entry.id, start.date() if start else None, end.date() if end else None)
    if as_json:
        _print_json([figure_json(figure) for figure in found])
        return
    from bot.tables import figures_table

    figures_table(entry, found)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def summary(as_json: bool) -> None:
    """The regime and the key figures of the last session."""
    from bot.summary import summarise

    settings = _settings()
    db = _open(settings)
    told = summarise(db)
    if as_json:
        _print_json(told.as_json() if told else None)
        return
    if told is None:
        complain(
            "No figures yet: run `rotation-alerts refresh`, and `rotation-alerts backfill --from DATE` for history.", 1
        )
        return
    from bot.tables import summary_table

    summary_table(told)


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="The page's port.")
@click.option("--market", type=click.Choice(["sample", "yahoo"]), default="sample", show_default=True)
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@click.option("--database", type=click.Path(dir_okay=False), help="Its file; rotation-demo.db by default.")
@click.option("--fresh", is_flag=True, help="Begin again, instead of going on where the last time ended.")
@command
def demo(port: int, market: str, no_browser: bool, database: str | None, fresh: bool) -> None:
    """Try the bot in a browser, without a token: a chat on this machine alone.

    The market is simulated and has a clock to turn; with --market yahoo it is the real one of the day.
    """
    import asyncio

    from bot.demo import Demo
    from bot.logs import configure
    from bot.settings import read_settings

    path = database or ("rotation-demo.db" if market == "sample" else "rotation-demo-yahoo.db")
    settings = read_settings(market=market, database_path=path)
    configure("WARNING", None)

    def opened(address: str) -> None:
        click.echo(f"The chat is at {address} (Ctrl-C ends it)")
        if not no_browser:
            _show(address)

    try:
        asyncio.run(Demo(settings, port, opened, fresh).run())
    except OSError as error:
        complain(f"--port {port}: {error.strerror or error}; for example: rotation-alerts demo --port {port + 1}", 2)


def _show(address: str) -> None:
    """Open a browser, where there is one; the address is printed already."""
    import webbrowser

    try:
        webbrowser.get()
    except webbrowser.Error:
        click.echo("No browser was found here: open that address in one.", err=True)
        return
    webbrowser.open(address)


@main.command("local-telegram")
@click.option("--port", type=click.IntRange(1, 65535), default=8081, show_default=True)
@command
def local_telegram(port: int) -> None:
    """Serve a Bot API on this machine alone, to try the bot without a token from Telegram."""
    from bot.local.server import serve

    address = f"http://127.0.0.1:{port}"
    try:
        serve(port, ready=lambda _: click.echo(f"Local Bot API: TELEGRAM_API_URL={address} (Ctrl-C ends it)"))
    except OSError as error:
        complain(f"--port {port}: {error.strerror or error}; choose another port, or end what uses this one", 2)


def figure_json(figure: Any) -> dict[str, Any]:
    """A figure as its JSON document has it."""
    names = ("metric", "value", "coverage", "eligible", "members", "source", "reason")
    return {"session": figure.session.isoformat()} | {name: getattr(figure, name) for name in names}


def _print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=1, allow_nan=False)
    sys.stdout.write("\n")


def opened() -> Database:
    """The database that the settings name, for a command of bot/console/."""
    return _open(_settings())


def valuation_feed() -> ValuationFeed:
    """Where month-end valuations come from by the settings, for a command of bot/console/."""
    from bot.feeds import make_feed

    return make_feed(_settings())


print_json = _print_json

logging.getLogger(__name__).addHandler(logging.NullHandler())

# The commands that have a file of their own need what stands above.
from bot.console import odds as _odds  # noqa: E402
from bot.console import thesis as _thesis  # noqa: E402
from bot.console import valuations as _valuations  # noqa: E402

main.add_command(_odds.odds)
main.add_command(_thesis.thesis)
main.add_command(_valuations.valuation_history)
