"""`run`: the bot itself."""

from __future__ import annotations

import click

from bot import child_process
from bot.cli.context import command, complain, online_settings, opened


@click.command()
@click.option("--webhook", "by_webhook", is_flag=True, help="Have Telegram post to WEBHOOK_URL instead of polling.")
@click.option("--end-with-stdin", is_flag=True, hidden=True, help="End when standard input does, as a child should.")
@command
def run(by_webhook: bool, end_with_stdin: bool) -> None:
    """Run the bot: listen to Telegram, refresh after each close, push alerts."""
    if end_with_stdin:
        child_process.end_with_stdin()
    settings = online_settings()
    settings.token()  # before anything slow
    if by_webhook:
        settings.webhook()
    opened(settings).close()
    from bot.app import serve
    from bot.transport.polling import AnotherPoller, TokenRefused

    try:
        serve(settings, by_webhook=by_webhook)
    except (AnotherPoller, TokenRefused) as error:
        complain(str(error), 1)
