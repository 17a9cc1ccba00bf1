# SPDX-License-Identifier: EUPL-1.2
"""Writes columns of values as the lines that COPY reads, a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from stadtkern.features.entities import Type

_NULL = "\\N"
_SIGNS = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def written(columns: Sequence[Sequence[str]]) -> bytes:
    """Lines of texts that are columns; the last line ends too."""
    lines = "\n".join(map("\t".join, zip(*columns, strict=True)))
    return f"{lines}\n".encode() if lines else b""


def column(values: Sequence[Any], *, type: Type) -> list[str]:
    """The values of a column as COPY's text form has them (PostgreSQL, COPY, "Text Format")."""
    write = _WAYS[type]
    if None in values:
        known = iter(write([value for value in values if value is not None]))
        return [_NULL if value is None else next(known) for value in values]
    return write(values)


def texts(values: Sequence[str]) -> list[str]:
    """Texts in which tabs, line ends and backslashes are told from those of the form."""
    whole = "".join(values)
    if any(sign in whole for sign in "\\\t\n\r"):
        return [value.translate(_SIGNS) for value in values]
    return list(values)


def points(longitude: Sequence[float | None], latitude: Sequence[float | None]) -> list[list[str]]:
    """Points as GeoJSON, and their boxes."""
    spots = list(
        map(",".join, zip(column(longitude, type="number"), column(latitude, type="number"), strict=True))
    )
    shapes = [f'{{"type":"Point","coordinates":[{spot}]}}' for spot in spots]
    boxes = [f"({spot}),({spot})" for spot in spots]
    for place, spot in enumerate(spots) if any(_NULL in spot for spot in spots) else ():
        if _NULL in spot:
            shapes[place] = boxes[place] = _NULL
    return [shapes, boxes]


def nullable(values: Sequence[str | None]) -> list[str]:
    """Texts, some of which may be missing."""
    return column(values, type="text")


def _json(values: Sequence[Any]) -> list[str]:
    return texts([msgspec.json.encode(value).decode() for value in values])


def _plain(values: Sequence[Any]) -> list[str]:
    """Days and instants come again and again, and each is costly to write."""
    known = {value: str(value) for value in set(values)}
    return list(map(known.__getitem__, values))


def _numbers(values: Sequence[Any]) -> list[str]:
    """As JSON has them, which is written many times faster; it has neither infinity nor 65 bits."""
    try:
        text = msgspec.json.encode(list(values)).decode()
    except OverflowError:
        text = "null"
    if not values or "null" in text:
        return list(map(repr, values))
    return text[1:-1].split(",")


_WAYS: Mapping[Type, Callable[[Sequence[Any]], list[str]]] = {
    "text": texts,
    "integer": _numbers,
    "number": _numbers,
    "boolean": _plain,
    "date": _plain,
    "instant": _plain,
    "json": _json,
}
