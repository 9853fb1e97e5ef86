"""The summary and the families' figures, as Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from alerts.metrics.catalog import families, metric
from alerts.metrics.regime_state import of_score
from alerts.metrics.transforms import DAILY_MINIMUM
from alerts.rules.check import example_near
from alerts.rules.series import typed_name
from bot.brand import no_advice
from bot.formatting import (
    because,
    beside_text,
    capital,
    counted_over,
    coverage,
    day,
    hindsight,
    percentile_words,
    short_day,
    sources,
    standing,
)
from bot.reports.summary import FigureReading, Summary

_OWN_SHOWN = 5  # in a summary, which has to fit under a picture
NO_FIGURES = "No figures yet. The first ones come after the next close, or as soon as the first download is done."


def summary_text(told: Summary, notes: Sequence[str] = ()) -> str:
    """One session: the regime in a headline, then the key figures. Short enough for a picture's caption.

    `notes`: what is to be said of the figures' age, in plain text.
    """
    lines = [
        f"<b>{escape(headline(told))}</b>",
        f"{day(told.session)} · {escape(sources(entry.figure for entry in told.figures))}",
    ]
    lines += [*map(escape, notes), ""]
    for entry in told.figures:
        beside = beside_text(entry.of, entry.beside)
        lines.append(figure_line(entry, entry.of.short or capital(entry.of.title)))
        lines += [f"· {escape(beside)}"] if beside else []
    lines += [
        f"{figure_line(entry, entry.of.id)} · {escape(entry.figure.provenance)}" for entry in told.own[:_OWN_SHOWN]
    ]
    lines += ["", figure_foot(told.figures), f"Counted: {_coverages(told.figures)}.", f"<i>{no_advice()}</i>"]
    return "\n".join(lines)


def headline(told: Summary) -> str:
    """The regime in one line, plain text."""
    state, score = told.state.value, told.score.value
    if score is None:
        return f"Regime cannot be told: {told.score.reason}"
    signs = f"{score:.0f} of 4 signs of rotation"
    if state is None:
        return f"Regime not settled yet: {signs}"
    settled, today = round(state), of_score(score)
    labels = metric("regime.state").labels
    turning = "" if today == settled else f", {labels[today]} if it holds another session"
    return f"Leadership is {labels[settled]}{turning}: {signs}"


def family_text(family: str, figures: Sequence[FigureReading], notes: Sequence[str] = ()) -> str:
    """All figures of a family on its latest session, each with coverage."""
    if not figures:
        return NO_FIGURES
    lines = [
        f"<b>{escape(families()[family].heading)}</b>",
        f"{day(figures[0].figure.session)} · {escape(sources(entry.figure for entry in figures))}",
        *map(escape, notes),
        "",
    ]
    for group in _groups(figures):
        lines.append(
            figure_line(group[0], capital(group[0].of.title), counted=True) if len(group) == 1 else _segments(group)
        )
    shown = next((entry for entry in figures if entry.figure.metric == families()[family].suggested), figures[0])
    lines += ["", figure_foot(figures), f"To be told: <code>/alert {escape(_example(shown))}</code>"]
    return "\n".join(lines)


def figure_text(entry: FigureReading) -> str:
    """One metric: its value, where it stands, and what it is made of."""
    of, figure = entry.of, entry.figure
    lines = [f"<b>{escape(capital(of.title))}</b>", f"{day(figure.session)} · {escape(figure.provenance)}", ""]
    lines.append(figure_line(entry, capital(typed_name(of))))
    if beside := beside_text(of, entry.beside):
        lines.append(f"Beside it: {escape(beside)}")
    if figure.value is not None:
        found = entry.standing
        stands = standing(found.percentile, found.count, found.frequency)
        if found.percentile is not None and found.since is not None:
            stands += f" since {short_day(found.since)}"
            if known_later := hindsight([of]):
                stands += f" ({known_later})"
        counted = counted_over(of, figure.eligible, figure.members)
        lines.append(f"{stands} · {counted}" if counted else stands)
    lines += ["", f"<i>{escape(capital(of.formula))}.</i>"]
    if of.caveat:
        lines.append(f"<i>{escape(capital(of.caveat))}.</i>")
    lines += [f"<code>/alert {escape(_example(entry))}</code>"]
    return "\n".join(lines)


def _groups(figures: Sequence[FigureReading]) -> list[list[FigureReading]]:
    """Figures of one metric for several segments stand together."""
    out: list[list[FigureReading]] = []
    for entry in figures:
        same = out and entry.of.segmented and out[-1][0].of.plain_title == entry.of.plain_title
        if same:
            out[-1].append(entry)
        else:
            out.append([entry])
    return out


def _segments(group: Sequence[FigureReading]) -> str:
    """One metric for its segments in a line: value, change, percentile and coverage of each.

    Where none of them has a value, the reason of the first speaks for all.
    """
    title = escape(capital(group[0].of.plain_title))
    if all(entry.figure.value is None for entry in group):
        return f"{title}: {because(group[0].figure)}"
    told = []
    for entry in group:
        of, figure = entry.of, entry.figure
        if figure.value is None:
            told.append(f"{of.segment} {because(figure)}")
            continue
        text = f"{of.segment} <b>{escape(of.show(figure.value))}</b>"
        beside = []
        if entry.change is not None and (change := of.show_change(entry.change)):
            beside.append(escape(change))
        if of.unit not in ("state", "event") and entry.standing.percentile is not None:
            beside.append(percentile_words(entry.standing.percentile, entry.standing.count))
        if counted := coverage(figure.eligible, figure.members):
            beside.append(counted)
        told.append(text + (f" ({', '.join(beside)})" if beside else ""))
    return f"{title}: {' · '.join(told)}"


def figure_line(entry: FigureReading, name: str, *, counted: bool = False) -> str:
    """One figure: value, change since the session before, percentile where the history is long enough, coverage."""
    of, figure = entry.of, entry.figure
    if figure.value is None:
        return f"{escape(name)}: {because(figure)}"
    if of.premium and figure.value > 0:
        name = of.premium
    text = f"{escape(name)}: <b>{escape(of.show(figure.value))}</b>"
    if entry.change is not None and (change := of.show_change(entry.change)):
        text += f" ({escape(change)})"
    parts = []
    if of.unit not in ("state", "event") and entry.standing.percentile is not None:
        parts.append(percentile_words(entry.standing.percentile, entry.standing.count))
    if counted and (over := coverage(figure.eligible, figure.members)):
        parts.append(over)
    if counted and figure.dated:
        parts.append(figure.dated)
    return text + (" · " + " · ".join(parts) if parts else "")


def _example(entry: FigureReading) -> str:
    return example_near(entry.of, entry.figure.value)


def figure_foot(figures: Sequence[FigureReading]) -> str:
    """What the changes and percentiles of the lines above are taken from."""
    before = {entry.before.session for entry in figures if entry.before is not None and entry.change is not None}
    words = [f"In brackets: change since {short_day(max(before))}."] if before else []
    daily = [entry for entry in figures if entry.standing.frequency == "daily" and not entry.of.labels]
    counts = [entry.standing.count for entry in daily if entry.standing.percentile is not None]
    short = [
        entry.standing.count for entry in daily if entry.standing.percentile is None and entry.figure.value is not None
    ]
    if counts:
        span = f"{min(counts):,}" if min(counts) == max(counts) else f"{min(counts):,} to {max(counts):,}"
        known_later = hindsight(entry.of for entry in figures)
        words.append(f"pct. = percentile of {span} sessions{f' ({known_later})' if known_later else ''}.")
    if short:
        held = f"history too short ({max(short):,} of {DAILY_MINIMUM} sessions)."
        words.append(f"{'Without a percentile' if counts else 'No percentiles yet'}: {held}")
    return " ".join(words)


def _coverages(figures: Sequence[FigureReading]) -> str:
    """small caps 1,502/1,502, large caps 493/493, funds 2/2."""
    out: dict[str, str] = {}
    for entry in figures:
        of, figure = entry.of, entry.figure
        counted = coverage(figure.eligible, figure.members)
        if counted and of.counted_as:
            out[of.counted_as] = counted
    return ", ".join(f"{name} {counted}" for name, counted in out.items()) or "nothing was counted"
