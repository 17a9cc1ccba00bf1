# SPDX-License-Identifier: EUPL-1.2
"""The words of a mapping for tables and features: the same cleaning as for series, other targets."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from stadtkern.ingest.imports import mapping
from stadtkern.ingest.imports.mapping import Clean, File, InvalidMapping, Spec

Type = Literal["text", "integer", "number", "boolean", "date", "instant", "json"]
Mode = Literal["replace", "append", "upsert"]
TYPES: tuple[Type, ...] = ("text", "integer", "number", "boolean", "date", "instant", "json")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class Column(Spec, frozen=True, kw_only=True):
    """A column of the file and what becomes of it."""

    source: str
    """Its label in the file: the header, with a number behind it where a header comes twice."""
    name: str
    """Its name in the table: small letters, digits and `_`."""
    title: str = ""
    type: Type = "text"
    unit: str = ""
    clean: Clean = Clean()
    decimal: Literal["", ".", ","] = ""
    """Decimal sign where the column has another one than the file."""
    thousands: Literal["", ".", ",", " ", "'"] = ""
    format: str = "auto"
    """How dates are written: `auto` or a strptime pattern."""


class Place(Spec, frozen=True, kw_only=True):
    """Where the geometry stands: two columns of coordinates, or one with GeoJSON or WKT."""

    x: str = ""
    """Column of the longitude or easting."""
    y: str = ""
    geometry: str = ""
    srid: int = 4326
    """EPSG number of the reference system of the coordinates."""


class Table(Spec, frozen=True, kw_only=True):
    """A mapping whose target is a table, or features where it has a place."""

    dataset: str = ""
    title: str = ""
    file: File = File()
    zone: str = "Europe/Berlin"
    """Zone of times without an offset of their own."""
    columns: list[Column]
    place: Place | None = None
    key: tuple[str, ...] = ()
    """Columns that tell rows apart, for deliveries that add to the table."""
    mode: Mode = "replace"
    """What a later delivery does: a new version of the whole, more rows, or changed rows by key."""


def labels(header: Sequence[str]) -> list[str]:
    """A label for each column: its header; numbered where it is empty or comes again."""
    found: list[str] = []
    for place, cell in enumerate(header, start=1):
        label = " ".join(cell.split()) or f"Spalte {place}"
        if label in found:
            label = f"{label} ({place})"
        found.append(label)
    return found


def names(found: Sequence[str]) -> list[str]:
    """A name for each label that a database and a URL can do with."""
    used: list[str] = ["id", "geometry"]
    for label in found:
        plain = re.sub(r"[^a-z0-9]+", "_", label.lower().translate(_UMLAUTS)).strip("_")[:48]
        name = plain if plain and not plain[0].isdigit() else f"s_{plain}".rstrip("_")
        base, n = name, 2
        while name in used:
            name, n = f"{base}_{n}", n + 1
        used.append(name)
    return used[2:]


def check(table: Table) -> None:
    """Raises InvalidMapping where the mapping contradicts itself."""
    for problem in _faults(table):
        raise InvalidMapping(problem)


def _faults(table: Table) -> Iterator[str]:
    if not table.columns and table.place is None:
        yield "no column was chosen"
    taken = [column.name for column in table.columns]
    for name in taken:
        if taken.count(name) > 1:
            yield f"two columns are called {name!r}"
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,58}", name) or name in ("id", "geometry", "bounds"):
            yield f"{name!r} cannot be the name of a column"
    for name in table.key:
        if name not in taken:
            yield f"the key {name!r} is no column of the table"
    if table.mode == "upsert" and not table.key:
        yield "to change rows by key, choose the columns of the key"
    place = table.place
    if place is not None and not place.geometry and not (place.x and place.y):
        yield "a place needs two columns of coordinates, or one of geometries"


def digest(table: Table) -> str:
    """Fingerprint of what the mapping says."""
    return hashlib.sha256(msgspec.json.encode(table, order="deterministic")).hexdigest()


def file_of(table: Table, column: Column) -> mapping.File:
    """How the numbers of one column are written."""
    if not column.decimal and not column.thousands:
        return table.file
    return msgspec.structs.replace(
        table.file, decimal=column.decimal or table.file.decimal, thousands=column.thousands
    )
