"""Writes docs/metrics.md from the catalogue: `python -m alerts.metrics.reference > docs/metrics.md`."""

from __future__ import annotations

import sys
from itertools import groupby

from alerts.metrics.catalog import Metric, catalog, families, minus

_INTRODUCTION = """# Metrics

Written from `alerts/metrics/catalog.toml` by `python -m alerts.metrics.reference > docs/metrics.md`; a test fails if it
is out of date. [data.md](data.md) says where the inputs come from, which companies count, and what a source may say.

*Large* means ranks 1–500 by market value, *small* 1,001–3,000, *all* 1–3,000. A metric is missing, with the reason, if
its coverage is below its floor or its history is shorter than it needs. Percentiles need 252 sessions, or 36 months or
156 weeks if a metric is observed once a month or week. *Favours small caps* says which direction of the value favours
them.
"""
_SLOW = {"weekly": "; observed once a week", "monthly": "; observed once a month"}
_FAVOURS = {1: "a higher value", -1: "a lower value", 0: "neither"}


def described() -> str:
    """The whole document, Markdown."""
    parts = [_INTRODUCTION]
    for family, members in groupby(catalog().values(), lambda of: of.family):
        parts.append(f"## {families()[family].title}\n")
        parts += [_entry(list(group)) for _, group in groupby(members, lambda of: (of.plain_title, of.formula))]
    return "\n".join(parts)


def _entry(group: list[Metric]) -> str:
    of = group[0]
    span = _span(of)
    lines = [
        f"### {of.plain_title[:1].upper()}{of.plain_title[1:]}",
        " · ".join(f"`{each.id}`" for each in group) + "\n",
        f"{_about(group)}\n",
        f"Computed: {of.formula}.\n",
        f"- Unit: {_unit(of)}{span}",
        f"- From: {of.inputs} ({of.source})",
        f"- Needs: {of.minimum:,} session{'s' if of.minimum != 1 else ''}, {of.floor:.0%} coverage".replace("%", " %")
        + _SLOW.get(of.frequency, ""),
        f"- Favours small caps: {_FAVOURS[of.direction]}",
        f"- Also called: {_names(group)}",
    ]
    if beside := list(dict.fromkeys(name for each in group for name in each.beside)):
        lines.append(f"- Always shown beside it: {', '.join(f'`{name}`' for name in beside)}")
    if of.says:
        lines.append(f"- Always said beside it: {of.says}")
    if of.caveat:
        lines.append(f"- Mind: {of.caveat}")
    return "\n".join(lines) + "\n"


def _about(group: list[Metric]) -> str:
    """What it is and why it matters, in the words of the first segment."""
    return f"{group[0].about} {group[0].matters}"


def _unit(of: Metric) -> str:
    if of.labels:
        return ", ".join(f"{value} = {label}" for value, label in sorted(of.labels.items()))
    return of.unit


def _span(of: Metric) -> str:
    if of.labels or (of.low is None and of.high is None):
        return ""
    low = "" if of.low is None else minus(f" from {of.low:g}")
    high = "" if of.high is None else f" to {of.high:g}"
    return f",{low}{high}"


def _names(group: list[Metric]) -> str:
    """What people type. A name without a segment means one default segment, if the catalogue sets one."""
    of = group[0]
    if not of.segmented:
        return ", ".join(f"“{alias}”" for alias in of.aliases)
    begins = f"{of.segment} "
    plain = [alias.removeprefix(begins) for alias in of.aliases if alias.startswith(begins)]
    segments = " or ".join(str(each.segment) for each in group)
    bare = [str(each.segment) for each in group if plain[0] in each.aliases]
    meant = f"; without one of those words, {bare[0]} is meant" if bare else ""
    return f"{segments} and one of " + ", ".join(f"“{name}”" for name in plain) + meant


if __name__ == "__main__":
    sys.stdout.write(described())
