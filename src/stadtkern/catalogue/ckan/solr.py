# SPDX-License-Identifier: EUPL-1.2
"""The part of Solr's query language that clients of CKAN use, read into conditions with bound values."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from stadtkern.catalogue.ckan.problems import SearchQueryRefused
from stadtkern.core import fragments, times
from stadtkern.core.fragments import Fragment

_TOKEN = re.compile(
    r'\s*(?:(?P<phrase>"(?:[^"\\]|\\.)*")'
    r"|(?P<range>[\[{]\s*(?P<low>[^\s\[\]{}]+)\s+TO\s+(?P<high>[^\s\[\]{}]+)\s*[\]}])"
    r"|(?P<word>(?:[^\s()\"\[\]{}:\\+!&|-]|\\.)(?:[^\s()\"\[\]{}:\\]|\\.)*)"
    r"|(?P<sign>&&|\|\||[()+!:-]))"
)
_ESCAPED = re.compile(r"\\(.)")
_LATER = re.compile(
    r"NOW(?:/[A-Z]+)?(?:-(?P<n>\d{1,4})(?P<unit>MINUTE|HOUR|DAY|WEEK|MONTH|YEAR)S?)?(?:/[A-Z]+)?"
)
_HOURS = {"MINUTE": 1 / 60, "HOUR": 1, "DAY": 24, "WEEK": 168, "MONTH": 730, "YEAR": 8766}
_LONGEST_AGO = 8766 * 1_500
_MOST_CHARACTERS, _MOST_TOKENS, _DEEPEST = 8_000, 200, 20


class Value(NamedTuple):
    """What a field is compared with: a word, a phrase, or a range whose open ends are `*`."""

    kind: str
    text: str
    low: str = ""
    high: str = ""


Field = Callable[[Value], Fragment]


class _Tokens:
    def __init__(self, query: str):
        if len(query) > _MOST_CHARACTERS or "\0" in query:
            raise SearchQueryRefused("the query is too long or contains a zero byte")
        self._found: list[tuple[str, Value]] = []
        place = 0
        query = query.rstrip()
        while place < len(query):
            match = _TOKEN.match(query, place)
            if match is None:
                raise SearchQueryRefused(f"it cannot be read at {query[place : place + 20]!r}")
            kind = "range" if match["range"] else str(match.lastgroup)
            text = match[0].strip()
            if kind == "phrase":
                text = text[1:-1]
            if kind in ("phrase", "word"):
                text = _ESCAPED.sub(r"\1", text)
            if len(self._found) >= _MOST_TOKENS:
                raise SearchQueryRefused("it has too many words")
            self._found.append((kind, Value(kind, text, match["low"] or "", match["high"] or "")))
            place = match.end()
        self._at = 0

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        at = self._at + ahead
        return (self._found[at][0], self._found[at][1].text) if at < len(self._found) else ("end", "")

    def take(self) -> Value:
        if self._at >= len(self._found):
            raise SearchQueryRefused("it ends too early")
        self._at += 1
        return self._found[self._at - 1][1]

    def has(self, *texts: str) -> bool:
        kind, text = self.peek()
        return kind in ("sign", "word") and text in texts


class Reader:
    """Reads queries over named fields; words without a field go to `free`."""

    def __init__(self, *, fields: dict[str, Field], free: Field):
        self._fields = fields
        self._free = free

    def read(self, query: str) -> Fragment:
        """The condition. Raises SearchQueryRefused."""
        tokens = _Tokens(query)
        if tokens.peek()[0] == "end":
            return fragments.TRUE
        found = self._any(tokens, self._free, 0)
        if tokens.peek()[0] != "end":
            raise SearchQueryRefused(f"it cannot be read at {tokens.peek()[1][:20]!r}")
        return found

    def _any(self, tokens: _Tokens, field: Field, depth: int) -> Fragment:
        if depth > _DEEPEST:
            raise SearchQueryRefused("it has too many brackets")
        parts = [self._all(tokens, field, depth)]
        while tokens.has("OR", "||"):
            tokens.take()
            parts.append(self._all(tokens, field, depth))
        return parts[0] if len(parts) == 1 else _bracketed(fragments.join(parts, separator=" OR "))

    def _all(self, tokens: _Tokens, field: Field, depth: int) -> Fragment:
        parts = [self._clause(tokens, field, depth)]
        while tokens.peek()[0] != "end" and not tokens.has("OR", "||", ")"):
            if tokens.has("AND", "&&"):
                tokens.take()
            parts.append(self._clause(tokens, field, depth))
        return parts[0] if len(parts) == 1 else _bracketed(fragments.join(parts, separator=" AND "))

    def _clause(self, tokens: _Tokens, field: Field, depth: int) -> Fragment:
        if tokens.has("-", "!", "NOT"):
            tokens.take()
            return (
                _bracketed(Fragment("NOT ") + self._clause(tokens, field, depth + 1))
                if depth < _DEEPEST
                else fragments.FALSE
            )
        if tokens.has("+"):
            tokens.take()
        if tokens.has("("):
            tokens.take()
            inside = self._any(tokens, field, depth + 1)
            if not tokens.has(")"):
                raise SearchQueryRefused("a bracket is not closed")
            tokens.take()
            return inside
        kind, text = tokens.peek()
        if kind == "sign":
            raise SearchQueryRefused(f"it cannot be read at {text!r}")
        if kind == "word" and tokens.peek(1) == ("sign", ":"):
            tokens.take()
            tokens.take()
            return self._named(text, tokens, depth)
        return field(tokens.take())

    def _named(self, name: str, tokens: _Tokens, depth: int) -> Fragment:
        if name == "*":
            return fragments.TRUE if tokens.take().text == "*" else fragments.FALSE
        field = self._fields.get(name)
        if field is None:
            raise SearchQueryRefused(f"undefined field {name[:60]}")
        return self._clause(tokens, field, depth + 1)


def _bracketed(part: Fragment) -> Fragment:
    return Fragment("(") + part + Fragment(")")


def moment(text: str, *, now: datetime) -> datetime | None:
    """An end of a range of time; None for `*`. Raises SearchQueryRefused."""
    if text == "*":
        return None
    later = _LATER.fullmatch(text)
    if later is not None:
        hours = int(later["n"] or 0) * _HOURS.get(later["unit"] or "", 0)
        return now - timedelta(hours=min(hours, _LONGEST_AGO))
    try:
        return times.parse_instant(text if "T" in text else f"{text}T00:00:00Z")
    except times.InvalidInstant as error:
        raise SearchQueryRefused(f"Invalid Date String:'{text[:60]}'") from error
