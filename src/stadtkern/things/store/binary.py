# SPDX-License-Identifier: EUPL-1.2
"""Columns in PostgreSQL's binary form: array parameters and COPY data without a step per value."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import psycopg
from psycopg import pq
from psycopg.adapt import Dumper

from stadtkern.things.store.batch import NONE, Batch, Flags, Integers, Numbers, Texts

# PostgreSQL counts microseconds from 2000-01-01.
_SHIFT = 946_684_800_000_000
_HEADER = struct.Struct(">iiIii")
_LENGTH = struct.Struct(">i")
_NULL = b"\xff\xff\xff\xff"
_EIGHT = b"\x00\x00\x00\x08"
_PIECE = 8_192
COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
COPY_TRAILER = b"\xff\xff"


class Array:
    """An array parameter, already in binary form."""

    __slots__ = ("content",)
    element = 0
    width = ">i8"
    cell = struct.Struct(">iq")

    def __init__(self, content: bytes):
        self.content = content


class BigintArray(Array):
    """bigint[]."""

    element = 20


class InstantArray(Array):
    """timestamptz[]."""

    element = 1184


class FloatArray(Array):
    """float8[]."""

    element = 701
    width = ">f8"
    cell = struct.Struct(">id")


class TextArray(Array):
    """text[]."""

    element = 25


class _Dumper(Dumper):
    format = pq.Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj.content


def _register(kind: type[Array], oid: int) -> None:
    psycopg.adapters.register_dumper(kind, type(f"{kind.__name__}Dumper", (_Dumper,), {"oid": oid}))


_register(BigintArray, 1016)
_register(InstantArray, 1185)
_register(FloatArray, 1022)
_register(TextArray, 1009)

_Kind = TypeVar("_Kind", bound=Array)


def _fixed(kind: type[_Kind], column: Any, absent: Flags | None) -> _Kind:
    size = len(column)
    if absent is None or not absent.any():
        cells = np.empty(size, [("length", ">i4"), ("value", kind.width)])
        cells["length"] = 8
        cells["value"] = column
        return kind(_HEADER.pack(1, 0, kind.element, size, 1) + cells.tobytes())
    raw = np.asarray(column, kind.width).tobytes()
    parts = [_NULL if gone else _EIGHT + raw[i * 8 : i * 8 + 8] for i, gone in enumerate(absent.tolist())]
    return kind(_HEADER.pack(1, 1, kind.element, size, 1) + b"".join(parts))


def listed(kind: type[_Kind], values: Sequence[float | None]) -> _Kind:
    """The same of a few values: None becomes NULL, and instants count from 1970, as in a batch."""
    pack = kind.cell.pack
    if kind is InstantArray:
        cells = [pack(8, value - _SHIFT) for value in values if value is not None]
    else:
        cells = [_NULL if value is None else pack(8, value) for value in values]
    return kind(_HEADER.pack(1, None in values, kind.element, len(values), 1) + b"".join(cells))


def bigints(column: Integers | Sequence[int]) -> BigintArray:
    """bigint[]; NONE becomes NULL."""
    values = np.asarray(column, np.int64)
    return _fixed(BigintArray, values, values == NONE)


def instants(column: Integers) -> InstantArray:
    """timestamptz[]; NONE becomes NULL."""
    absent = column == NONE
    return _fixed(InstantArray, np.where(absent, 0, column - _SHIFT), absent)


def floats(column: Numbers) -> FloatArray:
    """float8[]; NaN becomes NULL."""
    return _fixed(FloatArray, column, np.isnan(column))


def texts(column: Texts) -> TextArray:
    """text[]; None becomes NULL."""
    parts = []
    for value in column.tolist():
        content = None if value is None else value.encode()
        parts.append(_NULL if content is None else _LENGTH.pack(len(content)) + content)
    return TextArray(_HEADER.pack(1, 1, TextArray.element, len(column), 1) + b"".join(parts))


def copy_data(batch: Batch, ids: Integers) -> tuple[tuple[str, ...], Iterator[bytes]]:
    """The columns that these rows have, and the rows as COPY data, made piece by piece while it is sent."""
    wide: dict[str, Any] = {
        "datastream_id": batch.datastream_id,
        "phenomenon_time": _shifted(batch.time),
        "id": ids,
        "result": batch.result,
    }
    for name, column in (("phenomenon_end", batch.end), ("result_time", batch.result_time)):
        if column is not None:
            wide[name] = _shifted(column)
    if batch.feature_id is not None:
        wide["feature_id"] = batch.feature_id
    absent = {name: _absent(column) for name, column in wide.items()}
    wide = {name: column for name, column in wide.items() if not absent[name].all()}
    narrow = _documents(batch)
    if not narrow and not any(absent[name].any() for name in wide):
        return tuple(wide), _framed(_table(list(wide.values()), part) for part in _pieces(len(ids)))
    cells = [_cells(column, absent[name]) for name, column in wide.items()] + list(narrow.values())
    return (*wide, *narrow), _framed(_rows(cells, part) for part in _pieces(len(ids)))


def _pieces(size: int) -> Iterator[slice]:
    for begin in range(0, size, _PIECE):
        yield slice(begin, begin + _PIECE)


def _framed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield COPY_HEADER
    yield from pieces
    yield COPY_TRAILER


def _table(columns: list[Any], part: slice) -> bytes:
    """Rows of eight-byte values without gaps, laid out in one piece."""
    fields = [("count", ">i2")]
    for i, column in enumerate(columns):
        fields += [(f"length{i}", ">i4"), (f"value{i}", ">f8" if column.dtype.kind == "f" else ">i8")]
    rows = np.empty(len(columns[0][part]), np.dtype(fields))
    rows["count"] = len(columns)
    for i, column in enumerate(columns):
        rows[f"length{i}"] = 8
        rows[f"value{i}"] = column[part]
    return rows.tobytes()


def _rows(columns: list[list[bytes]], part: slice) -> bytes:
    count = struct.pack(">h", len(columns))
    rows = zip(*(column[part] for column in columns), strict=True)
    return b"".join([count + b"".join(cells) for cells in rows])


def _shifted(column: Integers) -> Integers:
    return np.where(column == NONE, NONE, column - _SHIFT)


def _absent(column: Any) -> Flags:
    absent: Flags = np.isnan(column) if column.dtype.kind == "f" else column == NONE
    return absent


def _documents(batch: Batch) -> dict[str, list[bytes]]:
    """Cells of the columns whose width differs from row to row."""
    cells: dict[str, list[bytes]] = {}
    if batch.valid_from is not None and batch.valid_until is not None:
        cells["valid_time"] = _range_cells(batch.valid_from, batch.valid_until)
    for name in ("result_json", "result_quality", "parameters"):
        column: Texts | None = getattr(batch, name)
        if column is not None:
            cells[name] = _document_cells(column)
    return cells


def _cells(column: Any, absent: Flags) -> list[bytes]:
    raw = column.astype(">f8" if column.dtype.kind == "f" else ">i8").tobytes()
    return [_NULL if gone else _EIGHT + raw[i * 8 : i * 8 + 8] for i, gone in enumerate(absent.tolist())]


def _document_cells(column: Texts) -> list[bytes]:
    cells = []
    for value in column.tolist():
        content = None if value is None else b"\x01" + value.encode()
        cells.append(_NULL if content is None else _LENGTH.pack(len(content)) + content)
    return cells


def _range_cells(lower: Integers, upper: Integers) -> list[bytes]:
    """tstzrange, closed at both ends where they are the same instant, else open at the upper end."""
    cells = []
    for low, high in zip(lower.tolist(), upper.tolist(), strict=True):
        if low == NONE:
            cells.append(_NULL)
            continue
        flags = 0x06 if low == high else 0x02
        cells.append(struct.pack(">iBiqiq", 25, flags, 8, low - _SHIFT, 8, high - _SHIFT))
    return cells
