# SPDX-License-Identifier: EUPL-1.2
"""Literals of the query language and the Python values they stand for."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from stadtkern.core import times
from stadtkern.things.entities import Kind
from stadtkern.things.language.lexer import Sort, Token
from stadtkern.things.language.problems import InvalidQuery

_LARGEST = 2**63 - 1
_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,8}(?:\.\d{1,6})?)S)?)?"
)


@dataclass(frozen=True, slots=True)
class Value:
    """A value and its kind. An interval's value is a pair of instants."""

    kind: Kind
    value: Any


NULL = Value(Kind.NULL, None)
TRUE = Value(Kind.BOOLEAN, True)
FALSE = Value(Kind.BOOLEAN, False)
_WORDS = {"null": NULL, "true": TRUE, "false": FALSE}


def of_word(word: str) -> Value | None:
    """The value of `null`, `true` or `false`."""
    return _WORDS.get(word)


def of_token(token: Token, *, where: str) -> Value:
    """Read a literal token. Raises InvalidQuery, InvalidInstant."""
    match token.sort:
        case Sort.TEXT:
            return Value(Kind.TEXT, _unquote(token.text, token.at, where))
        case Sort.NUMBER:
            return Value(Kind.NUMBER, _number(token, where))
        case Sort.INSTANT:
            return Value(Kind.INSTANT, instant(token.text, where=where))
        case Sort.INTERVAL:
            return Value(Kind.INTERVAL, _interval(token, where))
        case Sort.DATE:
            return Value(Kind.DATE, _iso(date, token, where))
        case Sort.TIME:
            return Value(Kind.TIME, _iso(time, token, where))
        case Sort.LITERAL:
            return _literal(token, where)
        case _:
            raise InvalidQuery(f"{token.text!r} at position {token.at} is not a value", where=where)


def instant(text: str, *, where: str) -> datetime:
    """Read an instant; without a zone it is UTC, and a blank before the offset was a plus sign."""
    text = text[:10] + text[10:].replace(" ", "+")
    if re.fullmatch(r".*T[\d:.]+", text):
        text += "Z"
    return times.parse_instant(text, where=where)


def _interval(token: Token, where: str) -> tuple[datetime, datetime]:
    head, _, tail = token.text.partition("/")
    start, end = instant(head, where=where), instant(tail, where=where)
    if end < start:
        raise InvalidQuery(f"the interval at position {token.at} ends before it begins", where=where)
    return start, end


def _number(token: Token, where: str) -> int | float:
    if token.text.isdigit() and len(token.text) <= 19 and int(token.text) <= _LARGEST:
        return int(token.text)
    number = float(token.text)
    if not math.isfinite(number):
        raise InvalidQuery(f"the number at position {token.at} is too large", where=where)
    return number


def _iso(kind: type[date] | type[time], token: Token, where: str) -> Any:
    try:
        value = kind.fromisoformat(token.text)
    except ValueError as error:
        raise InvalidQuery(f"{token.text!r} at position {token.at}: {error}", where=where) from error
    return value.replace(tzinfo=None) if isinstance(value, time) else value


def _literal(token: Token, where: str) -> Value:
    word, _, quoted = token.text.partition("'")
    body = _unquote("'" + quoted, token.at, where)
    if word != "duration":
        return Value(Kind.GEOMETRY, body)
    match = _DURATION.fullmatch(body)
    parts = {k: float(v) for k, v in match.groupdict().items() if v and k != "sign"} if match else {}
    if match is None or not parts:
        raise InvalidQuery(f"{body!r} at position {token.at} is not a duration such as P1DT12H", where=where)
    length = timedelta(**parts)
    return Value(Kind.DURATION, -length if match["sign"] else length)


def _unquote(text: str, at: int, where: str) -> str:
    body = text[1:-1].replace("''", "'")
    if "\x00" in body:
        raise InvalidQuery(f"the text at position {at} contains a null character", where=where)
    if any("\ud800" <= sign <= "\udfff" for sign in body):
        raise InvalidQuery(f"the text at position {at} is not valid Unicode", where=where)
    return body


def utc_midnight(day: date) -> datetime:
    """The instant at which a date begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
