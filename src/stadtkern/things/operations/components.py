# SPDX-License-Identifier: EUPL-1.2
"""The components of a MultiDatastream: its observed properties in order, each with unit and type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from stadtkern.core import statements
from stadtkern.things import entities
from stadtkern.things.entities import EntityType, Relation
from stadtkern.things.operations import fields
from stadtkern.things.operations.change import Change
from stadtkern.things.operations.problems import InvalidValue, MissingProperty, StillNeeded
from stadtkern.things.store import amend

LISTS = ("unitOfMeasurements", "multiObservationDataTypes", "ObservedProperties")

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

    relation = entity.relation("ObservedProperties")
    units, types, properties = _lists(payload, where)
    columns["multi"] = True
    parts: Parts = []
    for index, (unit, kind, value) in enumerate(zip(units, types, properties, strict=True)):
        if relation is not None:
            place = f"{where}ObservedProperties[{index}]"
            number = await create.one(change, relation, value, dataset_id=dataset_id, where=place)
            parts.append((number, unit, kind))
    return parts


def _lists(payload: Mapping[str, Any], where: str) -> tuple[list[Any], list[Any], list[Any]]:
    """The three lists, of one length (18-088, clause 11.2). Raises MissingProperty, InvalidValue."""
    for name in LISTS:
        value = payload.get(name)
        if value is None:
            raise MissingProperty(f"a MultiDatastream needs {name!r}, a list", where=where + name)
        if not isinstance(value, list) or not value:
            raise InvalidValue(f"{name!r} takes a list with at least one part", where=where + name)
    units, types, properties = (payload[name] for name in LISTS)
    if not len(units) == len(types) == len(properties):
        lengths = ", ".join(f"{name} {len(payload[name])}" for name in LISTS)
        raise InvalidValue(f"the lists have different lengths: {lengths}", where=where + LISTS[0])
    for index, (unit, kind) in enumerate(zip(units, types, strict=True)):
        fields.check_unit(unit, f"{where}{LISTS[0]}[{index}]")
        if not isinstance(kind, str):
            raise InvalidValue(
                f"a type is text, not {fields.name_of(kind)}", where=f"{where}{LISTS[1]}[{index}]"
            )
    return units, types, properties


async def store(change: Change, datastream_id: int, parts: Parts) -> None:
    """Write the components."""
    loaded = statements.load("things")
    for position, (number, unit, kind) in enumerate(parts):
        values: dict[str, Any] = {"datastream_id": datastream_id, "position": position}
        values |= {"observed_property_id": number, "unit": Jsonb(unit), "observation_type": kind}
        await change.connection.execute(loaded["store_component"], values)


async def alter(
    change: Change, entity: EntityType, number: int, payload: Mapping[str, Any], *, whole: bool
) -> None:
    """Set the components anew where the payload names one of the lists.

    Their number stays while there are Observations, whose results have as many values. Raises StillNeeded.
    """
    if entity.name != "MultiDatastream" or not (whole or any(name in payload for name in LISTS)):
        return
    found = await _present(change, number)
    known: dict[str, Any] = {
        "ObservedProperties": [{"@iot.id": row[0]} for row in found],
        "unitOfMeasurements": [row[1] for row in found],
        "multiObservationDataTypes": [row[2] for row in found],
    }
    if whole:
        known = {"ObservedProperties": known["ObservedProperties"]}
    units, types, properties = _lists(known | {n: payload[n] for n in LISTS if n in payload}, "")
    if len(units) != len(found) and await _observed(change, number):
        raise StillNeeded(f"its Observations have {len(found)} values each", where=LISTS[0])
    parts: Parts = []
    for index, (unit, kind, value) in enumerate(zip(units, types, properties, strict=True)):
        property_id = await _refer(change, value, where=f"ObservedProperties[{index}]")
        parts.append((property_id, unit, kind))
    await _replace(change, number, parts)


async def remove(change: Change, number: int, property_id: int) -> None:
    """Take an observed property out of a MultiDatastream, with its unit and type wherever it stands.

    The three lists stay of one length (18-088, clause 12). Raises StillNeeded while there are Observations,
    and where nothing would be left.
    """
    if await _observed(change, number):
        raise StillNeeded("its Observations have a value for each", where=LISTS[2])
    parts = [part for part in await _present(change, number) if part[0] != property_id]
    if not parts:
        raise StillNeeded("a MultiDatastream has at least one ObservedProperty", where=LISTS[2])
    await _replace(change, number, parts)


async def _present(change: Change, number: int) -> Parts:
    statement = statements.load("things")["components"]
    return await (await change.connection.execute(statement, {"datastream_id": number})).fetchall()


async def _replace(change: Change, number: int, parts: Parts) -> None:
    statement = statements.load("things")["drop_components"]
    await change.connection.execute(statement, {"datastream_id": number})
    await store(change, number, parts)


async def _refer(change: Change, value: Any, *, where: str) -> int:
    from stadtkern.things.operations import create

    number = create.reference(value) or 0
    await change.refer(entities.BY_NAME["ObservedProperty"], number, where=where)
    return number


async def _observed(change: Change, datastream_id: int) -> bool:
    """Whether there are Observations; none come until the transaction ends."""
    await amend.hold(change.connection, datastream_id=datastream_id)
    values = {"datastream_id": datastream_id}
    cursor = await change.connection.execute(statements.load("things")["has_observations"], values)
    row = await cursor.fetchone()
    return bool(row and row[0])
