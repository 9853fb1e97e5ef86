"""Splits of what rules watch in dollars: their levels go along, and each chat is told once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlite_utils import Database

from alerts.metrics.figure import Figure
from alerts.metrics.symbols import symbols_of
from alerts.rules.evaluate import Watch
from bot.messages.symbols import split_told
from storage import chats, figures, outbox, rules
from storage.outbox import Outgoing

LEAST = 0.05  # a change of scale below it is a correction of the source, and no split


def follow(db: Database, session: date, rescaled: Sequence[Figure], now: datetime) -> None:
    """Divide the levels of rules on prices that `rescaled` have split, before they are recorded, and say so.

    Call inside `writing()`.
    """
    last = {figure.metric: figure for figure in sorted(rescaled, key=lambda figure: figure.session)}
    for metric, figure in last.items():
        stored = dict(figures.latest_values(db, metric, figure.session, 1)).get(figure.session)
        if len(symbols_of(metric)) != 1 or not stored or not figure.value:
            continue
        ratio = _rounded(stored / figure.value)
        if abs(ratio - 1) < LEAST:
            continue
        by_chat: dict[int, list[Watch]] = {}
        for watch in rules.divide_levels(db, metric, ratio):
            by_chat.setdefault(watch.chat, []).append(watch)
        told = [
            Outgoing(chat, [split_told(metric, ratio, watches)])
            for chat, watches in by_chat.items()
            if (known := chats.chat(db, chat)) is not None and known.subscribed
        ]
        outbox.enqueue(db, session, f"split of {metric}", told, now)


def _rounded(ratio: float) -> float:
    """The ratio without the rounding of closes to cents: 2 of 1.9998, 0.1 of 0.10001."""
    for value, inverted in ((ratio, False), (1 / ratio, True)):
        halves = round(2 * value)
        if halves and abs(2 * value / halves - 1) < 0.002:
            return 2 / halves if inverted else halves / 2
    return ratio
