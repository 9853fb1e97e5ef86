"""Environment → Settings. A wrong setting is one line that names it, its value (never a token's), and the cure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

TELEGRAM = "https://api.telegram.org"
_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{35,64}")
_CURES = {
    "MARKET": "say yahoo (the real market) or sample (a simulated one)",
    "MESSAGES_PER_SECOND": "say a number from 0.1 to 1000; 30 is Telegram's limit for one bot",
    "YAHOO_PER_SECOND": "say a number from 0.02 to 100: charts asked for in a second by a backfill; 1 is polite",
    "ADMIN_CHAT_IDS": "say chat numbers with commas between them, such as 12345678,-1009876543210",
    "SCHEDULE": "say on, or off where `rotation-alerts refresh` is run from elsewhere",
    "LOG_LEVEL": "say DEBUG, INFO, WARNING or ERROR",
    "TELEGRAM_API_URL": f"say an address such as {TELEGRAM} or http://127.0.0.1:8081",
    "DATABASE_PATH": "name a file in a folder that this program may write to",
}


class WrongSetting(ValueError):
    """Settings that the program cannot start with, one line each."""


class Settings(BaseSettings):
    """What the environment (or a file .env beside the program) says."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True)

    telegram_bot_token: SecretStr | None = None
    telegram_api_url: str = TELEGRAM
    database_path: Path = Path("rotation.db")
    market: Literal["yahoo", "sample"] = "yahoo"
    messages_per_second: Annotated[float, Field(ge=0.1, le=1000, allow_inf_nan=False)] = 30.0
    admin_chat_ids: Annotated[tuple[int, ...], NoDecode] = ()
    max_rules_per_chat: Annotated[int, Field(ge=1, le=1000)] = 50
    schedule: Literal["on", "off"] = "on"
    history_sessions: Annotated[int, Field(ge=0, le=5000)] = 300
    yahoo_per_second: Annotated[float, Field(ge=0.02, le=100, allow_inf_nan=False)] = 1.0
    cache_path: Path = Path(platformdirs.user_cache_dir("rotation-alerts"))
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], NoDecode] = "INFO"

    @field_validator("telegram_bot_token", mode="before")
    @classmethod
    def _strip(cls, value: Any) -> Any:
        return (value.strip() or None) if isinstance(value, str) else value

    @field_validator("admin_chat_ids", mode="before")
    @classmethod
    def _ids(cls, value: Any) -> Any:
        return [part for part in re.split(r"[,\s]+", value) if part] if isinstance(value, str) else value

    @field_validator("market", "schedule", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.strip().upper() if isinstance(value, str) else value

    @field_validator("telegram_api_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("no web address")
        return value.rstrip("/")

    @property
    def market_words(self) -> str:
        return "Yahoo Finance" if self.market == "yahoo" else "a simulated market"

    def token(self) -> str:
        """The bot's token. Raises WrongSetting, never with the token in it."""
        if self.telegram_bot_token is None:
            raise WrongSetting(
                "TELEGRAM_BOT_TOKEN is not set: ask @BotFather in Telegram for a bot (/newbot), then put "
                "TELEGRAM_BOT_TOKEN=<its token> into the environment or a file .env in this folder"
            )
        token = self.telegram_bot_token.get_secret_value()
        if not _TOKEN.fullmatch(token):
            raise WrongSetting(
                "TELEGRAM_BOT_TOKEN is malformed (it is not shown here): a token is digits, a colon and 35 letters, "
                "digits, - or _; copy it whole from @BotFather (/mybots → API Token)"
            )
        return token


def read_settings(**given: Any) -> Settings:
    """Settings from the environment, `given` above it. Raises WrongSetting."""
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise WrongSetting("\n".join(_line(problem) for problem in error.errors(include_url=False))) from None
    folder = settings.database_path.expanduser().parent
    if not folder.is_dir():
        raise WrongSetting(
            f"DATABASE_PATH={settings.database_path}: there is no folder {folder}; make it, or name another"
        )
    return settings


def _line(problem: Any) -> str:
    """One problem as: NAME=value: what is wrong; the cure."""
    import os

    name = str(problem["loc"][0]).upper()
    value = next((text for key, text in os.environ.items() if key.upper() == name), problem.get("input", ""))
    what = {
        "float_parsing": "not a number",
        "int_parsing": "not a whole number",
        "int_from_float": "not a whole number",
        "finite_number": "not a finite number",
        "literal_error": "not known",
        "greater_than_equal": "too small",
        "less_than_equal": "too large",
    }.get(problem["type"], problem["msg"].removeprefix("Value error, ").lower())
    cure = _CURES.get(name)
    if cure is None:
        limits = {"ge": "at least", "le": "at most"}
        said = [f"{limits[key]} {bound}" for key, bound in (problem.get("ctx") or {}).items() if key in limits]
        cure = f"say a number {' and '.join(said)}" if said else "say a number, such as 50"
    if name.endswith("TOKEN"):
        value = "…"
    return f"{name}={value}: {what}; {cure}"
