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
from stadtkern.things.operations import components, create, fields, observations, places, streams
from stadtkern.things.operations.change import Change
from stadtkern.things.operations.problems import InvalidValue, NotPossibleHere
from stadtkern.things.store import amend


async def update(change: Change, *, entity: EntityType, number: int, payload: Any, whole: bool) -> None:
    """Change one entity. Raises NotFound and what `create` raises."""
    if not isinstance(payload, dict):
        raise InvalidValue(f"a {entity.name} is a JSON object, not {fields.name_of(payload)}", where="body")
    payload = {
        key: value for key, value in payload.items() if key not in ("@iot.id", "id") or value != number
    }
    fields.unknown_keys(entity, payload, where="")
    owner = await change.dataset_of(entity, number)
    if owner is None:
        raise NotFound(f"no {entity.name} with the id {number}")
    if not entity.owned:
        await _observation(change, number, owner, payload, whole=whole)
        return
    change.require(owner, "entities")
    geometry = any(each.kind is Kind.GEOMETRY and each.name in payload for each in entity.properties)
    if geometry and not whole and "encodingType" not in payload and entity.property("encodingType"):
        payload = {**payload, "encodingType": await _encoding(change, entity, number)}
    columns = fields.columns(entity, payload, where="", partial=not whole)
    columns |= await _references(change, entity, payload, owner)
    await change.update(entity, number, columns)
    if entity.name == "Location" and "location" in columns:
        values = {"location_id": number}
        await change.connection.execute(statements.load("things")["release_default_feature"], values)
    await _relink(change, entity, number, payload, owner)


async def _encoding(change: Change, entity: EntityType, number: int) -> str:
    """How the entity is written down so far; a new geometry is read in the same way."""
    statement = sql.SQL("select encoding_type from {} where id = %s").format(
        sql.Identifier(*entity.table.split("."))
    )
    row = await (await change.connection.execute(statement, (number,))).fetchone()
    return str(row[0]) if row else ""


async def _references(
    change: Change, entity: EntityType, payload: Mapping[str, Any], dataset_id: int
) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for relation in entity.relations:
        if not relation.local or relation.silent or payload.get(relation.name) is None:
            continue
        number = create.reference(payload[relation.name])
        if number is None:
            raise InvalidValue('refer to an existing entity: {"@iot.id": 1}', where=relation.name)
        dataset = await change.refer(entities.target(relation), number, where=relation.name)
        if relation.name == "Thing" and dataset != dataset_id:
            change.require(dataset, "entities")
        columns[relation.local] = number
    return columns


async def _relink(
    change: Change, entity: EntityType, number: int, payload: Mapping[str, Any], dataset_id: int
) -> None:
    """Relations to many: a Thing's Locations may be set anew; the others belong to their own entities."""
    for relation in entity.relations:
        if not relation.many or relation.name not in payload:
            continue
        items = payload[relation.name]
        if relation.link is None or relation.target == "Thing" or components.owns(entity, relation):
            raise NotPossibleHere(
                f"{relation.name} cannot be changed here; go to /{entities.target(relation).set}",
                where=relation.name,
            )
        if not isinstance(items, list):
            raise InvalidValue(
                f"{relation.name} takes a list, not {fields.name_of(items)}", where=relation.name
            )
        numbers = [
            await create.one(change, relation, item, dataset_id=dataset_id, where=f"{relation.name}[{index}]")
            for index, item in enumerate(items)
        ]
        await places.link_all(change, entity, number, relation, numbers)


async def _observation(
    change: Change, number: int, datastream_id: int, payload: Mapping[str, Any], *, whole: bool
) -> None:
    facts = await streams.facts(change.connection, datastream_id=datastream_id)
    if facts is None:
        raise NotFound(f"no Observation with the id {number}")
    change.require(facts.dataset_id, "update")
    for name in ("Datastream", "MultiDatastream"):
        if name in payload and create.reference(payload[name]) != datastream_id:
            raise NotPossibleHere(
                "an Observation stays in its Datastream; delete it and create another", where=name
            )
    changes = _changes(payload, facts, whole=whole)
    if payload.get("FeatureOfInterest") is not None:
        feature = create.reference(payload["FeatureOfInterest"])
        if feature is None:
            raise InvalidValue('refer to an existing entity: {"@iot.id": 1}', where="FeatureOfInterest")
        await change.refer(entities.BY_NAME["FeatureOfInterest"], feature, where="FeatureOfInterest")
        changes["feature_id"] = feature
    if "phenomenon_time" in changes:
        observations.accepted(
            changes["phenomenon_time"],
            first_year=change.settings.accepted_from,
            days_ahead=change.settings.accepted_ahead,
            where="phenomenonTime",
        )
    if changes:
        await amend.update(change.connection, observation_id=number, changes=changes)


def _changes(payload: Mapping[str, Any], facts: streams.Facts, *, whole: bool) -> dict[str, Any]:
    """What changes, in the words of a reading. Of a partial payload only what it names."""
    reading = observations.reading(
        payload if whole or "result" in payload else {**payload, "result": None},
        datastream_id=0,
        facts=facts,
        feature_id=None,
    )
    changes: dict[str, Any] = {}
    for property_name, names in _MEMBERS.items():
        if property_name in payload or (whole and property_name != "phenomenonTime"):
            changes |= {name: getattr(reading, name) for name in names}
    if payload.get("phenomenonTime", "") is None:
        raise InvalidValue("phenomenonTime must not be null", where="phenomenonTime")
    return changes


_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "phenomenonTime": ("phenomenon_time", "phenomenon_end"),
    "result": ("result",),
    "resultTime": ("result_time",),
    "validTime": ("valid_time",),
    "resultQuality": ("result_quality",),
    "parameters": ("parameters",),
}
