"""What a person types ⇄ Rule.

One line: a metric's name, a comparison or crossing, a level, and optionally `for N days`, `once`, `every time`.
Case, %, thousands separators, decimal comma and words for the signs ("over", "at least") are understood. What does not
parse is answered with the part that was not, the nearest names, and a line that works; nothing is guessed.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from alerts.metrics.catalog import IMPORTED, catalog, metric
from alerts.rules.rule import Operator, Repeat, Rule, Series, check, example_of

MAX_LINE = 300
EXAMPLE = "small above 200d crosses above 60"

#: Longest first, so that "crosses above" is not read as "crosses".
_OPERATORS: tuple[tuple[str, Operator], ...] = (
    (r"(?:cross(?:es)?|rises?|goes|moves?|climbs?) (?:above|over)\b", Operator.CROSSES_ABOVE),
    (r"(?:cross(?:es)?|falls?|drops?|goes|moves?) (?:below|under)\b", Operator.CROSSES_BELOW),
    (r"cross(?:es)?\b", Operator.CROSSES),
    (r"(?:is )?at least\b|>=|≥", Operator.AT_LEAST),
    (r"(?:is )?at most\b|<=|≤", Operator.AT_MOST),
    (r"(?:is )?(?:above|over|more than|greater than|higher than)\b|>", Operator.ABOVE),
    (r"(?:is )?(?:below|under|less than|lower than)\b|<", Operator.BELOW),
)
_OWN_AVERAGE = re.compile(r"(?:its|their|the)(?: own)? (\d{1,9})d(?: moving)? average\b")
#: "1,000", "1 000,5", "1'000", "1.234,5", "1.234.567"; a single dot before three digits is a decimal point.
_GROUPED = r"[1-9]\d{0,2}(?:(?:,\d{3})+(?:\.\d+)?|([ '])\d{3}(?:\1\d{3})*(?:[.,]\d+)?|(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})"
_NUMBER = re.compile(rf"[+-]?(?:{_GROUPED}|\d+(?:[.,]\d+)?|[.,]\d+)(?![.,']?\d)(?:\s*(?:%|pp\b|×|x\b))?")
_HOLD = re.compile(r"for (\d{1,9}) ?(?:d|days?|sessions?)\b")
_ONCE = re.compile(r"(?:only )?once\b")
_EVERY = re.compile(r"every time\b")
_LATER = re.compile(
    r"\b(clear|keep|remind|until|and|rising|falling|inside|outside|percentile|new high|new low|changes|thrust)\b"
)


@dataclass(eq=False)  # by identity: exceptions have to be hashable
class GrammarError(ValueError):
    """A line that is no rule: what is wrong with it, the nearest names, and a line that works."""

    problem: str
    suggestions: tuple[str, ...] = ()
    example: str = EXAMPLE

    def __str__(self) -> str:
        hint = f" Did you mean {' or '.join(f'“{name}”' for name in self.suggestions)}?" if self.suggestions else ""
        return f"{self.problem}{hint} An example that works: {self.example}"


def parse(line: str) -> Rule:
    """The rule a line says. Raises GrammarError with what was not understood, RuleError where it could never fire."""
    if len(line) > MAX_LINE:
        raise GrammarError(f"That line has {len(line)} characters; a rule fits into {MAX_LINE}.")
    text = normalise(line)
    if not text:
        raise GrammarError("Nothing to watch was named.")
    metric_id, rest = _metric(text)
    operator, rest = _operator(rest, metric_id)
    series, level, rest = _level(rest, metric_id, operator)
    hold, repeat = _options(rest)
    return check(Rule(series, operator, level, hold, repeat))


def metric_named(text: str) -> str | None:
    """The id of the metric that `text` names by id, title or alias, else None."""
    plain = normalise(text)
    return plain if IMPORTED.fullmatch(plain) else _names().get(plain)


def normalise(text: str) -> str:
    """Lower case, plain minus and spaces, no control or direction marks; "50-day" and "50 days" as "50d"."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(" " if unicodedata.category(sign) in ("Cc", "Zs", "Zl", "Zp") else sign for sign in folded)
    plain = "".join(sign for sign in plain if unicodedata.category(sign) not in ("Cf", "Mn", "Cs"))
    plain = re.sub("[‐‑‒–—―−]", "-", plain).replace("’", "'")
    plain = re.sub(r"\s+", " ", plain).strip(" .")
    # Only averages are named by days here: in "for 3 days" the words stay.
    return re.sub(r"(?<!for )\b(\d+)(?:-| )?(?:days?|d|dma|sessions?)\b(?!s)", r"\1d", plain)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Every name of a metric, normalised → its id. Aliases win over titles, earlier metrics over later ones."""
    out: dict[str, str] = {}
    for kind in ("id", "aliases", "title"):
        for metric_id, entry in catalog().items():
            found = {"id": (metric_id,), "aliases": entry.aliases, "title": (entry.title,)}[kind]
            for name in found:
                out.setdefault(normalise(name), metric_id)
    return out


@lru_cache(maxsize=1)
def _longest_first() -> list[str]:
    return sorted(_names(), key=len, reverse=True)


def _metric(text: str) -> tuple[str, str]:
    if (found := IMPORTED.match(text)) and not text[found.end() :][:1].isalnum():
        return found[0], text[found.end() :].strip()
    for name in _longest_first():
        if text.startswith(name) and not text[len(name) :][:1].isalnum():
            return _names()[name], text[len(name) :].strip()
    head = _before_operator(text)
    raise GrammarError(f"“{head}” is no metric I know.", _nearest(head))


def _before_operator(text: str) -> str:
    """What stands before the last comparison that is followed by a number: the name that was meant."""
    starts = [
        found.start() for pattern, _ in _OPERATORS for found in re.finditer(rf"(?:{pattern})(?= *[+-]?\d| its\b)", text)
    ]
    head = text[: max(starts)] if starts and max(starts) > 0 else text
    return head.strip()[:60] or text[:60]


def _nearest(name: str, count: int = 2) -> tuple[str, ...]:
    near = difflib.get_close_matches(name, [known for known in _names() if "." not in known], n=8, cutoff=0.45)
    out: dict[str, str] = {}
    for known in near:
        metric_id = _names()[known]
        out.setdefault(metric_id, metric(metric_id).aliases[0])
    return tuple(list(out.values())[:count])


def _operator(rest: str, metric_id: str) -> tuple[Operator, str]:
    for pattern, operator in _OPERATORS:
        if found := re.match(pattern, rest):
            return operator, rest[found.end() :].strip()
    name = metric(metric_id).aliases[0]
    if later := _LATER.search(rest):
        raise GrammarError(
            f"“{later[1]}” is not understood; a rule compares (above, below, at least, at most) or crosses "
            "(crosses above, crosses below).",
            example=example_line(metric_id),
        )
    raise GrammarError(
        f"After “{name}” a comparison is missing"
        + (f"; “{rest[:40]}” is none." if rest else ".")
        + " Say above, below, at least, at most, crosses above or crosses below, and a number.",
        example=example_line(metric_id),
    )


def example_line(metric_id: str) -> str:
    """A line about that metric that works."""
    return example_of(metric(metric_id))


def _level(rest: str, metric_id: str, operator: Operator) -> tuple[Series, float, str]:
    if own := _OWN_AVERAGE.match(rest):
        return Series(metric_id, int(own[1])), 0.0, rest[own.end() :].strip()
    found = _NUMBER.match(rest)
    if found is None:
        raise GrammarError(
            f"After “{operator.value}” a number is missing" + (f"; “{rest[:40]}” is none." if rest else "."),
            example=example_line(metric_id),
        )
    return Series(metric_id), number_of(found[0]), rest[found.end() :].strip()


def number_of(text: str) -> float:
    """A number as people write them: "60", "-25 %", "1,000", "12,5", ".5", "1.234,5". Raises GrammarError."""
    if not _NUMBER.fullmatch(text):
        raise GrammarError(f"“{text.strip()[:40]}” is no number.")
    bare = re.sub(r"\s*(?:%|pp|×|x)$", "", text)
    if re.fullmatch(rf"[+-]?{_GROUPED}", bare):
        separator = next(sign for sign in bare if sign in ",.' ")  # the first one parts thousands
        bare = bare.replace(separator, "")
    return float(bare.replace(",", ".")) + 0.0  # "-0" is 0


def _options(rest: str) -> tuple[int, Repeat]:
    hold: int | None = None
    repeat: Repeat | None = None
    while rest := rest.lstrip(" ,;"):
        if (found := _HOLD.match(rest)) and hold is None:
            hold = int(found[1])
        elif (found := _ONCE.match(rest)) and repeat is None:
            repeat = Repeat.ONCE
        elif (found := _EVERY.match(rest)) and repeat is None:
            repeat = Repeat.EVERY_TIME
        else:
            raise GrammarError(
                f"“{rest[:40]}” is not understood; after the threshold may stand “for 3 days”, “once” or “every time”.",
                example=EXAMPLE.replace("crosses above", "above") + " for 3 days once",
            )
        rest = rest[found.end() :]
    return hold if hold is not None else 1, repeat or Repeat.EVERY_TIME
