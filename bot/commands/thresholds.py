"""/alert LINE and /alerts: setting, listing and deleting thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlite_utils import Database
from telegram import Update

from alerts.metrics.figure import Figure
from alerts.rules.evaluate import Watch
from alerts.rules.grammar import GrammarError, parse
from alerts.rules.rule import Rule, RuleError
from bot.commands.answers import Buttons, Context, answer_button, chat_of, may_change, parts, replace_text, say
from bot.messages import talk
from bot.messages.words import because, capital, counted_over, short_day
from bot.observe import told_of, value_past
from storage import chats, figures, rules


@dataclass(frozen=True)
class _Kept:
    watch: Watch
    now: str | None  # the series' latest value, in words
    subscribed: bool  # by this
    there_already: bool


async def alert(update: Update, context: Context) -> None:
    """Set what the line after the command says; without one, say how."""
    assert update.effective_message is not None
    words = (update.effective_message.text or "").split(maxsplit=1)
    if len(words) < 2:
        await how_to(update, context)
        return
    await set_line(update, context, words[1])


async def how_to(update: Update, _context: Context) -> None:
    """How to set a threshold, with buttons that set one."""
    await answer_button(update)
    buttons = [[(f"{at}. {line}", f"set:{line}")] for at, (line, _) in enumerate(talk.STARTERS, start=1)]
    await say(update, talk.how_to_set(), buttons)


async def set_by_button(update: Update, context: Context) -> None:
    """Set the line that a button carries."""
    assert update.callback_query is not None
    line = (update.callback_query.data or "").split(":", 2)[2]
    await answer_button(update)
    await set_line(update, context, line)


async def set_line(update: Update, context: Context, line: str) -> None:
    """Keep the rule that `line` says, or say why not."""
    try:
        rule = parse(line)
    except (GrammarError, RuleError) as error:
        await say(update, talk.rule_refused(error))
        return
    if not await may_change(update):
        return
    limit = parts(context).settings.max_rules_per_chat
    kept = await parts(context).store.write(_keep, chat_of(update), rule, limit)
    if kept is None:
        await say(update, talk.too_many(limit))
        return
    note = (
        f"You had that one already, as number {kept.watch.number}; it is not set twice." if kept.there_already else ""
    )
    buttons: Buttons = [[("Delete it", f"delete:{kept.watch.id}"), ("All alerts", "alerts")]]
    await say(update, talk.rule_set(kept.watch, kept.now, note, kept.subscribed), buttons)


async def alerts(update: Update, context: Context) -> None:
    """The chat's rules, each with a button that deletes it."""
    await answer_button(update)
    text, buttons = await parts(context).store.read(_list, chat_of(update))
    await say(update, text, buttons)


async def delete(update: Update, context: Context) -> None:
    """Delete the rule a button names, if it is this chat's, and show what is left."""
    assert update.callback_query is not None
    if not await may_change(update):
        return
    identity = int((update.callback_query.data or "").rsplit(":", 1)[1])
    gone = await parts(context).store.write(rules.delete_rule, chat_of(update), identity)
    await answer_button(update, talk.deleted(gone)[:200] if gone else "That alert is deleted already.")
    text, buttons = await parts(context).store.read(_list, chat_of(update))
    await replace_text(update, text, buttons)


def _keep(db: Database, chat: int, rule: Rule, limit: int) -> _Kept | None:
    now = datetime.now(UTC)
    number = rules.same_rule(db, chat, rule)
    there_already = number is not None
    if not there_already and rules.count_rules(db, chat) >= limit:
        return None
    subscribed = chats.subscribe(db, chat, now)
    if not there_already:
        session = figures.last_judged(db)
        past = value_past(db, rule.series, session, max(rule.hold, 2) + 10) if session else []
        number, _ = rules.add_rule(db, chat, rule, past, now)
    watch = next(watch for watch in rules.rules_of(db, chat) if watch.number == number)
    return _Kept(watch, _now_words(db, rule), subscribed, there_already)


def _now_words(db: Database, rule: Rule) -> str | None:
    session = figures.last_session(db)
    if session is None:
        return None
    of = rule.series.of
    told = told_of(db, rule.series, session)
    figure: Figure = told.figure
    if figure.value is None:
        return f"{capital(of.title)} on {short_day(figure.session)}: {because(figure)}"
    text = f"{capital(of.title)}: {of.show(figure.value)} on {short_day(figure.session)}"
    counted = [part for part in (counted_over(of, figure.eligible, figure.members), figure.source) if part]
    text += f" ({', '.join(counted)})"
    if rule.series.average is not None:
        text += f"; its {rule.series.average}d average " + (
            f"is {of.show(told.level)}"
            if told.level is not None
            else f"needs {rule.series.average} sessions of history"
        )
    return text + "."


def _list(db: Database, chat: int) -> tuple[str, Buttons]:
    found = chats.chat(db, chat)
    watches = rules.rules_of(db, chat)
    buttons = [[(f"Delete {watch.number}: {watch.rule.line}", f"delete:{watch.id}")] for watch in watches]
    return talk.alerts_list(watches, found is not None and found.subscribed), buttons
