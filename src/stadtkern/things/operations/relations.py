# SPDX-License-Identifier: EUPL-1.2
"""Relations to many: tie entities that exist to each other, and untie them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import sql

from stadtkern.things import entities
from stadtkern.things.entities import EntityType, Relation
from stadtkern.things.operations import components, corrections, create, places
from stadtkern.things.operations.change import Change
from stadtkern.things.operations.problems import InvalidValue, NotPossibleHere
from stadtkern.things.queries.locate import Parent
from stadtkern.things.queries.problems import NoSuchEntity

_STREAMS = ("Datastream", "MultiDatastream")


async def bind(change: Change, entity: EntityType, number: int, payload: Mapping[str, Any]) -> None:
    """Add the entities named to an entity's relations to many (18-088, clause 10.4.1).

    A Thing's Locations are set: it is at one place at a time. Raises what `update` raises.
    """
    for relation in entity.relations:
        if not relation.many or not payload.get(relation.name) or components.owns(entity, relation):
            continue
        if relation.target == "MultiDatastream" and relation.link is not None:
            raise InvalidValue(
                "a MultiDatastream says which ObservedProperties it has; change it there", where=relation.name
            )
        numbers = [create.reference(item) or 0 for item in payload[relation.name]]
        for index, each in enumerate(numbers):
            where = f"{relation.name}[{index}]"
            await change.refer(entities.target(relation), each, where=where)
            if relation.link is None:
                await adopt(change, entity, number, relation, each, where=where)
        if relation.link is not None:
            await places.link_all(change, entity, number, relation, numbers)


async def adopt(
    change: Change, entity: EntityType, number: int, relation: Relation, other: int, *, where: str
) -> None:
    """Let another entity refer to this one from now on. Raises UnknownReference, Forbidden and more."""
    target = entities.target(relation)
    owner = await change.refer(target, other, where=where)
    if not target.owned:
        name = "FeatureOfInterest" if relation.remote == "feature_id" else entity.name
        await corrections.correct(change, other, owner, {name: {"@iot.id": number}}, whole=False)
        return
    change.require(owner, "entities")
    if target.name in _STREAMS and entity.name == "Thing":
        await places.may_hang(change, number, dataset_id=owner, where=where)
    await change.update(target, other, {relation.remote: number})
    if target.name == "HistoricalLocation":
        await places.follow_histories(change, other)


async def untie(change: Change, parent: Parent, number: int) -> None:
    """Take an entity out of a relation from many to many.

    Raises NoSuchEntity, NotPossibleHere, and of ObservedProperties StillNeeded, Forbidden.
    """
    link = parent.relation.link
    if link is None or parent.relation.target == _STREAMS[1]:
        raise NotPossibleHere(f"{parent.relation.name} cannot be untied", where="address")
    if not await _tied(change, parent, number):
        raise NoSuchEntity(f"no {parent.relation.target} with the id {number} here")
    if components.owns(parent.entity, parent.relation):
        from stadtkern.things.operations import update

        await update.permit(change, entity=parent.entity, number=parent.id)
        await components.remove(change, parent.id, number)
        return
    if "Thing" in (parent.entity.name, parent.relation.target):
        ends = (parent.id, number) if parent.entity.name == "Thing" else (number, parent.id)
        await places.leave(change, *ends)
        return
    entry = parent.id if parent.entity.name == "HistoricalLocation" else number
    await places.leave_history(change, entry, number if entry == parent.id else parent.id)


async def _tied(change: Change, parent: Parent, number: int) -> bool:
    link = parent.relation.link
    if link is None:
        return False
    schema, table = link.table.split(".")
    statement = sql.SQL("select 1 from {} where {} = %s and {} = %s").format(
        sql.Identifier(schema, table), sql.Identifier(link.here), sql.Identifier(link.there)
    )
    cursor = await change.connection.execute(statement, (parent.id, number))
    return await cursor.fetchone() is not None
