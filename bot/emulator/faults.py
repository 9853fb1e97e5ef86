"""Errors on purpose: what the next requests meet instead of, before or after being carried out.

Each fault is spent as it is met: `count` times, then it is gone. The first that fits a request is the one met.
"""

import random
import re
from dataclasses import dataclass, field, fields
from typing import Any

from bot.emulator.api.errors import ApiError, too_many_requests, upgraded

BLOCKED = "Forbidden: bot was blocked by the user"
# The kinds, and which of their fields they cannot do without.
KINDS: dict[str, tuple[str, ...]] = {
    "too_many_requests": ("retry_after",),
    "forbidden": (),
    "bad_request": ("description",),
    "server_error": (),
    "unauthorized": (),
    "not_found": (),
    "migrate": ("migrate_to_chat_id",),
    "drop_before": (),
    "drop_after": (),
    "slow": ("seconds",),
    "slow_answer": ("seconds",),
}
SERVER_ERRORS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


@dataclass(slots=True)
class Fault:
    """What happens to requests whose method matches the regular expression `method`, in `chat_id` or anywhere.

    kind: too_many_requests (`retry_after` s), forbidden and bad_request (`description` with or without its
    "Forbidden: "), server_error (`error_code`), unauthorized (401), not_found (404), migrate (`migrate_to_chat_id`),
    drop_before and drop_after (the connection is closed without an answer: before the request is carried out, or
    after), slow and slow_answer (`seconds` pass before it is carried out, or after). `count` None: every time.
    `probability` of each request to meet it, from a generator that starts at `seed`.
    """

    kind: str
    method: str = ".*"
    chat_id: int | None = None
    count: int | None = 1
    probability: float = 1.0
    seed: int | None = None
    retry_after: int = 0
    description: str = ""
    error_code: int = 500
    migrate_to_chat_id: int = 0
    seconds: float = 0.0
    met: int = 0
    _pattern: re.Pattern[str] = field(init=False, repr=False)
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind={self.kind}: one of {', '.join(KINDS)}")
        for name in KINDS[self.kind]:
            if not getattr(self, name):
                raise ValueError(f"{name}: needed for kind={self.kind}")
        if self.error_code not in SERVER_ERRORS:
            raise ValueError(f"error_code={self.error_code}: one of {', '.join(map(str, SERVER_ERRORS))}")
        self._pattern = re.compile(self.method)
        self._random = random.Random(self.seed)

    def fits(self, method: str, chat_id: int | str | None) -> bool:
        """Whether a request meets this fault now."""
        if self.count is not None and self.met >= self.count:
            return False
        if self.chat_id is not None and self.chat_id != chat_id:
            return False
        if not self._pattern.fullmatch(method):
            return False
        return self.probability >= 1 or self._random.random() < self.probability

    def error(self) -> ApiError | None:
        """The refusal that the request meets; None for a fault of another kind."""
        if self.kind == "too_many_requests":
            return too_many_requests(self.retry_after)
        if self.kind == "forbidden":
            return ApiError(403, _prefixed("Forbidden: ", self.description or BLOCKED))
        if self.kind == "bad_request":
            return ApiError(400, _prefixed("Bad Request: ", self.description))
        if self.kind == "server_error":
            return ApiError(self.error_code, self.description or SERVER_ERRORS[self.error_code])
        if self.kind == "unauthorized":
            return ApiError(401, "Unauthorized")
        if self.kind == "not_found":
            return ApiError(404, "Not Found")
        return upgraded(self.migrate_to_chat_id) if self.kind == "migrate" else None

    def row(self) -> dict[str, Any]:
        """The fault as JSON, with how often it has been `met`."""
        return {item.name: getattr(self, item.name) for item in fields(self) if not item.name.startswith("_")}


def _prefixed(prefix: str, text: str) -> str:
    return text if text.startswith(prefix) else prefix + text


class Faults:
    """The faults in wait, in the order of their coming."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Lie in wait with `fault`."""
        self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        """No more faults."""
        self.waiting.clear()

    def meet(self, method: str, chat_id: int | str | None) -> Fault | None:
        """The fault that a request meets, spent once."""
        for fault in self.waiting:
            if fault.fits(method, chat_id):
                fault.met += 1
                if fault.count is not None and fault.met >= fault.count:
                    self.waiting.remove(fault)
                return fault
        return None

    def from_json(self, row: dict[str, Any]) -> Fault:
        """A fault out of JSON; ValueError names what is wrong with it."""
        known = {item.name for item in fields(Fault) if item.init} - {"met"}
        if unknown := row.keys() - known:
            raise ValueError(f"{', '.join(sorted(unknown))}: unknown; a fault has {', '.join(sorted(known))}")
        try:
            return self.add(Fault(**row))
        except (TypeError, re.error) as error:
            raise ValueError(str(error)) from None
