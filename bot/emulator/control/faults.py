"""Control routes that make trouble: faults in wait, and Telegram's pace."""

import json

from bot.emulator.chats import Json
from bot.emulator.control.base import Asked

PACE = ("on", "per_second", "paid_per_second", "chat_per_second", "chat_burst", "group_per_minute")


def list_faults(asked: Asked) -> list[Json]:
    """→ [fault, …] in wait."""
    return [fault.row() for fault in asked.context.faults.waiting]


def add_faults(asked: Asked) -> list[Json]:
    """A fault, or a list of them → [fault, …] in wait."""
    given = json.loads(asked.body)
    for row in given if isinstance(given, list) else [given]:
        asked.context.faults.from_json(row)
    return list_faults(asked)


def clear_faults(asked: Asked) -> list[Json]:
    """→ []."""
    asked.context.faults.clear()
    return []


def show_pace(asked: Asked) -> Json:
    """→ the values of PACE."""
    return {name: getattr(asked.context.pace, name) for name in PACE}


def set_pace(asked: Asked) -> Json:
    """Any of PACE → all of them. What has been sent before is forgotten."""
    for name, value in asked.given().items():
        if name not in PACE:
            raise ValueError(f"{name}: unknown; one of {', '.join(PACE)}")
        setattr(asked.context.pace, name, value)
    asked.context.pace.reset()
    return show_pace(asked)
