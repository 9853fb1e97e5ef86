"""Environment → Settings. A wrong setting is one line that names it, its value (never a token's), and the cure."""

from __future__ import annotations

import atexit
import base64
import logging
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit, urlunsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.brand import NAME, NO_ADVICE
from bot.logs import without_tokens

log = logging.getLogger(__name__)

TELEGRAM = "https://api.telegram.org"
ENV_FILE = ".env"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
WEBHOOK_SECRET_PREFIX = "whsec_"  # of the Standard Webhooks specification
_ALIKE = 0.88  # of difflib's ratio: one letter more, less or other in a name of eight
_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{35,64}")
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_CURES = {
    "MARKET": "use yahoo (the real market) or sample (a simulated one)",
    "MESSAGES_PER_SECOND": "use a number from 0.1 to 1000; 30 is Telegram's limit for one bot",
    "CHAT_MESSAGES_PER_SECOND": "use a number from 0.1 to 1000; 1 is Telegram's limit for one chat",
    "HISTORY_YEARS": "use a number from 0 to 20: years of breadth that are filled by themselves; 0: none",
    "YAHOO_PER_SECOND": "use a number from 0.02 to 100: charts asked for in a second by a backfill; 1 is polite",
    "ADMIN_CHAT_IDS": "list chat numbers with commas between them, such as 12345678,-1009876543210",
    "SCHEDULE": "use on, or off where `rotation-alerts refresh` is run from elsewhere",
    "LOG_LEVEL": "use DEBUG, INFO, WARNING or ERROR",
    "LOG_FORMAT": "use text, or json for one JSON object a line",
    "ACCESS": "use open (anybody), invite (operators' links let people in) or list (ACCESS_CHAT_IDS alone)",
    "ACCESS_CHAT_IDS": "list chat numbers with commas between them, such as 12345678,-1009876543210",
    "HEARTBEAT_URL": "use an address that your monitoring gave you, such as https://hc.example.org/ping/…",
    "WEBHOOK_URL": "use the public https address at which Telegram reaches this program, such as https://bot.example.org",
    "WEBHOOK_SECRET": "use 16 to 256 letters, digits, - or _",
    "WEBHOOK_OUT_URL": "use the https address that events are to be posted to; http:// is for this machine alone",
    "WEBHOOK_OUT_SECRET": "use whsec_ and 24 to 64 random bytes in base64: echo whsec_$(openssl rand -base64 32)",
    "TELEGRAM_API_URL": f"use an address such as {TELEGRAM} or http://127.0.0.1:8081",
    "PORT": "use a port from 1 to 65535 for health and metrics, or leave it empty",
    "BACKUP_DIR": "name a folder that this program may write to",
    "BACKUP_KEEP": "use a number from 1 to 10000: how many scheduled back-ups stay",
    "BRAND_NAME": "use 1 to 64 characters: what the bot calls itself",
    "DISCLAIMER": "use 1 to 200 characters: the line of no advice under figures",
    "DATABASE_PATH": "name a file in a folder that this program may write to",
}


class WrongSetting(ValueError):
    """Settings that the program cannot start with, one line each."""


class Settings(BaseSettings):
    """What the environment (or a file .env beside the program) says."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, extra="ignore", hide_input_in_errors=True)

    telegram_bot_token: SecretStr | None = None
    telegram_api_url: str = TELEGRAM
    database_path: Path = Path("rotation.db")
    market: Literal["yahoo", "sample"] = "yahoo"
    messages_per_second: Annotated[float, Field(ge=0.1, le=1000, allow_inf_nan=False)] = 30.0
    chat_messages_per_second: Annotated[float, Field(ge=0.1, le=1000, allow_inf_nan=False)] = 1.0
    admin_chat_ids: Annotated[tuple[int, ...], NoDecode] = ()
    max_rules_per_chat: Annotated[int, Field(ge=1, le=1000)] = 50
    max_symbols: Annotated[int, Field(ge=0, le=5000)] = 500
    requests_per_minute: Annotated[int, Field(ge=1, le=1000)] = 20
    schedule: Literal["on", "off"] = "on"
    history_years: Annotated[int, Field(ge=0, le=20)] = 10
    yahoo_per_second: Annotated[float, Field(ge=0.02, le=100, allow_inf_nan=False)] = 1.0
    cache_path: Path | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    health_host: str | None = None
    backup_dir: Path | None = None
    backup_keep: Annotated[int, Field(ge=1, le=10_000)] = 14
    keep_events_days: Annotated[int, Field(ge=30, le=36_500)] = 1_825
    keep_messages_days: Annotated[int, Field(ge=7, le=36_500)] = 90
    keep_census_days: Annotated[int, Field(ge=30, le=36_500)] = 400
    access: Literal["open", "invite", "list"] = "open"
    access_chat_ids: Annotated[tuple[int, ...], NoDecode] = ()
    heartbeat_url: SecretStr | None = None
    webhook_url: str | None = None
    webhook_secret: SecretStr | None = None
    webhook_out_url: SecretStr | None = None
    webhook_out_secret: SecretStr | None = None
    fred_api_key: SecretStr | None = None
    brand_name: Annotated[str, Field(min_length=1, max_length=64)] = NAME
    disclaimer: Annotated[str, Field(min_length=1, max_length=200)] = NO_ADVICE
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], NoDecode] = "INFO"
    log_format: Literal["text", "json"] = "text"

    @field_validator("telegram_bot_token", mode="before")
    @classmethod
    def _strip(cls, value: Any) -> Any:
        return (value.strip() or None) if isinstance(value, str) else value

    @field_validator("admin_chat_ids", "access_chat_ids", mode="before")
    @classmethod
    def _ids(cls, value: Any) -> Any:
        return [part for part in re.split(r"[,\s]+", value) if part] if isinstance(value, str) else value

    @field_validator("market", "schedule", "access", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.strip().upper() if isinstance(value, str) else value

    @field_validator(
        "backup_dir",
        "cache_path",
        "port",
        "health_host",
        "heartbeat_url",
        "webhook_url",
        "webhook_secret",
        "webhook_out_url",
        "webhook_out_secret",
        "fred_api_key",
        mode="before",
    )
    @classmethod
    def _none_if_empty(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("telegram_api_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("not a web address")
        return value.rstrip("/")

    @field_validator("heartbeat_url")
    @classmethod
    def _reachable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and urlsplit(value.get_secret_value()).scheme not in ("http", "https"):
            raise ValueError("not a web address")
        return value

    @field_validator("webhook_url")
    @classmethod
    def _public(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ValueError("not an https address")
        return value.rstrip("/")

    @field_validator("webhook_secret")
    @classmethod
    def _secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", value.get_secret_value()):
            raise ValueError("malformed (it is not shown here)")
        return value

    @field_validator("webhook_out_url")
    @classmethod
    def _out(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _can_be_posted_to(value.get_secret_value()):
            raise ValueError("not an https address")
        return value

    @field_validator("webhook_out_secret")
    @classmethod
    def _key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            secret = value.get_secret_value()
            try:
                length = len(base64.b64decode(secret.removeprefix(WEBHOOK_SECRET_PREFIX), validate=True))
            except ValueError:  # not base64, or not ASCII
                length = 0
            if not secret.startswith(WEBHOOK_SECRET_PREFIX) or not 24 <= length <= 64:
                raise ValueError("malformed (it is not shown here)")
        return value

    @property
    def history_sessions(self) -> int:
        """How many sessions of history a running bot fills, to the nearest year."""
        return 252 * self.history_years

    @property
    def market_words(self) -> str:
        return "Yahoo Finance" if self.market == "yahoo" else "a simulated market"

    @property
    def telegram_address(self) -> str:
        """The address of the Bot API as it may be shown: without a user's name and password."""
        return without_credentials(self.telegram_api_url)

    @property
    def secrets(self) -> tuple[SecretStr | None, ...]:
        """What no log line may show."""
        return (
            self.telegram_bot_token, self.heartbeat_url, self.webhook_secret, self.webhook_out_url,
            self.webhook_out_secret, self.fred_api_key,
        )  # fmt: skip

    @cached_property
    def cache_folder(self) -> Path:
        """Where yfinance and matplotlib keep what saves them work: CACHE_PATH, or `cache` beside the database.

        A folder that cannot be written to costs one warning: a temporary one takes its place until the program ends.
        """
        wanted = self.cache_path or self.database_path.expanduser().parent / "cache"
        try:
            wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=wanted):
                return wanted
        except OSError as error:
            log.warning(
                "CACHE_PATH=%s: %s; a temporary folder is used. Name a folder that this program may write to",
                wanted, error.strerror or error,
            )  # fmt: skip
        temporary = tempfile.mkdtemp(prefix="rotation-alerts-")
        atexit.register(shutil.rmtree, temporary, ignore_errors=True)
        return Path(temporary)

    def listen_on(self, *, public: bool) -> str:
        """The address for PORT: HEALTH_HOST, else every address where Telegram has to reach it, else this machine's."""
        return self.health_host or ("0.0.0.0" if public else "127.0.0.1")

    def webhook(self) -> tuple[str, SecretStr]:
        """WEBHOOK_URL and WEBHOOK_SECRET. Raises WrongSetting where one of what a webhook needs is not set."""
        if self.webhook_url is None or self.webhook_secret is None or self.port is None:
            needed = {"WEBHOOK_URL": self.webhook_url, "WEBHOOK_SECRET": self.webhook_secret, "PORT": self.port}
            lacking = " and ".join(name for name, value in needed.items() if value is None)
            raise WrongSetting(
                f"run --webhook needs {lacking}: the public https address, a secret of 16 to 256 letters, digits, "
                "- or _, and the port to listen on; without --webhook the bot polls and needs none of them"
            )
        return self.webhook_url, self.webhook_secret

    def webhook_out(self) -> tuple[SecretStr, SecretStr] | None:
        """WEBHOOK_OUT_URL and WEBHOOK_OUT_SECRET, None: events are not posted. Raises WrongSetting without a secret."""
        if self.webhook_out_url is None:
            return None
        if self.webhook_out_secret is None:
            raise WrongSetting(
                "WEBHOOK_OUT_URL needs WEBHOOK_OUT_SECRET, by which each post is signed: "
                + _CURES["WEBHOOK_OUT_SECRET"]
            )
        return self.webhook_out_url, self.webhook_out_secret

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
    in_file = _env_file()
    try:
        settings = Settings(**given)
    except ValidationError as error:
        problems = [_line(problem, in_file) for problem in error.errors(include_url=False)]
        raise WrongSetting("\n".join(problems)) from None
    settings.webhook_out()
    folder = settings.database_path.expanduser().parent
    if not folder.is_dir():
        raise WrongSetting(
            without_tokens(f"DATABASE_PATH={settings.database_path}: folder {folder} does not exist; create it or ")
            + "choose another"
        )
    if settings.backup_dir is not None and not settings.backup_dir.expanduser().is_dir():
        raise WrongSetting(
            without_tokens(f"BACKUP_DIR={settings.backup_dir}: this folder does not exist; create it or choose another")
        )
    return settings


def check_proxies() -> None:
    """Raise WrongSetting for a proxy in the environment that Telegram, Yahoo and FRED could not be asked through."""
    for variable in _PROXIES:
        for name in (variable, variable.lower()):
            if (value := os.environ.get(name, "").strip()) and (problem := _proxy_problem(value)):
                raise WrongSetting(f"{name}{problem}; give an address such as http://proxy.example:3128")


def _can_be_posted_to(address: str) -> bool:
    """Whether the client of WEBHOOK_OUT_URL takes it: https, or http on this machine."""
    from httpx import URL, InvalidURL  # here: no command without the setting pays for it

    try:
        parts = urlsplit(address)
        port, host = parts.port, URL(address).host  # both raise for what they cannot read
    except (ValueError, InvalidURL):
        return False
    # They pass over white space, and over a name that no server has.
    if port == 0 or not host or re.search(r"\s", address) or re.search(r"%|^\.|\.\.", host):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _proxy_problem(value: str) -> str:
    """What is wrong with a proxy's address, in words without a user's name or password; empty if nothing is."""
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or port == 0 or not re.fullmatch(r"[A-Za-z0-9._:-]+", host):
        return " (not shown here: it may hold a password) is not the address of a proxy"
    if parts.scheme not in ("http", "https"):
        return f"={without_credentials(value)}: a proxy of the kind {parts.scheme}:// cannot be used"
    return ""


def former_settings() -> str | None:
    """The line about a setting that is gone, where the environment or the file .env still has it."""
    held = os.environ.get("HISTORY_SESSIONS") or {name.upper(): value for name, value in _env_file().items()}.get(
        "HISTORY_SESSIONS"
    )
    if not held:
        return None
    return f"HISTORY_SESSIONS={held} is no setting any more: HISTORY_YEARS says how much is filled (10; 0: none)"


@dataclass(frozen=True)
class Setting:
    """A setting as it is shown: secrets hidden."""

    name: str
    value: str
    default: str
    source: str  # "environment", ".env" or "default"


def settings_table(settings: Settings) -> list[Setting]:
    """Every setting with its value, its default and where the value comes from, in the order of Settings."""
    in_file = {name.upper() for name in _env_file()}
    in_environment = {name.upper() for name in os.environ}
    out = []
    for name, field in Settings.model_fields.items():
        upper = name.upper()
        source = "environment" if upper in in_environment else ENV_FILE if upper in in_file else "default"
        out.append(Setting(upper, _shown(getattr(settings, name)), _shown(field.default), source))
    return out


def without_credentials(address: str) -> str:
    """A web address without the user's name and password in it, and without a token."""
    parts = urlsplit(address)
    if "@" not in parts.netloc:
        return without_tokens(address)
    return without_tokens(urlunsplit(parts._replace(netloc="…@" + parts.netloc.rpartition("@")[2])))


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "set, hidden"
    if value is None or value == ():
        return "–"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return without_credentials(str(value)) if "://" in str(value) else str(value)


def _env_file() -> dict[str, str | None]:
    """What the file .env sets, by name. Raises WrongSetting for one that is not text, or misspells a setting."""
    try:
        found = dotenv_values(ENV_FILE)
    except UnicodeDecodeError:
        raise WrongSetting(f"{ENV_FILE}: not UTF-8 text; save it as UTF-8 (not as “Unicode”)") from None
    known = [name.upper() for name in Settings.model_fields]
    for name in found:
        upper = name.upper()
        if upper not in known and (near := get_close_matches(upper, known, 1, _ALIKE)):
            raise WrongSetting(f"{ENV_FILE}: {without_tokens(name)} is not a setting; did you mean {near[0]}?")
    return found


def _line(problem: Any, in_file: dict[str, str | None]) -> str:
    """One problem as: NAME=value: what is wrong; the cure. A value that looks like a token is not shown."""
    name = str(problem["loc"][0]).upper()
    given = {key.upper(): value for key, value in {**in_file, **os.environ}.items()}
    value = str(given.get(name, problem.get("input", "")))
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
        cure = f"use a number {' and '.join(said)}" if said else "use a number, such as 50"
    if name.endswith(("TOKEN", "SECRET", "API_KEY")) or name in ("HEARTBEAT_URL", "WEBHOOK_OUT_URL"):
        return f"{name}=…: {what}; {cure}"
    shown = without_credentials(value) if "@" in value else without_tokens(value)
    if shown != without_tokens(shown) or shown != value:
        what = f"{what} (a secret in it is not shown: does it belong into another setting?)"
    return f"{name}={shown}: {what}; {cure}"
