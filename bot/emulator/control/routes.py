"""The paths under /_local/."""

from bot.emulator.control import actions, faults, inspect
from bot.emulator.control.base import ControlHandler

ROUTES: list[tuple[str, type[ControlHandler]]] = [
    (r"/_local/say", actions.Say),
    (r"/_local/press", actions.Press),
    (r"/_local/answers", actions.Answers),
    (r"/_local/block", actions.Block),
    (r"/_local/unblock", actions.Unblock),
    (r"/_local/group", actions.Group),
    (r"/_local/standing", actions.Standing),
    (r"/_local/upgrade", actions.Upgrade),
    (r"/_local/people", actions.People),
    (r"/_local/messages", inspect.Messages),
    (r"/_local/chats", inspect.Chats),
    (r"/_local/commands", inspect.Commands),
    (r"/_local/calls", inspect.CallCounts),
    (r"/_local/log", inspect.Log),
    (r"/_local/faults", faults.FaultList),
    (r"/_local/pace", faults.PaceSwitch),
]
