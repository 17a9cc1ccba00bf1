# SPDX-License-Identifier: EUPL-1.2
"""How alike two short texts are, for the few words and pages that are searched without the database."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from stadtkern.catalogue.search import spelling

_ALIKE = 0.5


def rank(sought: str, said: Iterable[str]) -> float:
    """2 where a text begins so, 1 where all words stand in it, below 1 where one is alike; 0: nothing."""
    spelled = dict.fromkeys(spelling.plain(each).strip() for each in spelling.spellings(sought))
    known = [spelling.plain(text) for text in said]
    return max((_rank(asked, known) for asked in spelled if asked), default=0.0)


def _rank(asked: str, texts: Iterable[str]) -> float:
    best = 0.0
    for known in texts:
        if known.startswith(asked):
            best = max(best, 2.0)
        elif all(word in known for word in asked.split()):
            best = max(best, 1.0)
        else:
            likeness = max(_likeness(asked, known), _by_words(asked, known))
            best = max(best, likeness if likeness >= _ALIKE else 0.0)
    return best


def _by_words(asked: str, known: str) -> float:
    """How alike the word is that fits least: each one sought is held against the one nearest to it.

    Nothing as soon as one resembles none.
    """
    least = 1.0
    for word in dict.fromkeys(asked.split()):
        least = min(least, max((_likeness(word, each) for each in known.split()), default=0.0))
        if least < _ALIKE:
            return 0.0
    return least


def _likeness(asked: str, known: str) -> float:
    """Common trigrams by all of the two; below 1."""
    one, other = _trigrams(asked), _trigrams(known)
    return 0.99 * len(one & other) / max(len(one | other), 1)


@lru_cache(maxsize=4096)
def _trigrams(text: str) -> frozenset[str]:
    padded = f"  {text} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))
