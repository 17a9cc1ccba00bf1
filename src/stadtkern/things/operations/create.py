# SPDX-License-Identifier: EUPL-1.2
"""Create entities, with those they are sent together with (deep insert, 18-088 clause 10.2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stadtkern.things import entities
from stadtkern.things.entities import EntityType, Relation
from stadtkern.things.operations import components, fields, observations, places, relations, streams
from stadtkern.things.operations.change import Change
from stadtkern.things.operations.problems import (
    InvalidValue,
    MissingProperty,
    NoDataset,
    NotPossibleHere,
    UnknownReference,
)
from stadtkern.things.queries.locate import Parent

Payload = Mapping[str, Any]
_OBSERVATION = entities.OBSERVATION


async def create(
    change: Change,
    *,
    entity: EntityType,
    payload: Any,
    parent: Parent | None = None,
    dataset_id: int | None = None,
    where: str = "",
) -> int:
    """Create one entity and all it brings along; returns its id (0 for an observation, merged later)."""
    if not isinstance(payload, dict):
        raise InvalidValue(
            f"a {entity.name} is a JSON object, not {fields.name_of(payload)}", where=where or "body"
        )
    fields.unknown_keys(entity, payload, where=where)
    payload = _below(entity, payload, parent)
    if entity is _OBSERVATION:
        return await _observe(change, payload, where=where)
    columns = fields.columns(entity, payload, where=where, partial=False)
    dataset_id = await _dataset(change, entity, payload, dataset_id, where)
    columns |= await _references(change, entity, payload, dataset_id, where)
    if entity.name == "HistoricalLocation":
        await places.may_move(change, columns["thing_id"], where=f"{where}Thing")
    columns["dataset_id"] = dataset_id
    parts = await components.prepare(change, entity, payload, columns, dataset_id=dataset_id, where=where)
    number = await change.insert(entity, columns)
    await components.store(change, number, parts)
    await _bring_along(change, entity, number, payload, dataset_id, where)
    if parent is not None and parent.relation.link is not None:
        await places.link(change, parent, number)
    return number


def _below(entity: EntityType, payload: Payload, parent: Parent | None) -> Payload:
    """Created below another entity, the new one refers to it."""
    if parent is None or parent.relation.link is not None:
        return payload
    if parent.relation.local:
        raise NotPossibleHere(
            f"{parent.relation.name} is one entity; POST it to /{entity.set}", where="address"
        )
    back = next(
        r for r in entity.relations if r.local == parent.relation.remote and r.target == parent.entity.name
    )
    given = reference(payload[back.name]) if back.name in payload else None
    if given is not None and given != parent.id:
        raise InvalidValue(f"the address says {back.name} {parent.id}, the body {given}", where=back.name)
    return {**payload, back.name: {"@iot.id": parent.id}}


def reference(value: Any) -> int | None:
    """The id where a value refers to an entity: {"@iot.id": 1}.

    Whatever else clients know of that entity may stand beside its `@iot.id`; it is passed over.
    """
    if not isinstance(value, dict) or not value:
        return None
    key = "@iot.id" if "@iot.id" in value else next(iter(value))
    if key not in ("@iot.id", "id") or (key == "id" and len(value) > 1):
        return None
    number = value[key]
    if type(number) is not int or not 0 < number < 2**63:
        raise UnknownReference(f"ids are whole numbers, not {str(number)[:40]!r}", where=str(key))
    return number


async def _dataset(
    change: Change, entity: EntityType, payload: Payload, given: int | None, where: str
) -> int:
    """The dataset a new entity goes to: its Thing's where the token may write, else the token's default."""
    if given is not None:
        return given
    owner = next((r for r in entity.relations if r.name == "Thing" and r.local and r.name in payload), None)
    number = reference(payload["Thing"]) if owner is not None else None
    if owner is not None and number is not None:
        inherited = await change.refer(entities.target(owner), number, where=f"{where}Thing")
        if change.may(inherited, "entities"):
            return inherited
    default = change.principal.default_dataset_id
    if default is None:
        raise NoDataset(f"nothing says where the {entity.name} belongs", where=where)
    change.require(default, "entities")
    return default


async def _references(
    change: Change, entity: EntityType, payload: Payload, dataset_id: int, where: str
) -> dict[str, Any]:
    """Foreign keys of the relations to one; entities sent along are created first."""
    columns: dict[str, Any] = {}
    for relation in entity.relations:
        if not relation.local or relation.silent:
            continue
        place = where + relation.name
        value = payload.get(relation.name)
        if value is None:
            if relation.required:
                raise MissingProperty(f"a {entity.name} needs a {relation.name}", where=place)
            continue
        number = await one(change, relation, value, dataset_id=dataset_id, where=place)
        if relation.name == "Thing":
            await places.may_hang(change, number, dataset_id=dataset_id, where=place)
        columns[relation.local] = number
    return columns


async def one(change: Change, relation: Relation, value: Any, *, dataset_id: int | None, where: str) -> int:
    """The id of an entity that is referred to, or that is created now."""
    number = reference(value)
    if number is None:
        target = entities.target(relation)
        return await create(change, entity=target, payload=value, dataset_id=dataset_id, where=where + ".")
    await change.refer(entities.target(relation), number, where=where)
    return number


async def _bring_along(
    change: Change, entity: EntityType, number: int, payload: Payload, dataset_id: int, where: str
) -> None:
    # Places first, since observations take their default feature from them.
    for relation in sorted(entity.relations, key=lambda each: each.link is None):
        if not relation.many or relation.name not in payload or components.owns(entity, relation):
            continue
        items = payload[relation.name]
        place = where + relation.name
        if not isinstance(items, list):
            raise InvalidValue(f"{relation.name} takes a list, not {fields.name_of(items)}", where=place)
        if relation.link is not None:
            numbers = [
                await one(change, relation, item, dataset_id=dataset_id, where=f"{place}[{index}]")
                for index, item in enumerate(items)
            ]
            await places.link_all(change, entity, number, relation, numbers)
            continue
        parent = Parent(entity, number, relation)
        for index, item in enumerate(items):
            known = reference(item)
            if known is not None:
                await relations.adopt(change, entity, number, relation, known, where=f"{place}[{index}]")
                continue
            await create(
                change,
                entity=entities.target(relation),
                payload=item,
                parent=parent,
                dataset_id=dataset_id if entities.target(relation).owned else None,
                where=f"{place}[{index}].",
            )
    if entity.name == "HistoricalLocation":
        await places.follow_history(change, number)


async def _observe(change: Change, payload: Payload, *, where: str) -> int:
    """Put an observation on the list of those that are merged at the end of the transaction."""
    relation = next((r for r in _OBSERVATION.relations[:2] if r.name in payload), None)
    if relation is None:
        raise MissingProperty("an Observation needs a Datastream", where=where + "Datastream")
    datastream_id = await one(
        change, relation, payload[relation.name], dataset_id=None, where=where + relation.name
    )
    facts = await streams.facts(change.connection, datastream_id=datastream_id)
    if facts is None:
        raise UnknownReference(f"no Datastream with the id {datastream_id}", where=where + relation.name)
    change.require(facts.dataset_id, "create", datastream_id=datastream_id)
    feature_id = facts.feature_id
    if payload.get("FeatureOfInterest") is not None:
        feature = _OBSERVATION.relation("FeatureOfInterest")
        if feature is not None:
            if reference(payload["FeatureOfInterest"]) is None:
                change.require(facts.dataset_id, "entities", datastream_id=datastream_id)
            feature_id = await one(
                change,
                feature,
                payload["FeatureOfInterest"],
                dataset_id=facts.dataset_id,
                where=where + "FeatureOfInterest",
            )
    elif feature_id is None and facts.location_id is not None:
        feature_id = await streams.default_feature(change.connection, location_id=facts.location_id) or None
    reading = observations.reading(
        payload,
        datastream_id=datastream_id,
        facts=facts,
        feature_id=feature_id,
        where=where,
        arrived=change.arrived,
    )
    change.waiting.append(observations.admitted(reading, settings=change.settings, where=where))
    return 0
