# SPDX-License-Identifier: EUPL-1.2
"""Reads the text of CQL2 (21-065r2, annex B) in one pass, however wrong it is, into its JSON form.

One token decides what follows, so the time grows with the length; how deep it may be nested is bounded.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from stadtkern.core import problems

MOST_DEPTH = 40
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
        |'(?P<text>(?:[^'\\]|''|\\'|\\)*)'(?!')
        |"(?P<quoted>(?:[^"]|"")+)"(?!")
        |(?P<name>[^\W\d][\w:.]*)
        |(?P<sign><>|<=|>=|[=<>+\-*/%^(),])
    )""",
    re.VERBOSE,
)
_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_WORDS = ("and", "or", "not", "like", "between", "in", "is", "null", "true", "false", "div")
# An integer of so many digits is a float: nothing that is stored has as many.
_DIGITS = 20
# How deep positions lie in the coordinates.
_SHAPES = {
    "point": ("Point", 0), "multipoint": ("MultiPoint", 1), "linestring": ("LineString", 1),
    "multilinestring": ("MultiLineString", 2), "polygon": ("Polygon", 2), "multipolygon": ("MultiPolygon", 3),
}  # fmt: skip


class InvalidFilter(problems.Problem):
    """The filter cannot be read.

    Write CQL2, e.g. `height > 20 AND species LIKE 'Acer%'`: texts in single quotes, names bare or in double
    quotes; `filter-lang=cql2-json` takes the JSON form.
    """


class _Token(NamedTuple):
    kind: str
    value: str
    at: int


def read(text: str) -> Any:
    """The JSON form of a filter. Raises InvalidFilter."""
    reader = _Reader(_tokens(text))
    found = reader.either(0)
    reader.end()
    return found


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise InvalidFilter(f"character {at + 1} and what follows cannot be read", where="filter")
        kind = str(match.lastgroup)
        found.append(_Token(kind, match[kind], match.start(kind)))
        at = match.end()
    return [*found, _Token("end", "", end)]


class _Reader:
    """Takes the tokens from the first to the last; each method reads one level of precedence."""

    def __init__(self, tokens: list[_Token]):
        self._tokens = tokens
        self._at = 0

    def either(self, depth: int) -> Any:
        """Conditions with OR between them."""
        if depth > MOST_DEPTH:
            raise self._wrong(f"it is nested more than {MOST_DEPTH} deep")
        parts = [self._both(depth)]
        while self._word("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else {"op": "or", "args": parts}

    def end(self) -> None:
        """There must be nothing more."""
        if self._token.kind != "end":
            raise self._wrong("it goes on where it should end")

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _wrong(self, what: str) -> InvalidFilter:
        return InvalidFilter(f"{what}, at character {self._token.at + 1}", where="filter")

    def _word(self, *words: str) -> str | None:
        token = self._token
        if token.kind == "name" and token.value.lower() in words:
            self._at += 1
            return token.value.lower()
        return None

    def _sign(self, *signs: str) -> str | None:
        token = self._token
        if token.kind == "sign" and token.value in signs:
            self._at += 1
            return token.value
        return None

    def _need(self, sign: str) -> None:
        if not self._sign(sign):
            raise self._wrong(f"here belongs `{sign}`")

    def _both(self, depth: int) -> Any:
        parts = [self._negated(depth)]
        while self._word("and"):
            parts.append(self._negated(depth))
        return parts[0] if len(parts) == 1 else {"op": "and", "args": parts}

    def _negated(self, depth: int) -> Any:
        times = 0
        while self._word("not"):
            times += 1
        if times > MOST_DEPTH:
            raise self._wrong("there are too many NOT")
        found = self._compared(depth)
        for _ in range(times):
            found = {"op": "not", "args": [found]}
        return found

    def _compared(self, depth: int) -> Any:
        left = self._sum(depth)
        if operator := self._sign(*_COMPARISONS):
            return {"op": operator, "args": [left, self._sum(depth)]}
        if self._word("is"):
            negated = self._word("not")
            if not self._word("null"):
                raise self._wrong("here belongs NULL")
            return _perhaps_not(negated, {"op": "isNull", "args": [left]})
        negated = self._word("not")
        if self._word("like"):
            found = {"op": "like", "args": [left, self._sum(depth)]}
        elif self._word("between"):
            low = self._sum(depth)
            if not self._word("and"):
                raise self._wrong("here belongs AND")
            found = {"op": "between", "args": [left, low, self._sum(depth)]}
        elif self._word("in"):
            found = {"op": "in", "args": [left, self._list(depth)]}
        elif negated:
            raise self._wrong("here belongs LIKE, BETWEEN or IN")
        else:
            return left
        return _perhaps_not(negated, found)

    def _sum(self, depth: int) -> Any:
        found = self._product(depth)
        while operator := self._sign("+", "-"):
            found = {"op": operator, "args": [found, self._product(depth)]}
        return found

    def _product(self, depth: int) -> Any:
        found = self._power(depth)
        while operator := self._sign("*", "/", "%") or self._word("div"):
            found = {"op": operator, "args": [found, self._power(depth)]}
        return found

    def _power(self, depth: int) -> Any:
        found = self._signed(depth)
        while self._sign("^"):
            found = {"op": "^", "args": [found, self._signed(depth)]}
        return found

    def _signed(self, depth: int) -> Any:
        negative = False
        while sign := self._sign("-", "+"):
            negative = negative != (sign == "-")
        found = self._single(depth)
        if not negative:
            return found
        return -found if isinstance(found, int | float) else {"op": "*", "args": [-1, found]}

    def _single(self, depth: int) -> Any:
        token = self._token
        if self._sign("("):
            found = self.either(depth + 1)
            self._need(")")
            return found
        if token.kind in ("end", "sign"):
            raise self._wrong(
                "it ends too early" if token.kind == "end" else f"`{token.value}` is out of place"
            )
        self._at += 1
        if token.kind == "number":
            return _number(token.value)
        if token.kind == "text":
            return token.value.replace("''", "'").replace("\\'", "'")
        if token.kind == "quoted":
            return {"property": token.value.replace('""', '"')}
        word = token.value.lower()
        if word in ("true", "false"):
            return word == "true"
        if word in _WORDS:
            self._at -= 1
            raise self._wrong(f"{token.value.upper()} is out of place")
        return self._named(token.value, word, depth)

    def _named(self, name: str, word: str, depth: int) -> Any:
        """A property, a call, or a literal that looks like a call."""
        found = self._shape(word) if word in _SHAPES or word == "geometrycollection" else None
        if found is not None:
            return found
        if not (self._token.kind == "sign" and self._token.value == "("):
            return {"property": name}
        args = self._list(depth)
        if word in ("date", "timestamp") and len(args) == 1:
            return {word: args[0]}
        if word == "interval":
            return {"interval": args}
        return {"bbox": args} if word == "bbox" else {"op": word, "args": args}

    def _list(self, depth: int) -> list[Any]:
        self._need("(")
        found = [self.either(depth + 1)]
        while self._sign(","):
            found.append(self.either(depth + 1))
        self._need(")")
        return found

    def _shape(self, word: str) -> Any:
        """A geometry in well-known text; None where the word is a property's name."""
        before = self._at
        self._word("z")
        if not (self._token.kind == "sign" and self._token.value == "("):
            self._at = before
            return None
        if word == "geometrycollection":
            return {"type": "GeometryCollection", "geometries": self._collected()}
        kind, level = _SHAPES[word]
        if level == 0:
            self._need("(")
            position = self._position()
            self._need(")")
            return {"type": kind, "coordinates": position}
        return {"type": kind, "coordinates": self._coordinates(level)}

    def _collected(self) -> list[Any]:
        self._need("(")
        found: list[Any] = []
        while not found or self._sign(","):
            word = self._word(*_SHAPES)
            shape = None if word is None else self._shape(word)
            if shape is None:
                raise self._wrong("here belongs a geometry")
            found.append(shape)
        self._need(")")
        return found

    def _coordinates(self, level: int) -> list[Any]:
        self._need("(")
        found: list[Any] = []
        while not found or self._sign(","):
            found.append(self._coordinates(level - 1) if level > 1 else self._point())
        self._need(")")
        return found

    def _point(self) -> list[float]:
        """A position; those of a MULTIPOINT may stand in brackets."""
        bracket = self._sign("(")
        found = self._position()
        if bracket:
            self._need(")")
        return found

    def _position(self) -> list[float]:
        found: list[float] = []
        while True:
            negative = self._sign("-")
            if self._token.kind != "number":
                break
            value = float(self._token.value)
            self._at += 1
            found.append(-value if negative else value)
        if not 2 <= len(found) <= 4:
            raise self._wrong("a position is two or three numbers")
        return found


def _perhaps_not(negated: str | None, found: Any) -> Any:
    return {"op": "not", "args": [found]} if negated else found


def _number(text: str) -> int | float:
    return int(text) if text.isdigit() and len(text) < _DIGITS else float(text)
