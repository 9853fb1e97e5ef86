"""What is said in and of groups and channels: greeting, management from a private chat, lost topics and rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bot.brand import brand_name
from bot.messages.buttons import Buttons, group_code

ADMINISTRATORS_ONLY = "Only this group's administrators change what it hears."
#: A note at a button has 200 characters at most.
UNKNOWN_STANDING = (
    "Telegram does not tell me who administers this group. Make me an administrator (no right is needed) and ask again."
)
AS_CHANNEL = "You write as a channel, and I cannot see whose. Write as yourself, or as the group, to change its alerts."
LONG_ANSWER = "That answer is long; it is one tap away, in your own chat with me."
NO_LONGER = "You do not administer that group any more, so this is about your own alerts again."
OWN_AGAIN = "This is about your own alerts again."
MANAGE = "manage-"  # what a link that opens a group's management begins with
ASK = "do-"  # … and one that asks a question in private


def link(bot: str, payload: str) -> str:
    """The address that opens the private chat with the bot and starts it with `payload`."""
    return f"https://t.me/{bot}?start={payload}"


def manage_link(bot: str, group: int) -> str:
    """The address that opens a group's management in private."""
    return link(bot, MANAGE + group_code(group))


def greeting(rules: int) -> str:
    """Said once to a group that the bot was added to. `rules`: what it kept from before."""
    if rules:
        kept = "Its alert is" if rules == 1 else f"Its {rules} alerts are"
        return f"Back in this group. {kept} kept; an administrator's /subscribe turns them on again."
    return (
        f"{brand_name()}: I say when leadership in US equities rotates. For administrators: choose what this group "
        "hears, here with /alert or in private. Until then I am quiet, and answer only what I am asked."
    )


def greeting_buttons(bot: str, group: int) -> Buttons:
    """Set up, and help."""
    return [[("Set up", manage_link(bot, group)), ("Help", link(bot, ASK + "help"))]]


def added_to_channel(title: str, may_post: bool) -> str:
    """To whoever made the bot an administrator of a channel."""
    if may_post:
        return f"I may post in <b>{escape(title)}</b> now. Choose what it gets:"
    return (
        f"I am an administrator of <b>{escape(title)}</b>, but without the right to post. "
        "Give me “Post messages”, then choose what it gets:"
    )


def which_one(group: int) -> Buttons:
    """Opens a group's management."""
    return [[("Set it up", f"manage:{-group}")]]


def may_post_again(title: str) -> str:
    """To a channel's managers: the right is back."""
    return f"I may post in <b>{escape(title)}</b> again; what waited comes now."


@dataclass(frozen=True)
class Managed:
    """A group or channel as its management shows it."""

    title: str
    channel: bool
    subscribed: bool
    rules: int
    digest: str | None  # when
    in_topic: bool


def management(managed: Managed) -> str:
    """What a group or channel hears, and that messages in private are about it from now on."""
    what = "channel" if managed.channel else "group"
    count = f"{managed.rules} alert{'s' if managed.rules != 1 else ''}" if managed.rules else "no alerts yet"
    state = "subscribed" if managed.subscribed else "not subscribed"
    digest = f"digest {escape(managed.digest)}" if managed.digest else "no digest"
    lines = [
        f"<b>{escape(managed.title)}</b>: {count}, {state}, {digest}.",
        f"What you write here is about this {what} now, until you press Done.",
    ]
    if not managed.channel:
        where = "the topic in which it was subscribed" if managed.in_topic else "its general topic, if it has topics"
        lines.append(f"Alerts go to {where}; an administrator's /subscribe inside a topic moves them there.")
    return "\n".join(lines)


def management_buttons(managed: Managed) -> Buttons:
    """What a manager does most."""
    first = [] if managed.subscribed else [("Subscribe it", "subscribe")]
    return [
        [*first, ("Its alerts", "alerts")],
        [("Choose alerts", "presets"), ("Set a threshold", "howto")],
        [("Digest", "digest"), ("Done", "manage:0")],
    ]


def groups_list(titles: Sequence[tuple[int, str]]) -> tuple[str, Buttons]:
    """A person's groups and channels by (id, title), and how to add one."""
    how = (
        "Add me to a group as a member, or to a channel as an administrator who may post; then it stands here. "
        "Of a group that I am in already: send /groups there."
    )
    if not titles:
        return f"<b>Groups and channels</b>\nNone that you manage yet. {how}", ()
    buttons = [[(title[:60], f"manage:{-group}")] for group, title in titles]
    return f"<b>Groups and channels</b>\nWhich one? {how}", [*buttons, [("My own alerts", "manage:0")]]


def in_private() -> str:
    """In a group: its alerts can be managed in private."""
    return "Administrators can set up this group's alerts in their own chat with me."


def not_yours() -> str:
    """Somebody opened the management of a group without being its administrator."""
    return "Only administrators of that group or channel set up what it hears. Ask one of them."


def cannot_tell() -> str:
    """Telegram does not say whether somebody is an administrator, seen from the private chat."""
    return (
        "Telegram does not tell me who administers that group. Make me one of its administrators (no right is needed; "
        "in a channel “Post messages”), then open this again."
    )


def topic_here(in_topic: bool) -> str:
    """Where a group hears from now on."""
    return "Alerts and digests come into this topic." if in_topic else "Alerts and digests come into the general topic."


def topic_lost() -> str:
    """To managers: a group's topic takes no messages."""
    return (
        "The topic in which one of your groups gets its alerts is closed or deleted: they go to its general topic now. "
        "/subscribe inside another topic moves them there."
    )


def topic_lost_here() -> str:
    """In the group, where no manager can be reached in private."""
    return (
        "For administrators: the topic in which alerts came is closed or deleted, so they come here. "
        "/subscribe inside another topic moves them there."
    )


def right_lost() -> str:
    """To managers: a chat that the bot may not write to."""
    return (
        "I may not write in one of your groups or channels any more. I try again each day for three days, then its "
        "subscription ends; its alerts are kept. Please give me the right to post messages back."
    )


def right_lost_for_good() -> str:
    """To managers: a chat that the bot could not write to for days."""
    return (
        "For three days I had no right to write in one of your groups or channels: its subscription has ended. "
        "Its alerts are kept; give me the right back, then /subscribe there or here."
    )
