"""`demo` and `local-telegram`: what stands in for Telegram on this machine."""

from __future__ import annotations

import click

from bot.cli.context import command, complain


@click.command()
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

    from bot.demo.demo import Demo
    from bot.logs import configure
    from bot.settings import read_settings

    path = database or ("rotation-demo.db" if market == "sample" else "rotation-demo-yahoo.db")
    settings = read_settings(market=market, database_path=path)
    configure("WARNING", ())

    def ready(address: str) -> None:
        click.echo(f"The chat is at {address} (Ctrl-C ends it)")
        if not no_browser:
            _show(address)

    try:
        asyncio.run(Demo(settings, port, ready, fresh).run())
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


@click.command("local-telegram")
@click.option("--port", type=click.IntRange(1, 65535), default=8081, show_default=True)
@command
def local_telegram(port: int) -> None:
    """Serve a Bot API on this machine alone, to try the bot without a token from Telegram."""
    from bot.emulator.server import serve

    address = f"http://127.0.0.1:{port}"
    try:
        serve(port, ready=lambda _: click.echo(f"Local Bot API: TELEGRAM_API_URL={address} (Ctrl-C ends it)"))
    except OSError as error:
        complain(f"--port {port}: {error.strerror or error}; choose another port, or end what uses this one", 2)
