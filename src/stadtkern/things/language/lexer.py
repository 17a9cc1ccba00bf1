# SPDX-License-Identifier: EUPL-1.2
"""Cut the text of an expression into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from stadtkern.things.language.problems import InvalidQuery, QueryTooLarge

MAX_LENGTH = 8_000
MAX_TOKENS = 1_000

_DAY = r"\d{4,}-\d\d-\d\d"
_CLOCK = r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?"
# A plus sign that nobody encoded arrives as a blank, hence `[+ -]`.
_INSTANT = rf"{_DAY}T{_CLOCK}(?:[Zz]|[+ -]\d\d:?\d\d)?"
_PATTERN = re.compile(
    rf"""
      (?P<blank>\s+)
    | (?P<interval>{_INSTANT}/{_INSTANT})
    | (?P<instant>{_INSTANT})
    | (?P<date>{_DAY})
    | (?P<time>{_CLOCK}(?![\w.]))
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<literal>(?:duration|geography|geometry)'(?:[^']|'')*')
    | (?P<text>'(?:[^']|'')*')
    | (?P<word>[@$]?[^\W\d][\w.@-]*)
    | (?P<index>\[\d{{1,6}}\])
    | (?P<mark>[(),/:=;*-])
    """,
    re.VERBOSE,
)


class Sort(StrEnum):
    """What a token is."""

    INTERVAL = "interval"
    INSTANT = "instant"
    DATE = "date"
    TIME = "time"
    NUMBER = "number"
    LITERAL = "literal"
    TEXT = "text"
    WORD = "word"
    INDEX = "index"
    MARK = "mark"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and where it begins (counted from 1)."""

    sort: Sort
    text: str
    at: int


def tokens(text: str, *, where: str) -> list[Token]:
    """All tokens, with an END at the end. Raises InvalidQuery, QueryTooLarge."""
    if len(text) > MAX_LENGTH:
        raise QueryTooLarge(f"{len(text)} characters; at most {MAX_LENGTH} are taken", where=where)
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _PATTERN.match(text, position)
        if match is None:
            raise InvalidQuery(_stumble(text, position), where=where)
        if match.lastgroup != "blank":
            found.append(Token(Sort(str(match.lastgroup)), match.group(), position + 1))
        position = match.end()
        if len(found) > MAX_TOKENS:
            raise QueryTooLarge(f"more than {MAX_TOKENS} words and signs", where=where)
    found.append(Token(Sort.END, "", len(text) + 1))
    return found


def _stumble(text: str, position: int) -> str:
    sign = text[position]
    if sign == "'":
        return f"the text that begins at position {position + 1} has no closing quote"
    if sign == '"':
        return f"text stands in single quotes, not double ones (position {position + 1})"
    return f"cannot read {text[position : position + 20]!r} at position {position + 1}"
