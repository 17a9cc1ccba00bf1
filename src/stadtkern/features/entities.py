# SPDX-License-Identifier: EUPL-1.2
"""What a collection is: its columns, its geometry, where its rows lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

Type = Literal["text", "integer", "number", "boolean", "date", "instant", "json"]
Geometry = Literal[
    "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon",
    "GeometryCollection", "Geometry",
]  # fmt: skip
# West, south, east, north in degrees.
Bounds = tuple[float, float, float, float]


class Column(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A column: `name` stands in documents and queries; columns with `key` together tell rows apart."""

    name: str
    type: Type
    title: Mapping[str, str] = {}
    unit: str = ""
    description: Mapping[str, str] = {}
    key: bool = False
    parts: Mapping[str, Mapping[str, str]] = {}


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """A collection of features, or a plain table where `geometry` is None."""

    id: int
    dataset_id: int
    key: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    columns: tuple[Column, ...]
    geometry: Geometry | None
    srid: int
    bounds: Bounds | None
    n: int
    version: int
    table_name: str
    modified_at: datetime
    # What its dataset is called in addresses; empty where only the collection itself was asked for.
    dataset_key: str = ""


class Row(msgspec.Struct, frozen=True):
    """One row: its number, its values in the order of the columns, its geometry (GeoJSON) or None."""

    id: int
    values: Sequence[Any]
    geometry: Any


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Rows as columns, as a file has them: the quickest way into a collection.

    `points` are longitudes and latitudes in degrees, `shapes` geometries (GeoJSON); one of them where the
    collection has a geometry. None is *no value*, everywhere.
    """

    n: int
    values: Sequence[Sequence[Any]]
    points: tuple[Sequence[float | None], Sequence[float | None]] | None = None
    shapes: Sequence[Any] | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows, and after which number the next ones begin; None where these were the last."""

    rows: Sequence[Row]
    after: int | None


# The columns of a collection's own row.
_OWN = 13


def collection(row: Sequence[Any]) -> Collection:
    """A collection from its row in the database."""
    return Collection(
        id=row[0],
        dataset_id=row[1],
        key=row[2],
        title=row[3],
        description=row[4],
        columns=msgspec.convert(row[5], tuple[Column, ...]),
        geometry=row[6],
        srid=row[7],
        bounds=corners(row[8]),
        n=row[9],
        version=row[10],
        table_name=row[11],
        modified_at=row[12],
        dataset_key=row[13] if len(row) > _OWN else "",
    )


def corners(text: str | None) -> Bounds | None:
    """West, south, east, north of PostgreSQL's `box`, which is written `(east,north),(west,south)`."""
    if text is None:
        return None
    east, north, west, south = (float(part.strip("()")) for part in text.split(","))
    return west, south, east, north


def box(bounds: Bounds | None) -> str | None:
    """Bounds as PostgreSQL's `box`."""
    if bounds is None:
        return None
    west, south, east, north = bounds
    return f"({east!r},{north!r}),({west!r},{south!r})"
