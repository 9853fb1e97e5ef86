"""Commands of the console script that have a file of their own; bot/cli.py registers them."""
