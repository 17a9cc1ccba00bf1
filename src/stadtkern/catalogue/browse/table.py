# SPDX-License-Identifier: EUPL-1.2
"""The beginning of a dataset's tables, as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from django.utils.translation import gettext, ngettext

from stadtkern.catalogue.browse import wording
from stadtkern.features import queries
from stadtkern.features.entities import Collection, Column
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit

_ROWS = 10
_COLUMNS = 12
_LONGEST = 80
_DIVIDED = 10_000
_YEARS = 3_000  # whole numbers below may be years, which are never divided
_NUMBERS = ("integer", "number")


class Head(msgspec.Struct, frozen=True):
    """A column as the table names it."""

    title: str
    unit: str
    number: bool


class Cell(msgspec.Struct, frozen=True):
    """A value as people write it. `day`: a date or a moment, which stays on one line."""

    text: str
    number: bool
    day: bool = False


class Preview(msgspec.Struct, frozen=True):
    """The first rows of a collection."""

    title: str
    says: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    more_columns: int
    geometry: bool
    collection: Collection


async def of_dataset(visit: Visit, *, dataset_id: int, rows: int = _ROWS) -> list[Preview]:
    """The collections of a dataset with their first rows."""
    found = await queries.collections(visit.connection, visit.scope, dataset_id=dataset_id, limit=3)
    return [await _preview(visit, collection, rows) for collection in found]


async def places(visit: Visit, *, collection: Collection, most: int) -> list[tuple[Mapping[str, Any], str]]:
    """Geometry and name of the first rows that have a place."""
    if collection.geometry is None:
        return []
    page = await queries.page(visit.connection, visit.scope, collection=collection, limit=most)
    named = next((index for index, column in enumerate(collection.columns) if column.type == "text"), None)
    return [
        (row.geometry, (str(row.values[named] or "") if named is not None else "") or str(row.id))
        for row in page.rows
        if isinstance(row.geometry, Mapping) and row.geometry.get("coordinates", row.geometry)
    ]


async def _preview(visit: Visit, collection: Collection, rows: int) -> Preview:
    columns = collection.columns[:_COLUMNS]
    page = await queries.page(visit.connection, visit.scope, collection=collection, limit=rows)
    n = formats.number(collection.n, digits=0)
    return Preview(
        title=wording.said(dict(collection.title)) or collection.key,
        says=ngettext("%(n)s Zeile", "%(n)s Zeilen", collection.n) % {"n": n},
        heads=[head(column) for column in columns],
        rows=cells([row.values for row in page.rows], columns, visit),
        more_columns=len(collection.columns) - len(columns),
        geometry=collection.geometry is not None,
        collection=collection,
    )


def head(column: Column) -> Head:
    """How a column is named at the top of a table."""
    return Head(wording.said(dict(column.title)) or column.name, column.unit, column.type in _NUMBERS)


def cell(value: Any, column: Column, visit: Visit) -> Cell:
    """A value as it stands alone."""
    return Cell(_said(value, column, visit), column.type in _NUMBERS, isinstance(value, date))


def cells(rows: Sequence[Sequence[Any]], columns: Sequence[Column], visit: Visit) -> list[list[Cell]]:
    """Rows as they stand below each other: in a column, either all whole numbers are divided or none is."""
    divided = {
        at
        for at, column in enumerate(columns)
        if column.type == "integer" and any(abs(row[at] or 0) >= _YEARS for row in rows)
    }
    return [
        [
            Cell(formats.number(value, digits=0), number=True)
            if at in divided and value is not None
            else cell(value, column, visit)
            for at, (value, column) in enumerate(zip(row, columns, strict=False))
        ]
        for row in rows
    ]


def _digits(value: float) -> int | None:
    """As many decimal places as a number has, six at most; None for those that are very small or large."""
    places = repr(value).partition(".")[2]
    if "e" in places or value != value:
        return None
    return min(6, len(places.rstrip("0")))


def _said(value: Any, column: Column, visit: Visit) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return gettext("ja") if value else gettext("nein")
    if column.type == "integer":
        # Years and short numbers are not divided (DIN 5008).
        return str(value) if abs(value) < _DIVIDED else formats.number(value, digits=0)
    if isinstance(value, int | float):
        return formats.number(value, digits=_digits(float(value)))
    if isinstance(value, datetime):
        return formats.short_moment(value, zone=visit.city.zone)
    if isinstance(value, date):
        return formats.day(value)
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
