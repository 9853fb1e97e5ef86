"""`audit`: what was recorded and sent, beside what is made anew from what is kept; and the chain."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING

import click

from bot.cli.context import DATE, command, complain, opened, print_json, progress, settings_read

if TYPE_CHECKING:
    from sqlite_utils import Database

    from bot.pipeline.audit import SessionAudit
    from storage.chain_check import Chain, Finding

DIFFERENT = 1  # the exit status where anything was changed by hand, or differs without being a correction


@click.command()
@click.option("--session", type=DATE, help="The session to audit; the last sealed one by default.")
@click.option("--from", "start", type=DATE, help="Audit every sealed session from this one on.")
@click.option("--to", "end", type=DATE, help="The last one of them; the last sealed one by default.")
@click.option("--chain", "chain_alone", is_flag=True, help="Check the chain alone: the first row changed by hand.")
@click.option("--expect", metavar="HASH", help="A hash of the chain that was noted earlier, or its beginning.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def audit(
    session: datetime | None,
    start: datetime | None,
    end: datetime | None,
    chain_alone: bool,
    expect: str | None,
    as_json: bool,
) -> None:
    """Compare figures, firings and texts with what is kept, and say what differs and why.

    Exit status 1 where anything differs that no correction explains, or was changed by hand.
    """
    from storage.chain_check import check_chain
    from storage.database import reading

    db = opened(settings_read())
    if expect is not None and not expect.strip():
        raise click.BadParameter("it is empty; audit --chain shows the chain's last hash", param_hint="--expect")
    with reading(db):
        chain = check_chain(db, expect.strip() if expect else None)
        chosen = [] if chain_alone else _chosen(db, session, start, end)
        found = [] if chain_alone else _audited(db, chosen, chain, as_json)
    if as_json:
        print_json(_json(chain, found))
    else:
        for one in found:
            _say(one)
        _say_chain(chain, alone=chain_alone)
    if chain.findings or chain.anchored is False or not all(one.clean for one in found):
        sys.exit(DIFFERENT)


def _chosen(db: Database, session: datetime | None, start: datetime | None, end: datetime | None) -> list[date]:
    """The sealed sessions that were asked for."""
    from storage.sessions import last_sealed, sealed_from

    last = last_sealed(db)
    if last is None:
        complain("No session is sealed yet: there is nothing to audit. rotation-alerts refresh gathers one.", 2)
        raise AssertionError
    if session is not None and (start is not None or end is not None):
        raise click.UsageError("--session names one session, --from and --to a range: give one of them.")
    first = (session or start or datetime.combine(last, datetime.min.time())).date()
    through = session.date() if session else end.date() if end else last
    chosen = [one for one in sealed_from(db, first) if one <= through]
    if not chosen:
        what = f"{first} is not" if first == through else f"no session from {first} to {through} is"
        raise click.BadParameter(f"{what} sealed; the last sealed session is {last}", param_hint="--session")
    return chosen


def _audited(db: Database, chosen: list[date], chain: Chain, quiet: bool) -> list[SessionAudit]:
    from bot.pipeline.audit import audit as audit_sessions
    from bot.pipeline.context import RunContext
    from bot.pipeline.sources import make_economy, make_feed

    settings = settings_read()
    with progress(quiet) as report:
        context = RunContext(db, make_feed(settings), datetime.now(UTC), make_economy(settings), report)
        return list(audit_sessions(context, chosen, chain))


def _json(chain: Chain, found: list[SessionAudit]) -> dict[str, object]:
    from dataclasses import asdict

    checked = asdict(chain) | {"since": chain.since.isoformat() if chain.since else None}
    sessions = [asdict(one) | {"session": one.session.isoformat(), "clean": one.clean} for one in found]
    return {"sessions": sessions, "chain": checked}


def _say(one: SessionAudit) -> None:
    state = "clean" if one.clean else "differs"
    counted = (
        _some(one.figures, "figure"),
        _some(one.firings, "firing or end", "firings and ends"),
        _some(one.texts, "alert"),
    )
    click.echo(
        f"{one.session}: {state}. {', '.join(counted)}"
        + (f", {one.without_events} more whose events are not kept or cannot be read" if one.without_events else "")
        + ("." if one.chained else "; older than the chain.")
    )
    for reason, count in sorted(one.unkept.items()):
        click.echo(f"  cannot be computed anew: {count}, {reason}")
    for difference in one.differences:
        recorded, now = _where_apart(difference.recorded, difference.now)
        click.echo(
            f"  {difference.cause.value}: {difference.subject.value} {difference.name}: {recorded}"
            + (f" → {now}" if now else "")
        )


def _some(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _where_apart(recorded: str, now: str) -> tuple[str, str]:
    """The first line in which two texts differ, of each."""
    lines = list(zip_longest(recorded.split("\n"), now.split("\n"), fillvalue=""))
    first = next((pair for pair in lines if pair[0] != pair[1]), lines[0])
    more = " …" if len(lines) > 1 else ""
    return first[0] + more, first[1] and first[1] + more


def _say_chain(chain: Chain, *, alone: bool) -> None:
    from_ = f"not chained before {(chain.begun_at or '')[:10]}" + (
        f" (the last session sealed before is {chain.since})" if chain.since else ""
    )
    click.echo(
        f"Chain: {chain.entries:,} entries, {from_}; {chain.sessions:,} sessions, {chain.figures:,} figures, "
        f"{chain.events:,} events and {chain.messages:,} texts, of which {chain.gone_events:,} events and "
        f"{chain.gone_messages:,} texts were erased, pruned or undone since."
    )
    if not chain.findings:
        click.echo("Nothing was changed by hand.")
    for number, finding in enumerate(chain.findings):
        if number == 0 or alone:
            click.echo(("The first row changed by hand: " if number == 0 else "  then ") + _finding(finding))
    if not alone and len(chain.findings) > 1:
        click.echo(f"{len(chain.findings) - 1} more: rotation-alerts audit --chain")
    if chain.anchored is False:
        click.echo("The hash of --expect is not in the chain: it was written anew, or an older back-up was restored.")
    click.echo(f"Last hash: {chain.head}")


def _finding(finding: Finding) -> str:
    where = f"entry {finding.entry}" if finding.entry else "in no entry"
    of = f" of {finding.session}" if finding.session else ""
    return {
        "entry": f"{where} of the chain itself ({finding.name}{of}), or one before it",
        "session": f"session {finding.name}, sealed and {where}",
        "figure": f"figure {finding.name}{of}, recorded in {where}",
        "figure gone": f"figure {finding.name}{of}, recorded in {where}, is gone",
        "figure added": f"figure {finding.name}{of}, {where}",
        "event": f"event {finding.name}{of}, recorded in {where}",
        "event added": f"event {finding.name}{of}, {where}",
        "events gone": f"{finding.count} events are gone that were not erased, pruned or undone",
        "message": f"text {finding.name}{of}, recorded in {where}",
        "message added": f"text {finding.name}{of}, {where}",
        "messages gone": f"{finding.count} texts are gone that were not erased, pruned or undone",
    }[finding.what.value]
