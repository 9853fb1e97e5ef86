"""The paths under /_local/."""

from bot.emulator.control import actions, faults, inspect
from bot.emulator.control.base import control

ROUTES = [
    control("/_local/say", post=actions.say),
    control("/_local/file", post=actions.send_file),
    control("/_local/press", post=actions.press),
    control("/_local/answers", get=actions.answer_shown, post=actions.expire_query),
    control("/_local/inline", get=actions.inline_results, post=actions.ask_inline),
    control("/_local/update", post=actions.add_update),
    control("/_local/block", post=actions.block),
    control("/_local/unblock", post=actions.unblock),
    control("/_local/group", post=actions.add_group),
    control("/_local/standing", post=actions.set_group_status),
    control("/_local/member", post=actions.set_member),
    control("/_local/topic", post=actions.add_topic),
    control("/_local/forum", post=actions.set_forum),
    control("/_local/upgrade", post=actions.upgrade),
    control("/_local/people", get=actions.list_people, post=actions.add_people),
    control("/_local/messages", get=inspect.messages),
    control("/_local/chats", get=inspect.chats),
    control("/_local/commands", get=inspect.commands),
    control("/_local/calls", get=inspect.call_counts),
    control("/_local/log", get=inspect.call_log),
    control("/_local/faults", get=faults.list_faults, post=faults.add_faults, delete=faults.clear_faults),
    control("/_local/pace", get=faults.show_pace, post=faults.set_pace),
]
