# SPDX-License-Identifier: EUPL-1.2
"""The kinds of files that hold readings, and how a reading becomes a line in each."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from stadtkern.catalogue.takeaway.walk import Reading
from stadtkern.core import times
from stadtkern.features.api import tables, writers
from stadtkern.features.entities import Column, Row

# As many as in Excel files of tables: making more takes minutes.
MOST_IN_EXCEL = tables.MOST_ROWS
# Changes when the files look different from then on, so that none that is kept is taken for one of these.
EDITION = "1"
_HEAD = ("phenomenonTime", "result", "resultQuality", "Datastream/id", "Datastream/name")
_COLUMNS = (
    Column(name="phenomenonTime", type="instant"),
    Column(name="phenomenonTimeEnd", type="instant"),
    Column(name="result", type="number"),
    Column(name="resultText", type="text"),
    Column(name="unit", type="text"),
    Column(name="resultQuality", type="text"),
    Column(name="Datastream/id", type="integer"),
    Column(name="Datastream/name", type="text"),
)


class Form(NamedTuple):
    """A kind of file: its media type, and the most readings it takes."""

    kind: str
    most: int | None = None


FORMS = {
    "csv": Form("text/csv; charset=utf-8; header=present"),
    "xlsx": Form("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", MOST_IN_EXCEL),
    "parquet": Form("application/vnd.apache.parquet"),
}


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What the files of tables ask of their source."""

    key: str
    columns: Sequence[Column] = _COLUMNS
    geometry: None = None


def table(name: str, path: Path, *, key: str) -> tables.Table:
    """An empty file."""
    described: Any = Described(key=key)
    return tables.Parquet(path, described) if name == "parquet" else tables.Xlsx(path, described)


async def as_rows(pages: AsyncIterator[Sequence[Reading]]) -> AsyncIterator[Sequence[Row]]:
    """Readings as rows of these columns."""
    async for readings in pages:
        yield [Row(0, _values(reading), None) for reading in readings]


async def as_csv(pages: AsyncIterator[Sequence[Reading]]) -> AsyncIterator[bytes]:
    """Comma-separated values (RFC 4180): times in UTC, a span as `from/until` (ISO 8601), decimal point."""
    yield _text([_HEAD])
    async for readings in pages:
        yield await asyncio.to_thread(_lines, readings)


def _lines(readings: Sequence[Reading]) -> bytes:
    return _text([_line(reading) for reading in readings])


def _line(reading: Reading) -> tuple[Any, ...]:
    time = times.format_instant(reading.time)
    if reading.end is not None:
        time += "/" + times.format_instant(reading.end)
    result: Any = reading.result
    if reading.document is not None or result is None:
        result = _told(reading.document)
    elif result.is_integer() and abs(result) < 1e15:
        result = int(result)
    series = reading.series
    return (
        time, writers.cell(result), writers.cell(_told(reading.quality)), series.id, writers.cell(series.name)
    )  # fmt: skip


def _values(reading: Reading) -> tuple[Any, ...]:
    series = reading.series
    text = None if reading.document is None else _told(reading.document)
    quality = None if reading.quality is None else _told(reading.quality)
    number = None if text is not None else reading.result
    return reading.time, reading.end, number, text, series.symbol, quality, series.id, series.name


def _told(document: Any) -> str:
    """A text as it is, everything else as JSON; nothing where there is nothing."""
    if document is None or isinstance(document, str):
        return document or ""
    return msgspec.json.encode(document).decode()


def _text(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
