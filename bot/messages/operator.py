"""Notices to operators: a source fails, it works again, Telegram refused a message. Telegram HTML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from html import escape
from itertools import islice

from alerts.market.sessions import NEW_YORK, seal_deadline
from bot.formatting import capital, day

_LONGEST = 600  # characters of a reason
_MOST_CHATS = 5  # named in one notice


def failing(source: str, why: str, session: date, *, waits: bool, part: bool = False) -> str:
    """A source has begun to fail. `waits`: the session is not sealed before it works, or the deadline.

    part: what does not need it is evaluated all the same."""
    until = f"{seal_deadline(session).astimezone(NEW_YORK):%H:%M on %a %-d %b}"
    follows = ("Alerts that do not need it are evaluated now. " if waits and part else "") + (
        f"The session is sealed when they arrive, or at {until} New York time with the data available. "
        "Until then the bot retries; earlier figures remain."
        if waits
        else "The session does not wait; known values are used until they are too old."
    )
    return f"⚠️ <b>{escape(capital(source))}: not available</b>\n{day(session)}\n\n{escape(why[:_LONGEST])}\n\n{follows}"


def refresh_failed(why: str) -> str:
    """The refresh itself ended with an error."""
    return (
        f"⚠️ <b>The refresh failed</b>\n{escape(why[:_LONGEST])}\n\nThe program's log says why. It is tried again by "
        "itself, and the last good figures stay."
    )


def clock_off(ahead: timedelta, by: str) -> str:
    """This machine's clock is off. `by`: whose clock it was compared with."""
    side = "ahead" if ahead > timedelta() else "behind"
    return (
        f"⚠️ <b>The clock is {_lasted(abs(ahead.total_seconds()))} {side}</b>\nThis machine's clock was compared with "
        f"the dates of answers from {escape(by)}.\n\nSet it by NTP: sessions close, digests leave and quiet hours end "
        "by it. No session is sealed for its deadline before a source's own date is past it."
    )


def clock_right() -> str:
    """The clock is right again."""
    return "✅ <b>The clock is right again</b>"


def backup_failed(why: str) -> str:
    """A scheduled back-up was not made."""
    return (
        f"⚠️ <b>No back-up was made</b>\n{escape(why[:_LONGEST])}\n\nIt is tried again every hour. "
        "<code>rotation-alerts doctor</code> shows the age of the last one."
    )


def failing_chats(reasons: Mapping[int, str], session: date) -> str:
    """What some chats have stored cannot be evaluated; every other chat is served."""
    many = len(reasons) > 1
    shown = "\n".join(f"{chat}: {escape(why[: _LONGEST // 3])}" for chat, why in islice(reasons.items(), _MOST_CHATS))
    more = f"\n… and {len(reasons) - _MOST_CHATS} more" if len(reasons) > _MOST_CHATS else ""
    return (
        f"⚠️ <b>{len(reasons)} chat{'s' if many else ''} may not hear of {day(session)}</b>\n{shown}{more}\n\n"
        "What they have stored cannot be evaluated or shown; the program's log says why. Every other chat is served."
    )


def working(source: str, since: datetime, now: datetime) -> str:
    """The source works again."""
    return f"✅ <b>{escape(capital(source))}: back</b>\nAfter {_lasted((now - since).total_seconds())}."


def webhook_failing(why: str) -> str:
    """Events cannot be posted for an hour."""
    return (
        f"⚠️ <b>Events cannot be posted</b>\nWEBHOOK_OUT_URL does not take them: {escape(why[:_LONGEST])}\n\nEach is "
        "posted again for a day after its first attempt, in order. Messages in Telegram are not concerned."
    )


def webhook_given_up(why: str, event: int) -> str:
    """An event was not taken for a day."""
    return (
        f"⚠️ <b>An event was not posted</b>\nWEBHOOK_OUT_URL did not take it for a day: {escape(why[:_LONGEST])} "
        f"(event {event})\n\nIt will not be posted again; <code>rotation-alerts doctor</code> says how many there are."
    )


def set_aside(why: str, identity: int) -> str:
    """What came of a message cannot be recorded, or it cannot be sent at all."""
    return f"A message is set aside and will not be sent again: {escape(why[:300])} (outbox {identity})"


def refused(why: str, row: int) -> str:
    """Telegram refused a message for good. `row`: its id in the outbox."""
    return f"A message was refused by Telegram and will not be sent again: {escape(why[:300])} (outbox {row})"


def _lasted(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{max(minutes, 1)} minute{'s' if minutes > 1 else ''}"
    return f"{minutes / 60:.1f} hours" if minutes < 2880 else f"{minutes / 1440:.1f} days"
