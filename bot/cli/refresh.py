"""`refresh`, `backfill`, `valuation-history`: from the sources into the database."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from bot.cli.context import DATE, command, online_settings, opened, print_json, progress, settings_read

PAUSES = (60.0, 180.0, 600.0, 1200.0, 1800.0)  # seconds before a backfill asks a source again that was unavailable


@click.command()
@click.option("--session", type=DATE, help="The session to bring the figures up to; the last complete one by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option("--by-itself", is_flag=True, hidden=True, help="The bot asks, not a person.")
@command
def refresh(session: datetime | None, as_json: bool, by_itself: bool) -> None:
    """Gather the last complete session, evaluate the rules, and queue messages.

    Sessions missed since the last one come first, oldest first; more than 40 only where --session names the last of
    them. Safe beside a running bot, which sends what was queued.
    """
    from dataclasses import asdict

    from alerts.market.sessions import is_session, last_complete_session
    from bot.pipeline.context import RunContext
    from bot.pipeline.session import refresh as refresh_sessions
    from bot.pipeline.session import refuse_gap
    from bot.pipeline.sources import make_economy, make_feed

    settings = online_settings()
    now = datetime.now(UTC)
    last = last_complete_session(now)
    until = session.date() if session else last
    if until > last or not is_session(until):
        what = "not complete yet" if until > last else "no NYSE session"
        raise click.BadParameter(f"{until} is {what}; the last complete session is {last}", param_hint="--session")
    db = opened(settings)
    if session is None or by_itself:
        refuse_gap(db, now, until)
    with progress(as_json) as report:
        context = RunContext(
            db, make_feed(settings), now, make_economy(settings), report, operators=settings.admin_chat_ids
        )
        outcomes = refresh_sessions(context, until)
    if as_json:
        print_json([asdict(outcome) | {"session": outcome.session.isoformat()} for outcome in outcomes])
        return
    if not outcomes:
        click.echo(f"{until}: already done; nothing to do.")
    for outcome in outcomes:
        begun = "; rules that need nothing of what is lacking have run" if outcome.begun else ""
        state = "sealed" if outcome.sealed else f"not sealed yet{begun}; the next refresh continues"
        click.echo(
            f"{outcome.session}: {outcome.figures} figures, {outcome.missing} missing; {state}; "
            f"{outcome.fired} fired, {outcome.resolved} resolved."
        )
        for lack in outcome.lacking:
            click.echo(f"  lacking: {lack}", err=True)


@click.command()
@click.argument("session", type=DATE, metavar="DATE")
@command
def unseal(session: datetime) -> None:
    """Undo the sealing of a session and of all later ones, as a wrong clock may have sealed them.

    Their figures, their events and the alerts about them are deleted, rules stand where they stood before, and the next
    refresh asks for these sessions again. Alerts that were sent already may come again.
    """
    from bot.pipeline.unsealing import unseal as undo

    done = undo(opened(settings_read()), session.date())
    first, last = done.sessions[0], done.sessions[-1]
    span = f"{first}" if first == last else f"{first} to {last} ({len(done.sessions)} sessions)"
    click.echo(
        f"{span}: no longer sealed. Deleted: {done.figures:,} figures, {done.events:,} events, {done.messages:,} "
        f"messages, of which {done.sent:,} had been sent. The next refresh asks for what has closed; "
        "rotation-alerts refresh does so now."
    )


@click.command()
@click.option("--from", "start", type=DATE, required=True, help="The first session to have figures.")
@click.option("--to", "end", type=DATE, help="The last one; the last complete session by default.")
@command
def backfill(start: datetime, end: datetime | None) -> None:
    """Compute figures of past sessions, from closes 300 sessions earlier on.

    Fires nothing. Stopped half-way, the same command goes on where it was.
    """
    from bot.pipeline.backfill import backfill as fill
    from bot.pipeline.context import RunContext
    from bot.pipeline.sources import make_economy, make_feed

    settings = online_settings()
    db = opened(settings)
    with progress(False) as report:
        context = RunContext(db, make_feed(settings), datetime.now(UTC), make_economy(settings), report)
        done = fill(context, start.date(), end.date() if end else None, pauses=PAUSES)
    click.echo(
        f"{done.figures:,} figures of {done.sessions} sessions, from the closes of {done.companies:,} companies."
    )
    if done.without_history:
        click.echo(
            f"{done.without_history:,} companies have no history: the source gave none. "
            "The same command asks for them again.",
            err=True,
        )


@click.command("valuation-history")
@command
def valuation_history() -> None:
    """Fetch month-end valuation measures of the members, for the monthly valuation discount.

    About two thousand requests, at the pace of YAHOO_PER_SECOND. Stopped half-way, the same command goes on where it
    was; asked again within the month, it asks for nothing. The bot runs it by itself after the history is filled.
    """
    from bot.pipeline.context import RunContext
    from bot.pipeline.sources import make_feed
    from bot.pipeline.valuations import fill_valuations

    settings = online_settings()
    db = opened(settings)
    with progress(False) as report:
        feed = make_feed(settings)
        done = fill_valuations(RunContext(db, feed, datetime.now(UTC), report=report), feed, pauses=PAUSES)
    click.echo(
        f"{done.companies:,} companies asked about, {done.left:,} left; the discount of {done.months} months, "
        f"on {done.figures:,} sessions."
    )
