# SPDX-License-Identifier: EUPL-1.2
"""Lays columns of values out as the rows that COPY reads in its binary form, without a step per value."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

import msgspec
import numpy as np

from stadtkern.features.entities import Bounds, Type

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
_JSONB = b"\x01"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(2000, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
_BOX = struct.Struct(">4d")


class Even(NamedTuple):
    """Cells of which each is there and as wide as the others: big-endian numbers, one or more for each."""

    numbers: Sequence[np.ndarray[Any, Any]]


class Uneven(NamedTuple):
    """Cells of different widths, None where there is none; if each is there, all between the same bytes."""

    contents: Sequence[bytes | None]
    before: bytes = b""
    after: bytes = b""


Cells = Even | Uneven


def rows(columns: Sequence[Cells], *, n: int) -> bytes:
    """The rows that columns of `n` cells make (PostgreSQL, COPY, "Binary Format")."""
    strip = _Strip(n)
    strip.constant(struct.pack(">h", len(columns)))
    pieces: list[Sequence[bytes]] = []
    for cells in columns:
        if isinstance(cells, Even):
            strip.constant(struct.pack(">i", sum(one.itemsize for one in cells.numbers)))
            strip.fields.extend(cells.numbers)
            continue
        whole = None not in cells.contents
        contents = [one or b"" for one in cells.contents]
        lengths = np.fromiter(map(len, contents), np.int64, n) + len(cells.before) + len(cells.after)
        if not whole:
            lengths[[at for at, one in enumerate(cells.contents) if one is None]] = -1
        strip.fields.append(lengths.astype(">i4"))
        strip.constant(cells.before)
        pieces += [strip.taken(), contents]
        strip.constant(cells.after)
    if strip.fields:
        pieces.append(strip.taken())
    return b"".join(chain.from_iterable(zip(*pieces, strict=True)))


class _Strip:
    """What stands between two cells of uneven width, for all rows."""

    def __init__(self, n: int):
        self._n = n
        self.fields: list[np.ndarray[Any, Any]] = []

    def constant(self, content: bytes) -> None:
        """The same in each row."""
        if content:
            self.fields.append(np.full(self._n, np.void(content)))

    def taken(self) -> Sequence[bytes]:
        """So far, row by row; what follows begins anew."""
        names = [(f"f{at}", field.dtype) for at, field in enumerate(self.fields)]
        table = np.empty(self._n, np.dtype(names))
        for (name, _), field in zip(names, self.fields, strict=True):
            table[name] = field
        self.fields = []
        found: Sequence[bytes] = table.view(f"V{table.itemsize}").tolist()
        return found


def column(values: Sequence[Any], *, type: Type) -> Cells:
    """The values of a column, None where there is none. Raises ValueError where one does not fit the type."""
    known = [value for value in values if value is not None] if None in values else values
    try:
        written = _WAYS[type](known)
    except (TypeError, OverflowError, AttributeError, ValueError) as error:
        raise ValueError(f"a value is not of type {type}: {error}") from error
    if isinstance(written, np.ndarray) and len(known) == len(values):
        return Even([written])
    contents = _apart([written]) if isinstance(written, np.ndarray) else written
    if len(known) == len(values):
        return Uneven(contents)
    further = iter(contents)
    return Uneven([None if value is None else next(further) for value in values])


def points(longitude: Sequence[float | None], latitude: Sequence[float | None]) -> tuple[Cells, Cells]:
    """Points as GeoJSON, and their boxes. Raises ValueError where one is no number."""
    if None not in longitude and None not in latitude:
        x, y = np.array(longitude, ">f8"), np.array(latitude, ">f8")
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise ValueError("a coordinate is no number")
        spots = list(map(b",".join, zip(_spelled(longitude), _spelled(latitude), strict=True)))
        return Uneven(spots, _JSONB + b'{"type":"Point","coordinates":[', b"]}"), Even([x, y, x, y])
    known = [(x, y) for x, y in zip(longitude, latitude, strict=True) if x is not None and y is not None]
    documents = [msgspec.json.encode({"type": "Point", "coordinates": spot}).decode() for spot in known]
    texts, corners = iter(documents), iter([(x, y, x, y) for x, y in known])
    there = [x is not None and y is not None for x, y in zip(longitude, latitude, strict=True)]
    return shapes(
        [next(texts) if one else None for one in there], [next(corners) if one else None for one in there]
    )


def shapes(texts: Sequence[str | None], boxes: Sequence[Bounds | None]) -> tuple[Cells, Cells]:
    """Geometries as GeoJSON that is written already, and the boxes around them."""
    corners = [None if b is None else _BOX.pack(b[2], b[3], b[0], b[1]) for b in boxes]
    return Uneven([None if text is None else _JSONB + text.encode() for text in texts]), Uneven(corners)


def _apart(numbers: Sequence[np.ndarray[Any, Any]]) -> list[bytes]:
    table = np.rec.fromarrays(numbers)
    found: list[bytes] = table.view(f"V{table.itemsize}").tolist()
    return found


def _spelled(numbers: Sequence[float | None]) -> list[bytes]:
    return msgspec.json.encode(list(numbers))[1:-1].split(b",")


def _texts(values: Sequence[Any]) -> list[bytes]:
    return list(map(str.encode, values))


def _json(values: Sequence[Any]) -> list[bytes]:
    return [_JSONB + msgspec.json.encode(value) for value in values]


def _kind(values: Sequence[Any], kinds: str) -> np.ndarray[Any, Any]:
    found = np.array(values)
    if len(values) and found.dtype.kind not in kinds:
        raise ValueError(f"there is {found.dtype.name} among them")
    return found


def _integers(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    found = _kind(values, "iu")
    if found.dtype.kind == "u" and len(values) and found.max() >= 2**63:
        raise ValueError(f"{found.max()} is too large")
    return found.astype(">i8")


def _numbers(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    return _kind(values, "iuf").astype(">f8")


def _booleans(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    return _kind(values, "b").astype("u1")


def _days(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    return (np.array(list(map(date.toordinal, values)), np.int64) - _EPOCH_DAY).astype(">i4")


def _instants(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    known = {value: (value - _EPOCH) // _MICROSECOND for value in set(values)}
    return np.array(list(map(known.__getitem__, values)), ">i8")


_WAYS: Mapping[Type, Callable[[Sequence[Any]], np.ndarray[Any, Any] | list[bytes]]] = {
    "text": _texts,
    "integer": _integers,
    "number": _numbers,
    "boolean": _booleans,
    "date": _days,
    "instant": _instants,
    "json": _json,
}
