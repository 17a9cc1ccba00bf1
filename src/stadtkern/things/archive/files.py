# SPDX-License-Identifier: EUPL-1.2
"""A month of a dataset as a Parquet file with a manifest; loads pyarrow, so only the worker imports it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stadtkern.core import folders, problems

ROWS_PER_GROUP = 65_536
FORMAT = 1
_PIECE = 1 << 20
_TIME = pa.timestamp("us", tz="UTC")

# What each column means stands in docs/operations.md. Documents are JSON texts.
SCHEMA = pa.schema(
    [
        pa.field("datastream_id", pa.int64(), nullable=False),
        pa.field("phenomenon_time", _TIME, nullable=False),
        pa.field("phenomenon_end", _TIME),
        pa.field("slot", pa.int16(), nullable=False),
        pa.field("id", pa.int64(), nullable=False),
        pa.field("result", pa.float64()),
        pa.field("result_json", pa.string()),
        pa.field("result_time", _TIME),
        pa.field("valid_from", _TIME),
        pa.field("valid_until", _TIME),
        pa.field("result_quality", pa.string()),
        pa.field("feature_id", pa.int64()),
        pa.field("parameters", pa.string()),
    ],
    metadata={"stadtkern": f"observations, format {FORMAT}"},
)

Pieces = Callable[[], AsyncIterator[pa.Table]]


class ArchiveDamaged(problems.Problem):
    """A file of the archive is missing or not what was written.

    Put it back from a backup of the data folder; `stadtkern archive verify` names all that are damaged.
    """

    status = 500


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside a file and in the database: how to recognise it, and what it holds."""

    dataset: str
    month: str
    file: str
    rows: int
    bytes: int
    sha256: str
    datastreams: int
    first_time: datetime | None
    last_time: datetime | None
    written_at: datetime
    format: int = FORMAT


def folder(*, dataset: str, month: date) -> Path:
    """Where a month of a dataset lies below the archive's folder, as DuckDB and pandas understand it."""
    return Path(f"dataset={dataset}") / f"month={month:%Y-%m}"


def table(rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows in the order of the schema's columns."""
    columns = list(zip(*rows, strict=True)) or [()] * len(SCHEMA)
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


async def write(root: Path, *, dataset: str, month: date, generation: int, pieces: Pieces) -> Manifest:
    """Write a file, prove it against the source, put it into place for good; the source is read twice.

    Raises ArchiveDamaged where what was read back differs; nothing is in place then.
    """
    place = root / folder(dataset=dataset, month=month)
    place.mkdir(parents=True, exist_ok=True)
    name = f"observations-{generation:04}.parquet"
    fresh = place / f".{name}.new"
    try:
        streams, first, last = await _fill(fresh, pieces)
        rows = await _prove(fresh, pieces)
        digest = sha256(fresh)
        size = fresh.stat().st_size
        fresh.replace(place / name)
    finally:
        fresh.unlink(missing_ok=True)
    manifest = Manifest(
        dataset=dataset, month=f"{month:%Y-%m}", file=name, rows=rows, bytes=size, sha256=digest,
        datastreams=streams, first_time=first, last_time=last, written_at=datetime.now(UTC),
    )  # fmt: skip
    _keep(place / "_manifest.json", msgspec.json.format(msgspec.json.encode(manifest)))
    for each in (place, place.parent, root):
        folders.sync(each)
    return manifest


async def _fill(path: Path, pieces: Pieces) -> tuple[int, datetime | None, datetime | None]:
    """Write row groups; returns how many datastreams there are, and the first and last time."""
    streams: set[int] = set()
    first: datetime | None = None
    last: datetime | None = None
    with path.open("wb") as handle:
        with pq.ParquetWriter(
            handle, SCHEMA, compression="zstd", write_page_checksum=True, use_dictionary=_TEXTS
        ) as writer:
            async for piece in pieces():
                writer.write_table(piece, row_group_size=ROWS_PER_GROUP)
                spread = pc.min_max(piece["phenomenon_time"]).as_py()
                low, high = spread["min"], spread["max"]
                first = low if first is None else min(first, low)
                last = high if last is None else max(last, high)
                streams.update(piece["datastream_id"].unique().to_pylist())
        handle.flush()
        os.fsync(handle.fileno())
    return len(streams), first, last


_TEXTS = ["result_json", "result_quality", "parameters", "datastream_id", "feature_id"]


async def _prove(path: Path, pieces: Pieces) -> int:
    """Compare what was written with the source, row group by row group; returns the number of rows."""
    rows = 0
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        group = 0
        async for piece in pieces():
            found = file.read_row_group(group) if group < file.num_row_groups else SCHEMA.empty_table()
            if not found.equals(piece):
                raise ArchiveDamaged(f"{path.name}: row group {group} was not read back as it was written")
            group += 1
            rows += len(piece)
        if group != file.num_row_groups:
            raise ArchiveDamaged(f"{path.name}: {file.num_row_groups} row groups instead of {group}")
    return rows


def sha256(path: Path) -> str:
    """The checksum of a file, read piece by piece. Raises ArchiveDamaged."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as handle:
            while piece := handle.read(_PIECE):
                digest.update(piece)
    except OSError as error:
        raise ArchiveDamaged(f"{path}: {error.strerror}") from error
    return digest.hexdigest()


def groups(path: Path, *, column: str, value: int) -> Iterator[pa.Table]:
    """The rows with a value in a column, reading no more row groups than needed. Raises ArchiveDamaged."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            at = SCHEMA.get_field_index(column)
            for group in range(file.num_row_groups):
                spread = file.metadata.row_group(group).column(at).statistics
                if spread is None or not spread.has_min_max or spread.min <= value <= spread.max:
                    keys = file.read_row_group(group, columns=[column])[column]
                    mask = pc.equal(keys, value)
                    if pc.any(mask).as_py():
                        yield file.read_row_group(group).filter(mask)
    except (OSError, pa.ArrowException) as error:
        raise ArchiveDamaged(f"{path}: {error}") from error


def count(path: Path) -> int:
    """How many rows a file has. Raises ArchiveDamaged."""
    try:
        with pq.ParquetFile(path) as file:
            return int(file.metadata.num_rows)
    except (OSError, pa.ArrowException) as error:
        raise ArchiveDamaged(f"{path}: {error}") from error


def _keep(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(path)
