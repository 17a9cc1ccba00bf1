# SPDX-License-Identifier: EUPL-1.2
"""A question with its words looked up, and what it asks of each dataset as conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from stadtkern.catalogue.search.question import Question
from stadtkern.core import fragments
from stadtkern.core.access import Scope
from stadtkern.core.fragments import Fragment


class Word(msgspec.Struct, frozen=True):
    """A word asked: the stems of each spelling, and patterns of what titles and keywords may call it."""

    stems: list[list[int]]
    parts: list[str]


class Asked(msgspec.Struct, frozen=True):
    """A question with its words looked up. `seen`: versions of rights and catalogue, and what may be seen."""

    question: Question
    words: Sequence[Word]
    seen: tuple[Any, ...]
    roughly: bool = False

    @property
    def plain(self) -> bool:
        """Whether facets alone narrow it down."""
        question = self.question
        return not (question.words or question.area or question.since or question.until)

    @property
    def by_name(self) -> bool:
        """Whether titles, keywords and keys are the only way to be found."""
        return all(word.parts and not word.stems for word in self.words)

    def key(self, **leaving_out: Any) -> tuple[Any, ...]:
        """What an answer depends on when these parts of the question do not matter."""
        return (*self.seen, msgspec.structs.replace(self.question, **leaving_out), self.roughly)


def conditions(scope: Scope, asked: Asked, *, by_name: bool = False) -> Fragment:
    """What a mark (alias m) must fulfil, but for facets; `by_name`: all words in title, keywords or key."""
    question = asked.question
    words = _in_names(asked.words) if by_name else asked.words
    parts = [_word(word) for word in words]
    if question.area:
        west, south, east, north = question.area
        parts.append(Fragment("m.area && box(point(%s, %s), point(%s, %s))", (west, south, east, north)))
    since, until = question.instants
    if since or until:
        parts.append(Fragment("(m.temporal_from IS NOT NULL OR m.temporal_until IS NOT NULL)"))
    if until:
        parts.append(Fragment("coalesce(m.temporal_from < %s, true)", (until,)))
    if since:
        parts.append(Fragment("coalesce(m.temporal_until >= %s, true)", (since,)))
    return fragments.every([*parts, scope.on("m.dataset_id")])


def _in_names(words: Sequence[Word]) -> list[Word]:
    """The words as names have them; one too short for a part of a name may stand anywhere (`named`)."""
    some = any(word.parts for word in words)
    return [word if some and not word.parts else Word([], word.parts) for word in words]


def _word(word: Word) -> Fragment:
    """A German word in any of its forms, or a part of a longer one in title, keywords and key."""
    ways = [Fragment("m.words LIKE %s", (part,)) for part in word.parts]
    ways += [Fragment("m.says @> %s::int[]", (stems,)) for stems in word.stems]
    return Fragment("(") + fragments.join(ways, separator=" OR ") + Fragment(")") if ways else fragments.FALSE


def named(asked: Asked) -> Fragment:
    """Whether all words stand in title, keywords or key."""
    if asked.by_name:
        return Fragment("(true IS TRUE)")  # there is no other way to be found
    ways = [
        Fragment("((")
        + fragments.join([Fragment("m.words LIKE %s", (part,)) for part in word.parts], separator=" OR ")
        + Fragment(") IS TRUE)")
        for word in asked.words
        if word.parts
    ]
    found = fragments.join(ways, separator=" AND ") if ways else Fragment("false IS TRUE")
    return Fragment("(") + found + Fragment(")")


def faceted(question: Question) -> Fragment:
    """Whether a mark (alias m) has the facets wanted."""
    if not question.facets:
        return fragments.TRUE
    having = "(SELECT c.id FROM catalogue.combination AS c WHERE c.facets @> %s::text[])"
    return Fragment(f"m.combination_id = ANY (ARRAY{having})", (wanted(question),))


def wanted(question: Question) -> list[str]:
    """The facets chosen, as combinations name them."""
    return [f"{facet}:{value}" for facet, value in question.facets]
