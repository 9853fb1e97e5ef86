"""rules check, backtest, baserates: a rule's line read, and tried on the history held."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from bot.cli.context import DATE, command, complain, opened, print_json, settings_read
from bot.cli.symbols import ask_first

if TYPE_CHECKING:
    from sqlite_utils import Database

    from alerts.rules.rule import Rule

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


def _today() -> date:
    from alerts.market.sessions import NEW_YORK

    return datetime.now(UTC).astimezone(NEW_YORK).date()


def _refused(as_json: bool, read: Callable[[], Any]) -> Any:
    """What `read` gives; where it refuses a line, say why and end with 2."""
    from alerts.rules.check import RuleError
    from alerts.rules.grammar import GrammarError

    try:
        return read()
    except (GrammarError, RuleError) as error:
        if as_json:
            suggestions = list(error.suggestions) if isinstance(error, GrammarError) else []
            print_json({"ok": False, "problem": error.problem, "suggestions": suggestions, "example": error.example})
            sys.exit(2)
        complain(str(error), 2)


@click.group()
def rules() -> None:
    """Read rules as the bot does."""


@rules.command("check")
@click.argument("line")
@AS_JSON
@command
def check(line: str, as_json: bool) -> None:
    """Say what LINE means, in the bot's own words; exit 2 if invalid."""
    rule = _refused(as_json, lambda: _checked(line))
    if as_json:
        print_json({"ok": True} | described(rule))
        return
    from bot.cli.tables import rule_table

    rule_table(described(rule))


def _checked(line: str) -> Rule:
    from alerts.rules.grammar import parse
    from bot.reports.backtest import refuse_unheld

    rule = parse(line, _today())
    settings = settings_read()
    if settings.database_path.exists():
        db = opened(settings)
        ask_first(db, settings, (one.series.metric for one in rule.conditions))
        refuse_unheld(db, rule, settings.history_sessions)
    elif any(condition.series.of.family == "import" for condition in rule.conditions):
        from alerts.rules.grammar import GrammarError

        name = next(one.series.metric for one in rule.conditions if one.series.of.family == "import")
        raise GrammarError(f"There is no series {name}: DATABASE_PATH={settings.database_path} does not exist.")
    return rule


def described(rule: Rule) -> dict[str, Any]:
    """What a rule says, as its JSON document has it."""
    return {
        "rule": rule.line,
        "kind": "momentary" if rule.momentary else "level",
        "conditions": [
            {
                "line": one.line, "metric": one.series.metric, "series": one.series.key, "means": one.series.words,
                "operator": one.operator.value, "level": one.level, "upper": one.upper, "unit": one.series.of.unit,
            }
            for one in rule.conditions
        ],
        "for": rule.hold,
        "clear": rule.clear,
        "keep": rule.keep,
        "repeat": f"remind every {rule.remind}" if rule.remind else rule.repeat.value,
        "until": rule.until.isoformat() if rule.until else None,
    }  # fmt: skip


@click.command("backtest")
@click.argument("line")
@click.option("--from", "start", type=DATE, help="The first session.")
@click.option("--to", "end", type=DATE, help="The last session.")
@AS_JSON
@command
def backtest(line: str, start: datetime | None, end: datetime | None, as_json: bool) -> None:
    """Backtest LINE: when it would have fired and resolved, and what followed."""
    db, rule = _opened(line, as_json)
    from bot.reports.backtest import backtest_json, tried

    found, rates = _refused(
        as_json, lambda: tried(db, rule, start.date() if start else None, end.date() if end else None)
    )
    if as_json:
        print_json(backtest_json(found, rates))
        return
    from bot.cli.tables import backtest_table

    backtest_table(found, rates)


@click.command("baserates")
@click.argument("line")
@AS_JSON
@command
def baserates(line: str, as_json: bool) -> None:
    """What followed the firings of the rule LINE, beside what followed any day: IWM, and IWM less SPY."""
    db, rule = _opened(line, as_json)
    from bot.reports.backtest import rates_json, tried

    found, rates = _refused(as_json, lambda: tried(db, rule))
    if as_json:
        print_json({"rule": rule.line, "sessions": len(found.sessions)} | rates_json(rates))
        return
    from bot.cli.tables import rates_table

    rates_table(rule, rates)


def _opened(line: str, as_json: bool) -> tuple[Database, Rule]:
    from alerts.rules.grammar import parse

    settings = settings_read()
    rule = _refused(as_json, lambda: parse(line, _today()))
    db = opened(settings)
    ask_first(db, settings, (one.series.metric for one in rule.conditions))
    return db, rule
