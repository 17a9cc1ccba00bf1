# SPDX-License-Identifier: EUPL-1.2
"""Many at once: more requests than there are connections, and writers that meet at the same rows."""

from __future__ import annotations

import asyncio

import pytest

from tests.things.factories import City, datastream, hourly, location, restricted, thing

pytestmark = pytest.mark.anyio


async def test_more_writers_than_connections_all_finish(city: City, database: str) -> None:
    """Allowed and refused writes alike need no second connection while they hold one."""
    stranger = City(city.client, await restricted(database, key="stranger", verbs=("create",)))
    number = await city.create("Things", thing(Locations=[location()]))
    body = thing(Locations=[location()], Datastreams=[datastream(observations=hourly(1, 2))])
    writes = [city.send("POST", "Things", json=body) for _ in range(30)]
    refused = [stranger.send("PATCH", f"Things({number})", json={"name": "x"}) for _ in range(30)]
    reads = [city.send("GET", "Things?$expand=Datastreams/Observations") for _ in range(30)]
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*writes, *refused, *reads)
    assert [answer.status_code for answer in answers] == [201] * 30 + [403] * 30 + [200] * 30


async def test_the_first_observations_of_a_place_share_one_feature(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    (stream,) = await city.values(f"Things({number})/Datastreams")
    path = f"Datastreams({stream['@iot.id']})/Observations"
    posts = [city.send("POST", path, json={"result": value}) for value in range(20)]
    assert {answer.status_code for answer in await asyncio.gather(*posts)} == {201}
    found = await city.values(f"{path}?$expand=FeatureOfInterest")
    assert len({item["FeatureOfInterest"]["@iot.id"] for item in found}) == 1


async def test_moving_and_deleting_at_the_same_time_leaves_no_half(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    (stream,) = await city.values(f"Things({number})/Datastreams")
    path = f"Datastreams({stream['@iot.id']})/Observations"
    moves = [city.send("POST", f"Things({number})/Locations", json=location(name=str(n))) for n in range(8)]
    posts = [city.send("POST", path, json={"result": value}) for value in range(8)]
    gone = city.send("DELETE", f"Things({number})")
    for answer in await asyncio.gather(*moves[:4], *posts[:4], gone, *moves[4:], *posts[4:]):
        assert answer.status_code in (200, 201, 204, 400, 404, 409, 503), answer.text
    if (await city.send("GET", f"Things({number})")).status_code == 404:
        left = await city.send("GET", f"Observations/$count?$filter=Datastream/id eq {stream['@iot.id']}")
        assert left.text == "0"
