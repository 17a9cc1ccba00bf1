# SPDX-License-Identifier: EUPL-1.2
"""Reads what consists of records: JSON, lines of JSON, Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from stadtkern.core import jsons
from stadtkern.ingest.imports.formats import kinds

MOST_BYTES = 400 * 2**20
"""JSON is read whole; larger files belong into lines of JSON, CSV or Parquet."""
_KEYS_OF = 5_000


class _Geo(msgspec.Struct):
    """What a GeoParquet file says of itself, as far as it concerns us."""

    primary_column: str = ""


_decode_geo = msgspec.json.Decoder(_Geo).decode


def rows(*, path: Path, kind: kinds.Kind) -> Iterator[Sequence[Any]]:
    """Header and rows of a list of records, or of lists."""
    return _parquet(path) if kind == "parquet" else _records(_read(path, kind))


def read_json(path: Path) -> Any:
    """The document. Raises RefusedFile with the place of the mistake."""
    if path.stat().st_size > MOST_BYTES:
        raise kinds.RefusedFile("large_json", "the JSON file is larger than 400 MiB", most=MOST_BYTES)
    try:
        return msgspec.json.decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except jsons.UNREADABLE as error:
        why = jsons.why(error)
        raise kinds.RefusedFile("json", f"the file is not JSON: {why}", why=why) from error


def _read(path: Path, kind: kinds.Kind) -> Iterator[Any]:
    if kind == "ndjson":
        yield from _lines(path)
        return
    found = read_json(path)
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list) and value]
        found = max(lists, key=len, default=[found])
    if not isinstance(found, list) or not found:
        raise kinds.RefusedFile("no_records", "there is no list of records in the file")
    yield from found


def _lines(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                yield msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
            except jsons.UNREADABLE as error:
                why = f"{number}: {jsons.why(error)}"
                raise kinds.RefusedFile("json", f"line {why}", why=why) from error


def _records(records: Iterator[Any]) -> Iterator[Sequence[Any]]:
    first = list(islice(records, _KEYS_OF))
    if all(isinstance(record, list) for record in first):
        yield from first
        yield from (record for record in records if isinstance(record, list))
        return
    names = list(dict.fromkeys(name for record in first for name in flat(record)))
    yield names
    for record in first:
        values = flat(record)
        yield [values.get(name) for name in names]
    for record in records:
        values = flat(record)
        unknown = next((name for name in values if name not in names), None)
        if unknown is not None:
            raise kinds.RefusedFile("late_key", f"{unknown!r} comes up only far down the file", key=unknown)
        yield [values.get(name) for name in names]


def flat(record: Any) -> dict[str, Any]:
    """A record with the objects in it spread out by one level: `{"a": {"b": 1}}` → `a.b`."""
    if not isinstance(record, Mapping):
        return {"value": record}
    found: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Mapping) and "coordinates" not in value:
            found.update({f"{name}.{inner}": deeper for inner, deeper in value.items()})
        else:
            found[str(name)] = value
    return found


def _parquet(path: Path) -> Iterator[Sequence[Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        geometry = _geometry_of(file)
        yield list(file.schema_arrow.names)
        for batch in file.iter_batches(batch_size=20_000):
            columns = [
                _points(column.to_pylist()) if name == geometry else column.to_pylist()
                for name, column in zip(batch.schema.names, batch.columns, strict=True)
            ]
            yield from zip(*columns, strict=True)
    except (pa.ArrowException, OSError) as error:
        raise kinds.RefusedFile("broken", f"the Parquet file cannot be read: {error}") from error


def _geometry_of(file: Any) -> str:
    """The name of the main geometry column (GeoParquet 1.1), empty without one."""
    told = (file.schema_arrow.metadata or {}).get(b"geo")
    try:
        return _decode_geo(told).primary_column if told else ""
    except jsons.UNREADABLE as error:
        reason = f"what it says of its geometry is not as GeoParquet has it: {error}"
        raise kinds.RefusedFile("broken", f"the Parquet file cannot be read: {reason}") from error


def _points(column: Sequence[bytes | None]) -> list[Any]:
    import shapely

    try:
        shapes = shapely.from_wkb(column, on_invalid="ignore")
    except (NotImplementedError, TypeError) as error:  # curves; something else than bytes
        reason = "its geometry is not encoded as WKB without curves"
        raise kinds.RefusedFile("broken", f"the Parquet file cannot be read: {reason}") from error
    return [None if shape is None else msgspec.json.decode(shapely.to_geojson(shape)) for shape in shapes]
