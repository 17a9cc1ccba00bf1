# SPDX-License-Identifier: EUPL-1.2
"""Writing: create, deep insert, change, delete, and what follows from each."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from stadtkern.core import database, datasets, tokens
from tests.things.factories import (
    City,
    datastream,
    hourly,
    location,
    multi_datastream,
    sensor,
    thing,
)

pytestmark = pytest.mark.anyio


async def first_stream(city: City, thing_id: int) -> int:
    number: int = (await city.values(f"Things({thing_id})/Datastreams"))[0]["@iot.id"]
    return number


async def test_deep_insert_creates_the_whole_tree(city: City) -> None:
    number = await city.create(
        "Things", thing(Locations=[location()], Datastreams=[datastream(observations=hourly(1, 2, 3))])
    )
    (stream,) = await city.values(
        f"Things({number})/Datastreams?$expand=Sensor,ObservedProperty,Observations"
    )
    assert stream["Sensor"]["name"] == "probe"
    assert stream["ObservedProperty"]["name"] == "temperature"
    assert [item["result"] for item in stream["Observations"]] == [1, 2, 3]
    assert stream["phenomenonTime"] == "2024-05-01T00:00:00Z/2024-05-01T02:00:00Z"


async def test_deep_insert_is_all_or_nothing(city: City) -> None:
    before = {
        name: (await city.get(f"{name}?$count=true"))["@iot.count"]
        for name in ("Things", "Sensors", "Locations")
    }
    broken = thing(
        Locations=[location()], Datastreams=[datastream(observations=[*hourly(1), {"result": "warm"}])]
    )
    document = await city.refused("POST", "Things", json=broken)
    assert document["where"] == "Datastreams[0].Observations[1].result"
    after = {name: (await city.get(f"{name}?$count=true"))["@iot.count"] for name in before}
    assert after == before


async def test_a_new_location_goes_into_the_history(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location(name="first")]))
    await city.create(f"Things({number})/Locations", location(name="second"))
    third = await city.create("Locations", location(name="third"))
    answer = await city.send("PATCH", f"Things({number})", json={"Locations": [{"@iot.id": third}]})
    assert answer.status_code == 200
    assert await city.names(f"Things({number})/Locations") == ["third"]
    history = await city.values(f"Things({number})/HistoricalLocations?$orderby=time,id&$expand=Locations")
    assert [entry["Locations"][0]["name"] for entry in history] == ["first", "second", "third"]


async def test_a_location_may_name_its_things(city: City) -> None:
    number = await city.create("Things", thing())
    await city.create("Locations", location(name="with thing") | {"Things": [{"@iot.id": number}]})
    assert await city.names(f"Things({number})/Locations") == ["with thing"]
    assert len(await city.values(f"Things({number})/HistoricalLocations")) == 1


async def test_the_newest_entry_of_history_says_where_the_thing_is(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location(name="now")]))
    for name, time in (("old", "2001-01-01T00:00:00Z"), ("newer", "2200-01-01T00:00:00Z")):
        entry = {"time": time, "Thing": {"@iot.id": number}, "Locations": [location(name=name)]}
        await city.create("HistoricalLocations", entry)
        expected = "now" if name == "old" else "newer"
        assert await city.names(f"Things({number})/Locations") == [expected]


async def test_observations_without_a_feature_get_that_of_the_place(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location(name="here")], Datastreams=[datastream()]))
    stream = await first_stream(city, number)
    made = [await city.create(f"Datastreams({stream})/Observations", item) for item in hourly(1, 2)]
    places = [await city.get(f"Observations({item})/FeatureOfInterest") for item in made]
    assert places[0] == places[1]
    assert places[0]["name"] == "here"
    assert len(await city.values(f"FeaturesOfInterest({places[0]['@iot.id']})/Observations")) == 2


async def test_when_the_place_moves_older_observations_keep_theirs(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location(x=7.0)], Datastreams=[datastream()]))
    stream = await first_stream(city, number)
    (place,) = await city.values(f"Things({number})/Locations")
    first = await city.create(f"Datastreams({stream})/Observations", hourly(1)[0])
    moved = {"location": {"type": "Point", "coordinates": [8.0, 51.0]}}
    assert (await city.send("PATCH", f"Locations({place['@iot.id']})", json=moved)).status_code == 200
    second = await _until_moved(city, stream, first)
    found = [
        (await city.get(f"Observations({item})/FeatureOfInterest"))["feature"] for item in (first, second)
    ]
    assert [item["coordinates"][0] for item in found] == [7.0, 8.0]


async def _until_moved(city: City, stream: int, first: int) -> int:
    """The cache of the door hears of the change a moment later."""
    before = await city.get(f"Observations({first})/FeatureOfInterest")
    for value in range(2, 500):
        made = await city.create(f"Datastreams({stream})/Observations", {"result": value})
        if await city.get(f"Observations({made})/FeatureOfInterest") != before:
            return made
    raise AssertionError("the new place is never used")


async def test_an_observation_may_bring_its_own_feature_or_name_one(city: City) -> None:
    number = await city.create("Things", thing(Datastreams=[datastream()]))
    stream = await first_stream(city, number)
    feature = {"name": "own", "description": "-", "encodingType": "application/geo+json"}
    feature["feature"] = {"type": "Point", "coordinates": [1, 2]}
    made = await city.create(
        f"Datastreams({stream})/Observations", hourly(1)[0] | {"FeatureOfInterest": feature}
    )
    own = await city.get(f"Observations({made})/FeatureOfInterest")
    assert own["name"] == "own"
    again = {"result": 5, "Datastream": {"@iot.id": stream}, "FeatureOfInterest": {"@iot.id": own["@iot.id"]}}
    made = await city.create("Observations", again)
    assert await city.get(f"Observations({made})/FeatureOfInterest") == own
    unknown = again | {"FeatureOfInterest": {"@iot.id": 99999}}
    assert (await city.refused("POST", "Observations", json=unknown))["where"] == "FeatureOfInterest"


async def test_a_redelivered_observation_is_stored_once(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    stream = await first_stream(city, number)
    made = [await city.create(f"Datastreams({stream})/Observations", hourly(1)[0]) for _ in range(3)]
    assert len(set(made)) == 1
    other = hourly(2)[0]
    assert await city.create(f"Datastreams({stream})/Observations", other) != made[0]
    assert (await city.send("GET", f"Datastreams({stream})/Observations/$count")).text == "2"


async def test_everything_about_an_observation_is_kept(city: City) -> None:
    any_type = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Observation"
    made_of = {"Locations": [location()], "Datastreams": [datastream(observationType=any_type)]}
    number = await city.create("Things", thing(**made_of))
    stream = await first_stream(city, number)
    for result in (1.5, 3, "text", True, None, {"a": [1, {"b": None}]}, [1, "x"], 9007199254740993, -0.25):
        sent: dict[str, Any] = {
            "result": result,
            "phenomenonTime": "2024-05-01T00:00:00.250Z/2024-05-01T01:00:00Z",
            "resultTime": "2024-05-01T02:00:00Z",
            "validTime": "2024-05-01T00:00:00Z/2025-05-01T00:00:00Z",
            "resultQuality": {"status": "good"},
            "parameters": {"battery": 3.1},
        }
        made = await city.create(f"Datastreams({stream})/Observations", sent)
        found = await city.get(f"Observations({made})")
        assert {key: found[key] for key in sent} == sent


@pytest.mark.parametrize(
    ("collection", "change"), [("Things", {"name": "new"}), ("Things", {"properties": {"a": 1}})]
)
async def test_patch_changes_what_it_names(city: City, collection: str, change: dict[str, Any]) -> None:
    number = await city.create(collection, thing(name="old", properties={"b": 2}))
    before = await city.get(f"{collection}({number})")
    assert (await city.send("PATCH", f"{collection}({number})", json=change)).status_code == 200
    assert await city.get(f"{collection}({number})") == before | change


async def test_put_replaces_the_whole_entity(city: City) -> None:
    number = await city.create("Things", thing(name="old", properties={"b": 2}))
    assert (await city.refused("PUT", f"Things({number})", json={"name": "new"}))["where"] == "description"
    assert (await city.send("PUT", f"Things({number})", json=thing(name="new"))).status_code == 200
    found = await city.get(f"Things({number})")
    assert found["name"] == "new"
    assert "properties" not in found


async def test_a_new_geometry_is_read_like_the_old_one(city: City) -> None:
    plain = await city.create(
        "Locations", location() | {"encodingType": "text/plain", "location": "at the bridge"}
    )
    for number, value, status in (
        (plain, "behind it", 200),
        (await city.create("Locations", location()), "x", 400),
    ):
        answer = await city.send("PATCH", f"Locations({number})", json={"location": value})
        assert answer.status_code == status, answer.text


async def test_a_datastream_moves_to_another_sensor(city: City) -> None:
    number = await city.create("Things", thing(Datastreams=[datastream()]))
    stream = await first_stream(city, number)
    other = await city.create("Sensors", sensor(name="other"))
    await city.send("PATCH", f"Datastreams({stream})", json={"Sensor": {"@iot.id": other}})
    assert (await city.get(f"Datastreams({stream})/Sensor"))["name"] == "other"
    assert (await city.refused("PATCH", f"Datastreams({stream})", json={"Sensor": sensor()}))[
        "where"
    ] == "Sensor"


async def test_observations_are_corrected_and_keep_their_id(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    stream = await first_stream(city, number)
    made = await city.create(f"Datastreams({stream})/Observations", hourly(1)[0])
    change = {"result": 7.5, "phenomenonTime": "2023-01-01T00:00:00Z", "parameters": {"why": "typo"}}
    assert (await city.send("PATCH", f"Observations({made})", json=change)).status_code == 200
    found = await city.get(f"Observations({made})")
    assert {key: found[key] for key in change} == change
    for body, where in (({"result": "x"}, "result"), ({"phenomenonTime": None}, "phenomenonTime")):
        assert (await city.refused("PATCH", f"Observations({made})", json=body))["where"] == where
    assert (await city.get(f"Datastreams({stream})"))[
        "phenomenonTime"
    ] == "2023-01-01T00:00:00Z/2023-01-01T00:00:00Z"
    assert (await city.send("DELETE", f"Observations({made})")).status_code == 200
    assert (await city.send("GET", f"Observations({made})")).status_code == 404


async def test_new_datastreams_belong_where_their_thing_does(
    city: City, client: httpx.AsyncClient, database: str
) -> None:
    async with await database_of(database) as connection:
        both = [
            await datasets.save(connection, key=key, room="public", about={"title": {"de": key}})
            for key in ("one", "two")
        ]
        made = await tokens.create(
            connection,
            name="both",
            scopes=dict.fromkeys(both, ("entities", "create")),
            default_dataset_id=both[0],
        )
        poor = await tokens.create(
            connection,
            name="two",
            scopes={both[1]: ("entities",), both[0]: ("create",)},
            default_dataset_id=both[1],
        )
        rich, second = City(client, made.secret), City(client, poor.secret)
        at_two = await second.create("Things", thing(name="at two"))
        await rich.create("Datastreams", datastream(name="inherits", Thing={"@iot.id": at_two}))
        at_one = await rich.create("Things", thing(name="at one"))
        await second.create("Datastreams", datastream(name="own", Thing={"@iot.id": at_one}))
        cursor = await connection.execute(
            "select name, dataset_id from things.datastream where name in ('inherits', 'own') order by name"
        )
        assert await cursor.fetchall() == [("inherits", both[1]), ("own", both[1])]
        assert (await second.send("PATCH", f"Things({at_one})", json={"name": "x"})).status_code == 403
        body = location() | {"Things": [{"@iot.id": at_one}]}
        assert (await second.send("POST", "Locations", json=body)).status_code == 403


async def database_of(url: str) -> Any:
    return await database.connect(url=url, autocommit=True)


async def test_a_multi_datastream_has_results_of_several_values(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location()]))
    body = multi_datastream(Thing={"@iot.id": number})
    made = await city.create("MultiDatastreams", body)
    found = await city.get(f"MultiDatastreams({made})?$expand=ObservedProperties")
    assert [unit["symbol"] for unit in found["unitOfMeasurements"]] == ["°C", "m/s"]
    assert [item["name"] for item in found["ObservedProperties"]] == ["direction", "speed"]
    assert (await city.send("GET", f"Datastreams({made})")).status_code == 404
    await city.create("Observations", {"result": [90, 5.5], "MultiDatastream": {"@iot.id": made}})
    assert (await city.values(f"MultiDatastreams({made})/Observations"))[0]["result"] == [90, 5.5]
    short = {"result": [90], "MultiDatastream": {"@iot.id": made}}
    assert (await city.refused("POST", "Observations", json=short))["where"] == "result"
