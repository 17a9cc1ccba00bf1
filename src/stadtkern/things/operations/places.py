# SPDX-License-Identifier: EUPL-1.2
"""Where Things are and were: each change of a Thing's Locations is noted in its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg import sql

from stadtkern.core import statements
from stadtkern.things.entities import BY_NAME, EntityType, Relation
from stadtkern.things.operations.change import Change
from stadtkern.things.operations.problems import NotPossibleHere
from stadtkern.things.queries.locate import Parent


async def link(change: Change, parent: Parent, number: int) -> None:
    """Link a new entity to the one it was created below."""
    await link_all(change, parent.entity, parent.id, parent.relation, [number])


async def link_all(
    change: Change, entity: EntityType, number: int, relation: Relation, others: Sequence[int]
) -> None:
    """Link an entity to others; a Thing is then at these Locations and nowhere else."""
    if relation.link is None:
        return
    if entity.name == "Thing":
        await place(change, number, others)
    elif relation.target == "Thing":
        for thing in others:
            await place(change, thing, [number])
    elif "MultiDatastream" in (entity.name, relation.target):
        raise NotPossibleHere("a MultiDatastream gets its ObservedProperties when created", where="address")
    else:
        if relation.target == "HistoricalLocation":
            for entry in others:
                owner = await change.refer(BY_NAME[relation.target], entry, where=relation.name)
                change.require(owner, "entities")
        await _insert(change, relation, number, others)


async def place(
    change: Change, thing_id: int, locations: Sequence[int], *, time: datetime | None = None
) -> None:
    """Let a Thing be at these Locations, and note it in its history."""
    loaded = statements.load("things")
    await may_move(change, thing_id, where="Things")
    values = {"thing_id": thing_id, "locations": sorted(set(locations)), "time": time}
    await change.connection.execute(loaded["place_thing"], values)
    await change.connection.execute(loaded["remember_place"], values)


async def may_move(change: Change, thing_id: int, *, where: str) -> None:
    """Let pass who may say where a Thing is. Raises UnknownReference, Forbidden."""
    change.require(await change.refer(BY_NAME["Thing"], thing_id, where=where), "entities")


async def follow_history(change: Change, number: int) -> None:
    """A new entry of history that is the newest says where its Thing is now."""
    loaded = statements.load("things")
    row = await (
        await change.connection.execute(
            "select thing_id from things.historical_location where id = %s", (number,)
        )
    ).fetchone()
    values = {"thing_id": row[0] if row else 0, "id": number}
    newest = await (await change.connection.execute(loaded["newest_history"], values)).fetchone()
    found = await (await change.connection.execute(loaded["locations_of_history"], values)).fetchall()
    if newest and newest[0] == number and found:
        await change.connection.execute(
            loaded["place_thing"], {**values, "locations": [each[0] for each in found]}
        )


async def _insert(change: Change, relation: Relation, number: int, others: Sequence[int]) -> None:
    if relation.link is None:
        return
    schema, table = relation.link.table.split(".")
    statement = sql.SQL(
        "insert into {} ({}, {}) select %s, unnest(%s::bigint[]) on conflict do nothing"
    ).format(
        sql.Identifier(schema, table), sql.Identifier(relation.link.here), sql.Identifier(relation.link.there)
    )
    await change.connection.execute(statement, (number, list(others)))
