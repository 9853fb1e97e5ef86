"""Logging to standard error, with every secret taken out of every line."""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from collections.abc import Sequence
from types import TracebackType

from pydantic import SecretStr
from pythonjsonlogger.json import JsonFormatter

#: Anything that looks like a bot token, whether it is ours or not: in a URL, an exception, a repr.
_TOKEN_LIKE = re.compile(r"(?<![0-9])\d{5,20}(?::|%3A)[A-Za-z0-9_-]{30,}")
REDACTED = "<token>"


def without_tokens(text: str) -> str:
    """`text` with everything that looks like a bot token taken out of it."""
    return _TOKEN_LIKE.sub(REDACTED, text)


class Redaction(logging.Filter):
    """Takes tokens out of a record: out of its message, its arguments, its traceback. Belongs on every handler."""

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.secrets = tuple(secret for secret in secrets if secret)

    def clean(self, text: str) -> str:
        """`text` without any secret."""
        for secret in self.secrets:
            text = text.replace(secret, REDACTED).replace(secret.replace(":", "%3A"), REDACTED)
            body = secret.partition(":")[2]
            text = text.replace(body, REDACTED) if body else text
        return without_tokens(text)

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; always lets it pass."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # a malformed log call must not print its arguments either
            message = f"{record.msg} {record.args}"
        record.msg, record.args = self.clean(message), None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = self.clean("".join(traceback.format_exception(*record.exc_info)).rstrip())
            record.exc_info = None
        elif record.exc_text:
            record.exc_text = self.clean(record.exc_text)
        if record.stack_info:
            record.stack_info = self.clean(record.stack_info)
        return True


def _text_lines() -> logging.Formatter:
    return logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")


def _json_lines() -> logging.Formatter:
    formatter = JsonFormatter(
        "%(asctime)s %(levelname)s %(name)s %(message)s",
        rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        datefmt="%Y-%m-%dT%H:%M:%SZ",
        json_ensure_ascii=False,
    )
    formatter.converter = time.gmtime
    return formatter


class Brevity(logging.Filter):
    """Takes the traceback off a network failure that python-telegram-bot logs: its one line says all there is."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record; always lets it pass."""
        error = record.exc_info[1] if record.exc_info else None
        if record.name.startswith("telegram.") and type(error).__name__ in ("NetworkError", "TimedOut"):
            first = record.getMessage().split(". ")[0]
            record.msg, record.args, record.exc_info = f"{first}: {error}", None, None
        return True


def configure(level: str, secrets: Sequence[SecretStr | None], form: str = "text") -> None:
    """Log to standard error at `level`; none of the secrets appears, whoever logs or crashes.

    form: "text", or "json" for one object a line with time (UTC), level, logger, message and, of an error, exc_info.
    """
    redaction = Redaction(tuple(secret.get_secret_value() for secret in secrets if secret is not None))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json_lines() if form == "json" else _text_lines())
    handler.addFilter(Brevity())
    handler.addFilter(redaction)  # last, so that nothing is added after it
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "apscheduler", "yfinance", "peewee", "matplotlib", "urllib3"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))

    def unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.stderr.write(redaction.clean("".join(traceback.format_exception(kind, error, trace))))

    sys.excepthook = unexpected
