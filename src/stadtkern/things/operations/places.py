# SPDX-License-Identifier: EUPL-1.2
"""Where Things are and were: each change of a Thing's Locations is noted in its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import sql

from stadtkern.core import statements
from stadtkern.things.entities import BY_NAME, EntityType, Relation
from stadtkern.things.operations.change import Change
from stadtkern.things.operations.problems import NotPossibleHere, StillNeeded
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
    """Let a Thing be at these Locations, and note it in its history. Where it is already is no change.

    Several Locations are one place, written down in several ways (18-088, clause 8.2.2).
    """
    loaded = statements.load("things")
    await may_move(change, thing_id, where="Things")
    values = {"thing_id": thing_id, "locations": sorted(set(locations)), "time": time}
    if not locations or await _held_places(change, thing_id) == values["locations"]:
        return
    await change.connection.execute(loaded["place_thing"], values)
    await _remember(change, values)


async def leave(change: Change, thing_id: int, location_id: int) -> None:
    """Let a Thing be at a Location no longer; its history says where it is still, unless that is nowhere."""
    loaded = statements.load("things")
    await may_move(change, thing_id, where="Things")
    left = [each for each in await _held_places(change, thing_id) if each != location_id]
    values = {"thing_id": thing_id, "locations": left, "time": None}
    await change.connection.execute(loaded["place_thing"], values)
    if left:
        await _remember(change, values)


async def _remember(change: Change, values: Mapping[str, Any]) -> None:
    """Note in a Thing's history where it is."""
    cursor = await change.connection.execute(statements.load("things")["remember_place"], values)
    for (number,) in await cursor.fetchall():
        change.touch(BY_NAME["HistoricalLocation"], number)


async def _held_places(change: Change, thing_id: int) -> list[int]:
    """Where a Thing is, and nobody else moves it until the transaction ends."""
    loaded = statements.load("things")
    values = {"thing_id": thing_id}
    await change.connection.execute(loaded["hold_thing"], values)
    found = await (await change.connection.execute(loaded["locations_of_thing"], values)).fetchall()
    return [each[0] for each in found]


async def may_move(change: Change, thing_id: int, *, where: str) -> None:
    """Let pass who may say where a Thing is. Raises UnknownReference, Forbidden."""
    change.require(await change.refer(BY_NAME["Thing"], thing_id, where=where), "entities")


async def may_hang(change: Change, thing_id: int, *, dataset_id: int, where: str) -> None:
    """Let pass who may hang entities of a dataset at a Thing. Raises UnknownReference, Forbidden.

    At a Thing of another dataset that takes the verb `create` or `entities` there: whoever owns it answers
    for what is said of it.
    """
    owner = await change.refer(BY_NAME["Thing"], thing_id, where=where)
    if owner != dataset_id and not change.may(owner, "entities"):
        change.require(owner, "create")


async def follow_history(change: Change, number: int) -> None:
    """A new entry of history that is the newest says where its Thing is now (18-088, clause 8.2.3)."""
    thing_id, newest = await _newest(change, number)
    if newest == number:
        await _apply(change, thing_id, newest)


async def follow_histories(change: Change, number: int) -> None:
    """After an entry of history was changed, its Thing is where the newest entry says."""
    thing_id, newest = await _newest(change, number)
    if newest is not None:
        await _apply(change, thing_id, newest)


async def leave_history(change: Change, number: int, location_id: int) -> None:
    """Take a Location out of an entry of history. Raises StillNeeded where it is the only one."""
    loaded = statements.load("things")
    owner = await change.refer(BY_NAME["HistoricalLocation"], number, where="address")
    change.require(owner, "entities")
    values = {"id": number, "location_id": location_id}
    found = await (await change.connection.execute(loaded["locations_of_history"], values)).fetchall()
    if len(found) < 2:
        raise StillNeeded("a HistoricalLocation has at least one Location; delete the HistoricalLocation")
    await change.connection.execute(loaded["forget_place"], values)
    await follow_histories(change, number)


async def _newest(change: Change, number: int) -> tuple[int, int | None]:
    """The Thing an entry of history is about, and the newest entry about that Thing."""
    loaded = statements.load("things")
    cursor = await change.connection.execute(loaded["newest_history"], {"id": number})
    row = await cursor.fetchone()
    return (row[0], row[1]) if row else (0, None)


async def _apply(change: Change, thing_id: int, entry: int) -> None:
    loaded = statements.load("things")
    held = await _held_places(change, thing_id)
    found = await (await change.connection.execute(loaded["locations_of_history"], {"id": entry})).fetchall()
    locations = sorted(each[0] for each in found)
    if locations and locations != held:
        values = {"thing_id": thing_id, "locations": locations}
        await change.connection.execute(loaded["place_thing"], values)


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
