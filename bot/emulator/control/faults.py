"""Control routes that make trouble: faults in wait, and Telegram's pace."""

import json

from bot.emulator.chats import Json
from bot.emulator.control.base import ControlHandler


class FaultList(ControlHandler):
    """GET → [fault, …] in wait. POST a fault, or a list of them → [fault, …]. DELETE → []."""

    def get(self) -> None:
        self.done(self.rows)

    def post(self) -> None:
        self.done(self.add)

    def delete(self) -> None:
        self.local.faults.clear()
        self.done(self.rows)

    def add(self) -> list[Json]:
        given = json.loads(self.request.body)
        for row in given if isinstance(given, list) else [given]:
            self.local.faults.from_json(row)
        return self.rows()

    def rows(self) -> list[Json]:
        return [fault.row() for fault in self.local.faults.waiting]


class PaceSwitch(ControlHandler):
    """POST {"on": bool, and any of "per_second", "chat_per_second", "chat_burst", "group_per_minute"} → all of them."""

    NAMES = ("on", "per_second", "paid_per_second", "chat_per_second", "chat_burst", "group_per_minute")

    def get(self) -> None:
        self.done(self.row)

    def post(self) -> None:
        self.done(lambda: self.change(self.body()))

    def change(self, given: Json) -> Json:
        for name, value in given.items():
            if name not in self.NAMES:
                raise ValueError(f"{name}: unknown; one of {', '.join(self.NAMES)}")
            setattr(self.local.pace, name, value)
        self.local.pace.reset()
        return self.row()

    def row(self) -> Json:
        return {name: getattr(self.local.pace, name) for name in self.NAMES}
