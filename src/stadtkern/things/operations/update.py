# SPDX-License-Identifier: EUPL-1.2
"""Change entities: in part (PATCH) or as a whole (PUT)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import sql

from stadtkern.core import statements
from stadtkern.core.problems import NotFound
from stadtkern.things import entities
from stadtkern.things.entities import EntityType, Kind
from stadtkern.things.operations import components, corrections, create, fields, places, relations
from stadtkern.things.operations.change import Change
from stadtkern.things.operations.problems import InvalidValue
from stadtkern.things.store import aftermath, amend


async def permit(change: Change, *, entity: EntityType, number: int) -> int:
    """Let pass who may change an entity, and hold it against others; returns its dataset or datastream.

    Raises NotFound, Forbidden.
    """
    owner = await change.dataset_of(entity, number)
    if owner is None:
        raise NotFound(f"no {entity.name} with the id {number}")
    if not entity.owned:
        await corrections.permit(change, number, owner)
        return owner
    change.require(owner, "entities", datastream_id=stream_of(entity, number))
    hold = sql.SQL("select id from {} where id = %s for no key update").format(
        sql.Identifier(*entity.table.split("."))
    )
    await change.connection.execute(hold, (number,))
    return owner


def stream_of(entity: EntityType, number: int) -> int | None:
    """The datastream that an entity is; one that may be seen is refused and not denied."""
    return number if entity.table == "things.datastream" else None


async def update(change: Change, *, entity: EntityType, number: int, payload: Any, whole: bool) -> None:
    """Change one entity. Raises NotFound and what `create` raises."""
    if not isinstance(payload, dict):
        raise InvalidValue(f"a {entity.name} is a JSON object, not {fields.name_of(payload)}", where="body")
    fields.unknown_keys(entity, payload, where="")
    owner = await permit(change, entity=entity, number=number)
    _check_references(entity, payload)
    if not entity.owned:
        await corrections.correct(change, number, owner, payload, whole=whole)
        return
    geometry = any(each.kind is Kind.GEOMETRY and each.name in payload for each in entity.properties)
    if geometry and not whole and "encodingType" not in payload and entity.property("encodingType"):
        payload = {**payload, "encodingType": await _encoding(change, entity, number)}
    columns = fields.columns(entity, payload, where="", partial=not whole)
    columns |= await _references(change, entity, payload, owner)
    await components.alter(change, entity, number, payload, whole=whole)
    rekinded = "kind" in columns and await _kind(change, number) != columns["kind"]
    await change.update(entity, number, columns)
    if rekinded:
        await amend.recompute(change.connection, datastream_ids=[number])
    await _follow(change, entity, number, columns)
    await relations.bind(change, entity, number, payload)
    if entity.name == "HistoricalLocation":
        await places.follow_histories(change, number)


async def _follow(change: Change, entity: EntityType, number: int, columns: Mapping[str, Any]) -> None:
    """What a change of columns brings along."""
    if entity.name == "Location" and "location" in columns:
        values = {"location_id": number}
        await change.connection.execute(statements.load("things")["release_default_feature"], values)
    if entity.name == "FeatureOfInterest" and "feature" in columns:
        await aftermath.find_areas(change.connection, feature_id=number)


async def _kind(change: Change, number: int) -> str:
    """How a Datastream's buckets are aggregated so far; writers wait until the transaction ends."""
    await amend.hold(change.connection, datastream_id=number)
    cursor = await change.connection.execute(
        statements.load("things")["kinds_of_datastreams"], {"ids": [number]}
    )
    row = await cursor.fetchone()
    return str(row[1]) if row else ""


async def _encoding(change: Change, entity: EntityType, number: int) -> str:
    """How the entity is written down so far; a new geometry is read in the same way."""
    statement = sql.SQL("select encoding_type from {} where id = %s").format(
        sql.Identifier(*entity.table.split("."))
    )
    row = await (await change.connection.execute(statement, (number,))).fetchone()
    return str(row[0]) if row else ""


def _check_references(entity: EntityType, payload: Mapping[str, Any]) -> None:
    """Changes refer to entities and bring none along (18-088, clause 10.4.1). Raises InvalidValue."""
    for relation in entity.relations:
        if relation.name not in payload:
            continue
        items = payload[relation.name]
        if relation.many and not isinstance(items, list):
            raise InvalidValue(
                f"{relation.name} takes a list, not {fields.name_of(items)}", where=relation.name
            )
        for index, item in enumerate(items if relation.many else [items]):
            if create.reference(item) is None:
                raise InvalidValue(
                    'a change refers to what is there: {"@iot.id": 1}; POST creates new entities',
                    where=f"{relation.name}[{index}]" if relation.many else relation.name,
                )


async def _references(
    change: Change, entity: EntityType, payload: Mapping[str, Any], dataset_id: int
) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for relation in entity.relations:
        if not relation.local or relation.silent or relation.name not in payload:
            continue
        number = create.reference(payload[relation.name]) or 0
        await change.refer(entities.target(relation), number, where=relation.name)
        if entity.name == "HistoricalLocation":
            await places.may_move(change, number, where=relation.name)
        elif relation.name == "Thing":
            await places.may_hang(change, number, dataset_id=dataset_id, where=relation.name)
        columns[relation.local] = number
    return columns
