# SPDX-License-Identifier: EUPL-1.2
"""Forms that need a whole file: Parquet (GeoParquet 1.1 where there are geometries) and Excel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from stadtkern.features.api import workbook, writers
from stadtkern.features.entities import Row
from stadtkern.features.sources import Source

# Excel takes a million; making so many takes minutes.
MOST_ROWS = 100_000


class Table(Protocol):
    """A file that takes rows; its methods run in a thread."""

    def add(self, rows: Sequence[Row]) -> None:
        """Some more rows."""

    def close(self) -> None:
        """These were all."""


class Parquet:
    """Columns with types; geometries as well-known binary in longitude and latitude."""

    def __init__(self, path: Path, source: Source):
        import pyarrow as arrow
        import pyarrow.parquet as parquet

        kinds = {
            "text": arrow.string(),
            "integer": arrow.int64(),
            "number": arrow.float64(),
            "boolean": arrow.bool_(),
            "date": arrow.date32(),
            "instant": arrow.timestamp("us", tz="UTC"),
            "json": arrow.string(),
        }
        fields = [arrow.field(column.name, kinds[column.type]) for column in source.columns]
        metadata = None
        if source.geometry:
            fields.append(arrow.field("geometry", arrow.binary()))
            metadata = {b"geo": msgspec.json.encode(_described(source))}
        self._arrow = arrow
        self._json = [at for at, column in enumerate(source.columns) if column.type == "json"]
        self._spatial = source.geometry is not None
        self._schema = arrow.schema(fields, metadata=metadata)
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")

    def add(self, rows: Sequence[Row]) -> None:
        """One row group."""
        if not rows:
            return
        columns: list[list[Any]] = [
            list(values) for values in zip(*(row.values for row in rows), strict=True)
        ]
        for at in self._json:
            columns[at] = [None if value is None else bytes(value).decode() for value in columns[at]]
        if self._spatial:
            columns.append(_binary([row.geometry for row in rows]))
        arrays = [
            self._arrow.array(values, type=field.type)
            for values, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the foot."""
        self._writer.close()


class Xlsx:
    """One sheet; texts stay texts, also those that look like formulas."""

    def __init__(self, path: Path, source: Source):
        self._spatial = source.geometry is not None
        columns: list[tuple[str, str]] = [(column.name, column.type) for column in source.columns]
        if self._spatial:
            columns.append(("geometry", "text"))
        self._book = workbook.Book(
            path, sheet=source.key, names=[name for name, _ in columns], types=[kind for _, kind in columns]
        )

    def add(self, rows: Sequence[Row]) -> None:
        """Some more lines. Raises TooLargeForExcel."""
        if not rows:
            return
        columns: list[Sequence[Any]] = list(zip(*(row.values for row in rows), strict=True))
        if self._spatial:
            columns.append(writers.wkt([row.geometry for row in rows]))
        self._book.add(columns)

    def close(self) -> None:
        """Write the rest down."""
        self._book.close()


def _binary(shapes: Sequence[Any]) -> list[bytes | None]:
    import shapely

    found = shapely.from_geojson([None if s is None else bytes(s) for s in shapes], on_invalid="ignore")
    made: list[bytes | None] = shapely.to_wkb(found, output_dimension=2).tolist()
    return made


def _described(source: Source) -> dict[str, Any]:
    """The metadata of GeoParquet 1.1; without `crs` it is longitude and latitude."""
    kinds = [] if source.geometry in (None, "Geometry") else [source.geometry]
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": kinds}
    if source.bounds is not None:
        column["bbox"] = list(source.bounds)
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
