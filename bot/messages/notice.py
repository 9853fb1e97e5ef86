"""An operator's notice to subscribers, and its preview. Telegram HTML."""

from __future__ import annotations

from html import escape

LONGEST = 3_500  # characters, so that it fits into one message
EMPTY = "Write the notice after the command: <code>/notice The bot moves to a new server on Sunday.</code>"


def notice_text(text: str) -> str:
    """The notice as subscribers read it."""
    return f"📣 <b>Notice</b>\n{escape(text.strip())}"


def too_long(length: int) -> str:
    """The notice does not fit into one message."""
    return f"The notice has {length:,} characters; at most {LONGEST:,} fit into one message."


def preview(text: str, subscribers: int, per_second: float) -> str:
    """What is sent, to how many, and how long that takes."""
    return f"{notice_text(text)}\n\n<i>Not sent yet. {reach(subscribers, per_second)}</i>"


def reach(subscribers: int, per_second: float) -> str:
    """To how many it goes, and how long that takes."""
    if not subscribers:
        return "Nobody is subscribed."
    whom = "1 subscriber" if subscribers == 1 else f"{subscribers:,} subscribers"
    seconds = subscribers / per_second
    takes = "a few seconds"
    if seconds >= 10:
        takes = f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"
    return f"It goes to {whom}, at {per_second:g} a second: {takes}. It waits for the end of quiet hours."


def sent(count: int) -> str:
    """The notice was queued."""
    return f"Sent to {count:,} subscriber{'s' if count != 1 else ''}; it leaves at the bot's pace."


SENT_BEFORE = "This notice was sent already."
NOT_SENT = "The notice was not sent."
