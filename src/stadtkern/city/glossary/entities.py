# SPDX-License-Identifier: EUPL-1.2
"""A word with its explanation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from stadtkern.city import languages

Texts = Mapping[str, str]


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A word by language; `also`: other forms of it, `short`: one sentence, `long`: more."""

    key: str
    name: Texts
    also: Mapping[str, Sequence[str]]
    short: Texts
    long: Texts
    changed_at: datetime

    def forms(self, language: str) -> list[str]:
        """How the word is written in a language, itself first."""
        spoken = language.partition("-")[0]
        read = [code for code in languages.order(language) if code.partition("-")[0] == spoken]
        names = [self.name[code] for code in read if self.name.get(code)]
        return list(dict.fromkeys([*names, *(form for code in read for form in self.also.get(code, ()))]))


class Piece(msgspec.Struct, frozen=True):
    """A stretch of text; with a term, it is a word that is explained."""

    text: str
    term: Term | None = None


class Glossary:
    """All terms, and where they stand in a text."""

    def __init__(self, terms: Sequence[Term] = ()):
        self.terms = tuple(terms)
        self._sought: dict[str, tuple[re.Pattern[str] | None, dict[str, Term]]] = {}

    def find(self, key: str) -> Term | None:
        """The term with this key."""
        return next((term for term in self.terms if term.key == key), None)

    def pieces(self, text: str, *, language: str) -> Iterator[Piece]:
        """The text in pieces; each term is marked where it occurs first, as a whole word."""
        pattern, terms = self._words(language)
        marked: set[str] = set()
        done = 0
        for match in pattern.finditer(text) if pattern else ():
            term = terms[match[0]]
            if term.key in marked:
                continue
            marked.add(term.key)
            if match.start() > done:
                yield Piece(text[done : match.start()])
            yield Piece(match[0], term)
            done = match.end()
        if done < len(text):
            yield Piece(text[done:])

    def _words(self, language: str) -> tuple[re.Pattern[str] | None, dict[str, Term]]:
        if language not in self._sought:
            terms = {form: term for term in self.terms for form in term.forms(language)}
            longest_first = sorted(terms, key=lambda form: (-len(form), form))
            either = "|".join(re.escape(form) for form in longest_first)
            pattern = re.compile(rf"(?<![\w/.-])(?:{either})(?![\w/@-])") if either else None
            self._sought[language] = (pattern, terms)
        return self._sought[language]
