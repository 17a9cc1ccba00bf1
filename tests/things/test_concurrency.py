# SPDX-License-Identifier: EUPL-1.2
"""Many at once: more requests than there are connections, and writers that meet at the same rows."""

from __future__ import annotations

import asyncio

import pytest

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from tests.things.factories import City, datastream, hourly, location, restricted, thing
from tests.things.histories import until

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


async def _waiting_for_locks(connection: Connection, count: int) -> None:
    """Until so many sessions of this database stand in line."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    async def all_wait() -> bool:
        row = await (await connection.execute(waiting)).fetchone()
        return row is not None and row[0] >= count

    await until(all_wait)


async def _two_things(city: City, name: str) -> tuple[list[int], list[int]]:
    """Things of this name with a Datastream each, the first Thing with the last Datastream."""
    first = await city.create("Things", thing(name=name, Locations=[location()]))
    await city.create(
        "Things",
        thing(name=name, Locations=[location()], Datastreams=[datastream(observations=hourly(1, 2))]),
    )
    await city.create(f"Things({first})/Datastreams", datastream(observations=hourly(3, 4)))
    things = await city.values(f"Things?$filter=name eq '{name}'&$expand=Datastreams&$orderby=id")
    assert len(things) == 2
    return [each["@iot.id"] for each in things], [each["Datastreams"][0]["@iot.id"] for each in things]


@pytest.mark.parametrize("what", ["Things", "Observations"])
async def test_two_who_delete_the_same_by_filter_both_succeed(
    city: City, connection: Connection, database: str, what: str
) -> None:
    """The second one finds nothing left."""
    name = f"deleted twice: {what}"
    things, streams = await _two_things(city, name)
    condition = f"name eq '{name}'" if what == "Things" else f"Datastream/id eq {streams[0]}"
    lock = (
        "SELECT FROM things.thing WHERE id = ANY (%s) FOR UPDATE"
        if what == "Things"
        else "SELECT FROM things.datastream_state WHERE datastream_id = ANY (%s) FOR UPDATE"
    )
    async with await core_database.connect(url=database) as holder:
        await holder.execute(lock, [things if what == "Things" else streams])
        both = [asyncio.create_task(city.send("DELETE", f"{what}?$filter={condition}")) for _ in range(2)]
        await _waiting_for_locks(connection, 2)
        await holder.rollback()
        assert [(await each).status_code for each in both] == [200, 200]
    left = await city.send("GET", f"{what}/$count?$filter={condition}")
    assert left.text == "0"


async def test_deleting_by_filter_holds_datastreams_in_the_order_of_writers(
    city: City, connection: Connection, database: str
) -> None:
    """A writer who has the first Datastream gets the second, too: nobody who waits for the first holds it."""
    _, (last, first) = await _two_things(city, "deleted beside a writer")
    assert first < last
    hold = "SELECT FROM things.datastream_state WHERE datastream_id = %s FOR UPDATE"
    async with await core_database.connect(url=database) as writer:
        await writer.execute(hold, [first])
        deleting = asyncio.create_task(
            city.send("DELETE", "Things?$filter=name eq 'deleted beside a writer'")
        )
        await _waiting_for_locks(connection, 1)
        await writer.execute("SET lock_timeout = '500ms'")
        await writer.execute(hold, [last])
        await writer.rollback()
        assert (await deleting).status_code == 200


async def test_whoever_may_not_delete_keeps_nobody_waiting(
    city: City, connection: Connection, database: str
) -> None:
    """A filter that finds what is not theirs is refused before writers of its Datastreams are waited for."""
    name = "not theirs"
    _, streams = await _two_things(city, name)
    stranger = City(city.client, await restricted(database, key="no-deleter"))
    async with await core_database.connect(url=database) as writer:
        hold = "SELECT FROM things.datastream WHERE id = ANY (%s) FOR KEY SHARE"
        await writer.execute(hold, [streams])
        refused = asyncio.create_task(stranger.send("DELETE", f"Things?$filter=name eq '{name}'"))
        async with asyncio.timeout(60):
            assert (await refused).status_code == 403
        await writer.rollback()
    assert (await city.send("GET", f"Things/$count?$filter=name eq '{name}'")).text == "2"
