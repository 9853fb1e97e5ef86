"""`chats`, `alerts`: who is subscribed and which rules there are, as numbers alone; `notice`: a text to all of them."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from bot.cli.context import command, opened, print_json, settings_read

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


@click.command()
@AS_JSON
@command
def chats(as_json: bool) -> None:
    """Show every chat by its number: whether it is subscribed, how many alerts it has, when it was last sent to."""
    from storage.statistics import chat_activity

    found = chat_activity(opened(settings_read()))
    if as_json:
        print_json([vars(one) | {"last_sent": one.last_sent.isoformat() if one.last_sent else None} for one in found])
        return
    for one in found:
        state = "muted" if one.subscribed and one.muted else "subscribed" if one.subscribed else "not subscribed"
        why = f" ({one.ended_why})" if one.ended_why else ""
        sent = f"{one.last_sent:%Y-%m-%d %H:%M} UTC" if one.last_sent else "never"
        click.echo(f"{one.chat}  {state}{why}; {one.rules} alerts; last sent to: {sent}")
    click.echo(f"{len(found):,} chats, {sum(one.subscribed for one in found):,} subscribed.")


@click.command("alerts")
@click.argument("chat", type=int)
@AS_JSON
@command
def alerts(chat: int, as_json: bool) -> None:
    """Show the alerts of the chat with the number CHAT, and when each last fired."""
    from storage.rules import rules_of
    from storage.statistics import last_fired

    db = opened(settings_read())
    fired = last_fired(db, chat)
    rows = [
        {"number": one.number, "rule": one.rule.line, "last_fired": str(fired[one.id]) if one.id in fired else None}
        for one in rules_of(db, chat)
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['number']}  {row['rule']}; last fired: {row['last_fired'] or 'never'}")
    click.echo(f"{len(rows):,} alerts.")


@click.command()
@click.argument("text")
@click.option("--yes", is_flag=True, help="Send without asking.")
@command
def notice(text: str, yes: bool) -> None:
    """Send TEXT to every subscriber, after a preview and a confirmation. A running bot sends it at its pace."""
    from bot.alerting.notices import send_notice
    from bot.messages import notice as words
    from bot.settings import WrongSetting
    from storage import chats as subscribed
    from storage import notices
    from storage.database import writing

    settings = settings_read()
    if not text.strip() or len(text) > words.LONGEST:
        raise WrongSetting(words.too_long(len(text)) if text.strip() else "TEXT is empty: write the notice in quotes")
    db = opened(settings)
    count = subscribed.subscribers(db)
    click.echo(f"{text.strip()}\n\n{words.reach(count, settings.messages_per_second)}")
    if not count or not (yes or click.confirm("Send it?")):
        click.echo(words.NOT_SENT)
        return
    with writing(db):
        sent = send_notice(db, notices.add_notice(db, text, datetime.now(UTC)), datetime.now(UTC))
    click.echo(words.sent(sent or 0))
