# SPDX-License-Identifier: EUPL-1.2
"""The components of a MultiDatastream: its observed properties in order, each with unit and type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from stadtkern.things.entities import EntityType, Relation
from stadtkern.things.operations.change import Change
from stadtkern.things.operations.problems import InvalidValue, MissingProperty

LISTS = ("unitOfMeasurements", "multiObservationDataTypes", "ObservedProperties")
_STORE = (
    "insert into things.datastream_property"
    " (datastream_id, position, observed_property_id, unit, observation_type) values (%s, %s, %s, %s, %s)"
)

Parts = list[tuple[int, Any, str]]


def owns(entity: EntityType, relation: Relation) -> bool:
    """Whether a relation is made of components, and so not linked like others."""
    return entity.name == "MultiDatastream" and relation.name == "ObservedProperties"


async def prepare(
    change: Change,
    entity: EntityType,
    payload: Mapping[str, Any],
    columns: dict[str, Any],
    *,
    dataset_id: int,
    where: str,
) -> Parts:
    """Check the three lists against each other and find the observed properties."""
    if entity.name != "MultiDatastream":
        return []
    from stadtkern.things.operations import create

    lists = [payload.get(name) for name in LISTS]
    for name, value in zip(LISTS, lists, strict=True):
        if not isinstance(value, list) or not value:
            raise MissingProperty(f"a MultiDatastream needs {name!r}, a list", where=where + name)
    units, types, properties = (list(value or ()) for value in lists)
    if not len(units) == len(types) == len(properties):
        raise InvalidValue(f"{', '.join(LISTS)} have different lengths", where=where + LISTS[0])
    relation = entity.relation("ObservedProperties")
    columns["multi"] = True
    parts: Parts = []
    for index, (unit, kind, value) in enumerate(zip(units, types, properties, strict=True)):
        if not isinstance(unit, dict) or not isinstance(kind, str) or relation is None:
            raise InvalidValue("a unit is an object, a type is text", where=f"{where}{LISTS[0]}[{index}]")
        place = f"{where}ObservedProperties[{index}]"
        number = await create.one(change, relation, value, dataset_id=dataset_id, where=place)
        parts.append((number, Jsonb(unit), kind))
    return parts


async def store(change: Change, datastream_id: int, parts: Parts) -> None:
    """Write the components."""
    for position, (number, unit, kind) in enumerate(parts):
        await change.connection.execute(_STORE, (datastream_id, position, number, unit, kind))
