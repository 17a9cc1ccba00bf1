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


def plain_rows(batch: Batch, ids: Integers) -> bytes:
    """COPY data of (datastream_id, phenomenon_time, id, result) for rows that have nothing else."""
    lengths = [(f"l{i}", ">i4") for i in range(4)]
    widths = [("datastream_id", ">i8"), ("time", ">i8"), ("id", ">i8"), ("result", ">f8")]
    fields = [("count", ">i2")] + [part for pair in zip(lengths, widths, strict=True) for part in pair]
    rows = np.empty(len(batch), np.dtype(fields))
    rows["count"] = 4
    for name, _ in lengths:
        rows[name] = 8
    rows["datastream_id"] = batch.datastream_id
    rows["time"] = batch.time - _SHIFT
    rows["id"] = ids
    rows["result"] = batch.result
    return COPY_HEADER + rows.tobytes() + COPY_TRAILER


def _cells(raw: bytes, absent: Flags) -> list[bytes]:
    return [_NULL if gone else _EIGHT + raw[i * 8 : i * 8 + 8] for i, gone in enumerate(absent.tolist())]


def _instant_cells(column: Integers | None, size: int) -> list[bytes]:
    if column is None:
        return [_NULL] * size
    absent = column == NONE
    return _cells(np.where(absent, 0, column - _SHIFT).astype(">i8").tobytes(), absent)


def _number_cells(column: Numbers) -> list[bytes]:
    return _cells(column.astype(">f8").tobytes(), np.isnan(column))


def _bigint_cells(column: Integers | None, size: int) -> list[bytes]:
    if column is None:
        return [_NULL] * size
    return _cells(column.astype(">i8").tobytes(), column == NONE)


def _document_cells(column: Texts | None, size: int) -> list[bytes]:
    if column is None:
        return [_NULL] * size
    cells = []
    for value in column.tolist():
        content = None if value is None else b"\x01" + value.encode()
        cells.append(_NULL if content is None else _LENGTH.pack(len(content)) + content)
    return cells


def _range_cells(lower: Integers | None, upper: Integers | None, size: int) -> list[bytes]:
    """tstzrange, closed at both ends where they are the same instant, else open at the upper end."""
    if lower is None or upper is None:
        return [_NULL] * size
    cells = []
    for low, high in zip(lower.tolist(), upper.tolist(), strict=True):
        if low == NONE:
            cells.append(_NULL)
            continue
        flags = 0x06 if low == high else 0x02
        cells.append(struct.pack(">iBiqiq", 25, flags, 8, low - _SHIFT, 8, high - _SHIFT))
    return cells


def full_rows(batch: Batch, ids: Integers) -> bytes:
    """COPY data of all columns but the slot, in the order of the statement `copy_full_rows`."""
    size = len(batch)
    columns = [
        _bigint_cells(batch.datastream_id, size),
        _instant_cells(batch.time, size),
        _bigint_cells(ids, size),
        _instant_cells(batch.end, size),
        _number_cells(batch.result),
        _instant_cells(batch.result_time, size),
        _bigint_cells(batch.feature_id, size),
        _range_cells(batch.valid_from, batch.valid_until, size),
        _document_cells(batch.result_json, size),
        _document_cells(batch.result_quality, size),
        _document_cells(batch.parameters, size),
    ]
    count = struct.pack(">h", len(columns))
    rows = [count + b"".join(cells) for cells in zip(*columns, strict=True)]
    return COPY_HEADER + b"".join(rows) + COPY_TRAILER
