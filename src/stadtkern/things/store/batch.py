# SPDX-License-Identifier: EUPL-1.2
"""Readings as columns: the one shape in which the store takes them, a single one or fifty thousand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import msgspec
import numpy as np
import numpy.typing as npt

from stadtkern.things import readings

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

# Stands for "none" in the columns of instants and numbers of features.
NONE = np.iinfo(np.int64).min
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = 3_600_000_000
_TEXTS = ("result_json", "result_quality", "parameters")
_MICROSECOND = timedelta(microseconds=1)
_EXACT = 2**53
# Until 2096 a float of seconds tells microseconds apart with room to spare.
_COARSE = 4e9

_encode = msgspec.json.Encoder().encode


class Batch(msgspec.Struct, kw_only=True, eq=False):
    """Columns of equal length. Instants are microseconds since 1970 (UTC), documents are JSON texts or None.

    `result` holds numbers, NaN where the result is not a number; `result_json` then says what it is.
    Optional columns are None where no row has a value.
    """

    datastream_id: Integers
    time: Integers
    result: Numbers
    result_json: Texts | None = None
    end: Integers | None = None
    result_time: Integers | None = None
    valid_from: Integers | None = None
    valid_until: Integers | None = None
    result_quality: Texts | None = None
    feature_id: Integers | None = None
    parameters: Texts | None = None

    def __len__(self) -> int:
        return len(self.time)

    @property
    def plain(self) -> bool:
        """Whether there is nothing but datastreams, times and numbers."""
        if any(getattr(self, name) is not None for name in OPTIONAL):
            return False
        return not np.isnan(self.result).any()

    def take(self, rows: Integers | Flags | slice) -> Self:
        """The rows at these positions, in their order."""
        taken: dict[str, Any] = {}
        for name in self.__struct_fields__:
            column = getattr(self, name)
            taken[name] = None if column is None else column[rows]
        return type(self)(**taken)


OPTIONAL = (
    "result_json",
    "end",
    "result_time",
    "valid_from",
    "valid_until",
    "result_quality",
    "feature_id",
    "parameters",
)


def joined(parts: Sequence[Batch]) -> Batch:
    """One batch of several, in their order."""
    if len(parts) == 1:
        return parts[0]
    columns: dict[str, Any] = {}
    for name in Batch.__struct_fields__:
        pieces = [getattr(part, name) for part in parts]
        if any(piece is not None for piece in pieces):
            blank: Any = None if name in _TEXTS else NONE
            kind: Any = object if name in _TEXTS else np.int64
            columns[name] = np.concatenate(
                [
                    np.full(len(part), blank, kind) if piece is None else piece
                    for part, piece in zip(parts, pieces, strict=True)
                ]
            )
    return Batch(**columns)


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (instant - EPOCH) // _MICROSECOND


def column_of(moments: Sequence[datetime]) -> Integers:
    """Microseconds since 1970 of many instants; one by one in a future where floats are too coarse."""
    seconds = np.fromiter((moment.timestamp() for moment in moments), np.float64, len(moments))
    if len(seconds) and np.abs(seconds).max() > _COARSE:
        return np.fromiter((microseconds(moment) for moment in moments), np.int64, len(moments))
    return np.rint(seconds * 1e6).astype(np.int64)


def instant(microseconds: int) -> datetime:
    """The inverse of `microseconds`."""
    return EPOCH + timedelta(microseconds=int(microseconds))


def split_result(value: Any) -> tuple[float, str | None]:
    """A result as number (NaN for none) and JSON text. Truth values get both: counted and kept."""
    if value is None:
        return np.nan, None
    kind = type(value)
    if kind is float:
        return value, None
    if kind is int:
        return (float(value), None) if -_EXACT <= value <= _EXACT else (float(value), str(value))
    if kind is bool:
        return float(value), "true" if value else "false"
    return np.nan, _encode(value).decode()


def of_readings(items: Sequence[readings.Reading]) -> Batch:
    """The columns of readings that were found usable."""
    size = len(items)
    results = np.empty(size)
    documents: list[str | None] | None = None
    for row, item in enumerate(items):
        value = item.result
        if type(value) is float:
            results[row] = value
            continue
        results[row], document = split_result(value)
        if document is not None:
            documents = documents or [None] * size
            documents[row] = document
    return Batch(
        datastream_id=np.fromiter((item.datastream_id for item in items), np.int64, size),
        time=column_of([item.phenomenon_time for item in items]),
        result=results,
        result_json=None if documents is None else _objects(documents),
        end=_instants([item.phenomenon_end for item in items]),
        result_time=_instants([item.result_time for item in items]),
        valid_from=_instants([item.valid_time[0] if item.valid_time else None for item in items]),
        valid_until=_instants([item.valid_time[1] if item.valid_time else None for item in items]),
        result_quality=_documents([item.result_quality for item in items]),
        feature_id=_numbers([item.feature_id for item in items]),
        parameters=_documents([item.parameters for item in items]),
    )


def to_readings(rows: Batch) -> Iterator[readings.Reading]:
    """The rows one by one, for those who judge single readings."""
    for row in range(len(rows)):
        document = None if rows.result_json is None else rows.result_json[row]
        number = float(rows.result[row])
        start, until = _moment(rows.valid_from, row), _moment(rows.valid_until, row)
        yield readings.Reading(
            datastream_id=int(rows.datastream_id[row]),
            phenomenon_time=instant(rows.time[row]),
            result=_decoded(rows.result_json, row) if document else None if np.isnan(number) else number,
            phenomenon_end=_moment(rows.end, row),
            result_time=_moment(rows.result_time, row),
            valid_time=(start, until) if start is not None and until is not None else None,
            result_quality=_decoded(rows.result_quality, row),
            feature_id=None
            if rows.feature_id is None or rows.feature_id[row] == NONE
            else int(rows.feature_id[row]),
            parameters=_decoded(rows.parameters, row),
        )


def _moment(column: Integers | None, row: int) -> datetime | None:
    return None if column is None or column[row] == NONE else instant(column[row])


def _decoded(column: Texts | None, row: int) -> Any:
    return None if column is None or column[row] is None else msgspec.json.decode(column[row])


def of_columns(
    *,
    datastream_id: int | Sequence[int] | Integers,
    times: Sequence[datetime] | Integers,
    results: Sequence[Any] | Numbers,
    ends: Sequence[datetime | None] | None = None,
    result_times: Sequence[datetime | None] | None = None,
    qualities: Sequence[Any] | None = None,
    feature_id: int | None = None,
) -> Batch:
    """The columns of rows that come as lists, for imports and data arrays."""
    if not isinstance(times, np.ndarray):
        times = column_of(times)
    size = len(times)
    documents: Texts | None = None
    if not isinstance(results, np.ndarray):
        pairs = [split_result(value) for value in results]
        if any(document is not None for _, document in pairs):
            documents = _objects([document for _, document in pairs])
        results = np.fromiter((number for number, _ in pairs), np.float64, size)
    streams = np.full(size, datastream_id) if isinstance(datastream_id, int) else np.asarray(datastream_id)
    return Batch(
        datastream_id=streams.astype(np.int64, copy=False),
        time=times,
        result=results,
        result_json=documents,
        end=_instants(ends or ()),
        result_time=_instants(result_times or ()),
        result_quality=_documents(qualities or ()),
        feature_id=None if feature_id is None else np.full(size, feature_id, np.int64),
    )


def _objects(values: Sequence[str | None]) -> Texts:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _instants(values: Sequence[datetime | None]) -> Integers | None:
    return _numbers([None if value is None else microseconds(value) for value in values])


def _numbers(values: Sequence[int | None]) -> Integers | None:
    if all(value is None for value in values):
        return None
    return np.fromiter((NONE if value is None else value for value in values), np.int64, len(values))


def _documents(values: Sequence[Any]) -> Texts | None:
    if all(value is None for value in values):
        return None
    return _objects([None if value is None else _encode(value).decode() for value in values])
