# SPDX-License-Identifier: EUPL-1.2
"""Deleting: what goes along, and what must not."""

from __future__ import annotations

import pytest

from tests.things.factories import City, datastream, hourly, location, restricted, thing

pytestmark = pytest.mark.anyio


async def first_stream(city: City, thing_id: int) -> int:
    number: int = (await city.values(f"Things({thing_id})/Datastreams"))[0]["@iot.id"]
    return number


@pytest.mark.parametrize("victim", ["Things", "Sensors", "ObservedProperties", "Datastreams"])
async def test_what_cannot_be_without_it_goes_too(city: City, victim: str) -> None:
    number = await city.create(
        "Things", thing(Locations=[location()], Datastreams=[datastream(observations=hourly(1, 2))])
    )
    stream = await first_stream(city, number)
    (observation, _) = await city.values(f"Datastreams({stream})/Observations")
    (history,) = await city.values(f"Things({number})/HistoricalLocations")
    relation = {"Sensors": "Sensor", "ObservedProperties": "ObservedProperty"}.get(victim)
    ids = {"Things": number, "Datastreams": stream}
    gone = (await city.get(f"Datastreams({stream})/{relation}"))["@iot.id"] if relation else ids[victim]
    assert (await city.send("DELETE", f"{victim}({gone})")).status_code == 200
    for address in (f"{victim}({gone})", f"Datastreams({stream})", f"Observations({observation['@iot.id']})"):
        assert (await city.send("GET", address)).status_code == 404
    remains = await city.send("GET", f"HistoricalLocations({history['@iot.id']})")
    assert remains.status_code == (404 if victim == "Things" else 200)


async def test_a_deleted_location_takes_its_history_along(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location()]))
    (place,) = await city.values(f"Things({number})/Locations")
    assert (await city.send("DELETE", f"Locations({place['@iot.id']})")).status_code == 200
    assert await city.values(f"Things({number})/HistoricalLocations") == []
    assert await city.values(f"Things({number})/Locations") == []


async def test_a_deleted_feature_takes_its_observations_along(city: City) -> None:
    number = await city.create(
        "Things", thing(Locations=[location()], Datastreams=[datastream(observations=hourly(1, 2))])
    )
    stream = await first_stream(city, number)
    (feature, _) = await city.values(f"Datastreams({stream})/Observations?$expand=FeatureOfInterest")
    gone = feature["FeatureOfInterest"]["@iot.id"]
    assert (await city.send("DELETE", f"FeaturesOfInterest({gone})")).status_code == 200
    assert await city.values(f"Datastreams({stream})/Observations") == []


async def test_observations_of_a_deleted_datastream_are_refused(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    stream = await first_stream(city, number)
    await city.create(f"Datastreams({stream})/Observations", hourly(1)[0])
    assert (await city.send("DELETE", f"Datastreams({stream})")).status_code == 200
    assert (await city.refused("POST", f"Datastreams({stream})/Observations", json=hourly(2)[0]))[
        "code"
    ] == 404


async def test_data_of_others_is_not_deleted_along(city: City, database: str, dataset: int) -> None:
    other = City(city.client, await restricted(database, key="others", also={dataset: ("create",)}))
    number = await city.create("Things", thing(name="shared"))
    await other.create("Datastreams", datastream(Thing={"@iot.id": number}))
    document = await city.refused("DELETE", f"Things({number})")
    assert document["code"] == 409
    assert "Datastream" not in str(document), "it may be one that nobody but its owners may know of"
    assert (await city.send("GET", f"Things({number})")).status_code == 200
