# SPDX-License-Identifier: EUPL-1.2
"""What the store promises about single and repeated readings."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.things.store import merge, prepared
from stadtkern.things.store.batch import Integers
from tests.things.histories import (
    NOON,
    check_rollups,
    check_state,
    datastreams,
    features,
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
    await features(connection, 4711)
    members = {
        "phenomenon_end": NOON + MINUTE,
        "result_time": NOON + 2 * MINUTE,
        "valid_time": (NOON, NOON + MINUTE),
        "result_quality": {"status": "good"},
        "feature_id": 4711,
        "parameters": {"a": [1]},
    }
    many = [reading(stream, NOON + i * MINUTE, float(i), **members) for i in range(prepared.COPY_FROM)]
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
        "SELECT feature_id, n FROM things.feature_count WHERE datastream_id = %s", [stream]
    )
    assert await counted.fetchall() == [(4711, len(many) + len(early))]


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


async def test_rows_between_those_of_others_go_the_quick_way(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what comes again is compared with what is there; rows beside it in the same stretch are not."""
    compared: list[int] = []
    compare = merge._reconcile

    async def counted(connection: Connection, *, at: Integers, **rest: Any) -> None:
        compared.append(len(at))
        await compare(connection, at=at, **rest)

    monkeypatch.setattr(merge, "_reconcile", counted)
    turns, mixed, same = await datastreams(connection, count=3)
    there = [NOON + i * MINUTE for i in (*range(0, 600, 2), 700)]
    await store(connection, *(reading(stream, at, 1.0) for stream in (turns, mixed, same) for at in there))
    between = [NOON + i * MINUTE for i in range(1, 600, 2)]
    assert (await store(connection, *(reading(turns, at, 2.0) for at in between))).new.all()
    assert compared == []

    items = [reading(mixed, at, 1.0) for at in [*between, *there[100:120]]]
    assert (await store(connection, *items)).new.tolist() == [True] * 300 + [False] * 20
    assert compared == [20]

    assert not (await store(connection, *(reading(same, at, 1.0) for at in there))).new.any()
    assert compared == [20, 301]
    for stream, n in ((turns, 601), (mixed, 601), (same, 301)):
        assert len(await rows(connection, stream)) == n
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


async def test_a_full_row_of_slots_is_refused_by_the_database(connection: Connection) -> None:
    """The last slot is 32,767; what does not fit is an error, not a wrong row."""
    (stream,) = await datastreams(connection)
    await store(connection, reading(stream, NOON, 1.0))
    await connection.execute("UPDATE things.observation SET slot = 32767 WHERE datastream_id = %s", [stream])
    with pytest.raises(psycopg.DataError):
        await store(connection, reading(stream, NOON, 2.0))
