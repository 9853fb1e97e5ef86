"""Which command a plain text means: by name or word, in near misses too, and in a few words of other languages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from alerts.phrases.spelling import allowed
from alerts.phrases.words import document, without_start
from alerts.rules.names import normalise

_LONGEST = 60  # characters of a text that may be a command's word
#: Commands that read what follows them: of these only the name itself is taken, and near misses of it.
_WITH_ARGUMENT = ("alert", "edit", "why", "history", "snooze", "mute", "quiet", "metric")
_ARTICLE = re.compile(r"^(?:the|my|a|an) ")
_DELETE = re.compile(r"(?:delete|remove|cancel) (?:alert |rule |number |no )*#?\d+")
_COMMAND = re.compile(r"/(\w+)(?:@(\w+))?(?:\s|$)")


@dataclass(frozen=True)
class Wanted:
    """A command that a text means. foreign: it was asked for in another language."""

    command: str
    foreign: bool = False


@lru_cache(maxsize=1)
def _lists() -> dict[str, Any]:
    return tomllib.loads(resources.files("bot.commands").joinpath("words.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _phrases() -> dict[str, Wanted]:
    """Every phrase, normalised → what it means. The English ones win."""
    out: dict[str, Wanted] = {}
    for language in ("english", "foreign"):
        for command, phrases in _lists()[language].items():
            for phrase in phrases:
                out.setdefault(normalise(phrase), Wanted(command, language == "foreign"))
    return out


def wanted(text: str, commands: Collection[str], *, near: bool = False) -> Wanted | None:
    """The command that all of `text` means; with `near`, misspelt too."""
    said = _bare(text)
    if not said or len(said) > _LONGEST:
        return None
    asked = without_start(said, document()["questions"])
    for one in dict.fromkeys((said, asked, _ARTICLE.sub("", asked))):
        if one in commands:
            return Wanted(one)
        if one in _phrases():
            return _phrases()[one]
        first, _, rest = one.partition(" ")
        if first in _WITH_ARGUMENT and first in commands and rest[:1].lstrip("#").isdigit():
            return Wanted(first)
    if _DELETE.fullmatch(said):
        return Wanted("alerts")  # each stands there with its button
    return _nearest(said, commands) if near else None


def command_misspelt(text: str, commands: Collection[str]) -> str | None:
    """The command that a text such as “/sumary” is a misspelling of, or whose word it begins with."""
    found = _COMMAND.match(text)
    if found is None:
        return None
    name = normalise(found[1].replace("_", ""))
    if (meant := _phrases().get(name)) is not None:
        return meant.command
    meant = _nearest(name, commands)
    return None if meant is None else meant.command


def addressed_to(text: str) -> str | None:
    """The bot's name in “/command@name”; None where there is none."""
    found = _COMMAND.match(text)
    return found[2] if found else None


def nearest_commands(text: str, commands: Collection[str]) -> list[tuple[str, float]]:
    """Commands whose name or words resemble the text, with how much, 0 to 100, best first."""
    known = {name: name for name in commands} | {phrase: one.command for phrase, one in _phrases().items()}
    best: dict[str, float] = {}
    for phrase, score, _ in process.extract(
        _bare(text), [one for one in known if len(one) > 2], scorer=fuzz.ratio, limit=12
    ):
        command = known[phrase]
        if command in commands:
            best[command] = max(best.get(command, 0.0), score)
    return sorted(best.items(), key=lambda one: -one[1])


def asks_for_advice(text: str) -> bool:
    """Whether a text asks what to do with money."""
    said, lists = _bare(text), _lists()["advice"]
    return _has(said, lists["phrases"]) or (_has(said, lists["verbs"]) and _has(said, lists["starts"]))


def _has(said: str, phrases: Collection[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", said) for one in phrases)


def _bare(text: str) -> str:
    """Normalised, without marks, a slash or courtesies; a lone “?” stays."""
    said = normalise(re.sub(r"^/(\w+)@\w+", r"\1", text.strip())).lstrip("/")
    bare = re.sub(r"[!?.,;:\"“”]+", " ", said)
    bare = re.sub(r"\b(?:please|pls|thanks|thank you|bitte|por favor|s'il vous plaît|bot|now)\b", " ", bare)
    return " ".join(bare.split()) or said.strip()


def _nearest(said: str, commands: Collection[str]) -> Wanted | None:
    """The command whose name or word is nearest; None where none is near, or two different ones are equally so."""
    known = {name: Wanted(name) for name in commands} | _phrases()
    found: dict[str, int] = {}
    for phrase in known:
        if len(phrase) < 4 or len(said) < 4 or re.search(r"\d", said):
            continue
        limit = min(allowed(said), allowed(phrase))
        distance = OSA.distance(said, phrase, score_cutoff=limit)
        if distance <= limit:
            found[phrase] = distance
    least = min(found.values(), default=0)
    near = [phrase for phrase, distance in found.items() if distance == least]
    named = [phrase for phrase in near if phrase in commands] or near
    best = {known[phrase].command: known[phrase] for phrase in named}
    if len(best) > 1:
        best = {known[phrase].command: known[phrase] for phrase in named if phrase[0] == said[0]}
    return next(iter(best.values())) if len(best) == 1 else None
