# SPDX-License-Identifier: EUPL-1.2
"""Read what was sent: strict JSON, nothing that the database could not keep, of a reading each key once."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import msgspec

from stadtkern.things.operations.problems import DuplicateKey, InvalidJson, InvalidValue, TooDeep

MAX_DEPTH = 40
_PLACE = 200


def decode(body: bytes, *, repeated: bool = False) -> Any:
    """Read a body. Raises InvalidJson, DuplicateKey, TooDeep, InvalidValue.

    `repeated`: where a key stands twice the last one counts (RFC 8259, 4); OGC's own suite sends such bodies.
    """
    try:
        value = msgspec.json.decode(body)
        if not repeated:
            once(body)
    except msgspec.MsgspecError as error:
        raise InvalidJson(str(error), where="body") from error
    except RecursionError as error:
        raise TooDeep(f"at most {MAX_DEPTH} levels are taken", where="body") from error
    except ValueError as error:
        raise InvalidJson(str(error), where="body") from error
    check(value)
    return value


def once(body: bytes) -> None:
    """Raise DuplicateKey where a key stands twice in an object."""
    json.loads(body, object_pairs_hook=_unique, parse_int=str, parse_float=str, parse_constant=_constant)


def _unique(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise DuplicateKey(f"{key[:60]!r} stands twice", where=key[:60])
        seen.add(key)


def _constant(name: str) -> NoReturn:
    raise InvalidJson(f"{name} is not JSON; leave the value out or send null", where="body")


def check(value: Any) -> None:
    """Raise where a value is nested too deeply or holds text that cannot be stored."""
    _check(value, 1, "")


def _check(value: Any, depth: int, where: str) -> None:
    """Look at a value and what is in it. Places are made one at a time, and cut: keys may be long."""
    if isinstance(value, str):
        check_text(value, where=where)
        return
    if not isinstance(value, dict | list):
        return
    if depth > MAX_DEPTH:
        raise TooDeep(f"at most {MAX_DEPTH} levels are taken", where=where)
    if isinstance(value, list):
        for number, inner in enumerate(value):
            if isinstance(inner, str | dict | list):
                _check(inner, depth + 1, f"{where}[{number}]"[:_PLACE])
        return
    for key, inner in value.items():
        check_text(key, where=where)
        if isinstance(inner, str | dict | list):
            _check(inner, depth + 1, (f"{where}.{key[:_PLACE]}" if where else key)[:_PLACE])


def check_text(text: str, *, where: str) -> None:
    """Raise InvalidValue for text with a null character or half a surrogate pair."""
    if "\x00" in text:
        raise InvalidValue("the text contains a null character (\\u0000); leave it out", where=where[:200])
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidValue("the text is not valid Unicode", where=where[:200]) from error
