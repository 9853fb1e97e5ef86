"""Sentences with which a person asks to be alerted, as lines of the rules' grammar.

    “tell me when small caps beat large caps” → lead 63d crosses above 0

The grammar never guesses; this does, and whoever asked confirms it by the preview. A sentence with one near meaning has
one line; with two or three near ones it has these; one that means nothing has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from alerts.metrics.catalog import metric
from alerts.phrases.predicates import Predicate, predicate
from alerts.phrases.relations import related
from alerts.phrases.words import document, named, plain, spelled, tokens, without_start
from alerts.rules.check import RuleError
from alerts.rules.grammar import GrammarError, parse
from alerts.rules.series import typed_name

#: The latest value of a metric, None where there is none.
Value = Callable[[str], float | None]
_SURE = 0.66  # how well a name has to fit before it counts as meant
_NEAR = 0.45  # and before it is offered
_OFFERED = 3


@dataclass(frozen=True)
class Meant:
    """The lines that a sentence may mean.

    together: it asks for all of them (“or”); else one of them is meant. vague: not even a single one is sure.
    """

    lines: tuple[str, ...] = ()
    together: bool = False
    vague: bool = False

    @property
    def sure(self) -> bool:
        """Whether there is one line, and it is meant."""
        return len(self.lines) == 1 and not self.vague


def meant(text: str, value: Value) -> Meant:
    """What a sentence asks to be alerted of."""
    clauses = re.split(r"\s+or\s+(?!equal)", plain(text))
    if len(clauses) == 1:
        return _meant(clauses[0], value)
    lines: list[str] = []
    subject = ""
    for clause in clauses[:4]:
        found = _read(clause, value)
        if (not found or _bare(clause)) and subject:
            found = _read(f"{subject} {clause}", value) or found
        if not found:
            return _meant(plain(text), value)
        lines.append(found[0])
        subject = typed_name(parse(found[0]).first.series.of)
    wanted = tuple(dict.fromkeys(lines))
    return Meant(wanted, together=len(wanted) > 1)


def _meant(clause: str, value: Value) -> Meant:
    made = predicate(without_start(spelled(clause), document()["lead_ins"]))
    return Meant(_read(clause, value), vague=made is not None and _vague(made.subject) is not None)


def _bare(clause: str) -> bool:
    """Whether a clause has no subject of its own."""
    made = predicate(without_start(clause, document()["lead_ins"]))
    return made is not None and not tokens(made.subject)


def _read(clause: str, value: Value) -> tuple[str, ...]:
    """The lines of one clause, as typed or else with its spelling corrected."""
    if (line := _parsed(clause)) is not None:
        return (line,)
    for text in dict.fromkeys((spelled(clause), clause)):
        stripped = without_start(text, document()["lead_ins"])
        for one in dict.fromkeys((text, stripped, _without_stops(stripped))):
            if (line := _parsed(one)) is not None:
                return (line,)
        for read in (_share_above, _compared_sides, _said, _predicated):
            if lines := read(stripped, value):
                return lines
    return ()


def _without_stops(text: str) -> str:
    """Without articles and the like, which stand in no name."""
    return " ".join(word for word in text.split() if word not in ("the", "their", "of", "are", "is", "a", "an", "its"))


def _parsed(line: str) -> str | None:
    try:
        return parse(line).line
    except (GrammarError, RuleError):
        return None


def _said(text: str, _value: Value) -> tuple[str, ...]:
    """A saying of the list: the one with the most words, all of which stand in the sentence."""
    if re.search(r"\d", re.sub(r"\b\d+d\b", "", text).replace("top 7", "").replace("top 10", "")):
        return ()  # a number asks for its own level
    words = set(text.split())
    fitting = [
        (len(says.split()), tuple(saying["lines"]))
        for saying in document()["saying"]
        for says in saying["says"]
        if set(says.split()) <= words
    ]
    if not fitting:
        return ()
    most, lines = max(fitting, key=lambda one: one[0])
    return lines if most > 1 or len(words) <= most + 2 else ()


_SHARE = re.compile(
    r"^(?P<how>more than|over|above|at least|less than|fewer than|under|below|at most)?\s*"
    r"(?P<n>\d+(?:[.,]\d+)?)\s*(?:%|percent|per cent)\s*"
    r"(?:of )?(?:all |the )?(?P<who>small|large|all|stocks|companies)?\s*"
    r"(?:stocks |companies )?(?:are |is |trade |close |stand |get |go )*above (?:their |its |the )*(?P<days>20|50|200)d"
)


def _share_above(text: str, _value: Value) -> tuple[str, ...]:
    """“60 % of small caps are above their 200-day average”."""
    found = _SHARE.match(text)
    if found is None:
        return ()
    who = found["who"] if found["who"] in ("small", "large") else "all"
    under = found["how"] in ("less than", "fewer than", "under", "below", "at most")
    line = f"{who} above {found['days']}d crosses {'below' if under else 'above'} {found['n'].replace(',', '.')}"
    return (line,) if _parsed(line) else ()


def _compared_sides(text: str, value: Value) -> tuple[str, ...]:
    lines = (_parsed(line) for line in related(text, value))
    return tuple(line for line in lines if line)


def _predicated(text: str, value: Value) -> tuple[str, ...]:
    """A subject and what is said of it, for each metric that the subject may name."""
    made = predicate(text)
    if made is None:
        return ()
    subjects = _subjects(made.subject)
    lines = [_line(identity, made, value) for identity in subjects]
    return tuple(dict.fromkeys(line for line in lines if line))[:_OFFERED]


def _subjects(text: str) -> tuple[str, ...]:
    """The metrics that are meant: one where one fits well and better than the next, else the near ones."""
    if (vague := _vague(text)) is not None:
        return vague
    found = [one for one in named(text) if one.score >= _NEAR]
    if not found:
        return ()
    sure = found[0].score >= _SURE and (len(found) == 1 or found[0].score - found[1].score >= 0.15)
    return (found[0].metric,) if sure else tuple(one.metric for one in found[:_OFFERED])


def _vague(text: str) -> tuple[str, ...] | None:
    """The metrics near to words that name a market and no metric, such as “small caps”; None for any others."""
    words = tokens(text)
    return next((tuple(one["near"]) for one in document()["vague"] if words in map(tokens, one["says"])), None)


def _line(identity: str, made: Predicate, value: Value) -> str | None:
    of = metric(identity)
    name = typed_name(of)
    if identity == "breadth.equal_weight" and "rsp/spy" not in made.subject and made.kind == "extreme":
        name = "equal weight"  # a new high of it is one of the fund
    now = value(identity)
    return next((parsed for line in made.lines(name, of, now) if (parsed := _parsed(line))), None)
