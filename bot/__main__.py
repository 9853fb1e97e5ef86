"""`python -m bot` is `rotation-alerts`."""

from bot.cli.main import main

main()
