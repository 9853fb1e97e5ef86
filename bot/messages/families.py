"""A family's answer: what it says today in one sentence, the figures that matter, and what can be pressed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from alerts.metrics.catalog import catalog, families, metric, number
from alerts.metrics.imported import FAMILY
from alerts.metrics.symbols import without_owner
from bot.formatting import beside_text, capital, coverage, day, short_day, sources
from bot.messages.buttons import Buttons
from bot.messages.summary import NO_FIGURES, figure_foot, figure_line
from bot.reports.summary import FigureReading, Range

Values = Mapping[str, float]
PAIRS = "pair"  # a family without metrics of its own: each chat has those that it asked for
_QUADRANT = "sectors.quadrant."
_FUNDS = ("iwm", "rsp", "iwc")  # of the quadrants, those that are no sectors


def family_answer(
    family: str, figures: Sequence[FigureReading], notes: Sequence[str] = (), pairs: Sequence[FigureReading] = ()
) -> str:
    """The figures that matter most of a family. `notes`: what is to be said of their age, in plain text.

    pairs: the pairs of symbols that belong to it.
    """
    if not figures:
        return NO_FIGURES
    values = {entry.figure.metric: entry.figure.value for entry in figures if entry.figure.value is not None}
    told = today(family, values)
    once = {entry.figure.metric: entry for entry in figures}
    shown = [entry for metric_id, entry in once.items() if metric_id in families()[family].key]
    lines = [
        f"<b>{escape(families()[family].heading)}</b>",
        f"{day(figures[0].figure.session)} · {escape(sources(entry.figure for entry in shown))}",
        *map(escape, notes),
        *([escape(told)] if told else []),
        "",
        *(figure_line(entry, entry.of.short or capital(entry.of.title), counted=True) for entry in shown),
    ]
    lines += [f"Growth: {escape(says)}." for says in dict.fromkeys(entry.of.says for entry in shown if entry.of.says)]
    if family == "sectors":
        lines += ["", *_quadrants(values)]
    if pairs:
        lines += ["", *(figure_line(entry, entry.of.short) for entry in pairs)]
    return "\n".join([*lines, "", figure_foot(shown)])


def family_buttons(family: str) -> Buttons:
    """Under a family's answer."""
    return [[("All figures", f"all:{family}"), ("Alert me", f"watch:{family}")]]


def today(family: str, values: Values) -> str | None:
    """What a family says today, in one sentence; None where the figures that it is taken from are missing."""
    said = _TODAY.get(family)
    try:
        return None if said is None else said(values)
    except KeyError:
        return None


def _breadth(values: Values) -> str:
    small, large = values["breadth.above_200d.small"], values["breadth.above_200d.large"]
    most = "Most" if small > 50 else "Fewer than half of"
    against = "more than" if small > large else "fewer than" if small < large else "as many as"
    both = f"{small:.0f} % against {large:.0f} %"
    return f"{most} small caps are above their 200-day average, {against} of the large ones ({both})."


def _size(values: Values) -> str:
    lead, trend = values["size.lead_63d"], values["size.trend"]
    who = "Small caps lead large caps" if lead > 0 else "Small caps lag large caps"
    joined = "and" if (lead > 0) == (trend > 0) else "but"
    side = "above" if trend > 0 else "below"
    return f"{who} by {abs(lead):.1f} pp over 63 sessions, {joined} IWM/SPY is {side} its 200-day average."


def _valuation(values: Values) -> str:
    gap = values["valuation.discount_profitable"]
    word = "less" if gap < 0 else "more"
    return f"Profitable small caps cost {abs(gap):.0f} % {word} than large caps for the same expected earnings."


def _sectors(values: Values) -> str:
    lead = values["sectors.cyclicals_lead_63d"]
    who = "Cyclicals lead defensives" if lead > 0 else "Cyclicals lag defensives"
    rising = f"{values['breadth.sectors_above_200d']:.0f} of 11 sectors are above their 200-day average"
    return f"{who} by {abs(lead):.1f} pp over 63 sessions; {rising}."


def _rates(values: Values) -> str:
    curve = values["rates.curve_10y2y"]
    shape = "inverted" if curve < 0 else "not inverted"
    text = f"The upper end of the Fed's range is {values['rates.fed_upper']:.2f} %; "
    text += f"the yield curve is {shape} ({number(curve, 2, sign=True)} pp)"
    if (cut := values.get("rates.cut_odds")) is not None:
        text += f"; futures give a cut at the next meeting {cut:.0f} %"
    return f"{text}."


def _regime(values: Values) -> str:
    score = values["regime.score"]
    state = values.get("regime.state")
    label = "not settled" if state is None else metric("regime.state").show(state)
    signs = {
        "IWM/SPY above its 200-day average": values["size.trend"] > 0,
        "small caps lead over 63 sessions": values["size.lead_63d"] > 0,
    }
    held = [name for name, holds in signs.items() if holds]
    joined = " and ".join(held)
    with_them = "" if not held else f": {joined}" if len(held) == score else f", among them {joined}"
    return f"Leadership is {label}: {score:.0f} of 4 signs of rotation hold{with_them}."


_TODAY: dict[str, Callable[[Values], str]] = {
    "breadth": _breadth,
    "size": _size,
    "valuation": _valuation,
    "sectors": _sectors,
    "rates": _rates,
    "regime": _regime,
}


def _quadrants(values: Values) -> list[str]:
    """Which sector funds stand in which quadrant, a line each."""
    labels = metric(f"{_QUADRANT}xlk").labels
    lines = []
    for state in (2, 1, -1, -2):
        names = [
            metric(identity).title.split(" rotation")[0]
            for identity, value in values.items()
            if identity.startswith(_QUADRANT) and identity.split(".")[2] not in _FUNDS and round(value) == state
        ]
        if names:
            lines.append(f"{capital(labels[state])}: {', '.join(names)}")
    return lines


def families_text(figures: Sequence[FigureReading]) -> str:
    """What can be watched, by family."""
    lines = ["<b>What can be watched</b>"]
    if figures:
        lines.append(day(figures[0].figure.session))
    own = sum(entry.of.family == FAMILY for entry in figures)
    for family in families().values():
        count = own if family.id == FAMILY else sum(of.family == family.id for of in catalog().values())
        lines += [f"{escape(family.heading)}: {count}"] if count else []
    lines += ["", "Choose a family, or ask for one by its name: <code>/metric small above 200d</code>"]
    return "\n".join(lines)


def families_buttons(own: bool) -> Buttons:
    """A button a family."""
    names = [(of.title, f"family:{of.id}") for of in families().values() if of.id != PAIRS and (own or of.id != FAMILY)]
    names.append(("Your symbols", "symbols"))
    return [names[at : at + 3] for at in range(0, len(names), 3)]


def family_metrics(family: str, figures: Sequence[FigureReading]) -> str:
    """Every metric of a family by the name to type, with its latest value; those of several segments in a line."""
    latest = {entry.figure.metric: entry for entry in figures}
    if family == FAMILY:
        own = [entry for entry in figures if entry.of.family == FAMILY]
        return "\n".join(
            [
                f"<b>{escape(families()[FAMILY].heading)}</b>",
                *(figure_line(entry, without_owner(entry.of.id)) for entry in own),
            ]
        )
    lines = [f"<b>{escape(families()[family].heading)}</b>"]
    if figures:
        lines.append(day(figures[0].figure.session))
    lines.append("")
    rows: dict[str, list[str]] = {}
    for of in (of for of in catalog().values() if of.family == family):
        entry = latest.get(of.id)
        shown = "–" if entry is None or entry.figure.value is None else of.show(entry.figure.value)
        row = rows.setdefault(of.plain_title if of.segmented else of.id, [])
        row.append(
            f"<code>{escape(of.aliases[0])}</code> {escape(shown)}" if not row else f"{of.segment} {escape(shown)}"
        )
    lines += [" · ".join(row) for row in rows.values()]
    lines += ["", "A name alone gets its history; <code>/metric NAME</code> how it is computed."]
    return "\n".join(lines)


def metric_text(entry: FigureReading, ranged: Range | None) -> str:
    """One metric: what it is, its value, how it is computed, how far it has ranged."""
    of, figure = entry.of, entry.figure
    lines = [f"<b>{escape(capital(of.title))}</b>", f"{day(figure.session)} · {escape(figure.provenance)}", ""]
    if of.about:
        lines += [escape(f"{of.about} {of.matters}".rstrip()), ""]
    lines.append(figure_line(entry, "Now"))
    if beside := beside_text(of, entry.beside):
        lines.append(f"Beside it: {escape(beside)}")
    if ranged is not None and not of.labels:
        lines.append(
            f"Since {short_day(ranged.since)}: lowest {escape(of.show(ranged.low))} ({short_day(ranged.low_on)}), "
            f"highest {escape(of.show(ranged.high))} ({short_day(ranged.high_on)})"
        )
    elif of.labels:
        lines.append(f"States: {escape(', '.join(of.labels.values()))}")
    lines += ["", f"Computed: {escape(of.formula)}."]
    if counted := coverage(figure.eligible, figure.members):
        lines.append(f"Counted: {counted} {of.counts}." if of.counts else "")
    if of.caveat:
        lines.append(f"Mind: {escape(of.caveat)}.")
    lines.append(f"Names: {', '.join(f'<code>{escape(name)}</code>' for name in of.aliases[:4])}")
    return "\n".join(line for line in lines if line is not None)


def which_metric() -> str:
    """/metric without a name."""
    return "Which one? Say its name, for example <code>/metric small above 200d</code>. /metrics has them by family."
