# SPDX-License-Identifier: EUPL-1.2
"""From fields of metadata to columns: checked, bound, with the box around the area."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from psycopg import sql
from psycopg.types.json import Jsonb

from stadtkern.catalogue import queries
from stadtkern.catalogue.entities import Dataset, Metadata
from stadtkern.catalogue.operations.problems import InvalidMetadata, NotInCatalogue
from stadtkern.core import access
from stadtkern.core.database import Connection

EVERYTHING = access.Scope((), True)
_LONGEST = 20_000


def metadata_columns(given: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the columns of catalogue.dataset. Raises InvalidMetadata."""
    values = columns(given, form=Metadata)
    if "spatial" in values:
        values["area"] = box(given["spatial"])
    since, until = given.get("temporal_from"), given.get("temporal_until")
    if isinstance(since, datetime) and isinstance(until, datetime) and since > until:
        raise InvalidMetadata("the time covered ends before it begins", where="temporal_until")
    return values


def columns(given: Mapping[str, Any], *, form: type[msgspec.Struct]) -> dict[str, Any]:
    """Fields of a struct, checked against its types, as the database takes them. Raises InvalidMetadata."""
    unknown = given.keys() - set(form.__struct_fields__)
    if unknown:
        raise InvalidMetadata(f"there is no field `{min(unknown)}`", where=min(unknown))
    kinds = {field.name: field.type for field in msgspec.structs.fields(form)}
    values = {}
    for name, value in given.items():
        try:
            checked = msgspec.convert(msgspec.to_builtins(value), kinds[name], strict=True)
        except msgspec.ValidationError as error:
            raise InvalidMetadata(f"{name}: {error}", where=name) from error
        values[name] = _bound(checked, name=name)
    return values


def _bound(value: Any, *, name: str) -> Any:
    if isinstance(value, str) and ("\0" in value or len(value) > _LONGEST):
        raise InvalidMetadata(f"{name} is longer than {_LONGEST} characters or holds a NUL", where=name)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping | msgspec.Struct):
        if b"\\u0000" in msgspec.json.encode(value):
            raise InvalidMetadata(f"{name} holds a NUL", where=name)
        return Jsonb(value)
    return value


def box(geometry: Mapping[str, Any] | None) -> str | None:
    """The box around a GeoJSON geometry, as PostgreSQL writes it. Raises InvalidMetadata."""
    if not geometry:
        return None
    points = list(_positions(geometry.get("coordinates")))
    if not points or any(not (-180 <= x <= 180 and -90 <= y <= 90) for x, y in points):
        raise InvalidMetadata("the area is no GeoJSON geometry in longitude and latitude", where="spatial")
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return f"({max(xs)},{max(ys)}),({min(xs)},{min(ys)})"


def _positions(given: Any) -> Iterator[tuple[float, float]]:
    if not isinstance(given, list | tuple) or not given:
        return
    if len(given) >= 2 and all(isinstance(number, int | float) for number in given[:2]):
        yield float(given[0]), float(given[1])
        return
    for part in given:
        yield from _positions(part)


async def update_dataset(connection: Connection, *, dataset_id: int, values: Mapping[str, Any]) -> None:
    """Write columns of one dataset."""
    if values:
        statement = sql.SQL("UPDATE catalogue.dataset SET {} WHERE dataset_id = {}").format(
            assignments(values), sql.Placeholder()
        )
        await connection.execute(statement, [*values.values(), dataset_id])


def assignments(names: Iterable[str]) -> sql.Composed:
    """`a = %s, b = %s` for columns."""
    return sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(n), sql.Placeholder()) for n in names)


async def insert(connection: Connection, *, table: str, values: Mapping[str, Any]) -> int:
    """Write a new row of a table of the catalogue; returns its id."""
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
        sql.Identifier("catalogue", table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() for _ in values),
    )
    row = await (await connection.execute(statement, list(values.values()))).fetchone()
    return int(row[0]) if row else 0


async def record(connection: Connection, *, dataset_id: int) -> Dataset:
    """The dataset as it stands now, for operations, which were allowed before. Raises NotInCatalogue."""
    found = await queries.one(connection, EVERYTHING, dataset_id=dataset_id)
    if found is None:
        raise NotInCatalogue()
    return found
