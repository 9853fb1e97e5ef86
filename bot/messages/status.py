"""/status: how the program is doing, for its operators. Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bot.reports.checks import Check, State
from bot.reports.health import Health

_SIGNS = {State.OK: "✅", State.WARN: "⚠️", State.FAIL: "❌"}


def status(found: Health, checks: Sequence[Check]) -> str:
    """A line a check, with the cure of what is wrong."""
    lines = ["<b>Status</b>"]
    for one in checks:
        lines.append(f"{_SIGNS[one.state]} <b>{escape(one.name)}</b>: {escape(one.says)}")
        if one.cure:
            lines.append(f"    → {escape(one.cure)}")
    totals = found.totals
    lines += [
        "",
        f"{totals['subscribers']:,} of {totals['chats']:,} chats subscribed; {totals['rules']:,} alerts. "
        f"{found.messages.get('sent', 0):,} messages sent.",
        "<code>rotation-alerts doctor</code> checks the network too.",
    ]
    return "\n".join(lines)
