# SPDX-License-Identifier: EUPL-1.2
"""Every read: which collections there are, pages of their rows, and how many fulfil a filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import errors

from stadtkern.core import fragments, problems
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.features import entities, ordering, rows, sources, spatial, tree
from stadtkern.features.compiler import Compiler
from stadtkern.features.entities import Bounds, Collection, Page, Row
from stadtkern.features.sources import Source, Stored

# What a dataset says of itself holds for the collection that is called as it is.
_COLLECTION = (
    "select c.id, c.dataset_id, c.key,"
    " case when c.key = d.key and jsonb_typeof(d.about -> 'title') = 'object' then d.about -> 'title'"
    " else c.title end,"
    " case when c.description = '{}' and jsonb_typeof(d.about -> 'description') = 'object'"
    " then d.about -> 'description' else c.description end,"
    " c.columns, c.geometry, c.srid, c.bounds, c.n, c.version, c.table_name, c.modified_at, d.key"
    " from features.collection c join core.dataset d on d.id = c.dataset_id where "
)
# Rows are counted one by one up to here; beyond, nobody waits for the exact number.
MOST_COUNTED = 100_000
# What a page may weigh; pages of so few rows are not weighed.
MOST_BYTES = 32 * 2**20
_SMALL = 200


class NoSuchCollection(problems.Problem):
    """There is no such collection.

    `/ogc/collections` lists what there is; what you may not see is also answered this way.
    """

    status = 404


# Tables up to here are sorted and counted however it is asked; larger ones as their indexes allow.
MANY = 100_000
BRIEF_MILLISECONDS = 20
# What PostgreSQL may estimate for a page in an order, in its own units; reading a million rows costs as much.
MOST_COST = 50_000.0


class OrderTooDear(problems.Problem):
    """Rows in this order would have to be found by reading most of a large table.

    Sort by one column that has an index, in either direction, or narrow the rows down by a filter first.
    """


class NoSuchFeature(problems.Problem):
    """There is no such feature in the collection.

    Check its id; a delivery that replaced the collection numbered the features anew.
    """

    status = 404


async def collections(
    connection: Connection,
    scope: Scope,
    *,
    dataset_id: int | None = None,
    after: str = "",
    limit: int | None = None,
) -> list[Collection]:
    """Collections that have been delivered, by their key; only those of one dataset, or all."""
    conditions = [
        scope.on("c.dataset_id"),
        scope.on("d.id"),
        Fragment("c.version > 0 and c.key > %s", (after,)),
    ]
    if dataset_id is not None:
        conditions.append(Fragment("c.dataset_id = %s", (dataset_id,)))
    statement = (
        Fragment(_COLLECTION) + fragments.every(conditions) + Fragment(" order by c.key limit %s", (limit,))
    )
    return [entities.collection(row) for row in await rows.fetch(connection, statement)]


async def find(connection: Connection, scope: Scope, *, key: str) -> Collection:
    """One collection by its key. Raises NoSuchCollection."""
    conditions = [
        scope.on("c.dataset_id"),
        scope.on("d.id"),
        Fragment("c.version > 0 and c.key = %s", (key,)),
    ]
    found = await rows.fetch(connection, Fragment(_COLLECTION) + fragments.every(conditions))
    if not found:
        raise NoSuchCollection(f"no collection {key[:80]!r}")
    return entities.collection(found[0])


async def page(
    connection: Connection,
    scope: Scope,
    *,
    collection: Collection | Source,
    filter: tree.Filter | None = None,
    bbox: Bounds | None = None,
    order: Sequence[tree.Order] = (),
    limit: int = 100,
    after: int | None = None,
    offset: int = 0,
    raw: bool = False,
) -> Page:
    """Rows in an order, by their number where none is given; `after` is the number of the row before.

    Empty values come last in either direction, texts are ordered by their first 200 characters. `offset`
    skips rows one by one: the further, the dearer. With `raw` JSON stays unread text, and the page is shorter
    than `limit` where its rows are large.
    Raises UnknownColumn, UnfitComparison, TooManyGeometries, OrderTooDear.
    """
    source = of(collection)
    walk = spatial.Walk(after or 0, limit + 1 + offset) if not order else None
    where = await condition(connection, scope, source=source, filter=filter, bbox=bbox, walk=walk)
    columns = ", ".join([f"f.id, {source.shape}", *(source.column(at) for at in range(len(source.columns)))])
    statement = Fragment(f"select {columns}") + sources.selected(source, scope)
    statement += Fragment(" and ") + where
    if after is not None:
        statement += Fragment(" and f.id > %s", (after,))
    large = _large(source)
    parts = ordering.parts(source, order, statement, large=large)
    if order and large:
        for part in parts:
            await _affordable(connection, part + Fragment(" limit %s", (limit + 1 + offset,)), source)
    more = False
    if raw and not order and limit > _SMALL:
        first = parts[0] + Fragment(" limit %s offset %s", (limit + 1, offset))
        found, more = await rows.first(connection, first, most=MOST_BYTES, raw=raw)
    else:
        found = await ordering.walk(connection, parts, limit=limit + 1, offset=offset, raw=raw)
    kept = [Row(row[0], row[2:], row[1]) for row in found[:limit]]
    more = more or len(found) > limit
    return Page(rows=kept, after=kept[-1].id if more and kept else None)


async def one(connection: Connection, scope: Scope, *, source: Source, id: int, raw: bool = False) -> Row:
    """One row by its number. Raises NoSuchFeature."""
    columns = ", ".join([f"f.id, {source.shape}", *(source.column(at) for at in range(len(source.columns)))])
    statement = (
        Fragment(f"select {columns}") + sources.selected(source, scope) + Fragment(" and f.id = %s", (id,))
    )
    found = await rows.fetch(connection, statement, raw=raw)
    if not found:
        raise NoSuchFeature(f"no feature {id} in {source.key}")
    return Row(found[0][0], found[0][2:], found[0][1])


async def count(
    connection: Connection,
    scope: Scope,
    *,
    collection: Collection | Source,
    filter: tree.Filter | None = None,
    bbox: Bounds | None = None,
    most: int = MOST_COUNTED,
    milliseconds: int | None = None,
) -> int | None:
    """How many rows fulfil a filter; None where there are more than `most`, or it takes too long.

    Where somebody waits, rows of a large table are not counted if PostgreSQL expects more than `most`.
    """
    source = of(collection)
    if filter is None and bbox is None and source.n is not None:
        statement = Fragment("select 1 where ") + source.access(scope)
        return source.n if await rows.fetch(connection, statement) else 0
    where = await condition(connection, scope, source=source, filter=filter, bbox=bbox)
    inner = Fragment("select 1") + sources.selected(source, scope) + Fragment(" and ") + where
    if milliseconds is not None and _large(source) and await _estimate(connection, inner) > most:
        return None
    limited = inner + Fragment(" limit %s", (most + 1,))
    counting = Fragment("select count(*) from (") + limited + Fragment(") counted")
    if milliseconds is None:
        number = int((await rows.fetch(connection, counting))[0][0])
    else:
        try:
            async with connection.transaction():
                await connection.execute(f"set local statement_timeout = {milliseconds:d}".encode())
                number = int((await rows.fetch(connection, counting))[0][0])
        except errors.QueryCanceled:
            return None
    return number if number <= most else None


async def _affordable(connection: Connection, statement: Fragment, source: Source) -> None:
    """Ask PostgreSQL what it would cost. Raises OrderTooDear."""
    if (await _plan(connection, statement))["Total Cost"] <= MOST_COST:
        return
    names = ", ".join(source.columns[at].name for at in sources.indexed(source.columns))
    raise OrderTooDear(f"{source.key} has {source.n or 'very many'} rows; sort by id or one of: {names}")


async def _estimate(connection: Connection, statement: Fragment) -> float:
    """How many rows PostgreSQL expects."""
    return float((await _plan(connection, statement))["Plan Rows"])


async def _plan(connection: Connection, statement: Fragment) -> Mapping[str, Any]:
    ((plan,),) = await rows.fetch(connection, Fragment("explain (format json) ") + statement)
    found: Mapping[str, Any] = plan[0]["Plan"]
    return found


def _large(source: Source) -> bool:
    return source.n is None or source.n > MANY


def patience(collection: Collection | Source, *, most: int) -> int:
    """Milliseconds to count for: at most so many, of a large table as few as nobody notices."""
    n = collection.n
    return most if n is not None and n <= MANY else min(most, BRIEF_MILLISECONDS)


async def condition(
    connection: Connection,
    scope: Scope,
    *,
    source: Source,
    filter: tree.Filter | None,
    bbox: Bounds | None,
    walk: spatial.Walk | None = None,
) -> Fragment:
    """The condition in SQL, with what is spatial settled for a page that reads on in the order of ids.

    Raises UnknownColumn, UnfitComparison, TooManyGeometries.
    """
    asked = [] if filter is None else [filter]
    if bbox is not None:
        asked.append(tree.Spatial("s_intersects", "", box=bbox))
    solved = await spatial.solve(connection, scope, source=source, filters=asked, walk=walk)
    compiler = Compiler(source, scope, solved)
    return fragments.every([Fragment("true"), *(compiler.condition(node) for node in asked)])


def of(collection: Collection | Source) -> Source:
    """A collection as a source of rows."""
    return Stored(collection) if isinstance(collection, Collection) else collection
