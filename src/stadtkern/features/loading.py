# SPDX-License-Identifier: EUPL-1.2
"""Brings rows into the table of a collection: anew, behind the others, or over those with the same key."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import errors, sql
from psycopg.types.json import Jsonb

from stadtkern.core import problems
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.features import binary, entities, making, shapes
from stadtkern.features.entities import Bounds, Collection, Column, Columns
from stadtkern.features.versions import keeping

_COLUMN = re.compile(r"\bc(\d+)\b")


class UnfitRows(problems.Problem):
    """A row does not fit the collection's columns.

    Nothing of the delivery was stored. Mend the row, or give its column another type.
    """


class Loaded(msgspec.Struct, kw_only=True):
    """What a delivery came to: rows in it, rows there are now, where they lie, in which table."""

    table_name: str
    rows: int = 0
    n: int = 0
    bounds: Bounds | None = None


Batches = AsyncIterator[Sequence[Sequence[Any]] | Columns]


async def anew(connection: Connection, known: Collection, batches: Batches) -> Loaded:
    """Into a table of its own, which gets its indexes when it is full."""
    found = Loaded(table_name=f"t_{known.id}_{known.version + 1}")
    await making.make(connection, known, name=found.table_name)
    await _copy(connection, known, batches, found, table=_table(found.table_name), first=1, frozen=True)
    found.n = found.rows
    await making.index(connection, known, name=found.table_name)
    return found


async def of_rows(connection: Connection, known: Collection, source: Fragment) -> Loaded:
    """Into a table of its own too, from rows that are read from `source`, which is called `f`."""
    found = Loaded(table_name=f"t_{known.id}_{known.version + 1}")
    await making.make(connection, known, name=found.table_name)
    names = ["id", *_names(known), *(("geometry", "bounds") if known.geometry else ())]
    head = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM ").format(
        _table(found.table_name), _list(names), _list(names)
    )
    text = head.as_string(connection) + source.text
    await connection.execute(text.encode(), source.params)
    await making.index(connection, known, name=found.table_name)
    return found


async def behind(connection: Connection, known: Collection, batches: Batches, *, first: int) -> Loaded:
    """Behind the rows that are there, with ids from `first` on."""
    found = Loaded(table_name=known.table_name)
    await _copy(connection, known, batches, found, table=_table(known.table_name), first=first)
    found.n = known.n + found.rows
    return found


async def over(connection: Connection, known: Collection, batches: Batches, *, first: int) -> Loaded:
    """Over rows with the same key, which keep their ids; the others come behind, with ids from `first` on.

    Rows that change are kept as they were, with the number of the version that changed them.
    """
    found = Loaded(table_name=known.table_name)
    table, staging = _table(known.table_name), sql.Identifier(f"staged_{known.id}")
    await connection.execute(
        sql.SQL("CREATE TEMP TABLE {} (LIKE {} INCLUDING DEFAULTS) ON COMMIT DROP").format(staging, table)
    )
    await _copy(connection, known, batches, found, table=staging, first=first)
    names = [*_names(known), *(("geometry", "bounds") if known.geometry else ())]
    keys = [f"c{at}" for at, column in enumerate(known.columns, start=1) if column.key]
    try:
        row = await (await connection.execute(_merged(known, names, keys, staging))).fetchone()
    except errors.CardinalityViolation as error:
        raise making.DuplicateKey("each key may stand once in a delivery") from error
    await connection.execute(sql.SQL("DROP TABLE {}").format(staging))
    former = _table(keeping.before(known.table_name))
    await connection.execute(sql.SQL("ANALYZE {}, {}").format(_table(known.table_name), former))
    found.n = known.n + (int(row[0]) if row else 0)
    return found


def _merged(
    known: Collection, names: Sequence[str], keys: Sequence[str], staging: sql.Identifier
) -> sql.Composed:
    """Merges staged rows, keeps what they change, and counts the new ones; it reads the table as it was."""
    table, former = _table(known.table_name), _table(keeping.before(known.table_name))
    said = [name for name in names if name != "bounds"]
    return sql.SQL(
        "WITH merged AS (INSERT INTO {table} AS t (id, {names}) SELECT id, {names} FROM {staging} ORDER BY id"
        " ON CONFLICT ({keys}) DO UPDATE SET {changes} RETURNING t.id, {new}, xmax = 0 AS fresh),"
        " former AS (INSERT INTO {former} (id, {names}, replaced_in) SELECT o.id, {old}, {version}"
        " FROM merged AS m JOIN {table} AS o ON o.id = m.id"
        " WHERE NOT m.fresh AND ({old_said}) IS DISTINCT FROM ({new_said}))"
        " SELECT count(*) FILTER (WHERE fresh) FROM merged"
    ).format(
        table=table,
        former=former,
        staging=staging,
        names=_list(names),
        keys=_list(keys),
        changes=sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(n)) for n in names),
        new=sql.SQL(", ").join(sql.Identifier("t", n) for n in names),
        old=sql.SQL(", ").join(sql.Identifier("o", n) for n in names),
        old_said=sql.SQL(", ").join(sql.Identifier("o", n) for n in said),
        new_said=sql.SQL(", ").join(sql.Identifier("m", n) for n in said),
        version=sql.Literal(known.version + 1),
    )


async def _copy(
    connection: Connection,
    known: Collection,
    batches: Batches,
    found: Loaded,
    *,
    table: sql.Composable,
    first: int,
    frozen: bool = False,
) -> None:
    """Copy rows; `frozen` into a table that nobody else can see yet, which spares it a later visit."""
    names = ["id", *_names(known), *(("geometry", "bounds") if known.geometry else ())]
    list_ = _list(names)
    ahead = aiter(batches)
    batch = await anext(ahead, None)
    try:
        while batch is not None:
            # Columns go in COPY's binary form, rows in its text form; a delivery has mostly one of them.
            columns = isinstance(batch, Columns)
            how = [*(["FREEZE"] if frozen else []), *(["FORMAT binary"] if columns else [])]
            options = sql.SQL(f" ({', '.join(how)})" if how else "")
            statement = sql.SQL("COPY {} ({}) FROM STDIN{}").format(table, list_, options)
            async with connection.cursor() as cursor, cursor.copy(statement) as copy:
                if columns:
                    await copy.write(binary.HEADER)
                while batch is not None and isinstance(batch, Columns) == columns:
                    await _write(copy, known, batch, found, first=first)
                    batch = await anext(ahead, None)
                if columns:
                    await copy.write(binary.TRAILER)
    except errors.UniqueViolation as error:
        raise making.DuplicateKey("the collection has a row with this key already: use upsert") from error
    except psycopg.DataError as error:
        raise _unfit(error, known.columns) from error


async def _write(
    copy: psycopg.AsyncCopy,
    known: Collection,
    batch: Sequence[Sequence[Any]] | Columns,
    found: Loaded,
    *,
    first: int,
) -> None:
    if isinstance(batch, Columns):
        await copy.write(_laid_out(known, batch, found, first=first))
        return
    for row in _rows(known, batch, found, first=first):
        await copy.write_row(row)


def _rows(
    known: Collection, batch: Sequence[Sequence[Any]], found: Loaded, *, first: int
) -> Iterator[tuple[Any, ...]]:
    width = len(known.columns) + (known.geometry is not None)
    json = [at for at, column in enumerate(known.columns) if column.type == "json"]
    shown: Sequence[tuple[Any, ...]] = [()] * len(batch)
    if known.geometry:
        read = _shapes(known, [row[-1] for row in batch], found)
        shown = list(zip(read.texts, map(entities.box, read.boxes), strict=True))
    for row, shape in zip(batch, shown, strict=True):
        if len(row) != width:
            raise UnfitRows(f"row {found.rows + 1} has {len(row)} values, not {width}", row=found.rows + 1)
        values = list(row[: len(known.columns)])
        for at in json:
            values[at] = None if values[at] is None else Jsonb(values[at])
        yield (first + found.rows, *values, *shape)
        found.rows += 1


def _laid_out(known: Collection, batch: Columns, found: Loaded, *, first: int) -> bytes:
    """A batch of columns as COPY takes it."""
    if len(batch.values) != len(known.columns):
        raise UnfitRows(f"there are {len(batch.values)} columns, not {len(known.columns)}")
    if not batch.n:
        return b""
    cells = [binary.column(range(first + found.rows, first + found.rows + batch.n), type="integer")]
    where = ""
    try:
        for values, column in zip(batch.values, known.columns, strict=True):
            where = column.name
            cells.append(binary.column(values, type=column.type))
        if batch.points is not None and known.geometry:
            where = "geometry"
            around = shapes.of_points(*batch.points, first=found.rows + 1)
            found.bounds = shapes.around(found.bounds, around)
            cells += binary.points(*batch.points)
        elif known.geometry:
            read = _shapes(known, batch.shapes or [None] * batch.n, found)
            cells += binary.shapes(read.texts, read.boxes)
        laid_out = binary.rows(cells, n=batch.n)
    except ValueError as error:
        here = f"rows {found.rows + 1} to {found.rows + batch.n}, column {where}: {error}"
        raise UnfitRows(here, where=where) from error
    found.rows += batch.n
    return laid_out


def _shapes(known: Collection, given: Sequence[Any], found: Loaded) -> shapes.Read:
    read = shapes.read(given, kind=known.geometry, first=found.rows + 1)
    found.bounds = shapes.around(found.bounds, read.bounds)
    return read


def _unfit(error: psycopg.DataError, columns: Sequence[Column]) -> UnfitRows:
    message = str(error.diag.message_primary or error).partition("\n")[0]
    context = str(error.diag.context or "")
    line = re.search(r"line (\d+)", context)
    column = _COLUMN.search(context)
    name = columns[int(column[1]) - 1].name if column and int(column[1]) <= len(columns) else ""
    where = f"row {line[1]}" if line else "a row"
    return UnfitRows(f"{where}{f', column {name}' if name else ''}: {message}", where=name)


async def last(connection: Connection, table_name: str) -> int:
    """The highest id in a table; 0 where it is empty."""
    statement = sql.SQL("SELECT max(id) FROM {}").format(_table(table_name))
    row = await (await connection.execute(statement)).fetchone()
    return int(row[0] or 0) if row else 0


def _names(known: Collection) -> list[str]:
    return [f"c{at}" for at in range(1, len(known.columns) + 1)]


def _list(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _table(name: str) -> sql.Identifier:
    return sql.Identifier("features", name)
