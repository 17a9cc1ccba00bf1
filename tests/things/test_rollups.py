# SPDX-License-Identifier: EUPL-1.2
"""Rollups equal the aggregate of the raw rows, whatever happened and whoever wrote at the same time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stadtkern.core import database as core_database
from stadtkern.core import problems
from stadtkern.core.database import Connection
from stadtkern.ingest.writer import commit
from stadtkern.things.store import amend, fold
from tests.things.histories import (
    NOON,
    check_rollups,
    check_state,
    datastreams,
    reading,
    rows,
    store,
    stored_buckets,
    until,
)

BERLIN = ZoneInfo("Europe/Berlin")
KINDS = (("measurement", "append"), ("count", "replace"), ("state", "append"))

_minutes = st.one_of(st.integers(0, 90), st.sampled_from([600, 900, 1439, 1440, 2000, 13_000, 30_000]))
_values = st.one_of(st.none(), st.integers(-3, 3).map(float), st.floats(-1e3, 1e3), st.just(1e-300))
_inserts = st.tuples(
    st.just("insert"), st.integers(0, 2), st.lists(st.tuples(_minutes, _values), min_size=1, max_size=6)
)
_updates = st.tuples(st.just("update"), st.integers(0, 2), st.tuples(st.integers(0, 50), _minutes, _values))
_deletes = st.tuples(st.just("delete"), st.integers(0, 2), st.integers(0, 50))
_steps = st.one_of(_inserts, _inserts, _updates, _deletes)
_writers = st.lists(st.lists(_steps, min_size=1, max_size=6), min_size=1, max_size=3)

Step = tuple[str, int, Any]


@given(writers=_writers)
@example(writers=[[("insert", 2, [(0, 1.0), (9000, 0.0)]), ("delete", 2, 0)]])
@example(writers=[[("insert", 0, [(1, 1.0)]), ("insert", 0, [(2, None)]), ("insert", 0, [(3, 5.0)])]] * 3)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rollups_equal_the_aggregate_of_the_raw_rows(database: str, writers: list[list[Step]]) -> None:
    """After any inserts, redeliveries, late data, updates and deletes by concurrent writers, amid folds."""
    asyncio.run(_play(database, writers))


async def _play(url: str, writers: list[list[Step]]) -> None:
    async with await core_database.connect(url=url, autocommit=True) as connection:
        streams = [(await datastreams(connection, kind=k, conflict=c))[0] for k, c in KINDS]
        stop = asyncio.Event()
        folding = asyncio.create_task(_fold(url, stop))
        await asyncio.gather(*(_write(url, streams, steps, i % 2 == 0) for i, steps in enumerate(writers)))
        stop.set()
        await folding
        for stream, (kind, _) in zip(streams, KINDS, strict=True):
            await check_rollups(connection, stream, kind=kind)
            await check_state(connection, stream)


async def _fold(url: str, stop: asyncio.Event) -> None:
    async with await core_database.connect(url=url, autocommit=True) as connection:
        while not stop.is_set():
            await fold.fold_once(connection)


async def _write(url: str, streams: Sequence[int], steps: Sequence[Step], short: bool) -> None:
    async with await core_database.connect(url=url, autocommit=True) as connection:
        for verb, which, what in steps:
            stream = streams[which]
            if verb == "insert":
                items = [reading(stream, NOON + timedelta(minutes=at), value) for at, value in what]
                await (commit.commit(connection, items=items) if short else store(connection, *items))
                continue
            pick, *change = what if verb == "update" else (what,)
            target = await _pick(connection, stream, pick)
            with contextlib.suppress(problems.NotFound):  # somebody else was faster
                async with connection.transaction():
                    if verb == "delete":
                        await amend.delete(connection, observation_id=target)
                    else:
                        changes = {
                            "phenomenon_time": NOON + timedelta(minutes=change[0]),
                            "result": change[1],
                        }
                        await amend.update(connection, observation_id=target, changes=changes)


async def _pick(connection: Connection, stream: int, number: int) -> int:
    cursor = await connection.execute(
        "SELECT id FROM things.observation WHERE datastream_id = %s ORDER BY phenomenon_time, slot", [stream]
    )
    ids = [row[0] for row in await cursor.fetchall()]
    return ids[number % len(ids)] if ids else 1


@pytest.mark.anyio
@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)])
async def test_days_run_from_local_midnight_to_local_midnight(
    connection: Connection, day: str, hours: int
) -> None:
    """Also where a clock change makes the day 23 or 25 hours long."""
    (stream,) = await datastreams(connection, kind="count")
    start = datetime.fromisoformat(day).replace(tzinfo=BERLIN).astimezone(UTC)
    times = [start + timedelta(minutes=15 * i) for i in range(-8, hours * 4 + 8)]
    await store(connection, *(reading(stream, time, 1.0) for time in times))
    await fold.fold_all(connection)
    found = await stored_buckets(connection, "rollup_day", stream)
    assert {bucket["n"] for at, bucket in found.items() if at == start} == {hours * 4}
    assert sum(bucket["n"] for bucket in found.values()) == len(times)


@pytest.mark.anyio
async def test_a_state_weighs_by_its_duration(connection: Connection) -> None:
    """Occupied from 8:10 to 17:20 means 9 h 10 min of the day, though only two readings came."""
    (stream,) = await datastreams(connection, kind="state")
    morning = datetime(2026, 5, 4, tzinfo=BERLIN)
    times = [
        (timedelta(0), 0.0),
        (timedelta(hours=8, minutes=10), 1.0),
        (timedelta(hours=17, minutes=20), 0.0),
    ]
    times.append((timedelta(days=1), 0.0))
    await store(connection, *(reading(stream, morning + at, value) for at, value in times))
    await check_rollups(connection, stream, kind="state")
    day = (await stored_buckets(connection, "rollup_day", stream))[morning.astimezone(UTC)]
    assert day["mean"] == pytest.approx((9 + 1 / 6) / 24)
    assert day["weight"] == 24 * 3600


@pytest.mark.anyio
async def test_a_silent_state_is_not_believed_for_ever(connection: Connection) -> None:
    """After seven days without a reading nothing is known about the time between."""
    (stream,) = await datastreams(connection, kind="state")
    await store(connection, reading(stream, NOON, 1.0), reading(stream, NOON + timedelta(days=8), 0.0))
    await check_rollups(connection, stream, kind="state")
    assert len(await stored_buckets(connection, "rollup_hour", stream)) == 2


@pytest.mark.anyio
async def test_the_share_of_good_observations_counts_all_rows(connection: Connection) -> None:
    """A reading without a number still counts for the quality."""
    (stream,) = await datastreams(connection)
    qualities = [None, "good", {"status": "good"}, "suspect", {"status": "missing"}]
    items = [
        reading(stream, NOON + timedelta(minutes=i), None if i == 4 else 1.0, result_quality=quality)
        for i, quality in enumerate(qualities)
    ]
    await store(connection, *items)
    await fold.fold_all(connection)
    bucket = (await stored_buckets(connection, "rollup_hour", stream))[NOON]
    assert (bucket["n"], bucket["rows"], bucket["good"]) == (4, 5, 3)


@pytest.mark.anyio
async def test_absurd_numbers_do_not_stop_the_fold(connection: Connection) -> None:
    """PostgreSQL would raise an overflow for the squares; the observations keep their digits."""
    for kind in ("measurement", "state"):
        (stream,) = await datastreams(connection, kind=kind)
        values = (1e308, -1.7e308, 5e-324, 1.0, 1e308)
        items = [reading(stream, NOON + timedelta(minutes=i), value) for i, value in enumerate(values)]
        await store(connection, *items)
        await fold.fold_all(connection)
        bucket = (await stored_buckets(connection, "rollup_hour", stream))[NOON]
        assert (bucket["n"], bucket["minimum"], bucket["maximum"]) == (5, -1.7e308, 1e308)
        assert abs(bucket["mean"]) <= 1e100


@pytest.mark.anyio
async def test_another_time_zone_makes_other_days(connection: Connection) -> None:
    """The city moves its clock; all days are made anew from hours."""
    (stream,) = await datastreams(connection)
    await store(connection, reading(stream, datetime(2026, 7, 1, 22, 30, tzinfo=UTC), 1.0))
    await fold.fold_all(connection)
    try:
        await connection.execute("UPDATE core.city SET time_zone = 'Atlantic/Azores'")
        async with connection.transaction():
            await fold.rebuild_days(connection)
        assert list(await stored_buckets(connection, "rollup_day", stream)) == [
            datetime(2026, 7, 1, tzinfo=UTC)
        ]
    finally:
        await connection.execute("UPDATE core.city SET time_zone = 'Europe/Berlin'")


@pytest.mark.anyio
async def test_the_worker_folds_by_itself_and_stops_when_told(connection: Connection, database: str) -> None:
    """A new reading is in the rollup within about two seconds."""
    (stream,) = await datastreams(connection)
    stop = asyncio.Event()
    worker = asyncio.create_task(fold.run(url=database, stop=stop))
    await store(connection, reading(stream, NOON, 1.0))
    await until(lambda: stored_buckets(connection, "rollup_hour", stream))
    stop.set()
    async with asyncio.timeout(60):
        await worker
    assert len(await rows(connection, stream)) == 1


@pytest.mark.anyio
async def test_a_flood_of_news_does_not_hold_up_the_fold(connection: Connection, database: str) -> None:
    """Many notifications that came while the fold was busy count as one."""
    (stream,) = await datastreams(connection)
    stop = asyncio.Event()
    worker = asyncio.create_task(fold.run(url=database, stop=stop))
    async with connection.transaction():
        for number in range(100):
            await connection.execute("SELECT pg_notify('observations', %s)", [str(number)])
    await store(connection, reading(stream, NOON, 1.0))
    await until(lambda: stored_buckets(connection, "rollup_hour", stream))
    stop.set()
    await worker


@pytest.mark.anyio
async def test_a_bucket_that_cannot_be_computed_holds_up_no_other(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fold finds it by halving, logs it and goes on."""
    streams = await datastreams(connection, count=5)
    compute = fold._fold

    async def refuse(own: Connection, marks: list[Any], loaded: set[int]) -> None:
        await compute(own, marks, loaded)
        if any(mark[0] == streams[2] for mark in marks):
            await own.execute("SELECT 1 / 0")

    monkeypatch.setattr(fold, "_fold", refuse)
    await store(connection, *(reading(stream, NOON, 1.0) for stream in streams))
    await fold.fold_all(connection)
    found = [bool(await stored_buckets(connection, "rollup_hour", stream)) for stream in streams]
    assert found == [True, True, False, True, True]
