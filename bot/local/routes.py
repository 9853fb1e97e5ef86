"""The paths under /_local/."""

from bot.local import doings, sights, trouble
from bot.local.control import ControlHandler

ROUTES: list[tuple[str, type[ControlHandler]]] = [
    (r"/_local/say", doings.Say),
    (r"/_local/press", doings.Press),
    (r"/_local/answers", doings.Answers),
    (r"/_local/block", doings.Block),
    (r"/_local/unblock", doings.Unblock),
    (r"/_local/group", doings.Group),
    (r"/_local/standing", doings.Standing),
    (r"/_local/upgrade", doings.Upgrade),
    (r"/_local/people", doings.People),
    (r"/_local/messages", sights.Messages),
    (r"/_local/chats", sights.Chats),
    (r"/_local/commands", sights.Commands),
    (r"/_local/calls", sights.CallCounts),
    (r"/_local/log", sights.Log),
    (r"/_local/faults", trouble.FaultList),
    (r"/_local/pace", trouble.PaceSwitch),
]
