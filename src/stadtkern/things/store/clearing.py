# SPDX-License-Identifier: EUPL-1.2
"""Deletes many observations at once, inside the caller's transaction: writers wait for their datastreams."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.things.store import aftermath, amend, binary, partitions, seals, streams
from stadtkern.things.store.amend import Row
from stadtkern.things.store.batch import column_of, microseconds


async def find(connection: Connection, *, observation_ids: Sequence[int]) -> dict[int, Row]:
    """Observations by their ids. Raises NotFound."""
    months: defaultdict[int, list[int]] = defaultdict(list)
    for number in observation_ids:
        months[partitions.key_of_id(number)].append(number)
    known: dict[int, Row] = {}
    for key, ids in months.items():
        if await partitions.existing(connection, keys=[key]):
            statement = partitions.statement("find_some_in_partition", key)
            cursor = await connection.execute(statement, {"ids": ids})
            known |= {number: Row(*row) for number, *row in await cursor.fetchall()}
    for number in observation_ids:
        row = known.get(number) or await amend.find(connection, observation_id=number)
        if row is None:
            raise problems.NotFound(f"no Observation with the id {number}")
        known[number] = row
    return known


async def delete(connection: Connection, *, rows: Mapping[int, Row]) -> None:
    """Delete observations that were found; what is known of a datastream follows once, not for each row.

    Raises NotFound where one went or moved meanwhile, PartIsAway.
    """
    ids = np.unique([row.datastream_id for row in rows.values()])
    found = await streams.lock(connection, ids=ids, row=np.arange(len(ids)), policy=None)
    held = set(ids[found.known].tolist())
    now = await find(connection, observation_ids=list(rows))
    if any(row.datastream_id not in held for row in now.values()):
        raise problems.NotFound("one of the Observations was moved meanwhile")
    await seals.admit(
        connection, found, places=[(row.datastream_id, row.phenomenon_time) for row in now.values()]
    )
    months: defaultdict[int, list[Row]] = defaultdict(list)
    owners: defaultdict[int, list[Row]] = defaultdict(list)
    for row in now.values():
        months[partitions.key(microseconds(row.phenomenon_time))].append(row)
        owners[row.datastream_id].append(row)
    for key, part in months.items():
        params = {
            "streams": [row.datastream_id for row in part],
            "times": [row.phenomenon_time for row in part],
            "slots": [row.slot for row in part],
        }
        await connection.execute(partitions.statement("delete_some", key), params)
    for datastream_id in sorted(owners):
        await _gone(connection, datastream_id, owners[datastream_id])


async def _gone(connection: Connection, datastream_id: int, rows: Sequence[Row]) -> None:
    """Bring a datastream in line after these of its observations were deleted."""
    sql = statements.load("things")
    features = Counter(row.feature_id for row in rows if row.feature_id is not None)
    if features:
        params = {
            "datastream_id": binary.bigints([datastream_id] * len(features)),
            "feature_id": binary.bigints(list(features)),
            "n": binary.bigints([-n for n in features.values()]),
        }
        await connection.execute(sql["hold_features"])
        await connection.execute(sql["count_features"], params)
        await aftermath.drop_uncounted_features(connection, datastream_ids=[datastream_id])
    await amend.removed(
        connection, datastream_id=datastream_id, times=column_of([r.phenomenon_time for r in rows])
    )
    await seals.newest_is_here(connection, datastream_id=datastream_id)
    if any(row.result_time is not None for row in rows):
        await connection.execute(sql["find_result_times"], {"datastream_id": datastream_id})
