# SPDX-License-Identifier: EUPL-1.2
"""How many entities a query has: exact where that is cheap, else an estimate that shows nothing hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stadtkern.core import fragments
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import entities
from stadtkern.things.entities import Relation
from stadtkern.things.language.places import Place
from stadtkern.things.language.places import connection as connecting
from stadtkern.things.queries import guard, level, rows
from stadtkern.things.queries.level import Level
from stadtkern.things.queries.locate import Parent

# Rows that are counted one by one before the estimate takes over.
EXACT_UP_TO = 200_000
# In the planner's units, about a twentieth of a second: what counting rows one by one may cost.
EXACT_COST = 10_000.0
# Where that is too much, those who do not see everything are told that there are at least so many.
LOWER_BOUND = 10_000


async def count(
    connection: Connection, scope: Scope, *, prepared: Level, parent: Parent | None
) -> tuple[int, bool]:
    """The number of entities on all pages together, and whether it is exact."""
    if prepared.entity is entities.OBSERVATION and prepared.options.filter is None:
        return await _from_states(connection, scope, parent), True
    bare = _bare(scope, prepared)
    body = Fragment("select 1") + _body(bare.place, [level.of_parent(bare, parent), *bare.conditions])
    # The planner's statistics cover hidden rows too; who does not see all is told a lower bound.
    everything = scope.negated and not scope.ids
    most = EXACT_UP_TO
    if f"{entities.OBSERVATION.table} " in body.text:
        plan = await guard.plan(connection, body + Fragment(f" limit {most + 1:d}"))
        if plan["Total Cost"] > EXACT_COST:
            most = min(most, LOWER_BOUND)
            if everything:
                return await _estimate(connection, body), False
    limited = Fragment("select count(*) from (") + body + Fragment(f" limit {most + 1:d}) counted")
    number = int((await rows.fetch(connection, limited))[0][0])
    if number <= most:
        return number, True
    return max(number, await _estimate(connection, body)) if everything else number, False


async def count_each(
    connection: Connection, scope: Scope, *, prepared: Level, relation: Relation, ids: Sequence[int]
) -> dict[int, int]:
    """For each parent the number of entities a relation leads to; parents without any are left out.

    Raises QueryTooExpensive.
    """
    if prepared.entity is entities.OBSERVATION and prepared.options.filter is None:
        by_stream = relation.remote == "datastream_id"
        return await (_states(connection, ids) if by_stream else _features(connection, scope, ids))
    prepared = _bare(scope, prepared)
    body = _body(prepared.place, [connecting(relation, "p", prepared.place.alias), *prepared.conditions])
    statement = (
        Fragment("select p.id, x.n from unnest(%s::bigint[]) as p(id) cross join lateral (", (list(ids),))
        + Fragment("select count(*) as n")
        + body
        + Fragment(") x where x.n > 0")
    )
    if level.costly(prepared, statement, by_time=True):
        await guard.check_cost(connection, statement)
    return {row[0]: row[1] for row in await rows.fetch(connection, statement)}


def _bare(scope: Scope, prepared: Level) -> Level:
    """The same conditions without the place a page begins at."""
    options = replace(prepared.options, expand=(), order=(), token=None)
    return level.prepare(scope=scope, entity=prepared.entity, options=options, solved=prepared.solved)


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


async def _from_states(connection: Connection, scope: Scope, parent: Parent | None) -> int:
    """All observations, or those of a datastream or feature, summed from what is known of each datastream."""
    if parent is None:
        statement = Fragment(
            "select coalesce(sum(s.n), 0)::bigint from things.datastream_state s"
            " join things.datastream d on d.id = s.datastream_id where "
        ) + scope.on_stream("d")
        return int((await rows.fetch(connection, statement))[0][0])
    if parent.relation.remote == "datastream_id":
        return (await _states(connection, [parent.id])).get(parent.id, 0)
    return (await _features(connection, scope, [parent.id])).get(parent.id, 0)


async def _features(connection: Connection, scope: Scope, ids: Sequence[int]) -> dict[int, int]:
    statement = (
        Fragment(
            "select k.feature_id, sum(k.n)::bigint from things.feature_count k"
            " join things.datastream d on d.id = k.datastream_id"
            " where k.feature_id = any(%s::bigint[]) and ",
            (list(ids),),
        )
        + scope.on_stream("d")
        + Fragment(" group by k.feature_id having sum(k.n) > 0")
    )
    return {row[0]: row[1] for row in await rows.fetch(connection, statement)}


async def _estimate(connection: Connection, statement: Fragment) -> int:
    return int((await guard.plan(connection, statement))["Plan Rows"])
