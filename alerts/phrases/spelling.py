"""Misspelt words: the nearest known one, by edit distance with transpositions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz.distance import OSA

_WORD = re.compile(r"[a-z][a-z'-]*[a-z]")
_SHORTEST = 4  # letters of a word that is corrected; shorter ones are tickers and the like


def allowed(word: str) -> int:
    """How many edits a word may be away from the one meant: 1 up to five letters, else 2."""
    return 1 if len(word) <= 5 else 2


def nearest_word(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` is a misspelling of; None where there is none, or two are equally near.

    The first letter counts: among equally near words, those that share it are meant.
    """
    if len(word) < _SHORTEST:
        return None
    limit = allowed(word)
    found: dict[str, int] = {}
    for one in dict.fromkeys(known):
        if abs(len(one) - len(word)) <= limit and len(one) >= _SHORTEST:
            distance = OSA.distance(word, one, score_cutoff=limit)
            if distance <= min(limit, allowed(one)):
                found[one] = distance
    least = min(found.values(), default=0)
    best = [one for one, distance in found.items() if distance == least]
    if len(best) > 1:
        best = [one for one in best if one[0] == word[0]] or best
    if len(best) > 1:
        best = [one for one in best if set(one) == set(word)] or best  # a letter doubled, or two transposed
    return best[0] if len(best) == 1 else None


def corrected(text: str, known: frozenset[str]) -> str:
    """`text` with each unknown word replaced by the known one it is a misspelling of; the others stay."""

    def replaced(found: re.Match[str]) -> str:
        word = found[0]
        return word if word in known else nearest_word(word, known) or word

    return _WORD.sub(replaced, text)
