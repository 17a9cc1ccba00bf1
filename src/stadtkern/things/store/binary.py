# SPDX-License-Identifier: EUPL-1.2
"""Columns in PostgreSQL's binary form: array parameters and COPY data without a step per value."""

from __future__ import annotations

import struct
from collections.abc import Sequence
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
COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
COPY_TRAILER = b"\xff\xff"


class Array:
    """An array parameter, already in binary form."""

    __slots__ = ("content",)
    element = 0
    width = ">i8"

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


def copy_data(batch: Batch, ids: Integers) -> tuple[tuple[str, ...], bytes]:
    """The columns that these rows have, and the rows as COPY data."""
    wide: dict[str, tuple[Any, Flags]] = {
        "datastream_id": _numbers(batch.datastream_id),
        "phenomenon_time": _shifted(batch.time),
        "id": _numbers(ids),
        "result": (batch.result.astype(">f8"), np.isnan(batch.result)),
    }
    for name, column in (("phenomenon_end", batch.end), ("result_time", batch.result_time)):
        if column is not None:
            wide[name] = _shifted(column)
    if batch.feature_id is not None:
        wide["feature_id"] = _numbers(batch.feature_id)
    wide = {name: cells for name, cells in wide.items() if not cells[1].all()}
    narrow = _documents(batch)
    if not narrow and not any(absent.any() for _, absent in wide.values()):
        return tuple(wide), COPY_HEADER + _table([column for column, _ in wide.values()]) + COPY_TRAILER
    columns = [_cells(column.tobytes(), absent) for column, absent in wide.values()] + list(narrow.values())
    count = struct.pack(">h", len(columns))
    rows = [count + b"".join(cells) for cells in zip(*columns, strict=True)]
    return (*wide, *narrow), COPY_HEADER + b"".join(rows) + COPY_TRAILER


def _table(columns: list[Any]) -> bytes:
    """Rows of eight-byte values without gaps, laid out in one piece."""
    fields = [("count", ">i2")]
    for i, column in enumerate(columns):
        fields += [(f"length{i}", ">i4"), (f"value{i}", column.dtype.str)]
    rows = np.empty(len(columns[0]), np.dtype(fields))
    rows["count"] = len(columns)
    for i, column in enumerate(columns):
        rows[f"length{i}"] = 8
        rows[f"value{i}"] = column
    return rows.tobytes()


def _numbers(column: Integers) -> tuple[Any, Flags]:
    return column.astype(">i8"), column == NONE


def _shifted(column: Integers) -> tuple[Any, Flags]:
    absent = column == NONE
    return np.where(absent, 0, column - _SHIFT).astype(">i8"), absent


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


def _cells(raw: bytes, absent: Flags) -> list[bytes]:
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
