"""Figures and summaries in a terminal, by rich."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from alerts.metrics.catalog import Metric, minus
from alerts.metrics.figure import Figure
from alerts.rules.backtest import Backtest
from alerts.rules.base_rates import TOO_FEW, BaseRates, Following
from alerts.rules.rule import Rule
from bot.brand import NO_ADVICE
from bot.formatting import beside_text, coverage, day, hindsight, ordinal
from bot.messages.summary import headline
from bot.reports.summary import FigureReading, Summary


def figures_table(of: Metric, found: Sequence[Figure], recorded: int) -> None:
    """Print one metric's figures, a row a session; a line says so where more are `recorded` than are shown."""
    table = Table(title=f"{of.id} · {of.title}", caption=of.formula, title_justify="left", caption_justify="left")
    for heading, side in (("session", "left"), ("value", "right"), ("coverage", "right"), ("source", "left")):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    for figure in found:
        shown = of.show(figure.value) if figure.value is not None else f"missing: {figure.reason}"
        table.add_row(figure.session.isoformat(), shown, coverage(figure.eligible, figure.members), figure.provenance)
    console = Console()
    console.print(table)
    _later(console, [of])
    if recorded > len(found):
        console.print(f"{recorded - len(found):,} earlier sessions are recorded: --from DATE shows them.")
    if not found:
        console.print("Nothing recorded: run `rotation-alerts refresh`, or `rotation-alerts backfill --from DATE`.")


def summary_table(told: Summary) -> None:
    """Print a session's summary."""
    console = Console()
    console.print(f"[bold]{headline(told)}[/bold]")
    console.print(f"Session {day(told.session)} · {told.state.provenance}")
    table = Table(box=None, pad_edge=False)
    for heading, side in (
        ("", "left"),
        ("value", "right"),
        ("change", "right"),
        ("standing", "left"),
        ("coverage", "right"),
    ):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    for entry in (*told.figures, *told.own):
        of, figure = entry.of, entry.figure
        table.add_row(
            of.title,
            of.show(figure.value) if figure.value is not None else f"missing: {figure.reason}",
            of.show_change(entry.change) if entry.change is not None else "",
            _standing(entry) if figure.value is not None else "",
            coverage(figure.eligible, figure.members),
        )
    console.print(table)
    _later(console, [entry.of for entry in (*told.figures, *told.own)])
    for entry in told.figures:
        if beside := beside_text(entry.of, entry.beside):
            console.print(f"Beside {entry.of.title}: {beside}", highlight=False)
    console.print(f"[dim]{NO_ADVICE}[/dim]")


def rule_table(told: Mapping[str, Any]) -> None:
    """Print what a rule says."""
    console = Console()
    console.print(f"[bold]{told['rule']}[/bold] · {told['kind']} rule", highlight=False)
    table = Table(box=None, pad_edge=False, show_header=False)
    for condition in told["conditions"]:
        table.add_row(condition["line"], f"watches {condition['means']}")
    table.add_row("true for", f"{told['for']} session{'s' if told['for'] > 1 else ''} before it fires")
    if told["clear"] is not None:
        table.add_row("clear", f"resolves past {told['clear']:g}")
    if told["keep"]:
        table.add_row("keep", f"resolves after more than {told['keep']} clear sessions")
    table.add_row("repeat", told["repeat"])
    if told["until"]:
        table.add_row("until", told["until"])
    console.print(table)


def backtest_table(found: Backtest, rates: BaseRates) -> None:
    """Print a backtest: its transitions, and what followed."""
    console = Console()
    if not found.sessions:
        console.print("No session of its series is held in that range.")
        return
    span = f"{found.sessions[0]} to {found.sessions[-1]}, {len(found.sessions):,} sessions, {found.missing:,} missing"
    console.print(f"[bold]{found.rule.line}[/bold] · {span}", highlight=False)
    table = Table()
    table.add_column("session")
    table.add_column("what")
    for at, condition in enumerate(found.rule.conditions, start=1):
        if found.rule.joined:  # lines of conditions would not fit beside each other in 80 columns
            console.print(f"({at}) {condition.line}", highlight=False)
        table.add_column(f"({at})" if found.rule.joined else "value", justify="right")
    for one in found.happened:
        shown = ["–" if value is None else minus(f"{value:,.4g}") for value in one.values]
        table.add_row(one.session.isoformat(), one.kind.value, *shown)
    console.print(table)
    if not found.happened:
        console.print("It would not have fired.")
    rates_table(found.rule, rates)


def rates_table(rule: Rule, rates: BaseRates) -> None:
    """Print base rates, those of all days beside them."""
    console = Console()
    line = rule.line
    console.print(
        f"[bold]After {line}[/bold]: fired {'once' if rates.fired == 1 else f'{rates.fired} times'}", highlight=False
    )
    if rates.missing:
        console.print(f"No base rates: {rates.missing}.")
        return
    table = Table(
        caption=f"median over sessions ahead: IWM less SPY in pp, IWM in %, total return. –: {TOO_FEW}. {NO_ADVICE}"
    )
    for heading in ("ahead", "", "n", "IWM − SPY", "> 0", "worst", "IWM", "> 0", "worst"):
        table.add_column(heading, justify="left" if heading == "" else "right", no_wrap=True)
    for horizon in rates.horizons:
        table.add_row(f"{horizon.sessions}", "firings", *_following(horizon.firings))
        table.add_row("", "all days", *_following(horizon.all_days), end_section=True)
    console.print(table)
    _later(console, [condition.series.of for condition in rule.conditions])


def _later(console: Console, metrics: Sequence[Metric]) -> None:
    """What the history is told by that nobody knew then."""
    if words := hindsight(metrics):
        console.print(f"[dim]History and percentiles: {words}.[/dim]", highlight=False)


def _following(found: Following) -> list[str]:
    cells = [f"{found.n:,}"]
    for spread in (found.lead, found.iwm):
        if spread is None:
            cells += ["–", "–", "–"]
        else:
            numbers = (f"{spread.median:+.1f}", f"{spread.share_above_zero:.0%}", f"{spread.worst:+.1f}")
            cells += [minus(text) for text in numbers]
    return cells


def _standing(entry: FigureReading) -> str:
    past = entry.standing
    shown = "none" if past.percentile is None else ordinal(past.percentile)
    return f"{shown} of {past.count:,} {past.unit}"
