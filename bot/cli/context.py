"""What every command of the console shares: its errors, the settings, the database, the feeds, JSON, a progress bar.

Heavy imports happen inside the command that needs them, so that `--help` is at once.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sqlite_utils import Database

    from bot.pipeline.context import Report
    from bot.settings import Settings

DATE = click.DateTime(["%Y-%m-%d"])


def complain(text: str, status: int) -> None:
    """Say what is wrong on standard error, without any token in it, and end."""
    from bot.logs import without_tokens

    click.echo(without_tokens(text), err=True)
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
    from bot.emulator.snapshot import NotKept
    from bot.pipeline.backfill import NothingToFill
    from bot.pipeline.session import LongGap
    from bot.pipeline.unsealing import CannotUnseal
    from bot.settings import read_settings
    from storage.errors import DatabaseUnusable, usable_error

    if isinstance(error, (DatabaseUnusable, UnknownMetric, NothingToFill, NotKept, LongGap, CannotUnseal)):
        complain(str(error), 2)
    if isinstance(error, FeedError):
        complain(str(error), 1)
    if (unusable := usable_error(error, read_settings().database_path)) is not None:
        complain(str(unusable), 1)


def settings_read() -> Settings:
    from bot.logs import configure
    from bot.settings import read_settings

    settings = read_settings()
    configure(settings.log_level, settings.secrets, settings.log_format)
    return settings


def online_settings() -> Settings:
    """The settings of a command that asks Telegram, Yahoo or FRED."""
    from bot.settings import check_proxies

    settings = settings_read()
    check_proxies()
    return settings


def opened(settings: Settings) -> Database:
    from storage import in_use
    from storage.database import claim_market, open_database

    in_use.hold(settings.database_path)
    db = open_database(settings.database_path)
    claim_market(db, settings.market, datetime.now(UTC))
    return db


@contextmanager
def progress(quiet: bool) -> Iterator[Report]:
    """A bar on standard error while a person waits; nothing where nobody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _what, _done, _total: None
        return
    words = {"funds": "Fund closes", "census": "Census", "closes": "Closes of companies", "figures": "Figures",
             "economy": "Economic series", "past": "Past of the funds", "valuations": "Valuation history"}  # fmt: skip
    with Progress(
        TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    ) as bar:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(words.get(what, what), total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield report


def print_json(value: Any) -> None:
    """One document on standard output."""
    json.dump(_finite(value), sys.stdout, ensure_ascii=False, indent=1, allow_nan=False)
    sys.stdout.write("\n")


def _finite(value: Any) -> Any:
    """`value` with None for numbers that JSON does not have: infinite ones and NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list | tuple) else value
