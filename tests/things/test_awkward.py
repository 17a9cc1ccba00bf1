# SPDX-License-Identifier: EUPL-1.2
"""Awkward values in every member of every entity: refused or kept, never a crash."""

from __future__ import annotations

from typing import Any

import pytest

from stadtkern.things import entities
from tests.things.factories import (
    City,
    datastream,
    location,
    multi_datastream,
    observed_property,
    sensor,
    thing,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def stream(city: City) -> int:
    """A Datastream of measurements."""
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    found: int = (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    return found


AWKWARD: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    2**70,
    "",
    "x",
    "\U0010ffff",
    [],
    {},
    [[]],
    {"a": None},
    {"": 1},
]
AWKWARD += [
    "2024-01-01T00:00:00Z",
    "2024-01-01T00:00:00Z/2024-01-02T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "-1",
    "/",
]
AWKWARD += [
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59/9999-12-31T23:59:59Z",
    "2024-01-01T24:00:00Z",
]
AWKWARD += [
    {"@iot.id": 0},
    {"@iot.id": -5},
    {"@iot.id": None},
    {"@iot.id": 1.5},
    {"id": 10**30},
    [{"@iot.id": 1}],
]
MEMBERS = [
    "result",
    "phenomenonTime",
    "resultTime",
    "validTime",
    "resultQuality",
    "parameters",
    "FeatureOfInterest",
]


@pytest.mark.parametrize("name", [*MEMBERS, "Datastream", "MultiDatastream"])
async def test_no_member_of_an_observation_crashes_the_service(city: City, stream: int, name: str) -> None:
    for value in AWKWARD:
        for method, path in (("POST", f"Datastreams({stream})/Observations"), ("POST", "Observations")):
            body = {"result": 1, "Datastream": {"@iot.id": stream}, name: value}
            answer = await city.send(method, path, json=body)
            assert answer.status_code == 201 or 400 <= answer.status_code < 500, (value, answer.text)
        answer = await city.send(
            "PATCH", answer.headers.get("location", "Observations(1)"), json={name: value}
        )
        assert answer.status_code == 200 or 400 <= answer.status_code < 500, (value, answer.text)


@pytest.mark.parametrize("of", [e.name for e in entities.ENTITIES if e.owned])
async def test_no_member_of_an_entity_crashes_the_service(city: City, stream: int, of: str) -> None:
    entity = entities.BY_NAME[of]
    whole = GOOD[of] | ({"Thing": {"@iot.id": 1}} if entity.relation("Thing") else {})
    number = await city.create(entity.set, whole)
    members = [*(each.name for each in (*entity.properties, *entity.relations)), "x", "@iot.selfLink"]
    for index, name in enumerate(members):
        for value in AWKWARD[index % 4 :: 4]:
            for method, path in (("POST", entity.set), ("PATCH", f"{entity.set}({number})")):
                answer = await city.send(method, path, json={**whole, name: value})
                assert answer.status_code in (200, 201) or 400 <= answer.status_code < 500, (
                    name,
                    value,
                    answer.text,
                )


GOOD: dict[str, dict[str, Any]] = {
    "Thing": thing(),
    "Location": location(),
    "HistoricalLocation": {"time": "2024-01-01T00:00:00Z", "Locations": [location()]},
    "Sensor": sensor(),
    "ObservedProperty": observed_property(),
    "Datastream": datastream(),
    "MultiDatastream": multi_datastream(),
    "FeatureOfInterest": {
        "name": "f",
        "description": "-",
        "encodingType": "application/geo+json",
        "feature": {"type": "Point", "coordinates": [1, 2]},
    },
}
