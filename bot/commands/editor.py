"""The editor: a rule made or changed by taps, in one message: family, metric, direction, level, save.

Until a level is chosen, all that is known stands in the buttons' data. From then on the rule is a draft in the
database, and each button carries the draft's id and the one thing that it changes, as a value and not as a step: a
press that arrives twice changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlite_utils import Database
from telegram import Update

from alerts.market.sessions import NEW_YORK
from alerts.metrics.catalog import families, metric
from alerts.rules.check import RuleError
from alerts.rules.directions import Direction, at_level, cleared_at, possible
from alerts.rules.evaluate import Watch
from alerts.rules.grammar import GrammarError, parse
from alerts.rules.rule import Repeat, Rule
from bot.alerting.rules import SetRule, set_rule
from bot.commands import reply
from bot.commands.asked import have, metric_here, read_line
from bot.commands.declaration import ID, Button
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, may_change, say, show
from bot.messages import editor as words
from bot.messages import rules as rule_words
from bot.messages.buttons import Buttons
from bot.reports import editor as report
from bot.reports.backtest import refuse_unheld
from bot.reports.charts import metric_chart
from bot.reports.own_names import own_names
from bot.reports.summary import latest_reading
from storage import drafts, rules

_NUMBER = r"-?\d{1,13}(?:\.\d{1,10})?"
_METRIC = r"[a-z0-9][A-Za-z0-9._/^=@-]{1,54}"
Change = Callable[[Rule, str], Rule | None]
_View = Callable[[Update, Context, words.Draft, Rule, reply.Show], reply.Answering]


async def begin(update: Update, context: Context) -> None:
    """A new editor: the families."""
    await answer_button(update)
    if await may_change(update):
        held = await parts(context).store.read(report.families_held, chat_of(update))
        await say(update, words.families_step(), words.families_buttons(held))


async def families_again(update: Update, context: Context) -> None:
    """The families, in the message that is being edited."""
    if await may_change(update):
        await answer_button(update)
        held = await parts(context).store.read(report.families_held, chat_of(update))
        await reply.replace_text(update, words.families_step(), words.families_buttons(held))


async def listed(update: Update, context: Context) -> None:
    """A page of a family's metrics."""
    if await may_change(update):
        await answer_button(update)
        text, buttons = await _metrics(update, context)
        await reply.replace_text(update, text, buttons)


async def begin_at_family(update: Update, context: Context) -> None:
    """A new editor at the family that a button names."""
    if await may_change(update):
        await answer_button(update)
        await say(update, *await _metrics(update, context))


async def _metrics(update: Update, context: Context) -> tuple[str, Buttons]:
    family, _, page = argument(update).partition(":")
    found = await parts(context).store.read(report.metrics_of, family, chat_of(update))
    pages = words.pages_of(len(found))
    at = min(max(int(page or 1), 1), pages)
    return words.metrics_step(family, at, pages), words.metrics_buttons(family, found, at)


async def pick(update: Update, context: Context) -> None:
    """What is to happen to the metric that a button names."""
    await _directions(update, context, reply.replace)


async def begin_at_metric(update: Update, context: Context) -> None:
    """A new editor at the metric that a button names."""
    await _directions(update, context, show)


async def _directions(update: Update, context: Context, answer: reply.Show) -> None:
    if not await may_change(update):
        return
    identity = await metric_here(update, context, argument(update))
    if identity is None:
        await answer_button(update, words.DONE_WITH)
        return
    await answer_button(update)
    if not await have(update, context, [identity]):
        return
    of = metric(identity)
    found = parts(context)
    ways = await found.store.read(report.open_directions, of.id, found.settings.history_sessions)
    entry = await found.store.read(latest_reading, of.id)
    chart = await found.store.read(metric_chart, of.id, found.simulated)
    text = words.directions_step(of, entry) if ways else words.cannot_watch(of)
    await answer(update, context, text, chart, words.directions_buttons(of, ways))


async def way(update: Update, context: Context) -> None:
    """Begin a draft with the direction and metric that a button names."""
    if not await may_change(update):
        return
    code, _, named = argument(update).partition(":")
    found = parts(context)
    identity = await metric_here(update, context, named)
    if identity is None:
        await answer_button(update, words.DONE_WITH)
        return
    await answer_button(update)
    if not await have(update, context, [identity]):
        return
    try:
        rule = await found.store.read(report.begun, identity, Direction(code), found.settings.history_sessions)
    except (GrammarError, RuleError) as error:
        await say(update, rule_words.rule_refused(error))
        return
    draft = await found.store.write(drafts.add_draft, chat_of(update), drafts.Draft(rule.line, None), datetime.now(UTC))
    await _show_levels(update, context, words.Draft(draft), rule, reply.replace)


async def edit_rule(update: Update, context: Context, watch: Watch) -> None:
    """A new editor with a rule of the chat in it."""
    line = watch.rule.line
    made = drafts.Draft(line, watch.id)
    draft = await parts(context).store.write(drafts.add_draft, chat_of(update), made, datetime.now(UTC))
    await _show_levels(update, context, words.Draft(draft, watch.number, line), watch.rule, show)


async def edit_line(update: Update, context: Context, line: str, replaces: int | None) -> None:
    """Put a previewed line into the editor, in the preview's message."""
    made = drafts.Draft(line, replaces)
    identity = await parts(context).store.write(drafts.add_draft, chat_of(update), made, datetime.now(UTC))
    draft = await parts(context).store.read(_draft, chat_of(update), identity)
    if draft is None:
        await say(update, words.DONE_WITH)
    else:
        await _show_levels(update, context, draft[0], draft[1], reply.replace)


async def levels(update: Update, context: Context) -> None:
    """The level, again."""
    await _change(update, context, lambda rule, _: rule, _show_levels)


async def options(update: Update, context: Context) -> None:
    """What else may be said of a rule."""
    await _change(update, context, lambda rule, _: rule, _show_options)


async def level(update: Update, context: Context) -> None:
    """Another level."""
    await _change(update, context, lambda rule, value: at_level(rule, float(value)), _show_levels)


async def clear(update: Update, context: Context) -> None:
    """Another clear level, or none."""
    await _change(update, context, _cleared, _show_options)


async def calm(update: Update, context: Context) -> None:
    """The clear level that was suggested."""
    await _change(update, context, _cleared, _show_levels)


async def hold(update: Update, context: Context) -> None:
    """How many sessions in a row."""
    await _change(update, context, lambda rule, value: possible(replace(rule, hold=int(value))), _show_options)


async def repeat(update: Update, context: Context) -> None:
    """Every time, once, or again while it stays true."""
    await _change(update, context, _repeated, _show_options)


async def until(update: Update, context: Context) -> None:
    """The last session it is for."""
    await _change(update, context, _ending, _show_options)


def _cleared(rule: Rule, value: str) -> Rule | None:
    return cleared_at(rule, None if value == "none" else float(value))


def _repeated(rule: Rule, value: str) -> Rule | None:
    how = Repeat.ONCE if value == "once" else Repeat.EVERY_TIME
    return possible(replace(rule, repeat=how, remind=int(value) if value.isdigit() else 0))


def _ending(rule: Rule, value: str) -> Rule | None:
    try:
        return replace(rule, until=None if value == "none" else date.fromisoformat(value))
    except ValueError:  # no button of ours
        return None


def _draft(db: Database, chat: int, identity: int) -> tuple[words.Draft, Rule, int | None] | None:
    """What stands in the editor, with the id of the rule it replaces; None where it is gone, or what it names is."""
    found = drafts.draft_of(db, chat, identity)
    if found is None:
        return None
    try:
        rule = parse(own_names(db, chat).full(found.line))
    except (GrammarError, RuleError):
        return None
    watch = None if found.replaces is None else rules.rule_of(db, chat, found.replaces)
    if watch is None:
        return words.Draft(identity), rule, None
    return words.Draft(identity, watch.number, watch.rule.line), rule, watch.id


async def _change(update: Update, context: Context, change: Change, view: _View) -> None:
    """Change the draft that a button names by what the button says, and show it."""
    if not await may_change(update):
        return
    identity, _, value = argument(update).partition(":")
    found = await parts(context).store.read(_draft, chat_of(update), int(identity))
    rule = None if found is None else change(found[1], value)
    if found is None or rule is None:
        await answer_button(update, words.DONE_WITH)
        return
    await answer_button(update, words.SO_ALREADY if value and rule == found[1] else None)
    if rule != found[1]:
        await parts(context).store.write(
            drafts.revise_draft, chat_of(update), int(identity), rule.line, datetime.now(UTC)
        )
    await view(update, context, found[0], rule, reply.replace)


async def _show_levels(update: Update, context: Context, draft: words.Draft, rule: Rule, answer: reply.Show) -> None:
    edited = await _edited(update, context, rule)
    if edited is not None:
        text, buttons = words.level_step(draft, edited), words.level_buttons(draft, edited)
        await answer(update, context, text, edited.preview.chart, buttons)


async def _show_options(update: Update, context: Context, draft: words.Draft, rule: Rule, answer: reply.Show) -> None:
    edited = await _edited(update, context, rule)
    if edited is not None:
        buttons = words.options_buttons(draft, edited, datetime.now(NEW_YORK).date())
        await answer(update, context, words.options_step(draft, edited), edited.preview.chart, buttons)


async def _edited(update: Update, context: Context, rule: Rule) -> report.Edited | None:
    found = parts(context)
    asked = report.Asked(chat_of(update), found.simulated, found.settings.history_sessions)
    try:
        return await found.store.read(report.edited, rule, asked, found.often)
    except (GrammarError, RuleError) as error:
        await say(update, rule_words.rule_refused(error))
        return None


async def commit(update: Update, context: Context) -> None:
    """Set what stands in the editor, and say so in its place."""
    if not await may_change(update):
        return
    found, identity = parts(context), int(argument(update))
    draft = await found.store.read(_draft, chat_of(update), identity)
    if draft is None:
        await answer_button(update, words.DONE_WITH)
        return
    limit = found.settings.max_rules_per_chat
    try:
        rule = await read_line(update, context, draft[1].line)
        if not await have(update, context, [one.series.metric for one in rule.conditions]):
            return
        await found.store.read(refuse_unheld, rule, found.settings.history_sessions)
        made = await found.store.write(_commit, chat_of(update), identity, rule, limit, draft[2])
    except (GrammarError, RuleError) as error:
        await answer_button(update)
        await say(update, rule_words.rule_refused(error))
        return
    await answer_button(update)
    if made is None:
        await say(update, rule_words.too_many(limit), [[("All alerts", "alerts")]])
        return
    await reply.replace_text(update, *told_of(made))


def told_of(made: SetRule) -> tuple[str, Buttons]:
    """What is said of a rule that was set, and the buttons under it."""
    text = rule_words.rule_set(
        made.watch, made.now, there_already=made.there_already, subscribed_now=made.subscribed, ended=made.ended
    )
    return text, rule_words.set_buttons(made.watch.id, undecided=made.undecided)


def _commit(
    db: Database, chat: int, identity: int, rule: Rule, limit: int, replaces: int | None
) -> SetRule | None:  # fmt: skip
    made = set_rule(db, chat, rule, limit, datetime.now(UTC), replaces)
    if made is not None:
        drafts.end_draft(db, chat, identity)
    return made


async def leave(update: Update, context: Context) -> None:
    """Set nothing."""
    if not await may_change(update):
        return
    identity = int(argument(update))
    draft = await parts(context).store.read(_draft, chat_of(update), identity)
    if draft is None:
        await answer_button(update, words.DONE_WITH)
        return
    await parts(context).store.write(drafts.end_draft, chat_of(update), identity)
    await answer_button(update)
    await reply.replace_text(update, words.left(draft[0]), [[("New alert", "begin"), ("All alerts", "alerts")]])


_FAMILY = "|".join(families())
BUTTONS = (
    Button("begin", begin),
    Button("editor", families_again),
    Button("listed", listed, rf"(?:{_FAMILY}):\d{{1,3}}"),
    Button("watch", begin_at_family, _FAMILY),
    Button("alert", begin_at_metric, _METRIC),
    Button("pick", pick, _METRIC),
    Button("way", way, rf"(?:{'|'.join(Direction)}):{_METRIC}"),
    Button("levels", levels, ID),
    Button("options", options, ID),
    Button("level", level, rf"{ID}:{_NUMBER}"),
    Button("clear", clear, rf"{ID}:(?:{_NUMBER}|none)"),
    Button("calm", calm, rf"{ID}:{_NUMBER}"),
    Button("hold", hold, rf"{ID}:\d{{1,3}}"),
    Button("repeat", repeat, rf"{ID}:(?:every|once|\d{{1,3}})"),
    Button("until", until, rf"{ID}:(?:\d{{4}}-\d\d-\d\d|none)"),
    Button("commit", commit, ID),
    Button("leave", leave, ID),
)
