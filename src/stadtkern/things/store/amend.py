# SPDX-License-Identifier: EUPL-1.2
"""Changes and deletions of what is stored, inside the caller's transaction; states and rollups follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import numpy as np
from psycopg.types.json import Jsonb
from psycopg.types.range import TimestamptzRange

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.things import readings
from stadtkern.things.store import aftermath, binary, partitions, seals, streams
from stadtkern.things.store.batch import HOUR, Integers, microseconds, split_result
from stadtkern.things.store.streams import Streams

_NOTHING_NEW = {"result_time": None, "end_time": None, "length": None}
_LATEST = datetime.max.replace(tzinfo=UTC)
# A value of a `state` datastream counts no longer than this, in microseconds.
_HELD = 7 * 24 * HOUR


class Row(NamedTuple):
    """An observation as it is stored."""

    datastream_id: int
    phenomenon_time: datetime
    slot: int
    phenomenon_end: datetime | None
    result: float | None
    result_json: Any
    result_time: datetime | None
    valid_time: Any
    result_quality: Any
    feature_id: int | None
    parameters: Any


async def find(connection: Connection, *, observation_id: int) -> Row | None:
    """An observation by its id; the month in which it was created is looked at first."""
    key = partitions.key_of_id(observation_id)
    if await partitions.existing(connection, keys=[key]):
        cursor = await connection.execute(
            partitions.statement("find_in_partition", key), {"id": observation_id}
        )
        if row := await cursor.fetchone():
            return Row(*row)
    cursor = await connection.execute(statements.load("things")["find_anywhere"], {"id": observation_id})
    row = await cursor.fetchone()
    return Row(*row) if row else None


async def hold(connection: Connection, *, datastream_id: int) -> None:
    """Keep writers from a datastream until the transaction ends."""
    one = np.array([datastream_id], np.int64)
    await streams.lock(connection, ids=one, row=np.zeros(1, np.int64), policy=None)


async def update(connection: Connection, *, observation_id: int, changes: Mapping[str, Any]) -> None:
    """Change members of an observation, named as those of a Reading. Raises NotFound, PartIsAway."""
    old, found = await _held(connection, observation_id, into=changes.get("datastream_id"))
    new = _changed(old, changes)
    await seals.admit(connection, found, places=[_place(old), _place(new)])
    params = _params(new, observation_id)
    if (new.datastream_id, new.phenomenon_time) == (old.datastream_id, old.phenomenon_time):
        await connection.execute(partitions.statement("update_observation", _key(old)), params)
        await _follow(connection, old=old, new=new, found=found)
        return
    await partitions.ensure(connection, keys=[_key(new)])
    await connection.execute(
        partitions.statement("delete_observation", _key(old)), _params(old, observation_id)
    )
    await _place_anew(connection, new, params)
    if new.datastream_id == old.datastream_id:
        await _follow(connection, old=old, new=new, found=found)
        return
    await _follow(connection, old=old, new=None, found=found)
    await _follow(connection, old=None, new=new, found=found)


async def delete(connection: Connection, *, observation_id: int) -> None:
    """Delete an observation. Raises NotFound, PartIsAway."""
    old, found = await _held(connection, observation_id)
    await seals.admit(connection, found, places=[_place(old)])
    await connection.execute(
        partitions.statement("delete_observation", _key(old)), _params(old, observation_id)
    )
    await _follow(connection, old=old, new=None, found=found)


async def removed(connection: Connection, *, datastream_id: int, times: Integers) -> None:
    """Bring state and marks in line after observations at these times left a locked datastream."""
    sql = statements.load("things")
    times = np.sort(times)
    params = {"datastream_id": datastream_id, "difference": -len(times), **_NOTHING_NEW}
    await connection.execute(sql["count_change"], params)
    await connection.execute(sql["find_ends"], params)
    await _find_end(connection, datastream_id)
    ids: Integers = np.full(len(times), datastream_id, np.int64)
    cursor = await connection.execute(sql["kinds_of_datastreams"], {"ids": [datastream_id]})
    if (row := await cursor.fetchone()) and row[1] == "state":
        # What was held from one of them to the next, of which nothing tells any more, goes with them.
        begins = np.append(0, np.flatnonzero(np.diff(times) > _HELD) + 1)
        last = times[np.append(begins[1:], len(times)) - 1]
        await aftermath.mark_state_spans(
            connection, datastream_ids=ids[begins], first=times[begins], last=last
        )
    else:
        held, first, until = aftermath.hour_spans(ids, times)
        await aftermath.mark_spans(connection, held, first, until, appended=False)
    await aftermath.tell(connection, datastream_ids=[datastream_id])


async def recompute(connection: Connection, *, datastream_ids: Sequence[int]) -> None:
    """Have all buckets of datastreams computed anew, after their `kind` changed."""
    await connection.execute(statements.load("things")["mark_histories"], {"ids": list(datastream_ids)})


async def _held(
    connection: Connection, observation_id: int, *, into: int | None = None
) -> tuple[Row, Streams]:
    """The observation; its datastream, and the one it goes to, locked against writers."""
    row = await find(connection, observation_id=observation_id)
    while row is not None:
        ids = np.unique([row.datastream_id, into or row.datastream_id])
        found = await streams.lock(connection, ids=ids, row=np.zeros(1, np.int64), policy=None)
        row = await find(connection, observation_id=observation_id)
        if row is not None and row.datastream_id in ids:
            if row.datastream_id not in ids[found.known] or await _is_on_its_way_out(connection, row):
                break
            return row, found
    raise problems.NotFound(f"no Observation with the id {observation_id}")


async def _is_on_its_way_out(connection: Connection, row: Row) -> bool:
    """Whether it waits to be removed with its feature; moved, it might be missed."""
    if row.feature_id is None:
        return False
    params = {"feature_id": row.feature_id, "datastream_id": row.datastream_id}
    cursor = await connection.execute(statements.load("things")["feature_is_disposed_of"], params)
    return await cursor.fetchone() == (True,)


def as_reading(row: Row) -> readings.Reading:
    """An observation as it might have arrived."""
    number = row.result
    if row.result_json is None and number is not None and number.is_integer():
        number = int(number)
    valid = None if row.valid_time is None else (row.valid_time.lower, row.valid_time.upper)
    members = {name: value for name, value in row._asdict().items() if name not in ("slot", "result_json")}
    result = number if row.result_json is None else row.result_json
    return readings.Reading(**members | {"result": result, "valid_time": valid})


def _key(row: Row) -> int:
    return partitions.key(microseconds(row.phenomenon_time))


def _place(row: Row) -> tuple[int, datetime]:
    return row.datastream_id, row.phenomenon_time


def _changed(old: Row, changes: Mapping[str, Any]) -> Row:
    values = dict(changes)
    if "result" in values:
        number, document = split_result(values["result"])
        values["result"] = None if np.isnan(number) else number
        values["result_json"] = None if document is None else msgspec.json.decode(document)
    if values.get("valid_time") is not None:
        lower, upper = values["valid_time"]
        values["valid_time"] = TimestamptzRange(lower, upper, "[]" if lower == upper else "[)")
    return old._replace(**values)


async def _place_anew(connection: Connection, row: Row, params: Mapping[str, Any]) -> None:
    """Store it where it belongs now, beside others of that instant."""
    cursor = await connection.execute(partitions.statement("place_observation", _key(row)), params)
    found = await cursor.fetchone()
    if found and found[0]:
        ids = {"ids": binary.bigints([row.datastream_id])}
        await connection.execute(statements.load("things")["note_crowded"], ids)


def _params(row: Row, observation_id: int) -> dict[str, Any]:
    params: dict[str, Any] = {**row._asdict(), "id": observation_id}
    for name in ("result_json", "result_quality", "parameters"):
        params[name] = None if params[name] is None else Jsonb(params[name])
    return params


async def _follow(connection: Connection, *, old: Row | None, new: Row | None, found: Streams) -> None:
    """Bring one datastream's state, feature counts and marks in line with one change."""
    rows = [row for row in (old, new) if row is not None]
    stream = rows[0].datastream_id
    await _state(connection, stream, old=old, new=new)
    if len({row.feature_id if row else None for row in (old, new)}) > 1:
        await _features(connection, stream, old=old, new=new)
    times = sorted({microseconds(row.phenomenon_time) for row in rows})
    ids: Integers = np.full(len(times), stream, np.int64)
    first: Integers = np.array(times, np.int64)
    if found.state[found.id == stream].any():
        await aftermath.mark_state_spans(connection, datastream_ids=ids, first=first, last=first)
    else:
        await aftermath.mark_spans(connection, *aftermath.hour_spans(ids, first), appended=False)
    await aftermath.tell(connection, datastream_ids=[stream])


async def _state(connection: Connection, stream: int, *, old: Row | None, new: Row | None) -> None:
    sql = statements.load("things")
    params: dict[str, Any] = {
        "datastream_id": stream,
        "difference": (new is not None) - (old is not None),
        **_NOTHING_NEW,
    }
    if new is not None:
        end = new.phenomenon_end or new.phenomenon_time
        params |= {
            "result_time": new.result_time,
            "end_time": end,
            "length": end - new.phenomenon_time,
        }
    row = await (await connection.execute(sql["count_change"], params)).fetchone()
    first, last, result_first, result_last = row or (None, None, None, None)
    times = [each.phenomenon_time for each in (old, new) if each]
    if first is None or last is None or min(times) <= first or max(times) >= last:
        await connection.execute(sql["find_ends"], params)
        await seals.newest_is_here(connection, datastream_id=stream)
    if old is not None:
        await _find_end(connection, stream, old_end=old.phenomenon_end or old.phenomenon_time)
    moved = old is not None and old.result_time != params["result_time"]
    if moved and old is not None and old.result_time in (result_first, result_last):
        await connection.execute(sql["find_result_times"], params)


async def _find_end(connection: Connection, stream: int, *, old_end: datetime = _LATEST) -> None:
    """Find the last end anew if it may have been this one."""
    params = {"datastream_id": binary.bigints([stream]), "old_end": [old_end]}
    await connection.execute(statements.load("things")["shrink_end_times"], params)


async def _features(connection: Connection, stream: int, *, old: Row | None, new: Row | None) -> None:
    sql = statements.load("things")
    for feature_id, n in ((old.feature_id if old else None, -1), (new.feature_id if new else None, 1)):
        if feature_id is not None:
            params = {
                "datastream_id": binary.bigints([stream]),
                "feature_id": binary.bigints([feature_id]),
                "n": binary.bigints([n]),
            }
            await connection.execute(sql["hold_features"])
            await connection.execute(sql["count_features"], params)
    await aftermath.drop_uncounted_features(connection, datastream_ids=[stream])
