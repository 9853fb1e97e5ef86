"""Commands of the console script, a file each; bot/cli.py registers them."""
