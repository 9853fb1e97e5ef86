"""What the bot says of itself: start, help, privacy, and how it answers what it cannot read. Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bot.brand import brand_name, no_advice

# Notes at a button, plain text.
OLD_BUTTON = "That button is too old. /help shows what works."


def start(simulated: bool) -> str:
    """The first thing a person reads."""
    return "\n".join(
        (
            f"<b>{brand_name()}</b>",
            "I tell you when leadership in US equities rotates: from a few mega-caps to small caps, the average stock, "
            "the cyclicals, and back. After every New York close I count how many stocks take part, how small caps do "
            "against large ones, and what each costs. You choose what to be told.",
            *(["", "<b>This market is simulated.</b> No figure here is a real one."] if simulated else []),
            "",
            f"<i>{no_advice()}</i>",
        )
    )


def help_text(menu: Sequence[tuple[str, str]], simulated: bool) -> str:
    """Every command, and lines that work. `menu`: (command, what it does), in the order to list them."""
    lines = ["<b>Ask</b>"]
    lines += [f"/{name} – {escape(what)}" for name, what in menu]
    lines += [
        "",
        "<b>Set a threshold</b>",
        *(f"<code>/alert {escape(line)}</code>" for line in (
            "small above 200d crosses above 60",
            "small above 200d > 60 for 3 days clear 55",
            "valuation discount < -25 once",
            "iwm/spy crosses above its 50d average",
            "equal weight at a new high 252d",
            "iwm/spy rising 21d and small above 200d > 50",
        )),
        "",
        "You see first what it would have done, and set it with a button.",
        "",
        "<i>above, below, at least, at most, inside, outside, rising, falling</i> hold for a stretch: you hear when it "
        "begins and when it ends. <i>crosses above, crosses below, at a new high, changes</i> happen on one session. "
        "“for 3 days” asks for three sessions in a row, “clear 55” says what ends it, “keep 2 days” how long it "
        "survives that; “once” speaks once, “remind every 5 days” again, “until 2030-12-31” no longer. Names: /metrics",
        *(["", "The market here is simulated."] if simulated else []),
    ]  # fmt: skip
    return "\n".join(lines)


def privacy(source: str) -> str:
    """What is kept, where, and how to end it."""
    return (
        "<b>What is kept about you</b>\n"
        "This chat's number, when it subscribed, the alerts it set, its quiet hours with their "
        "time zone, the symbols it asked for, its lists and series, lines that are being made or were touched in the "
        "last 60 days, alerts it deleted (so that this can be undone), and what it was told of its alerts; of a group "
        "or channel also the topic it hears in and the numbers of those who set it up. What you "
        "send is kept until it is answered, mostly for less than a second. Nothing else; whoever runs this bot can "
        "read it in the bot's database.\n\n"
        "/export sends you all of it as a file. /forgetme erases it at once; back-ups of the database, if the operator "
        "makes any, hold it until newer ones replace them. Of an alert that was sent, its session, value and base rate "
        "stay for /track, without this chat's number and without a line of your own. "
        "/unsubscribe only stops the messages.\n\n"
        f"Figures come from {escape(source)}."
    )


def exported(rows: int) -> str:
    """The caption of the file with what is kept. Plain text."""
    if not rows:
        return "Nothing is kept about this chat."
    return f"Everything that is kept about this chat: {rows:,} row{'s' if rows != 1 else ''}, by table, as JSON."


def forget_question(rules: int) -> str:
    """Ask before everything kept of a chat is erased."""
    what = f"{rules} alert{'s' if rules != 1 else ''} and " if rules else ""
    return f"Erase {what}everything else that is kept about this chat? It cannot be undone."


def forgotten(anything: bool) -> str:
    """Everything was erased. `anything`: whether there was something to erase."""
    if not anything:
        return "Nothing is kept about this chat."
    return (
        "Erased. Nothing is kept about this chat any more. Back-ups of the bot's database, if its operator makes any, "
        "hold it until newer ones replace them."
    )


def not_forgotten() -> str:
    """The chat chose not to be erased."""
    return "Kept. Nothing was erased."


def no_such_metric(name: str) -> str:
    """No metric has the name given to /metric."""
    return f"No metric is called “{escape(name[:60])}”."


def not_imported(metric_id: str) -> str:
    """The series named was not imported."""
    return f"<code>{escape(metric_id)}</code> has no values: the operator has not imported it. /metrics has all."


def only_text() -> str:
    """A message without text."""
    return "I read text only. /help shows what to ask."


def too_many(limit: int, what: str) -> str:
    """A chat sent more than is answered in a minute of `what`. Short enough for a note at a button."""
    return (
        f"That was more than I answer: {limit} {what} a minute from one chat. The latest are left out; please ask "
        "again in a minute."
    )


def failed() -> str:
    """A request ended in an error of the program's."""
    return "Something went wrong on my side; it is noted. Please try again in a minute."
