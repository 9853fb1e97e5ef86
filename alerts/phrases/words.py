"""The words of requests: synonyms, lead-ins, and which metric a few words in any order name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from rapidfuzz.distance import OSA

from alerts.metrics.catalog import catalog
from alerts.phrases.spelling import allowed, corrected
from alerts.rules.names import normalise

_TOKEN = re.compile(r"[a-z0-9&/.+'-]*[a-z0-9]")
_WINDOW = re.compile(
    r"\b(above|lead|beating|breadth) (20|21|50|63|126|200|252)"
    r"(?=\s+(?:[<>≥≤]|above|below|over|under|cross|rise|fall|is |at |drop))"
)


@dataclass(frozen=True)
class Named:
    """A metric and how well the words name it, 0 to 1."""

    metric: str
    score: float


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """words.toml."""
    return tomllib.loads(resources.files("alerts.phrases").joinpath("words.toml").read_text(encoding="utf-8"))


def plain(text: str) -> str:
    """Normalised, in the canonical words: "Small-caps' breadth?" as "small breadth"."""
    folded = re.sub(r"[?!;:\"“”„«»()]|,(?!\d)|'s?(?=\s|$)", " ", normalise(text))
    folded = re.sub(r"\.(?=\s|$)", " ", folded)
    folded = _WINDOW.sub(r"\1 \2d", " ".join(folded.split()))  # "above 200 > 60": the 200 is a window
    return _synonyms(" ".join(folded.split()))


def spelled(text: str) -> str:
    """A canonical text with its misspelt words corrected, in canonical words again."""
    return _synonyms(normalise(corrected(text, vocabulary())))


def _synonyms(text: str) -> str:
    pattern, meant = _same()
    return " ".join(pattern.sub(lambda found: meant[found[0]], text).split())


@lru_cache(maxsize=1)
def _same() -> tuple[re.Pattern[str], dict[str, str]]:
    meant = {normalise(phrase): word for word, phrases in document()["same"].items() for phrase in phrases}
    longest = sorted(meant, key=len, reverse=True)
    return re.compile(rf"(?<![\w/&])(?:{'|'.join(map(re.escape, longest))})(?![\w/&])"), meant


def without_start(text: str, phrases: Sequence[str]) -> str:
    """The text without any of the phrases at its start, repeatedly."""
    longest = sorted(phrases, key=len, reverse=True)
    while True:
        found = next((one for one in longest if text.startswith(f"{one} ")), None)
        if found is None:
            return text
        text = text[len(found) :].strip()


def tokens(text: str) -> frozenset[str]:
    """The words of a canonical text that tell metrics apart."""
    return frozenset(_TOKEN.findall(text)) - frozenset(document()["stop"])


@lru_cache(maxsize=1)
def _names() -> dict[frozenset[str], str]:
    """The words of every name → id; the catalogue's aliases first, then ours, then titles."""
    out: dict[frozenset[str], str] = {}
    for of in catalog().values():
        for name in of.aliases:
            out.setdefault(tokens(plain(name)), of.id)
    for identity, names in document()["subjects"].items():
        for name in names:
            out.setdefault(tokens(plain(name)), identity)
    for of in catalog().values():
        out.setdefault(tokens(plain(of.title)), of.id)
    return {words: identity for words, identity in out.items() if words}


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """Every word that is not misspelt."""
    words: set[str] = set(document()["grammar"])
    for of in catalog().values():
        words.update(*(re.findall(r"[a-z][a-z'-]*", normalise(name)) for name in (*of.aliases, of.title)))
    lists = document()
    for phrase in (*lists["lead_ins"], *lists["questions"], *lists["stop"], *lists["same"]):
        words.update(re.findall(r"[a-z][a-z'-]*", phrase))
    for phrases in (*lists["same"].values(), *lists["subjects"].values()):
        words.update(*(re.findall(r"[a-z][a-z'-]*", phrase) for phrase in phrases))
    for pair in lists["pair"]:
        words.update(*(phrase.split() for phrase in (*pair["strong"], *pair["weak"])))
    for saying in lists["saying"]:
        words.update(*(phrase.split() for phrase in saying["says"]))
    return frozenset(words)


def named(text: str) -> list[Named]:
    """The metrics that a canonical text may name, best first; a score of 1 names one exactly."""
    words = tokens(text)
    if not words:
        return []
    if (found := _names().get(words)) is not None:
        return [Named(found, 1.0)]
    best: dict[str, float] = {}
    for name, identity in _names().items():
        common = _common(words, name)
        score = common / (len(words) + len(name) - common)
        if score > best.get(identity, 0.25):
            best[identity] = score
    return [Named(identity, score) for identity, score in sorted(best.items(), key=lambda one: -one[1])][:6]


def _common(words: Iterable[str], name: frozenset[str]) -> int:
    """How many of the words stand in the name, misspelt ones included."""
    return sum(
        word in name
        or (len(word) > 3 and any(len(one) > 3 and OSA.distance(word, one) <= min(allowed(word), 1) for one in name))
        for word in words
    )
