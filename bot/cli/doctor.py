"""`doctor`: what works and what does not, each with its cure."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from bot.cli.context import print_json

if TYPE_CHECKING:
    from bot.reports.checks import Check
    from bot.settings import Settings
    from bot.transport.reach import Reached, Unreachable

CLOCK_WARN, CLOCK_FAIL = 5.0, 60.0  # seconds


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def doctor(as_json: bool) -> None:
    """Check settings, token, network, database, back-up and outbox; say the cure of what is wrong.

    Changes nothing, and works beside a running bot. The exit status is that of the worst line: 0 ok, 1 warn, 2 fail.
    """
    from bot.logs import without_tokens

    found = examined()
    worst = max(check.state for check in found)
    if as_json:
        rows = [
            {"check": one.name, "state": one.state.name.lower(), "says": without_tokens(one.says), "cure": one.cure}
            for one in found
        ]
        print_json({"state": worst.name.lower(), "checks": rows})
    else:
        _print(found)
    sys.exit(int(worst))


def examined() -> list[Check]:
    """Every check, in the order in which things depend on each other."""
    from bot.reports.checks import Check, State
    from bot.settings import WrongSetting, read_settings

    try:
        settings = read_settings()
    except WrongSetting as error:
        return [
            Check("settings", State.FAIL, line, "correct it, then run this again") for line in str(error).split("\n")
        ]
    first = Check("settings", State.OK, f"MARKET={settings.market}, {settings.market_words}")
    return [first, *_network(settings), *_database(settings)]


def _database(settings: Settings) -> list[Check]:
    from bot.reports import checks
    from bot.reports.health import health
    from storage.database import open_to_look
    from storage.errors import DatabaseUnusable, usable_error

    path, now = settings.database_path, datetime.now(UTC)
    around = [checks.disk(path), checks.backup_age(settings.backup_dir, now)]
    if not path.exists():
        cure = "the first start of the bot creates it; if there was one, see DATABASE_PATH and rotation-alerts restore"
        return [checks.Check("database", checks.State.WARN, f"{path} does not exist yet", cure), *around]
    try:
        db = open_to_look(path)
        sound = checks.integrity(db, path)
        found = [sound, *around]
        if sound.state is checks.State.OK:
            found += checks.of_health(health(db, now), now)
        db.close()
        return found
    except DatabaseUnusable as error:
        return [_unusable(str(error)), *around]
    except Exception as error:
        if (unusable := usable_error(error, path)) is None:
            raise
        return [_unusable(str(unusable)), *around]


def _unusable(why: str) -> Check:
    from bot.reports.checks import Check, State

    state = State.WARN if "an earlier version" in why else State.FAIL
    says, _, cure = why.partition("; ")
    return Check("database", state, says, cure)


def _network(settings: Settings) -> list[Check]:
    """The checks that ask others, all at once."""
    from bot.reports.checks import Check, State
    from bot.settings import WrongSetting
    from bot.transport import reach

    with ThreadPoolExecutor(4) as threads:
        sources = {}
        if settings.market == "yahoo":
            sources = {"Yahoo": threads.submit(reach.ask, reach.YAHOO), "FRED": threads.submit(reach.ask, reach.FRED)}
        try:
            base = f"{settings.telegram_api_url}/bot{settings.token()}"
        except WrongSetting as error:
            says, _, cure = str(error).partition(": ")
            found = [Check("token", State.FAIL, says, cure)]
        else:
            me, hook = threads.submit(reach.ask, f"{base}/getMe"), threads.submit(reach.ask, f"{base}/getWebhookInfo")
            found = _telegram(settings, me.result(), hook.result())
        for name, asked in sources.items():
            found.append(_source(name, asked.result()))
    if not sources:
        found.append(Check("Yahoo, FRED", State.OK, "not asked: the market is simulated"))
    return found


def _telegram(settings: Settings, me: Reached | Unreachable, hook: Reached | Unreachable) -> list[Check]:
    from bot.reports.checks import Check, State
    from bot.transport.reach import Unreachable

    where = settings.telegram_address
    if isinstance(me, Unreachable):
        cure = "check the network, HTTPS_PROXY, and TELEGRAM_API_URL"
        return [Check("token", State.FAIL, f"Telegram at {where} cannot be reached: {me.why}", cure)]
    if me.status in (401, 404):
        cure = "copy it again from @BotFather (/mybots → API Token) into TELEGRAM_BOT_TOKEN"
        found = [Check("token", State.FAIL, f"Telegram at {where} does not accept it", cure)]
    elif me.status != 200 or not isinstance(me.json, dict) or "result" not in me.json:
        cure = "wait; if it lasts, check TELEGRAM_API_URL"
        found = [Check("token", State.WARN, f"Telegram at {where} answers {me.status}", cure)]
    else:
        found = [Check("token", State.OK, f"@{me.json['result'].get('username')}, accepted by {where}")]
        found.append(_webhook(settings, hook))
    if me.clock_ahead is not None:
        off = abs(me.clock_ahead)
        state = State.FAIL if off > CLOCK_FAIL else State.WARN if off > CLOCK_WARN else State.OK
        says = f"{off:.0f} seconds {'ahead of' if me.clock_ahead > 0 else 'behind'} Telegram's"
        cure = "set the clock by NTP: sessions close by it" if state is not State.OK else ""
        found.append(Check("clock", state, says, cure))
    return found


def _webhook(settings: Settings, hook: Reached | Unreachable) -> Check:
    from urllib.parse import urlsplit

    from bot.reports.checks import Check, State
    from bot.transport.reach import Unreachable

    if isinstance(hook, Unreachable) or not isinstance(hook.json, dict):
        return Check("webhook", State.WARN, "Telegram did not say", "run this again")
    state = hook.json.get("result") or {}
    waiting = state.get("pending_update_count", 0)
    if (address := state.get("url")) and settings.webhook_url and address.startswith(settings.webhook_url):
        if said := state.get("last_error_message"):
            cure = "check that WEBHOOK_URL leads to PORT of `rotation-alerts run --webhook`"
            return Check("webhook", State.WARN, f"set, as WEBHOOK_URL says; {waiting} updates wait; last: {said}", cure)
        return Check("webhook", State.OK, f"set, as WEBHOOK_URL says; {waiting} updates wait")
    if address:
        cure = "`rotation-alerts run` removes it as it starts; is another program using this token?"
        return Check("webhook", State.WARN, f"set, to {urlsplit(address).hostname}", cure)
    return Check("webhook", State.OK, f"none, as polling needs; {waiting} updates wait")


def _source(name: str, reached: Reached | Unreachable) -> Check:
    from bot.reports.checks import Check, State
    from bot.transport.reach import Unreachable

    if isinstance(reached, Unreachable):
        return Check(name, State.FAIL, f"cannot be reached: {reached.why}", "check the network and HTTPS_PROXY")
    if reached.status == 429:
        return Check(name, State.WARN, "asks to come back later (429)", "wait, and lower YAHOO_PER_SECOND")
    if reached.status >= 500:
        return Check(name, State.WARN, f"answers {reached.status}", "wait: it is the source's own trouble")
    return Check(name, State.OK, "reached")


def _print(found: Sequence[Check]) -> None:
    from rich.console import Console
    from rich.table import Table

    from bot.logs import without_tokens
    from bot.reports.checks import State

    colours = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(2):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in found:
        says = without_tokens(one.says) + (f"\n→ {one.cure}" if one.cure else "")
        table.add_row(f"[{colours[one.state]}]{one.state.name.lower()}[/]", one.name, _plain(says))
    Console(highlight=False).print(table)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
