# SPDX-License-Identifier: EUPL-1.2
"""Deleting much: answered at once, seen by nobody from then on, removed bit by bit, whatever falls."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from stadtkern.core.database import Connection
from stadtkern.things.store import amend, disposal, fold
from tests.things import histories
from tests.things.factories import City, datastream, hourly, location, restricted, thing
from tests.things.histories import NOON, check_rollups, check_state, datastreams, reading, rows, store

pytestmark = pytest.mark.anyio

TABLES = (
    "observation",
    "datastream_state",
    "rollup_hour",
    "rollup_day",
    "rollup_dirty",
    "datastream_feature",
)
_WAIT_SECONDS = 60.0


async def delete(connection: Connection, *ids: int) -> None:
    """Delete datastreams as the API does."""
    async with connection.transaction():
        await disposal.datastreams(connection, ids=ids)
        await connection.execute("DELETE FROM things.datastream WHERE id = ANY (%s)", [list(ids)])


async def left(connection: Connection, ids: Sequence[int]) -> dict[str, int]:
    """How many rows of datastreams each table holds, where it holds any."""
    found = {}
    for table in TABLES:
        statement = f"SELECT count(*) FROM things.{table} WHERE datastream_id = ANY (%s)"
        row = await (await connection.execute(statement.encode(), [list(ids)])).fetchone()
        if row is not None and row[0]:
            found[table] = row[0]
    return found


async def absences(connection: Connection) -> list[Any]:
    """What readers are told of."""
    return await (await connection.execute("SELECT kind, id FROM core.absence ORDER BY 1, 2")).fetchall()


async def made(city: City) -> tuple[int, int, list[int]]:
    """A Thing, its Datastream and the ids of that one's three observations."""
    number = await city.create(
        "Things",
        thing(Locations=[location()], Datastreams=[datastream(observations=hourly(1, 2, 3))]),
    )
    (stream,) = await city.values(f"Things({number})/Datastreams")
    found = await city.values(f"Datastreams({stream['@iot.id']})/Observations")
    return number, stream["@iot.id"], [each["@iot.id"] for each in found]


@pytest.mark.parametrize("victim", ["Datastreams", "Things"])
async def test_nobody_sees_observations_of_what_was_deleted(
    city: City, connection: Connection, victim: str
) -> None:
    """The rows are still there; no address leads to them, neither for the owner nor for others."""
    number, stream, ids = await made(city)
    (feature,) = {
        each["FeatureOfInterest"]["@iot.id"]
        for each in await city.values(f"Datastreams({stream})/Observations?$expand=FeatureOfInterest")
    }
    gone = stream if victim == "Datastreams" else number
    assert (await city.send("DELETE", f"{victim}({gone})")).status_code == 200
    assert (await left(connection, [stream]))["observation"] == 3
    for reader in (city, city.anonymous()):
        for observation in ids:
            for path in (f"Observations({observation})", f"Observations({observation})/result"):
                assert (await reader.send("GET", path)).status_code == 404
            assert await reader.values(f"Observations?$filter=id eq {observation}") == []
        for options in ("$filter=result ge 1", "$orderby=phenomenonTime desc", "$top=1000", "$orderby=id"):
            shown = await reader.values(f"Observations?{options}")
            assert not {each["@iot.id"] for each in shown} & set(ids)
        assert await reader.values(f"FeaturesOfInterest({feature})/Observations") == []
        (shown,) = await reader.values(f"FeaturesOfInterest?$filter=id eq {feature}&$expand=Observations")
        assert shown["Observations"] == []
        named = f"FeaturesOfInterest?$filter=id eq {feature} and Observations/result ge 0"
        assert await reader.values(named) == []
        everything = await reader.get("Observations?$filter=result ge 0&$count=true&$top=0")
        assert everything["@iot.count"] == 0
    for method in ("DELETE", "PATCH"):
        await city.refused(method, f"Observations({ids[0]})", json={"result": 5})
    await disposal.everything(connection)
    assert await left(connection, [stream]) == {}
    assert await absences(connection) == []


async def test_a_deleted_secret_stays_one(city: City, connection: Connection, database: str) -> None:
    """Without its datastream an observation has no dataset that would hide it; it is hidden all the same."""
    other = City(city.client, await restricted(database, key="deleted-secret"))
    _, stream, ids = await made(other)
    assert (await other.send("DELETE", f"Datastreams({stream})")).status_code == 200
    assert (await left(connection, [stream]))["observation"] == 3
    shown = await city.values("Observations?$filter=result ge 0&$top=1000")
    assert not {each["@iot.id"] for each in shown} & set(ids)
    assert (await city.send("GET", f"Observations({ids[0]})")).status_code == 404
    await disposal.everything(connection)


async def test_many_small_chunks_remove_all_and_nothing_else(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over months, with many rows at one time, while neighbours of the same partitions are written."""
    monkeypatch.setattr(disposal, "CHUNK", 3)
    chance = random.Random(5)
    first, second, neighbour = await datastreams(connection, count=3)
    for stream in (first, second, neighbour):
        times = [NOON + timedelta(days=chance.randrange(90), hours=chance.randrange(3)) for _ in range(40)]
        await store(connection, *(reading(stream, time, chance.random()) for time in times + [NOON] * 8))
    await fold.fold_all(connection)
    kept = await rows(connection, neighbour)
    await delete(connection, first, second)
    steps = 0
    while await disposal.once(connection):
        steps += 1
        late = reading(neighbour, NOON + timedelta(days=steps), float(steps))
        await store(connection, late)
        await fold.fold_once(connection)
    assert steps > 20
    assert await left(connection, [first, second]) == {}
    assert set(kept) <= set(await rows(connection, neighbour))
    await check_state(connection, neighbour)
    await check_rollups(connection, neighbour, kind="measurement")


async def test_a_fold_that_began_before_leaves_no_rollups_behind(
    connection: Connection, database: str
) -> None:
    """Deletion does not wait for the fold; what that one still writes goes with the rest."""
    (stream,) = await datastreams(connection)
    await store(connection, reading(stream, NOON, 1.0))
    await delete(connection, stream)
    await connection.execute(
        "INSERT INTO things.rollup_hour (datastream_id, start, n, rows, good) VALUES (%s, %s, 1, 1, 1)",
        [stream, NOON],
    )
    await disposal.everything(connection)
    assert await left(connection, [stream]) == {}


@pytest.mark.parametrize("chunk", [4, 1000])
@pytest.mark.parametrize("kind", ["measurement", "state"])
async def test_a_feature_takes_its_observations_along(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, chunk: int, kind: str
) -> None:
    """At once or bit by bit: what is left, counts, newest value and charts fit together in the end."""
    monkeypatch.setattr(disposal, "CHUNK", chunk)
    streams = await datastreams(connection, count=2, kind=kind)
    features = {4: (901, 902), 1000: (903, 904)}[chunk]
    await histories.features(connection, *features)
    for stream in streams:
        items = [
            reading(stream, NOON + timedelta(hours=n * 5), n, feature_id=features[n % 2], result_time=NOON)
            for n in range(40)
        ]
        await store(connection, *items)
    async with connection.transaction():
        await disposal.feature(connection, feature_id=features[1], datastream_ids=streams)
    assert bool(await absences(connection)) == (chunk == 4)
    await disposal.everything(connection)
    assert await absences(connection) == []
    for stream in streams:
        assert [row[2] for row in await rows(connection, stream)] == list(range(0, 40, 2))
        await check_state(connection, stream)
        await check_rollups(connection, stream, kind=kind)
        counted = await connection.execute(
            "SELECT feature_id, n FROM things.feature_count WHERE datastream_id = %s", [stream]
        )
        assert await counted.fetchall() == [(features[0], 20)]


async def test_an_observation_of_a_hidden_datastream_cannot_be_changed(connection: Connection) -> None:
    """Whoever found it a moment before the deletion learns that it is gone."""
    (stream,) = await datastreams(connection)
    stored = await store(connection, reading(stream, NOON, 1.0))
    await delete(connection, stream)
    with pytest.raises(amend.problems.NotFound):
        await amend.delete(connection, observation_id=int(stored.id[0]))


_WORKER = """
import asyncio, sys
from stadtkern.things.store import disposal
disposal.CHUNK = 50
asyncio.run(disposal.run(url=sys.argv[1], stop=asyncio.Event()))
"""


async def test_kill_9_of_the_worker_loses_no_job(connection: Connection, database: str) -> None:
    """Three workers are killed in the middle; the fourth ends what they began."""
    streams = await datastreams(connection, count=2)
    for stream in streams:
        items = [reading(stream, NOON + timedelta(minutes=n * 11), n) for n in range(5_000)]
        await store(connection, *items)
    await delete(connection, *streams)
    before = 10_000
    for _ in range(3):
        worker = await asyncio.create_subprocess_exec(sys.executable, "-c", _WORKER, database)
        before = await fewer(connection, streams, than=before)
        worker.kill()
        await worker.wait()
    assert 0 < (await left(connection, streams)).get("observation", 0) < 10_000
    await disposal.everything(connection)
    assert await left(connection, streams) == {}


async def fewer(connection: Connection, streams: Sequence[int], *, than: int) -> int:
    """Wait until fewer observations are left."""
    async with asyncio.timeout(_WAIT_SECONDS):
        while (number := (await left(connection, streams)).get("observation", 0)) >= than:
            pass  # asking the database is what takes the time
    return number
