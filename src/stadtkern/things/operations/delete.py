# SPDX-License-Identifier: EUPL-1.2
"""Delete entities, with those that cannot be without them (18-088, table 24)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import sql

from stadtkern.core import statements
from stadtkern.core.problems import NotFound
from stadtkern.things.entities import EntityType
from stadtkern.things.operations import streams, update
from stadtkern.things.operations.change import Change
from stadtkern.things.operations.problems import StillNeeded
from stadtkern.things.store import aftermath, amend, clearing, disposal

_OWNERS = {"Thing": "thing_id", "Sensor": "sensor_id", "ObservedProperty": "observed_property_id"}

_HOLDING = {
    "things.thing": "things",
    "things.sensor": "sensors",
    "things.observed_property": "properties",
    "things.datastream": "datastreams",
}
_SEVERAL = 2


async def delete(change: Change, *, entity: EntityType, number: int) -> None:
    """Delete one entity and what goes with it. Raises NotFound, StillNeeded, Forbidden."""
    owner = await change.dataset_of(entity, number)
    if owner is None:
        raise NotFound(f"no {entity.name} with the id {number}")
    if not entity.owned:
        facts = await streams.facts(change.connection, datastream_id=owner)
        if facts is None:
            raise NotFound(f"no Observation with the id {number}")
        change.require(facts.dataset_id, "delete", datastream_id=owner)
        await amend.delete(change.connection, observation_id=number)
        return
    change.require(owner, "entities", datastream_id=update.stream_of(entity, number))
    change.require(owner, "delete")
    await _dependents(change, entity, number)
    await change.connection.execute(
        sql.SQL("delete from {} where id = %s").format(sql.Identifier(*entity.table.split("."))), (number,)
    )
    if entity.name == "FeatureOfInterest":
        await aftermath.find_areas(change.connection, feature_id=number)


async def hold(change: Change, *, entity: EntityType, numbers: Sequence[int]) -> None:
    """Keep writers from all datastreams that vanish with these, in the order in which writers hold them.

    One entity after the other would hold them in another order, and each could wait for the other. Nobody
    waits for somebody who may not delete there: of such datasets nothing is held.
    """
    datasets = [dataset_id for dataset_id in change.rights.datasets if change.may(dataset_id, "delete")]
    if not datasets or entity.table not in _HOLDING or len(numbers) < _SEVERAL:
        return
    loaded = statements.load("things")
    params: dict[str, list[int]] = {name: [] for name in _HOLDING.values()}
    params |= {"datasets": datasets, _HOLDING[entity.table]: list(numbers)}
    found = await (await change.connection.execute(loaded["hold_datastreams_of"], params)).fetchall()
    await change.connection.execute(loaded["hold_states"], {"ids": [row[0] for row in found]})


async def observations(change: Change, *, numbers: Sequence[int]) -> None:
    """Delete observations together. Raises NotFound, Forbidden."""
    rows = await clearing.find(change.connection, observation_ids=numbers)
    for owner in sorted({row.datastream_id for row in rows.values()}):
        facts = await streams.facts(change.connection, datastream_id=owner)
        if facts is None:
            raise NotFound("one of the Observations was deleted meanwhile")
        change.require(facts.dataset_id, "delete", datastream_id=owner)
    if rows:
        await clearing.delete(change.connection, rows=rows)


async def sweep_feature(change: Change, *, number: int) -> None:
    """Remove what was stored of a feature while it was deleted; nobody refers to it from then on.

    In a transaction of its own behind the deletion: it waits for writers who still found the feature.
    """
    loaded = statements.load("things")
    await change.connection.execute(loaded["wait_for_features"])
    found = await (
        await change.connection.execute(loaded["datastreams_with_feature"], {"feature_id": number})
    ).fetchall()
    if found:
        ids = [row[0] for row in found]
        await disposal.feature(change.connection, feature_id=number, datastream_ids=ids)


async def _dependents(change: Change, entity: EntityType, number: int) -> None:
    loaded = statements.load("things")
    if entity.name in _OWNERS:
        values: dict[str, int | None] = dict.fromkeys(_OWNERS.values())
        values[_OWNERS[entity.name]] = number
        found = await (await change.connection.execute(loaded["datastreams_of"], values)).fetchall()
        _allow(change, {row[1] for row in found})
        await _streams(change, [row[0] for row in found])
    elif entity.table == "things.datastream":
        await _streams(change, [number])
    elif entity.name == "Location":
        await _histories(change, number)
    elif entity.name == "FeatureOfInterest":
        await _observations(change, number)


async def _histories(change: Change, location_id: int) -> None:
    """Entries of history go with the location; those of datasets that one may not change only lose it."""
    loaded = statements.load("things")
    values: dict[str, Any] = {"location_id": location_id}
    found = await (await change.connection.execute(loaded["datasets_of_histories"], values)).fetchall()
    values["datasets"] = [row[0] for row in found if change.may(row[0], "entities")]
    await change.connection.execute(loaded["delete_histories_of_location"], values)


def _allow(change: Change, datasets: Iterable[int]) -> None:
    for dataset_id in datasets:
        if not (change.may(dataset_id, "delete") and change.may(dataset_id, "entities")):
            raise StillNeeded  # what needs it may be hidden from who asks


async def _streams(change: Change, ids: list[int]) -> None:
    if ids:
        await disposal.datastreams(change.connection, ids=ids)
        await change.connection.execute(statements.load("things")["delete_datastreams"], {"ids": ids})


async def _observations(change: Change, feature_id: int) -> None:
    loaded = statements.load("things")
    found = await (
        await change.connection.execute(loaded["datastreams_with_feature"], {"feature_id": feature_id})
    ).fetchall()
    _allow(change, {row[1] for row in found})
    if found:
        ids = [row[0] for row in found]
        await disposal.feature(change.connection, feature_id=feature_id, datastream_ids=ids)
