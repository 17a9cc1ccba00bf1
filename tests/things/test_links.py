# SPDX-License-Identifier: EUPL-1.2
"""Ties between entities that exist, changed by PATCH and by `$ref`; the history of places."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.things.factories import (
    STA,
    City,
    datastream,
    hourly,
    location,
    multi_datastream,
    observed_property,
    sensor,
    thing,
)

pytestmark = pytest.mark.anyio
FEATURE = {"name": "spot", "description": "-", "encodingType": "application/geo+json"}


def feature(x: float = 1.0) -> dict[str, Any]:
    return FEATURE | {"feature": {"type": "Point", "coordinates": [x, 2.0]}}


async def changed(city: City, path: str, body: Any, *, method: str = "PATCH", status: int = 200) -> None:
    answer = await city.send(method, path, json=body)
    assert answer.status_code == status, answer.text


async def stream_of(city: City, number: int) -> int:
    return int((await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"])


@pytest.mark.parametrize(
    ("collection", "relation"),
    [("Things", "Thing"), ("Sensors", "Sensor"), ("ObservedProperties", "ObservedProperty")],
)
@pytest.mark.parametrize("way", ["patch of the one", "patch of the many", "put to $ref", "post to $ref"])
async def test_a_datastream_goes_to_another(city: City, collection: str, relation: str, way: str) -> None:
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    stream = await stream_of(city, number)
    body = {"Things": thing(), "Sensors": sensor(), "ObservedProperties": observed_property()}[collection]
    other = await city.create(collection, body)
    link, back = {"@iot.id": other}, {"@iot.id": stream}
    if way == "patch of the one":
        await changed(city, f"Datastreams({stream})", {relation: link})
    elif way == "patch of the many":
        await changed(city, f"{collection}({other})", {"Datastreams": [back]})
    elif way == "put to $ref":
        await changed(city, f"Datastreams({stream})/{relation}/$ref", link, method="PUT", status=204)
    else:
        body = {"@iot.selfLink": f"http://localhost:8000{STA}/Datastreams({stream})"}
        await changed(city, f"{collection}({other})/Datastreams/$ref", body, method="POST", status=204)
    assert (await city.get(f"Datastreams({stream})/{relation}"))["@iot.id"] == other
    assert [item["@iot.id"] for item in await city.values(f"{collection}({other})/Datastreams")] == [stream]


async def test_observations_go_to_another_feature_and_datastream(city: City) -> None:
    number = await city.create(
        "Things",
        thing(Locations=[location()], Datastreams=[datastream(observations=hourly(1, 2)), datastream()]),
    )
    first, second = (item["@iot.id"] for item in await city.values(f"Things({number})/Datastreams"))
    one, two = (item["@iot.id"] for item in await city.values(f"Datastreams({first})/Observations"))
    spot = await city.create("FeaturesOfInterest", feature())
    await changed(city, f"FeaturesOfInterest({spot})", {"Observations": [{"@iot.id": one}]})
    assert (await city.get(f"Observations({one})/FeatureOfInterest"))["@iot.id"] == spot
    await changed(city, f"Observations({one})", {"Datastream": {"@iot.id": second}})
    await changed(city, f"Datastreams({second})", {"Observations": [{"@iot.id": two}]})
    assert await city.values(f"Datastreams({first})/Observations") == []
    moved = await city.values(f"Datastreams({second})/Observations")
    assert [(item["@iot.id"], item["result"]) for item in moved] == [(one, 1), (two, 2)]
    empty, full = await city.get(f"Datastreams({first})"), await city.get(f"Datastreams({second})")
    assert "phenomenonTime" not in empty
    assert full["phenomenonTime"] == "2024-05-01T00:00:00Z/2024-05-01T01:00:00Z"
    assert (await city.get(f"Datastreams({first})/Observations?$count=true"))["@iot.count"] == 0


async def test_an_observation_goes_only_where_its_result_fits(city: City) -> None:
    number = await city.create(
        "Things", thing(Locations=[location()], Datastreams=[datastream(observations=hourly(1.5))])
    )
    stream = await stream_of(city, number)
    (observation,) = await city.values(f"Datastreams({stream})/Observations")
    count = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_CountObservation"
    counts = await city.create("Datastreams", datastream(observationType=count, Thing={"@iot.id": number}))
    multi = await city.create("MultiDatastreams", multi_datastream(Thing={"@iot.id": number}))
    address = f"Observations({observation['@iot.id']})"
    for name, other in (("Datastream", counts), ("MultiDatastream", multi), ("Datastream", multi)):
        assert (await city.refused("PATCH", address, json={name: {"@iot.id": other}}))["where"] == name
    both = {"Datastream": {"@iot.id": stream}, "MultiDatastream": {"@iot.id": multi}}
    assert (await city.refused("PATCH", address, json=both))["code"] == 400
    await changed(city, address, {"MultiDatastream": {"@iot.id": multi}, "result": [1, None]})
    assert (await city.values(f"MultiDatastreams({multi})/Observations"))[0]["result"] == [1, None]


async def test_locations_are_tied_and_untied(city: City) -> None:
    number = await city.create("Things", thing())
    one, two = [await city.create("Locations", location(name=name)) for name in ("one", "two")]
    await changed(city, f"Things({number})", {"Locations": [{"@iot.id": one}, {"@iot.id": two}]})
    assert sorted(await city.names(f"Things({number})/Locations")) == ["one", "two"]
    await changed(city, f"Things({number})/Locations({one})/$ref", None, method="DELETE", status=204)
    assert await city.names(f"Things({number})/Locations") == ["two"]
    named = f"Locations({two})/Things/$ref?$id=../../Things({number})"
    await changed(city, named, None, method="DELETE", status=204)
    assert await city.values(f"Things({number})/Locations") == []
    history = await city.values(f"Things({number})/HistoricalLocations?$expand=Locations&$orderby=time,id")
    assert [sorted(item["name"] for item in entry["Locations"]) for entry in history] == [
        ["one", "two"],
        ["two"],
    ]
    gone = await city.send("DELETE", f"Things({number})/Locations({two})/$ref")
    assert gone.status_code == 404
    await changed(city, f"Locations({one})", {"Things": [{"@iot.id": number}]})
    await changed(city, f"Things({number})/Locations/$ref", {"@iot.id": two}, method="POST", status=204)
    assert await city.names(f"Things({number})/Locations") == ["two"]


async def test_where_a_thing_is_already_is_no_change(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location()]))
    (place,) = await city.values(f"Things({number})/Locations")
    for body in ({"Locations": [{"@iot.id": place["@iot.id"]}]}, {"Locations": []}, {"name": "same"}):
        await changed(city, f"Things({number})", body)
    assert len(await city.values(f"Things({number})/HistoricalLocations")) == 1
    nowhere = await city.create("Things", thing(Locations=[]))
    assert await city.values(f"Things({nowhere})/HistoricalLocations") == []


async def test_a_thing_that_two_move_at_once_is_at_one_place(city: City) -> None:
    """The later move holds, and the history knows both."""
    number = await city.create("Things", thing())
    places = [await city.create("Locations", location(name=str(n))) for n in range(6)]
    moves = [changed(city, f"Things({number})", {"Locations": [{"@iot.id": place}]}) for place in places]
    await asyncio.gather(*moves)
    (now,) = await city.values(f"Things({number})/Locations")
    history = await city.values(
        f"Things({number})/HistoricalLocations?$expand=Locations&$orderby=time desc,id desc"
    )
    assert [len(entry["Locations"]) for entry in history] == [1] * 6
    assert {entry["Locations"][0]["@iot.id"] for entry in history} == set(places)
    assert history[0]["Locations"][0]["@iot.id"] == now["@iot.id"]


async def test_a_thing_is_where_the_newest_entry_says_after_any_change(city: City) -> None:
    """18-088, 8.2.3: an older entry moves nothing, a newer one does, also when it becomes one."""
    number = await city.create("Things", thing(Locations=[location(name="now")]))
    old = await city.create(
        "HistoricalLocations",
        {"time": "2001-01-01T00:00:00Z", "Thing": {"@iot.id": number}, "Locations": [location(name="old")]},
    )
    assert await city.names(f"Things({number})/Locations") == ["now"]
    await changed(city, f"HistoricalLocations({old})", {"time": "2190-01-01T00:00:00Z"})
    assert await city.names(f"Things({number})/Locations") == ["old"]
    third = await city.create("Locations", location(name="third"))
    await changed(
        city, f"HistoricalLocations({old})/Locations/$ref", {"@iot.id": third}, method="POST", status=204
    )
    assert sorted(await city.names(f"Things({number})/Locations")) == ["old", "third"]
    (first, _) = await city.values(f"HistoricalLocations({old})/Locations?$orderby=name")
    await changed(
        city,
        f"HistoricalLocations({old})/Locations({first['@iot.id']})/$ref",
        None,
        method="DELETE",
        status=204,
    )
    assert await city.names(f"Things({number})/Locations") == ["third"]
    last = f"HistoricalLocations({old})/Locations({third})/$ref"
    assert (await city.refused("DELETE", last))["code"] == 409
    await changed(city, f"HistoricalLocations({old})", {"time": "2001-01-01T00:00:00Z"})
    assert await city.names(f"Things({number})/Locations") == ["now"]
    assert len(await city.values(f"Things({number})/HistoricalLocations")) == 2
    await changed(city, f"HistoricalLocations({old})", None, method="DELETE", status=200)
    assert await city.names(f"Things({number})/Locations") == ["now"]


async def test_the_next_observation_is_made_at_the_new_place(city: City) -> None:
    """Who moved a Thing and was answered need not wait."""
    places = [await city.create("Locations", location(name=str(x), x=x)) for x in (7.0, 8.0)]
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    stream = await stream_of(city, number)
    for index, place in enumerate([*places, *places]):
        await changed(city, f"Things({number})", {"Locations": [{"@iot.id": place}]})
        made = await city.create(f"Datastreams({stream})/Observations", {"result": index})
        found = await city.get(f"Observations({made})/FeatureOfInterest")
        assert found["feature"]["coordinates"][0] == (7.0, 8.0)[index % 2]
    elsewhere = await city.create("Things", thing(Locations=[location(x=9.0)]))
    await changed(city, f"Datastreams({stream})", {"Thing": {"@iot.id": elsewhere}})
    made = await city.create(f"Datastreams({stream})/Observations", {"result": 9})
    assert (await city.get(f"Observations({made})/FeatureOfInterest"))["feature"]["coordinates"][0] == 9.0
    assert len(await city.values("FeaturesOfInterest?$filter=name eq '7.0'")) == 1


async def test_a_place_that_is_not_geojson_makes_no_feature(city: City) -> None:
    words = location() | {"encodingType": "text/plain", "location": "behind the church"}
    number = await city.create("Things", thing(Locations=[words], Datastreams=[datastream()]))
    stream = await stream_of(city, number)
    for path, body in (
        (f"Datastreams({stream})/Observations", {"result": 1}),
        ("Observations", {"result": 1, "Datastream": {"@iot.id": stream}}),
        ("Datastreams", datastream(Thing={"@iot.id": number}, observations=hourly(1))),
    ):
        document = await city.refused("POST", path, json=body)
        assert document["code"] == 400
        assert document["where"].endswith("FeatureOfInterest")
    group = {"Datastream": {"@iot.id": stream}, "components": ["phenomenonTime", "result"]}
    rows = {"dataArray": [["2024-05-01T00:00:00Z", 1]]}
    answer = await city.send("POST", "CreateObservations", json=[group | rows])
    assert answer.json()[0].startswith("error: ")
    assert "GeoJSON" in answer.json()[0]
    named = {"result": 1, "FeatureOfInterest": feature()}
    await city.create(f"Datastreams({stream})/Observations", named)
    both = await city.create("Locations", location(name="drawn"))
    (place,) = await city.values(f"Things({number})/Locations")
    await changed(
        city, f"Things({number})", {"Locations": [{"@iot.id": place["@iot.id"]}, {"@iot.id": both}]}
    )
    made = await city.create(f"Datastreams({stream})/Observations", {"result": 2})
    assert (await city.get(f"Observations({made})/FeatureOfInterest"))["name"] == "drawn"


async def test_an_observation_offers_the_kind_of_datastream_it_has(city: City) -> None:
    """18-088, clause 11.2: a MultiDatastream, or a Datastream, never both."""
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    multi = await city.create("MultiDatastreams", multi_datastream(Thing={"@iot.id": number}))
    ends = {"Datastream": (await stream_of(city, number), 1), "MultiDatastream": (multi, [1, 2])}
    for name, (stream, result) in ends.items():
        made = await city.create(f"{name}s({stream})/Observations", {"result": result})
        other = next(each for each in ends if each != name)
        for found in (
            await city.get(f"Observations({made})"),
            (await city.values(f"{name}s({stream})/Observations"))[0],
            await city.get(f"Observations({made})?$select={other},result"),
            await city.get(f"Observations({made})?$select={name}"),
        ):
            assert f"{name}@iot.navigationLink" in found
            assert f"{other}@iot.navigationLink" not in found
        assert (await city.get(f"Observations({made})/{name}"))["@iot.id"] == stream
        assert (await city.send("GET", f"Observations({made})/{other}")).status_code == 404
