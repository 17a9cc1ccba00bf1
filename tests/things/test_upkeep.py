# SPDX-License-Identifier: EUPL-1.2
"""What a Datastream says of its Observations stays right, whichever way they come, change and go."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from starlette.applications import Starlette

from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.writer import Writer, commit
from stadtkern.things import readings
from stadtkern.things.store import amend, batch, merge
from tests import blocking
from tests.things import histories
from tests.things.factories import City, datastream, hourly, location, multi_datastream, thing
from tests.things.histories import HOUR, NOON, check_state, datastreams, reading, rows, store

pytestmark = pytest.mark.anyio


def feature(x: float, y: float) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [x, y]}
    return {"name": "f", "description": "-", "encodingType": "application/geo+json", "feature": point}


async def placed(city: City, **more: Any) -> int:
    """A Datastream of a Thing at (7, 51)."""
    body = thing(Locations=[location(x=7.0, y=51.0)], Datastreams=[datastream(**more)])
    number = await city.create("Things", body)
    return int((await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"])


async def area(city: City, stream: int) -> Any:
    return (await city.get(f"Datastreams({stream})")).get("observedArea")


def envelope(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [corners]}


@pytest.mark.parametrize("conflict", ["append", "replace", "ignore"])
@pytest.mark.parametrize("seed", range(3))
async def test_spans_and_areas_follow_any_history(connection: Connection, conflict: str, seed: int) -> None:
    """Intervals, result times and features at random: stored, replaced, corrected, moved and deleted."""
    chance = random.Random(seed)
    streams = await datastreams(connection, count=2, conflict=conflict)
    await histories.features(connection, *range(9001, 9008))

    def item(stream: int, *, plain: bool = False) -> readings.Reading:
        time = NOON + chance.randrange(12) * HOUR
        if plain:
            return reading(
                stream, time, chance.random(), feature_id=chance.choice([None, *range(9001, 9008)])
            )
        end = time + timedelta(minutes=chance.choice([5, 90, 2000])) if chance.random() < 0.5 else None
        told = NOON + chance.randrange(30) * HOUR if chance.random() < 0.6 else None
        place = chance.choice([None, *range(9001, 9008)])
        return reading(stream, time, chance.random(), phenomenon_end=end, result_time=told, feature_id=place)

    for _ in range(25):
        await store(connection, *(item(chance.choice(streams)) for _ in range(chance.randrange(1, 6))))
        plain = [item(chance.choice(streams), plain=True) for _ in range(chance.randrange(1, 4))]
        await commit.commit(connection, items=plain)
        cursor = await connection.execute(
            "SELECT id FROM things.observation WHERE datastream_id = ANY (%s)", [streams]
        )
        ids = [row[0] for row in await cursor.fetchall()]
        async with connection.transaction():
            if chance.random() < 0.6:
                await amend.delete(connection, observation_id=ids.pop(chance.randrange(len(ids))))
            if ids and chance.random() < 0.6:
                new = item(chance.choice(streams))
                names = ("phenomenon_time", "phenomenon_end", "result_time", "feature_id", "datastream_id")
                changes = {name: getattr(new, name) for name in names}
                await amend.update(connection, observation_id=chance.choice(ids), changes=changes)
        for stream in streams:
            await check_state(connection, stream)


async def test_the_phenomenon_time_reaches_to_the_last_end(city: City) -> None:
    """Also where a long interval began before a short one."""
    stream = await placed(city)
    day = {"phenomenonTime": "2024-05-01T00:00:00Z/2024-05-02T00:00:00Z", "result": 1}
    long = await city.create(f"Datastreams({stream})/Observations", day)
    await city.create(f"Datastreams({stream})/Observations", hourly(0, 0, 7)[2])
    found = await city.get(f"Datastreams({stream})")
    assert found["phenomenonTime"] == "2024-05-01T00:00:00Z/2024-05-02T00:00:00Z"
    assert (await city.send("DELETE", f"Observations({long})")).status_code == 200
    found = await city.get(f"Datastreams({stream})")
    assert found["phenomenonTime"] == "2024-05-01T02:00:00Z/2024-05-01T02:00:00Z"


async def test_the_result_time_shrinks_where_its_ends_are_replaced(city: City) -> None:
    stream = await placed(city, conflictPolicy="replace")
    path = f"Datastreams({stream})/Observations"
    for hour, told in ((0, "2024-05-01T03:00:00Z"), (1, "2024-05-09T00:00:00Z"), (1, "2024-05-01T04:00:00Z")):
        await city.create(path, hourly(5, 6)[hour] | {"resultTime": told})
    found = await city.get(f"Datastreams({stream})")
    assert found["resultTime"] == "2024-05-01T03:00:00Z/2024-05-01T04:00:00Z"
    await city.create(path, hourly(5)[0])
    found = await city.get(f"Datastreams({stream})")
    assert found["resultTime"] == "2024-05-01T04:00:00Z/2024-05-01T04:00:00Z"


async def test_the_observed_area_is_the_envelope_of_the_features(city: City) -> None:
    stream = await placed(city)
    path = f"Datastreams({stream})/Observations"
    assert await area(city, stream) is None
    await city.create(path, hourly(1)[0])
    assert await area(city, stream) == envelope(7, 51, 7, 51)
    east = await city.create(path, {"result": 2, "FeatureOfInterest": feature(8.5, 51)})
    assert await area(city, stream) == envelope(7, 51, 8.5, 51)
    north = await city.create(path, {"result": 3, "FeatureOfInterest": feature(7.5, 52)})
    assert await area(city, stream) == envelope(7, 51, 8.5, 52)
    assert (await city.send("DELETE", f"Observations({north})")).status_code == 200
    assert await area(city, stream) == envelope(7, 51, 8.5, 51)
    spot = (await city.get(f"Observations({east})/FeatureOfInterest"))["@iot.id"]
    moved = {"feature": {"type": "Point", "coordinates": [9, 51]}}
    assert (await city.send("PATCH", f"FeaturesOfInterest({spot})", json=moved)).status_code == 200
    assert await area(city, stream) == envelope(7, 51, 9, 51)
    assert (await city.send("DELETE", f"FeaturesOfInterest({spot})")).status_code == 200
    assert await area(city, stream) == envelope(7, 51, 7, 51)


async def test_an_area_sent_along_holds_until_observations_say_more(city: City) -> None:
    declared = {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 1]]]}
    stream = await placed(city, observedArea=declared)
    assert await area(city, stream) == declared
    near = "Datastreams?$filter=st_within(observedArea,geography'POLYGON((0 0,3 0,3 3,0 3,0 0))')"
    assert stream in [item["@iot.id"] for item in await city.values(near)]
    made = await city.create(f"Datastreams({stream})/Observations", hourly(1)[0])
    assert await area(city, stream) == envelope(7, 51, 7, 51)
    assert stream not in [item["@iot.id"] for item in await city.values(near)]
    around = "Datastreams?$filter=st_within(observedArea,geography'POLYGON((6 50,8 50,8 52,6 52,6 50))')"
    assert stream in [item["@iot.id"] for item in await city.values(around)]
    assert (await city.send("DELETE", f"Observations({made})")).status_code == 200
    assert await area(city, stream) == declared


async def test_data_arrays_and_multidatastreams_are_kept_up_alike(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location(x=7.0, y=51.0)]))
    multi = await city.create("MultiDatastreams", multi_datastream(Thing={"@iot.id": number}))
    spot = await city.create("FeaturesOfInterest", feature(8, 51))
    group = {
        "MultiDatastream": {"@iot.id": multi},
        "components": ["phenomenonTime", "result", "resultTime", "FeatureOfInterest/id"],
        "dataArray": [
            ["2024-05-01T00:00:00Z/2024-05-01T06:00:00Z", [1, 2], "2024-05-01T07:00:00Z", spot],
            ["2024-05-01T01:00:00Z", [3, None], None, None],
            ["2024-05-01T02:00:00Z", [3], None, None],
        ],
    }
    answer = await city.send("POST", "CreateObservations", json=[group])
    assert [line.startswith("error") for line in answer.json()] == [False, False, True]
    found = await city.get(f"MultiDatastreams({multi})")
    assert found["phenomenonTime"] == "2024-05-01T00:00:00Z/2024-05-01T06:00:00Z"
    assert found["resultTime"] == "2024-05-01T07:00:00Z/2024-05-01T07:00:00Z"
    assert found["observedArea"] == envelope(7, 51, 8, 51)


async def test_how_a_second_result_is_taken_can_be_chosen(city: City) -> None:
    stream = await placed(city)
    found = await city.get(f"Datastreams({stream})")
    assert (found["conflictPolicy"], found["valueKind"]) == ("append", "measurement")
    expected = {"append": [1, 2], "replace": [2], "ignore": [1]}
    for policy, results in expected.items():
        stream = await placed(city, conflictPolicy=policy)
        for value in (1, 2):
            await city.create(f"Datastreams({stream})/Observations", hourly(value)[0])
        kept = await city.values(f"Datastreams({stream})/Observations?$orderby=id")
        assert [item["result"] for item in kept] == results
    change = {"conflictPolicy": "replace"}
    assert (await city.send("PATCH", f"Datastreams({stream})", json=change)).status_code == 200
    await city.create(f"Datastreams({stream})/Observations", hourly(9)[0])
    assert [item["result"] for item in await city.values(f"Datastreams({stream})/Observations")] == [9]
    for body in ({"conflictPolicy": "first"}, {"conflictPolicy": None}, {"valueKind": 1}):
        assert (await city.refused("PATCH", f"Datastreams({stream})", json=body))["code"] == 400
    assert stream in [
        i["@iot.id"] for i in await city.values("Datastreams?$filter=conflictPolicy eq 'replace'")
    ]


async def test_another_kind_of_value_is_summed_up_anew(city: City, connection: Connection) -> None:
    stream = await placed(city, observations=hourly(1, 2, 3), valueKind="state")
    await histories.check_rollups(connection, stream, kind="state")
    for kind in ("measurement", "state"):
        answer = await city.send("PATCH", f"Datastreams({stream})", json={"valueKind": kind})
        assert answer.status_code == 200, answer.text
        await histories.check_rollups(connection, stream, kind=kind)


async def test_a_reading_of_a_feature_that_is_gone_is_refused_alone(
    connection: Connection, database: str, settings: Settings
) -> None:
    (stream,) = await datastreams(connection)
    await histories.features(connection, 9011)
    async with Writer(url=database, settings=settings) as writer:
        items = [reading(stream, NOON + n * HOUR, float(n), feature_id=9011 + n % 2) for n in range(4)]
        answers = await writer.put(items)
        columns = await writer.put_columns(
            batch.of_columns(datastream_id=stream, times=[NOON + 9 * HOUR], results=[1.0], feature_id=9012)
        )
    assert [isinstance(answer, readings.Stored) for answer in answers] == [True, False, True, False]
    assert "FeatureOfInterest" in str(answers[1])
    assert list(columns.problems) == [0]
    assert len(await rows(connection, stream)) == 2


async def test_an_observation_on_its_way_does_not_outlive_its_feature(
    city: City, connection: Connection, database: str, app: Starlette
) -> None:
    """A writer found the feature before it was deleted and commits after: the deletion waits and sweeps."""
    stream = await placed(city)
    made = await city.create("FeaturesOfInterest", feature(1, 1))
    async with await psycopg.AsyncConnection.connect(database) as other:
        item = reading(stream, NOON, 1.0, feature_id=made)
        await merge.merge(other, batch=batch.of_readings([item]))
        deletion = asyncio.create_task(city.send("DELETE", f"FeaturesOfInterest({made})"))
        await blocking.until_blocked(other, deletion)
        await other.commit()
    assert (await deletion).status_code == 200
    assert await city.values(f"Datastreams({stream})/Observations") == []
    cursor = await connection.execute(
        "SELECT count(*) FROM things.datastream_feature WHERE feature_id = %s", [made]
    )
    assert await cursor.fetchone() == (0,)
    await check_state(connection, stream)
