# SPDX-License-Identifier: EUPL-1.2
"""Every write: make a collection, take a delivery of rows, take the collection away."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from psycopg import sql
from psycopg.types.json import Jsonb

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.features import entities, loading
from stadtkern.features.entities import Bounds, Collection, Column, Columns, Geometry
from stadtkern.features.versions import keeping

Batch = Sequence[Sequence[Any]] | Columns
Mode = Literal["replace", "append", "upsert"]

MOST_COLUMNS = 500
# How long a table that was replaced stays for those who are in the midst of reading it.
_READ_ON_SECONDS = 3_600
# Not free for a column: filters mean the feature's own by it.
_TAKEN = "geometry"
# Keys of collections that come from other packages.
RESERVED = ("things", "locations")


class CollectionExists(problems.Problem):
    """There is a collection with this key already.

    Nothing was made. Choose another key, or deliver to the one that exists.
    """

    status = 409


class UnfitColumns(problems.Problem):
    """The columns cannot be made into a table.

    Give each column a name of its own, other than geometry; there may be up to 500.
    """


class NoKey(problems.Problem):
    """Rows cannot be matched, because no column tells them apart.

    Mark the columns that identify a row as key, or replace the whole collection.
    """


async def create(
    connection: Connection,
    *,
    dataset_id: int,
    key: str,
    columns: Sequence[Column],
    geometry: Geometry | None = None,
    title: Mapping[str, str] | None = None,
    description: Mapping[str, str] | None = None,
    srid: int = 4326,
) -> Collection:
    """Make an empty collection; it is listed from its first delivery on.

    Raises CollectionExists, UnfitColumns.
    """
    _check(columns)
    params = {
        "dataset_id": dataset_id,
        "key": key,
        "title": Jsonb(title or {}),
        "description": Jsonb(description or {}),
        "columns": Jsonb(msgspec.to_builtins(columns)),
        "geometry": geometry,
        "srid": srid,
    }
    if key in RESERVED:
        raise CollectionExists(f"`{key}`")
    row = await (await connection.execute(_sql("create_collection"), params)).fetchone()
    if row is None:
        raise CollectionExists(f"`{key}`")
    return entities.collection(row)


async def load(
    connection: Connection,
    *,
    collection: Collection,
    batches: AsyncIterable[Batch] | Iterable[Batch],
    mode: Mode,
    columns: Sequence[Column] | None = None,
    srid: int | None = None,
    by: int | None = None,
    note: str = "",
) -> int:
    """Take a delivery of rows; returns how many. Readers see all of it at once, or on an error nothing.

    It is a version of its own, unless it replaces rows by exactly the same. `by` and `note` are kept with it.

    A row has its values in the order of the columns and, in a collection with geometry, behind them a GeoJSON
    geometry in longitude and latitude (dict, text or None); `Columns` are the quicker form of many rows.
    `columns` changes the columns, with `replace` only. `upsert` replaces rows with the same key and keeps
    their ids.
    Raises UnfitRows, BrokenGeometry, DuplicateKey, NoKey, UnfitColumns.
    """
    async with connection.transaction():
        row = await (await connection.execute(_sql("lock_collection"), {"id": collection.id})).fetchone()
        if row is None:
            raise problems.NotFound(f"the collection `{collection.key}` was removed")
        known = before = entities.collection(row)
        if columns is not None and mode == "replace":
            _check(columns)
            known = msgspec.structs.replace(known, columns=tuple(columns))
        fresh = mode == "replace" or not known.version
        if mode == "upsert" and not any(column.key for column in known.columns):
            raise NoKey(f"`{known.key}` has no key columns")
        if fresh:
            found = await loading.anew(connection, known, _batches(batches))
            if await _same(connection, before, known, found, srid=srid):
                await keeping.discard(connection, table_name=found.table_name)
                return found.rows
        else:
            last = await loading.last(connection, known.table_name)
            await keeping.bound(connection, known, last_id=last, over=mode == "upsert")
            bring = loading.behind if mode == "append" else loading.over
            found = await bring(connection, known, _batches(batches), first=last + 1)
        await _show(connection, known, found, srid=srid, fresh=fresh)
        await keeping.keep(connection, collection_id=known.id, mode=mode, by=by, note=note)
    return found.rows


async def describe(
    connection: Connection,
    *,
    collection: Collection,
    title: Mapping[str, str],
    description: Mapping[str, str],
) -> None:
    """Change what is said of a collection."""
    params = {"id": collection.id, "title": Jsonb(title), "description": Jsonb(description)}
    await connection.execute(_sql("describe_collection"), params)


async def drop(connection: Connection, *, collection: Collection) -> None:
    """Take a collection away with all its rows; nothing is said where it is gone already."""
    async with connection.transaction():
        held = await (await connection.execute(_sql("tables_of_versions"), {"id": collection.id})).fetchall()
        for name, *_ in held:
            await keeping.retire(connection, table_name=name)
        await connection.execute(_sql("drop_collection"), {"id": collection.id})


async def sweep(connection: Connection, *, seconds: float = _READ_ON_SECONDS) -> int:
    """Drop tables that were replaced longer ago than so many seconds; returns how many."""
    dropped = 0
    async with connection.transaction():
        names = await (await connection.execute(_sql("take_retired"), {"seconds": seconds})).fetchall()
        for (name,) in names:
            await connection.execute(
                sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier("features", name))
            )
            await connection.execute(_sql("forget_retired"), {"table_name": name})
            dropped += 1
    return dropped


async def _show(
    connection: Connection, known: Collection, found: loading.Loaded, *, srid: int | None, fresh: bool
) -> None:
    bounds = found.bounds if fresh else _around(known.bounds, found.bounds)
    params = {
        "id": known.id,
        "table_name": found.table_name,
        "columns": Jsonb(msgspec.to_builtins(known.columns)),
        "bounds": entities.box(bounds),
        "n": found.n,
        "srid": known.srid if srid is None else srid,
    }
    await connection.execute(_sql("save_delivery"), params)


async def _same(
    connection: Connection, before: Collection, known: Collection, found: loading.Loaded, *, srid: int | None
) -> bool:
    """Whether a delivery says nothing but what is shown already."""
    if not before.version or before.columns != known.columns or srid not in (None, before.srid):
        return False
    return found.n == before.n and await keeping.same(connection, before, table_name=found.table_name)


def _around(first: Bounds | None, second: Bounds | None) -> Bounds | None:
    if first is None or second is None:
        return first or second
    west, south = min(first[0], second[0]), min(first[1], second[1])
    return west, south, max(first[2], second[2]), max(first[3], second[3])


async def _batches(given: AsyncIterable[Batch] | Iterable[Batch]) -> AsyncIterator[Batch]:
    if isinstance(given, AsyncIterable):
        async for batch in given:
            yield batch
    else:
        for batch in given:
            yield batch


def _check(columns: Sequence[Column]) -> None:
    names = [column.name for column in columns]
    if not names or len(names) > MOST_COLUMNS:
        raise UnfitColumns(f"{len(names)} columns; there may be 1 to {MOST_COLUMNS}")
    for at, name in enumerate(names):
        if not name.strip() or len(name) > 200 or "\0" in name:
            raise UnfitColumns(f"column {at + 1} has no usable name", where=f"columns[{at}]")
        if name == _TAKEN:
            raise UnfitColumns(f"column {at + 1} is called {name}", where=f"columns[{at}]")
        if name in names[:at]:
            raise UnfitColumns(f"two columns are called {name[:80]!r}", where=f"columns[{at}]")


def _sql(name: str) -> Any:
    return statements.load("features")[name]
