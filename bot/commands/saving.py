"""Keeping a rule: for a chat, once, within what a chat may keep; and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlite_utils import Database
from telegram import Update

from alerts.market.sessions import NEW_YORK
from alerts.rules.check import RuleError
from alerts.rules.evaluate import Watch
from alerts.rules.grammar import GrammarError, parse
from alerts.rules.rule import Rule
from alerts.rules.state import TRUE
from alerts.rules.step import looks_back
from bot.commands.reply import Context, chat_of, parts, say
from bot.messages import talk
from bot.messages.buttons import Buttons
from bot.reports.backtest import refuse_unheld
from bot.reports.series import SETTLING, value_past
from bot.reports.standing import now_words
from storage import chats, figures, rules

HOLES = 10  # sessions without a value that may stand among those which settle a new rule


@dataclass(frozen=True)
class Kept:
    """A rule that a chat has now."""

    watch: Watch
    now: str  # which series are watched and where they stand, in words
    subscribed: bool  # by this
    there_already: bool


async def save_rule(update: Update, context: Context, line: str, replaces: int | None = None) -> None:
    """Keep the rule that `line` says, over the rule `replaces` where that is given, or say why not."""
    found = parts(context)
    try:
        rule = parse(line, datetime.now(NEW_YORK).date())
        await found.store.read(refuse_unheld, rule, found.settings.history_sessions)
    except (GrammarError, RuleError) as error:
        await say(update, talk.rule_refused(error))
        return
    limit = found.settings.max_rules_per_chat
    kept = await found.store.write(keep, chat_of(update), rule, limit, replaces)
    if kept is None:
        await say(update, talk.too_many(limit))
        return
    number = kept.watch.number
    note = f"You had that one already, as number {number}; it is not set twice." if kept.there_already else ""
    await say(update, talk.rule_set(kept.watch, kept.now, note, kept.subscribed), _buttons(kept))


def _buttons(kept: Kept) -> Buttons:
    watch = kept.watch
    last = [("Delete it", f"delete:{watch.id}"), ("All alerts", "alerts")]
    if watch.state.phase in TRUE and not watch.state.announced and not kept.there_already:
        return [[("Alert now", f"now:{watch.id}"), ("Wait until it has cleared", f"wait:{watch.id}")], last]
    return [last]


def keep(db: Database, chat: int, rule: Rule, limit: int, replaces: int | None = None) -> Kept | None:
    """Write a rule for a chat, which is subscribed by that; None where it may keep no more.

    A rule that is replaced is deleted, whatever became of it meanwhile, and the new one takes its number.
    """
    now = datetime.now(UTC)
    number = rules.same_rule(db, chat, rule)
    there_already = number is not None
    gone = rules.delete_rule(db, chat, replaces) if replaces is not None and not there_already else None
    if not there_already and rules.count_rules(db, chat) >= limit:
        return None
    subscribed = chats.subscribe(db, chat, now)
    if not there_already:
        session = figures.last_judged(db)
        back = looks_back(rule)
        count = SETTLING if back is None else back + HOLES
        past = value_past(db, rule.watched, session, count) if session else []
        number, _ = rules.add_rule(db, chat, rule, past, now)
        if gone is not None:
            rules.take_number(db, chat, number, gone.number)
            number = gone.number
    watch = next(watch for watch in rules.rules_of(db, chat) if watch.number == number)
    return Kept(watch, now_words(db, rule), subscribed, there_already)
