"""`python -m bot` is `rotation-alerts`."""

from bot.cli import main

main()
