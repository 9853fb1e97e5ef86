"""What the bot says when it is spoken to: pure texts, Telegram HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape

from alerts.rules.check import RuleError
from alerts.rules.condition import typed_number
from alerts.rules.evaluate import Watch
from alerts.rules.grammar import GrammarError
from alerts.rules.state import Phase
from bot.formatting import NO_ADVICE, day, short_day
from storage.preferences import ChatPreferences
from storage.snoozes import Snooze

#: Ready-made alerts that can be set by a button: the line, and one line of why.
STARTERS = (
    ("small above 200d crosses above 60", "most small caps are in an uptrend"),
    ("small above 200d crosses below 40", "and when they no longer are"),
    ("iwm/spy crosses above its 200d average", "small caps turn against large ones"),
    ("valuation discount profitable < -25", "small caps are a quarter cheaper"),
)
COMMANDS = (
    ("summary", "The regime and the key figures"),
    ("breadth", "How many stocks take part"),
    ("size", "Small caps against large caps"),
    ("valuation", "What small and large caps cost"),
    ("thesis", "The case for small caps, claim by claim"),
    ("alert", "Try a threshold and set it: /alert small above 200d > 60"),
    ("presets", "Packs of alerts, ready to be set"),
    ("alerts", "Your alerts, and how to delete them"),
    ("why", "Where an alert stands: /why 1"),
    ("history", "What your alerts said, and would have said"),
    ("edit", "Change an alert: /edit 1 small above 200d > 65"),
    ("snooze", "Silence one alert for a while: /snooze 1"),
    ("mute", "Silence all of them until /unmute"),
    ("unmute", "Hear from them again"),
    ("quiet", "Quiet hours: /quiet 22:00-07:00 Europe/Berlin"),
    ("metrics", "Everything that can be watched"),
    ("subscribe", "Be told when your alerts fire"),
    ("unsubscribe", "Hear nothing more, keep your alerts"),
    ("help", "How to ask"),
    ("privacy", "What is kept about you"),
    ("forgetme", "Erase all of it"),
)


def start(simulated: bool) -> str:
    """The first thing a person reads."""
    return "\n".join(
        (
            "<b>Rotation alerts</b>",
            "I tell you when leadership in US equities rotates: from a few mega-caps to small caps, the average stock, "
            "the cyclicals, and back. After every New York close I count how many stocks take part, how small caps do "
            "against large ones, and what each costs. You say what is worth telling.",
            *(["", "<b>This market is simulated.</b> No figure here is a real one."] if simulated else []),
            "",
            f"<i>{NO_ADVICE}</i>",
        )
    )


def help_text(simulated: bool) -> str:
    """Every command, and lines that work."""
    lines = ["<b>Ask</b>"]
    lines += [f"/{name} – {escape(what)}" for name, what in COMMANDS]
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
        "time zone, lines it previewed in the last week, and what it was told of its alerts. No name, no message "
        "you write, nothing else; whoever runs this bot can read it in the bot's database.\n\n"
        "/forgetme erases it at once. /unsubscribe only stops the messages.\n\n"
        f"Figures come from {escape(source)}."
    )


def how_to_set() -> str:
    """How to set a threshold, above buttons that set one."""
    lines = ["<b>Set a threshold</b>", "Send a line such as", "<code>/alert small above 200d crosses above 60</code>"]
    lines += ["", "and see what it would have done; or look at one of these:"]
    lines += [f"{at}. <code>{escape(line)}</code> – {escape(why)}" for at, (line, why) in enumerate(STARTERS, start=1)]
    return "\n".join([*lines, "", "Every name that works: /metrics"])


def subscribed(changed: bool, rules: int) -> str:
    """After /subscribe."""
    head = "You are subscribed." if changed else "You are subscribed already."
    if rules:
        yours = "your alert" if rules == 1 else f"your {rules} alerts"
        return f"{head} You hear from {yours} after each New York close: /alerts"
    return f"{head} You have set no alert yet, so there is nothing to tell you. Set one:"


def unsubscribed(changed: bool, rules: int) -> str:
    """After /unsubscribe."""
    if not changed:
        return "You are not subscribed. /subscribe to be told when your alerts fire."
    kept = f" Your {rules} alert{'s are' if rules != 1 else ' is'} kept." if rules else ""
    return f"You will hear nothing more.{kept} /subscribe to hear again."


def rule_set(watch: Watch, now: str | None, note: str, subscribed_now: bool) -> str:
    """After a rule was kept. `now`: the latest value with its session."""
    lines = [f"Alert {watch.number} is set: <code>{escape(watch.rule.line)}</code>"]
    if now:
        lines.append(escape(now))
    match watch.state.phase:
        case Phase.FIRING | Phase.RECOVERING:
            lines.append(
                "That is true already. Shall I tell you of it now, or wait until it has cleared and comes true again?"
            )
        case Phase.SPENT | Phase.BEYOND:
            beyond, back = ("below", "above") if watch.rule.first.operator.sign < 0 else ("above", "below")
            level = "it" if watch.rule.clear is None else typed_number(watch.rule.clear)
            lines.append(
                f"It lies {beyond} that already; you hear at the next crossing, after it has been back at or "
                f"{back} {level}."
            )
        case Phase.PENDING:
            lines.append(f"True now, but not yet for {watch.rule.hold} sessions.")
    if note:
        lines.append(escape(note))
    if subscribed_now:
        lines.append("You are subscribed now: /unsubscribe ends that.")
    return "\n".join(lines)


def rule_refused(error: GrammarError | RuleError) -> str:
    """A line that is no rule: what was wrong, what was meant, what works."""
    lines = [escape(error.problem)]
    if isinstance(error, GrammarError) and error.suggestions:
        lines.append("Did you mean " + " or ".join(f"<code>{escape(name)}</code>" for name in error.suggestions) + "?")
    lines.append(f"This works: <code>/alert {escape(error.example)}</code>")
    return "\n".join(lines)


def too_many(limit: int) -> str:
    """The chat has as many rules as it may keep."""
    return f"You have {limit} alerts, which is as many as one chat may keep. Delete one first: /alerts"


def alerts_list(watches: Sequence[Watch], wishes: ChatPreferences, snoozed: Mapping[int, Snooze]) -> str:
    """A chat's rules with where each stands."""
    if not watches:
        return "You have set no alerts yet. For example: <code>/alert small above 200d crosses above 60</code>"
    lines = ["<b>Your alerts</b>"]
    for watch in watches:
        line = f"{watch.number}. <code>{escape(watch.rule.line)}</code> – {_where(watch)}"
        if (snooze := snoozed.get(watch.id)) is not None:
            line += f", snoozed {f'through {short_day(snooze.through)}' if snooze.through else 'until it resolves'}"
        lines.append(line)
    lines += ["", "/why 1 says more of one; /edit 1 changes it."]
    if not wishes.subscribed:
        lines.append("You are not subscribed, so you hear nothing of them: /subscribe")
    elif wishes.muted:
        lines.append("You have muted them all: /unmute")
    elif wishes.quiet:
        lines.append(f"Quiet hours: {escape(wishes.quiet.line)}. /quiet changes them.")
    return "\n".join(lines)


def one_alert(watch: Watch) -> str:
    """One rule with where it stands."""
    return f"Alert {watch.number}: <code>{escape(watch.rule.line)}</code> – {_where(watch)}"


def no_such_alert(command: str, number: str) -> str:
    """A number was given that no alert of the chat has, or none."""
    if not number:
        return f"Which one? Say its number, for example /{command} 1. They stand in /alerts"
    return f"You have no alert {escape(number[:20])}. Their numbers stand in /alerts"


def change_line(line: str, number: int | None) -> str:
    """A line to be sent again with a change."""
    command = "/alert" if number is None else f"/edit {number}"
    return f"Copy this, change it and send it:\n<code>{command} {escape(line)}</code>"


def chart_caption(watch: Watch, words: str, session: date) -> str:
    """Under the chart of a rule."""
    lines = [f"<b>Alert {watch.number}</b>, {day(session)}", escape(words)]
    return "\n".join([*lines, "A ring marks a session on which it would have fired, by the history held."])


def _where(watch: Watch) -> str:
    since = f" since {short_day(watch.state.since)}" if watch.state.since else ""
    match watch.state.phase:
        case Phase.FIRING:
            return f"true{since}" if watch.state.announced else f"true{since}, from before it was made"
        case Phase.RECOVERING:
            return f"true{since}, on its way out"
        case Phase.EXPIRED:
            return "its last day is over"
        case Phase.PENDING:
            return f"true{since}, waiting for {watch.rule.hold} sessions in a row"
        case Phase.DISARMED:
            return (
                f"fired on {short_day(watch.state.since)}, will not again"
                if watch.state.since
                else "fired, will not again"
            )
        case Phase.NEW:
            return "waiting for a first figure"
        case Phase.SPENT | Phase.BEYOND:
            return "crossed, waits for the way back"
    return "waiting"


def deleted(watch: Watch) -> str:
    """After a rule was deleted, in plain text."""
    return f"Alert {watch.number} is deleted: {watch.rule.line}"


def deleted_text(watch: Watch) -> str:
    """The same as a message."""
    return f"Alert {watch.number} is deleted: <code>{escape(watch.rule.line)}</code>"


def forget_question(rules: int) -> str:
    """Before everything is erased."""
    what = f"{rules} alert{'s' if rules != 1 else ''} and " if rules else ""
    return f"Erase {what}everything else that is kept about this chat? It cannot be undone."


def forgotten(anything: bool) -> str:
    """After it."""
    return "Erased. Nothing is kept about this chat any more." if anything else "Nothing is kept about this chat."


def not_understood(text: str) -> str:
    """An answer to what is no command, no metric and no rule."""
    shown = text if len(text) <= 60 else text[:59] + "…"
    return (
        f"I do not understand “{escape(shown)}”.\n"
        "Ask /summary for today's figures, /metrics for all that can be watched, or set a threshold: "
        "<code>/alert small above 200d crosses above 60</code>. /help has the rest."
    )


def not_imported(metric_id: str) -> str:
    """A series was named that nobody brought."""
    return (
        f"<code>{escape(metric_id)}</code> has no values: whoever runs this bot has not imported it. /metrics has all."
    )


def only_text() -> str:
    """Something came that is no text."""
    return "I read text only. /help shows what to ask."


def trouble() -> str:
    """Something of ours broke."""
    return "Something went wrong on my side; it is noted. Please try again in a minute."
