"""/alert LINE and /alerts: setting, listing and deleting thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlite_utils import Database
from telegram import Update

from alerts.market.sessions import NEW_YORK
from alerts.metrics.catalog import RSP
from alerts.rules.check import RuleError
from alerts.rules.condition import typed_number
from alerts.rules.evaluate import Watch
from alerts.rules.grammar import GrammarError, parse
from alerts.rules.rule import Rule
from alerts.rules.series import Series, Transform
from alerts.rules.state import looks_back
from bot.commands.answers import Buttons, Context, answer_button, chat_of, may_change, parts, replace_text, say
from bot.messages import talk
from bot.messages.words import because, capital, counted_over, short_day
from bot.observe import SETTLING, SeriesTold, Told, value_past
from bot.trying import refuse_unheld
from storage import chats, figures, rules

HOLES = 10  # sessions without a value that may stand among those which settle a new rule


@dataclass(frozen=True)
class _Kept:
    watch: Watch
    now: str  # which series are watched and where they stand, in words
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
        rule = parse(line, datetime.now(NEW_YORK).date())
        await parts(context).store.read(refuse_unheld, rule, parts(context).settings.history_sessions)
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
        back = looks_back(rule)
        count = SETTLING if back is None else back + HOLES
        past = value_past(db, rule.watched, session, count) if session else []
        number, _ = rules.add_rule(db, chat, rule, past, now)
    watch = next(watch for watch in rules.rules_of(db, chat) if watch.number == number)
    return _Kept(watch, _now_words(db, rule), subscribed, there_already)


def _now_words(db: Database, rule: Rule) -> str:
    """Which series each condition means, and where it stands."""
    session = figures.last_session(db)
    told = Told(db, session) if session else None
    return "\n".join(_one_now(told, condition.series) for condition in rule.conditions)


def _one_now(told: Told | None, series: Series) -> str:
    of = series.of
    made = told is None or series.transform not in (Transform.VALUE, Transform.GAP)
    meant = f"Watched: {series.words}. " if made else ""
    if told is None:
        return meant.strip()
    found = told.of(series)
    figure = found.figure
    if figure.value is None:
        return f"{meant}{capital(of.title)} on {short_day(figure.session)}: {because(figure)}"
    text = f"{capital(of.title)}: {of.show(figure.value)} on {short_day(figure.session)}"
    counted = [part for part in (counted_over(of, figure.eligible, figure.members), figure.source) if part]
    text += f" ({', '.join(counted)})" if series.metric != RSP else f" (close in dollars, {figure.source})"
    return meant + text + _beside(series, found) + "."


def _beside(series: Series, found: SeriesTold) -> str:
    """What the transform makes of the value."""
    match series.transform:
        case Transform.GAP:
            level = "needs more sessions of history" if found.level is None else f"is {series.of.show(found.level)}"
            return f"; its {series.n}d average {level}"
        case Transform.PERCENTILE | Transform.ZSCORE | Transform.CHANGE | Transform.AVERAGE:
            value = "missing" if found.observed is None else typed_number(round(found.observed, 4))
            return f"; {series.words}: {value}"
    return ""


def _list(db: Database, chat: int) -> tuple[str, Buttons]:
    found = chats.chat(db, chat)
    watches = rules.rules_of(db, chat)
    buttons = [[(f"Delete {watch.number}: {watch.rule.line}", f"delete:{watch.id}")] for watch in watches]
    return talk.alerts_list(watches, found is not None and found.subscribed), buttons
