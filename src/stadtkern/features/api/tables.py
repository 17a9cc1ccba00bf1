# SPDX-License-Identifier: EUPL-1.2
"""Forms that need a whole file: Parquet (GeoParquet 1.1 where there are geometries) and Excel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from stadtkern.features.api import writers
from stadtkern.features.entities import Row
from stadtkern.features.sources import Source

# Excel takes a million; making so many takes minutes.
MOST_ROWS = 100_000
_CELL_CHARACTERS = 32_767


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
        from openpyxl import Workbook

        self._path = path
        self._spatial = source.geometry is not None
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(_sheet_name(source.key))
        names = [column.name for column in source.columns] + (["geometry"] if self._spatial else [])
        self._sheet.append([self._cell(name) for name in names])

    def add(self, rows: Sequence[Row]) -> None:
        """Some more lines."""
        texts = writers.wkt([row.geometry for row in rows]) if self._spatial else [None] * len(rows)
        for row, text in zip(rows, texts, strict=True):
            values = [*row.values, text] if self._spatial else row.values
            self._sheet.append([self._cell(value) for value in values])

    def close(self) -> None:
        """Write it down."""
        self._book.save(self._path)

    def _cell(self, value: Any) -> Any:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        if isinstance(value, datetime):
            return value.astimezone(UTC).replace(tzinfo=None)
        if isinstance(value, msgspec.Raw):
            value = bytes(value).decode()
        if not isinstance(value, str):
            return value
        made = WriteOnlyCell(self._sheet, ILLEGAL_CHARACTERS_RE.sub("", value)[:_CELL_CHARACTERS])
        made.data_type = "s"
        return made


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


def _sheet_name(key: str) -> str:
    return key[:31] or "data"
