"""What somebody reads who is not let in, and what an operator reads of invitations. Telegram HTML."""

from __future__ import annotations

from html import escape

CLOSED = "This bot does not answer everybody."


def closed(chat: int, *, invited: bool) -> str:
    """The bot does not answer this chat. `invited`: a link of an operator's would let it in."""
    cure = (
        "Ask whoever runs it for an invitation; a link that you used before may have run out."
        if invited
        else f"Ask whoever runs it to add this chat: <code>{chat}</code>."
    )
    return f"{CLOSED} {cure}"


def invitation(link: str, uses: int) -> str:
    """A new invitation."""
    whom = "one person or group" if uses == 1 else f"{uses} people or groups"
    return f"{escape(link)}\n\nThis link lets in {whom}, within 14 days."


def no_invitations(access: str) -> str:
    """Invitations let nobody in as ACCESS is set."""
    if access == "open":
        return "Anybody may use this bot (ACCESS=open), so there is nobody to invite."
    return "This bot answers the chats in ACCESS_CHAT_IDS alone (ACCESS=list): add the chat's number there."


def wrong_uses(given: str, most: int) -> str:
    """The number of uses is not one."""
    return (
        f"“{escape(given[:40])}” is not a number of people from 1 to {most}. <code>/invite</code> lets in one, "
        "<code>/invite 5</code> five."
    )
