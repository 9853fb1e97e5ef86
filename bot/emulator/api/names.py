"""Lists of names that Telegram defines, out of names.toml."""

import tomllib
from importlib.resources import files

NAMES: dict[str, list[str]] = tomllib.loads(files("bot.emulator.api").joinpath("names.toml").read_text("utf-8"))
