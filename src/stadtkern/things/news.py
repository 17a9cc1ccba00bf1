# SPDX-License-Identifier: EUPL-1.2
"""Events that tell which observations and entities are new or different, written with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from stadtkern.core import outbox
from stadtkern.core.database import Connection
from stadtkern.things.store.merge import MergeResult

OBSERVATIONS = "things.observations"
ENTITIES = "things.entities"

# Of a larger commit an event names the datastreams only: whoever follows it looks for their newest values.
MOST_OBSERVATIONS = 1_000
_MOST_DATASTREAMS = 1_000
_MOST_ENTITIES = 10_000


async def of_observations(connection: Connection, *, result: MergeResult, wake: bool) -> None:
    """Tell of merged rows, with microseconds since 1970 and datastream of each, by which they are found.

    Frequent writers wake the relay themselves, see `outbox.emit`.
    """
    streams = result.changed_datastreams
    if not len(streams):
        return
    payload = {"datastreams": streams[:_MOST_DATASTREAMS].tolist(), "rows": int(result.new.sum())}
    if int(result.changed.sum()) <= MOST_OBSERVATIONS:
        rows = result.ready.rows
        payload["ids"] = result.id[result.changed].tolist()
        payload["streams"] = result.ready.back(rows.datastream_id)[result.changed].tolist()
        payload["times"] = result.ready.back(rows.time)[result.changed].tolist()
    await outbox.emit(connection, topic=OBSERVATIONS, payload=payload, wake=wake)


async def of_entities(connection: Connection, *, touched: Mapping[str, Collection[int]]) -> None:
    """Tell of entities that were made or changed, by the name of their type."""
    named: dict[str, Sequence[int]] = {
        name: sorted(numbers)[:_MOST_ENTITIES] for name, numbers in touched.items() if numbers
    }
    if named:
        await outbox.emit(connection, topic=ENTITIES, payload={"changed": named})
