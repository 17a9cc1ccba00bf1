# SPDX-License-Identifier: EUPL-1.2
"""How many entities a query has: exact where that is cheap, else an estimate that shows nothing hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from stadtkern.core import fragments
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import entities
from stadtkern.things.entities import EntityType, Relation
from stadtkern.things.language.places import Place
from stadtkern.things.language.places import connection as connecting
from stadtkern.things.language.tree import Options
from stadtkern.things.language.typed import Solution, Typed
from stadtkern.things.queries import level, rows
from stadtkern.things.queries.locate import Parent

# Rows that are counted one by one before the estimate takes over.
EXACT_UP_TO = 200_000


Solved = Mapping[Typed, Solution]


async def count(
    connection: Connection,
    scope: Scope,
    *,
    entity: EntityType,
    options: Options,
    parent: Parent | None,
    solved: Solved | None = None,
) -> tuple[int, bool]:
    """The number of entities on all pages together, and whether it is exact."""
    if entity is entities.OBSERVATION and options.filter is None:
        known = await _from_states(connection, scope, parent)
        if known is not None:
            return known, True
    prepared = _bare(scope, entity, options, solved)
    body = _body(prepared.place, [level.of_parent(prepared, parent), *prepared.conditions])
    limited = (
        Fragment("select count(*) from (select 1") + body + Fragment(f" limit {EXACT_UP_TO + 1:d}) counted")
    )
    number = int((await rows.fetch(connection, limited))[0][0])
    if number <= EXACT_UP_TO:
        return number, True
    if scope.ids or not scope.negated:
        # The planner's statistics cover hidden rows too; for others the number is a lower bound.
        return number, False
    return max(number, await _estimate(connection, Fragment("select 1") + body)), False


async def count_each(
    connection: Connection,
    scope: Scope,
    *,
    relation: Relation,
    options: Options,
    ids: Sequence[int],
    solved: Solved | None = None,
) -> dict[int, int]:
    """For each parent the number of entities a relation leads to; parents without any are left out."""
    if relation.remote == "datastream_id" and options.filter is None:
        return await _states(connection, ids)
    prepared = _bare(scope, entities.target(relation), options, solved)
    body = _body(prepared.place, [connecting(relation, "p", prepared.place.alias), *prepared.conditions])
    statement = (
        Fragment("select p.id, x.n from unnest(%s::bigint[]) as p(id) cross join lateral (", (list(ids),))
        + Fragment("select count(*) as n")
        + body
        + Fragment(") x where x.n > 0")
    )
    return {row[0]: row[1] for row in await rows.fetch(connection, statement)}


def _bare(scope: Scope, entity: EntityType, options: Options, solved: Solved | None) -> level.Level:
    bare = replace(options, expand=(), order=(), token=None)
    return level.prepare(scope=scope, entity=entity, options=bare, solved=solved)


def _body(place: Place, conditions: Sequence[Fragment]) -> Fragment:
    return (
        Fragment(" from ")
        + place.table
        + place.frame.tail()
        + Fragment(" where ")
        + fragments.every(conditions)
    )


async def _states(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    statement = Fragment(
        "select datastream_id, n from things.datastream_state where datastream_id = any(%s) and n > 0",
        (list(ids),),
    )
    return {row[0]: row[1] for row in await rows.fetch(connection, statement)}


async def _from_states(connection: Connection, scope: Scope, parent: Parent | None) -> int | None:
    """All observations, or all of one datastream, summed from what is known about each datastream."""
    if parent is None:
        statement = Fragment(
            "select coalesce(sum(s.n), 0)::bigint from things.datastream_state s"
            " join things.datastream d on d.id = s.datastream_id where "
        ) + scope.on("d.dataset_id")
        return int((await rows.fetch(connection, statement))[0][0])
    if parent.relation.remote == "datastream_id":
        return (await _states(connection, [parent.id])).get(parent.id, 0)
    return None


async def _estimate(connection: Connection, statement: Fragment) -> int:
    async with connection.cursor() as cursor:
        await rows.execute(cursor, Fragment("explain (format json) ") + statement)
        row = await cursor.fetchone()
    return int(row[0][0]["Plan"]["Plan Rows"]) if row else 0
