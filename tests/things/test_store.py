# SPDX-License-Identifier: EUPL-1.2
"""What the store promises about single and repeated readings."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtkern.core import database as core_database
from stadtkern.core import problems, times
from stadtkern.core.database import Connection
from stadtkern.things.store import amend, batch, merge, partitions
from tests.things.histories import (
    NOON,
    check_rollups,
    check_state,
    datastreams,
    reading,
    rows,
    state,
    store,
)

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)


async def test_an_identical_redelivery_is_stored_once(connection: Connection) -> None:
    """Append: the second delivery answers with the id of the first."""
    (stream,) = await datastreams(connection)
    first = await store(connection, reading(stream, NOON, 7.5))
    again = await store(connection, reading(stream, NOON, 7.5))
    assert first.new.tolist() == [True]
    assert again.new.tolist() == [False]
    assert again.id.tolist() == first.id.tolist()
    assert len(await rows(connection, stream)) == 1
    await check_state(connection, stream)


async def test_a_different_result_at_the_same_time_takes_the_next_slot(connection: Connection) -> None:
    """Append keeps both, also within one batch, and redeliveries of each are recognised."""
    (stream,) = await datastreams(connection)
    await store(
        connection, reading(stream, NOON, 1.0), reading(stream, NOON, 2.0), reading(stream, NOON, 1.0)
    )
    result = await store(connection, reading(stream, NOON, 3.0), reading(stream, NOON, 2.0))
    assert result.new.tolist() == [True, False]
    assert [(slot, value) for _, slot, value, _ in await rows(connection, stream)] == [
        (0, 1.0),
        (1, 2.0),
        (2, 3.0),
    ]
    await check_state(connection, stream)
    assert (await state(connection, stream))["last_slot"] == 2


async def test_parameters_and_result_times_tell_readings_apart(connection: Connection) -> None:
    """Only a reading that is the same in every respect is a redelivery."""
    (stream,) = await datastreams(connection)
    deep = reading(stream, NOON, 1.0, parameters={"depth": 60})
    flat = reading(stream, NOON, 1.0, parameters={"depth": 20})
    late = reading(stream, NOON, 1.0, result_time=NOON + MINUTE)
    assert (await store(connection, deep, flat, late)).new.all()
    assert not (await store(connection, late, flat, deep)).new.any()
    assert (await state(connection, stream))["result_time_last"] == NOON + MINUTE


async def test_replace_keeps_one_row_and_its_id(connection: Connection) -> None:
    """The last reading wins; an equal one changes nothing."""
    (stream,) = await datastreams(connection, conflict="replace")
    first = await store(connection, reading(stream, NOON, 1.0))
    second = await store(connection, reading(stream, NOON, 2.0), reading(stream, NOON, 3.0))
    assert second.id.tolist() == first.id.tolist() * 2
    assert [value for _, _, value, _ in await rows(connection, stream)] == [3.0]
    assert len((await store(connection, reading(stream, NOON, 3.0))).changed_datastreams) == 0
    await check_state(connection, stream)
    await check_rollups(connection, stream, kind="measurement")


async def test_ignore_keeps_the_first_reading(connection: Connection) -> None:
    """Whatever comes later for the same time is answered with the id of the first."""
    (stream,) = await datastreams(connection, conflict="ignore")
    first = await store(connection, reading(stream, NOON, 1.0), reading(stream, NOON, 2.0))
    again = await store(connection, reading(stream, NOON, 3.0))
    assert first.new.tolist() == [True, False]
    assert again.id[0] == first.id[0]
    assert [value for _, _, value, _ in await rows(connection, stream)] == [1.0]


async def test_a_policy_of_the_caller_overrules_that_of_the_datastream(connection: Connection) -> None:
    """Imports replace, whatever the datastream says."""
    (stream,) = await datastreams(connection)
    await store(connection, reading(stream, NOON, 1.0))
    await store(connection, reading(stream, NOON, 2.0), policy="replace")
    assert [value for _, _, value, _ in await rows(connection, stream)] == [2.0]


async def test_rows_of_unknown_datastreams_are_left_out(connection: Connection) -> None:
    """The others are stored."""
    (stream,) = await datastreams(connection)
    result = await store(connection, reading(stream, NOON, 1.0), reading(10**15, NOON, 1.0))
    assert result.known.tolist() == [True, False]
    assert result.id[1] == 0


async def test_results_of_every_kind_come_back(connection: Connection) -> None:
    """Numbers as numbers, everything else as it came; large integers keep their digits."""
    (stream,) = await datastreams(connection)
    results = [1, 2.5, True, "zu", [1, "a"], {"a": None}, None, 2**60 + 1]
    await store(connection, *(reading(stream, NOON + i * MINUTE, value) for i, value in enumerate(results)))
    kept = [
        value if document is None else document for _, _, value, document in await rows(connection, stream)
    ]
    assert kept == results


async def test_all_members_come_back_by_every_way(connection: Connection) -> None:
    """Array parameters (few rows), COPY (many rows) and the merge statement store the same."""
    (stream,) = await datastreams(connection)
    members = {
        "phenomenon_end": NOON + MINUTE,
        "result_time": NOON + 2 * MINUTE,
        "valid_time": (NOON, NOON + MINUTE),
        "result_quality": {"status": "good"},
        "feature_id": 4711,
        "parameters": {"a": [1]},
    }
    many = [reading(stream, NOON + i * MINUTE, float(i), **members) for i in range(merge.COPY_FROM)]
    early = [
        reading(stream, NOON - MINUTE, 0.0, **members),
        reading(stream, NOON - 2 * MINUTE, 0.0, **members),
    ]
    await store(connection, *many)
    await store(connection, *early)
    cursor = await connection.execute(
        "SELECT DISTINCT phenomenon_end, result_time, valid_time, result_quality, feature_id, parameters "
        "FROM things.observation WHERE datastream_id = %s",
        [stream],
    )
    ((end, result_time, valid, quality, feature, parameters),) = await cursor.fetchall()
    assert (end, result_time, (valid.lower, valid.upper)) == tuple(list(members.values())[:3])
    assert (quality, feature, parameters) == ({"status": "good"}, 4711, {"a": [1]})
    counted = await connection.execute(
        "SELECT feature_id, n FROM things.datastream_feature WHERE datastream_id = %s", [stream]
    )
    assert await counted.fetchall() == [(4711, len(many) + len(early))]


async def test_ids_carry_the_month_and_are_safe_for_javascript(connection: Connection) -> None:
    """The high bits are the months since January 1900, and no id passes 2^53."""
    (stream,) = await datastreams(connection)
    moments = [datetime(1991, 6, 1, tzinfo=UTC), NOON, datetime(2028, 1, 1, tzinfo=UTC)]
    result = await store(connection, *(reading(stream, moment, 1.0) for moment in moments))
    ids = result.id.tolist()
    assert [number >> 40 for number in ids] == [times.month_number(moment) for moment in moments]
    assert max(ids) < 2**53


async def test_two_writers_redelivering_the_same_rows_end_with_one_each(
    connection: Connection, database: str
) -> None:
    """Both transactions run at once; an anti-join alone would store both deliveries."""
    streams = await datastreams(connection, count=5)
    items = [reading(stream, NOON + i * MINUTE, float(i)) for stream in streams for i in range(40)]

    async def deliver(turn: int) -> list[int]:
        async with await core_database.connect(url=database, autocommit=True) as own:
            result = await store(own, *(items if turn % 2 else items[::-1]))
            return sorted(result.id.tolist())

    delivered = await asyncio.gather(*(deliver(turn) for turn in range(6)))
    assert all(each == delivered[0] for each in delivered)
    for stream in streams:
        assert len(await rows(connection, stream)) == 40
        await check_state(connection, stream)


async def test_late_history_goes_the_quick_way_and_is_found_again(connection: Connection) -> None:
    """A block of older rows, stored after newer ones, then delivered once more."""
    (stream,) = await datastreams(connection)
    await store(connection, reading(stream, NOON, 1.0))
    older = [reading(stream, NOON - (i + 1) * MINUTE, float(i)) for i in range(1500)]
    assert (await store(connection, *older)).new.all()
    assert not (await store(connection, *older)).new.any()
    await check_state(connection, stream)
    await check_rollups(connection, stream, kind="measurement")


async def test_watched_datastreams_fill_the_queue_once(connection: Connection) -> None:
    """Only new rows, and only of datastreams somebody watches."""
    watched, other = await datastreams(connection, count=2)
    await connection.execute("INSERT INTO things.watch VALUES (%s)", [watched])
    for _ in range(2):
        await store(connection, reading(watched, NOON, 5.0), reading(other, NOON, 6.0))
    cursor = await connection.execute("SELECT datastream_id, phenomenon_time, result FROM things.watch_queue")
    assert await cursor.fetchall() == [(watched, NOON, 5.0)]


async def test_an_observation_can_be_moved_and_keeps_its_id(connection: Connection) -> None:
    """PATCH of the time goes to another partition; state and rollups follow."""
    (stream,) = await datastreams(connection)
    result = await store(connection, reading(stream, NOON, 1.0), reading(stream, NOON + MINUTE, 2.0))
    moved = int(result.id[1])
    there = NOON - timedelta(days=400)
    async with connection.transaction():
        await amend.update(
            connection, observation_id=moved, changes={"phenomenon_time": there, "result": "x"}
        )
    found = await amend.find(connection, observation_id=moved)
    assert found is not None
    assert (found.phenomenon_time, found.result, found.result_json) == (there, None, "x")
    await check_state(connection, stream)
    await check_rollups(connection, stream, kind="measurement")


async def test_deleting_the_newest_observation_brings_back_the_one_before(connection: Connection) -> None:
    """The state says what is newest now; the deleted one cannot be deleted again."""
    (stream,) = await datastreams(connection)
    early = reading(stream, NOON, 1.0, result_time=NOON, feature_id=8)
    result = await store(connection, early, reading(stream, NOON + MINUTE, 2.0, result_time=NOON + MINUTE))
    async with connection.transaction():
        await amend.delete(connection, observation_id=int(result.id[1]))
    kept = await state(connection, stream)
    assert (kept["n"], kept["last_result"], kept["result_time_last"]) == (1, 1.0, NOON)
    with pytest.raises(problems.NotFound):
        await amend.delete(connection, observation_id=int(result.id[1]))
    await amend.delete(connection, observation_id=int(result.id[0]))
    await check_state(connection, stream)
    await check_rollups(connection, stream, kind="measurement")
    left = await connection.execute(
        "SELECT FROM things.datastream_feature WHERE datastream_id = %s", [stream]
    )
    assert await left.fetchall() == []


async def test_a_deleted_datastream_leaves_nothing_and_takes_nothing(connection: Connection) -> None:
    """Rows, state, rollups and marks go; readings for it are unknown afterwards."""
    (stream,) = await datastreams(connection)
    await store(connection, reading(stream, NOON, 1.0))
    async with connection.transaction():
        await amend.delete_datastream(connection, datastream_ids=[stream])
        await connection.execute("DELETE FROM things.datastream WHERE id = %s", [stream])
    assert not (await store(connection, reading(stream, NOON, 1.0))).known.any()
    for table in ("observation", "datastream_state", "rollup_hour", "rollup_day", "rollup_dirty"):
        statement = f"SELECT count(*) FROM things.{table} WHERE datastream_id = %s"
        assert await (await connection.execute(statement, [stream])).fetchone() == (0,)


async def test_partitions_appear_while_others_read(connection: Connection, database: str) -> None:
    """A reader in a long transaction neither waits nor makes the writer wait."""
    (stream,) = await datastreams(connection)
    await store(connection, reading(stream, NOON, 1.0))
    async with await core_database.connect(url=database) as reader:
        await reader.execute("SELECT count(*) FROM things.observation")
        keys = [
            partitions.key(batch.microseconds(datetime(2020, month, 1, tzinfo=UTC))) for month in (5, 6, 7)
        ]
        await connection.execute("SET lock_timeout = '2s'")

        async def make(own: Connection) -> None:
            await partitions.ensure(own, keys=keys)

        async with await core_database.connect(url=database, autocommit=True) as second:
            await asyncio.gather(make(connection), make(second))
        await store(connection, reading(stream, datetime(2020, 6, 9, tzinfo=UTC), 2.0))
        cursor = await reader.execute(
            "SELECT count(*) FROM things.observation WHERE datastream_id = %s", [stream]
        )
        assert await cursor.fetchone() == (2,)
    await connection.execute("RESET lock_timeout")


async def test_partition_bounds_are_months_from_2015_and_years_before() -> None:
    """Every instant belongs to exactly one partition, whose bounds enclose it."""
    for moment in (datetime(1991, 12, 31, 23, 59, tzinfo=UTC), datetime(2014, 12, 31, tzinfo=UTC), NOON):
        at = batch.microseconds(moment)
        key = partitions.key(at)
        assert partitions.start(key) <= at < partitions.end(key)
    assert partitions.leaf(partitions.key(batch.microseconds(NOON))) == "observation_2026_03"
    assert (
        partitions.leaf(partitions.key(batch.microseconds(datetime(2014, 5, 1, tzinfo=UTC))))
        == "observation_2014"
    )


async def test_listeners_hear_of_changed_datastreams_only(connection: Connection, database: str) -> None:
    """Each once, also of very many; redeliveries are no news."""
    streams = await datastreams(connection, count=900)
    async with await core_database.connect(url=database, autocommit=True) as listener:
        await listener.execute("LISTEN observations")
        items = [reading(stream, NOON, 1.0) for stream in streams]
        await store(connection, *items, *items)
        await store(connection, *items)
        heard = [int(part) for notice in await _notices(listener, count=3) for part in notice.split(",")]
    assert sorted(heard) == sorted(streams)


async def _notices(listener: Connection, *, count: int) -> list[str]:
    return [notice.payload async for notice in listener.notifies(timeout=2.0, stop_after=count)]


async def test_a_batch_of_columns_equals_a_batch_of_readings(connection: Connection) -> None:
    """Imports hand over columns, doors hand over readings."""
    (stream,) = await datastreams(connection)
    moments = [NOON, NOON + MINUTE]
    columns = batch.of_columns(
        datastream_id=stream, times=moments, results=[1.5, "x"], qualities=[None, "bad"]
    )
    items = [reading(stream, NOON, 1.5), reading(stream, NOON + MINUTE, "x", result_quality="bad")]
    same = batch.of_readings(items)
    for name in ("datastream_id", "time", "result"):
        assert np.array_equal(getattr(columns, name), getattr(same, name), equal_nan=name == "result")
    assert columns.result_json is not None
    assert same.result_json is not None
    assert columns.result_json.tolist() == same.result_json.tolist()
    async with connection.transaction():
        assert (await merge.merge(connection, batch=columns)).new.all()
    assert not (await store(connection, *items)).new.any()


async def test_a_full_row_of_slots_is_refused_by_the_database(connection: Connection) -> None:
    """The last slot is 32,767; what does not fit is an error, not a wrong row."""
    (stream,) = await datastreams(connection)
    await store(connection, reading(stream, NOON, 1.0))
    await connection.execute("UPDATE things.observation SET slot = 32767 WHERE datastream_id = %s", [stream])
    with pytest.raises(psycopg.DataError):
        await store(connection, reading(stream, NOON, 2.0))


@settings(max_examples=500)
@given(st.datetimes(datetime(1900, 1, 1), datetime(2300, 1, 1)))
def test_instants_keep_their_microseconds(moment: datetime) -> None:
    """The quick way for columns and the exact way for single instants agree, and both can be undone."""
    aware = moment.replace(tzinfo=UTC)
    (quick,) = batch.column_of([aware]).tolist()
    assert quick == batch.microseconds(aware)
    assert batch.instant(quick) == aware
