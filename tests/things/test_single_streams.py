# SPDX-License-Identifier: EUPL-1.2
"""A token for single datastreams opens these and nothing else of their dataset, at whatever door one asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from starlette.applications import Starlette

from stadtkern.core import access, datasets, times, tokens
from stadtkern.core import database as core_database
from stadtkern.things.operations import streams
from tests import people
from tests.things import factories, twins
from tests.things.factories import City, restricted

pytestmark = pytest.mark.anyio
Answers = dict[str, tuple[int, bytes]]


class World(NamedTuple):
    """A closed dataset, its holder, and somebody who has a token for one datastream of it."""

    dataset: int
    whole: City
    single: City
    stream: int
    other: int
    before: Answers
    ids: dict[str, int]


async def ask_everywhere(asker: City, ids: dict[str, int]) -> Answers:
    """The answers at every seventh door, which is thousands less and each kind of question still."""
    found = {}
    for door in list(dict.fromkeys(twins.doors(ids)))[::7]:
        answer = await asker.send("GET", door)
        found[door] = (answer.status_code, answer.content)
    return found


@pytest.fixture(scope="module")
async def world(city: City, database: str) -> World:
    """Everything is asked while the one datastream is nearly all there is, then the rest is built."""
    whole = City(city.client, await restricted(database, key="closed"))
    thing = await twins.build(whole, name="first")
    ids = await twins.first_ids(whole)
    async with await core_database.connect(url=database, autocommit=True) as connection:
        dataset = (await datasets.find(connection, key="closed")).id
        verbs = ("read", "create", "update", "delete")
        made = await tokens.create(
            connection, name="single", scopes={dataset: verbs}, streams={dataset: [ids["Datastream"]]}
        )
    single = City(city.client, made.secret)
    before = await ask_everywhere(single, ids)
    await twins.build(whole, name="second")
    await twins.hang_in(whole, ids)
    numbers = [item["@iot.id"] for item in await whole.values(f"Things({thing})/Datastreams")]
    other = next(number for number in numbers if number != ids["Datastream"])
    return World(dataset, whole, single, ids["Datastream"], other, before, ids)


async def test_it_sees_its_datastream_and_its_observations(world: World) -> None:
    """And what can be computed of them, in each format."""
    single, stream = world.single, world.stream
    assert await single.names("Datastreams") == ["first air"]
    assert (await single.get("Observations?$count=true&$top=0"))["@iot.count"] == 3
    assert len(await single.values(f"Datastreams({stream})/Observations?$filter=result ge 2")) == 2
    assert len(await single.values("Observations?$filter=Datastream/name eq 'first air'")) == 3
    assert (await single.get("Datastreams?$expand=Observations($count=true;$top=0)"))["value"][0][
        "Observations@iot.count"
    ] == 3
    csv = await single.send("GET", f"Datastreams({stream})/Observations?$resultFormat=CSV")
    assert (csv.status_code, csv.text.count("\n")) == (200, 4)
    buckets = await single.get(f"Datastreams({stream})/Observations?$aggregate=month(mean)")
    assert buckets["value"]


async def test_it_sees_nothing_else_of_the_dataset(world: World) -> None:
    """Neither the Thing and its place nor other datastreams; all as if they did not exist."""
    for name in ("Things", "Locations", "Sensors", "ObservedProperties", "FeaturesOfInterest"):
        assert await world.single.values(name) == [], name
    assert await world.single.values("MultiDatastreams") == []
    for path in (f"Datastreams({world.stream})/Thing", f"Datastreams({world.other})"):
        assert (await world.single.send("GET", path)).status_code == 404
    assert "second" not in (await world.single.send("GET", "Datastreams?$expand=Thing,Sensor")).text


async def test_no_door_tells_of_what_stands_beside_it(world: World) -> None:
    """Counts, filters, orders, expands: byte for byte as before the rest was built."""
    now = await ask_everywhere(world.single, world.ids)
    assert {door: now[door] for door in now if now[door] != world.before[door]} == {}
    assert sum(status == 200 for status, _ in now.values()) > len(now) / 4


async def test_it_writes_there_only(world: World) -> None:
    """Single, in arrays, corrected, moved and deleted."""
    single, body = world.single, {"phenomenonTime": "2024-07-01T00:00:00Z", "result": 7}
    made = await single.create(f"Datastreams({world.stream})/Observations", body)
    assert (await single.send("PATCH", f"Observations({made})", json={"result": 8})).status_code == 200
    assert (
        await single.send("POST", f"Datastreams({world.other})/Observations", json=body)
    ).status_code == 404
    named = body | {"Datastream": {"@iot.id": world.other}}
    missing = await single.send(
        "POST", "Observations", json=body | {"Datastream": {"@iot.id": twins.MISSING}}
    )
    foreign = await single.send("POST", "Observations", json=named)
    assert foreign.status_code == missing.status_code
    assert foreign.text.replace(str(world.other), "N") == missing.text.replace(str(twins.MISSING), "N")
    moved = await single.send("PATCH", f"Observations({made})", json={"Datastream": {"@iot.id": world.other}})
    assert moved.status_code in (400, 404)
    (theirs,) = await world.whole.values(f"Datastreams({world.other})/Observations?$top=1")
    for method, payload in (("PATCH", {"result": 1}), ("DELETE", None)):
        answer = await single.send(method, f"Observations({theirs['@iot.id']})", json=payload)
        assert answer.status_code == 404, method
    assert (await single.send("DELETE", f"Observations({made})")).status_code in (200, 204)


async def test_arrays_are_taken_for_its_datastream_only(world: World) -> None:
    """Rows of another datastream are refused one by one, as those of one that does not exist."""
    groups = [
        {
            "Datastream": {"@iot.id": number},
            "components": ["phenomenonTime", "result"],
            "dataArray": [[f"2024-08-0{day}T00:00:00Z", day] for day in (1, 2)],
        }
        for number in (world.stream, world.other)
    ]
    answer = await world.single.send("POST", "CreateObservations", json=groups)
    links = answer.json()
    assert answer.status_code == 201
    assert [str(link).startswith("http") for link in links] == [True, True, False, False]
    august = "$filter=month(phenomenonTime) eq 8"
    assert await world.whole.values(f"Datastreams({world.other})/Observations?{august}") == []


async def test_it_describes_nothing(world: World) -> None:
    """Not even its own datastream: that belongs to the dataset."""
    single = world.single
    renamed = await single.send("PATCH", f"Datastreams({world.stream})", json={"name": "mine"})
    assert renamed.status_code == 403
    assert (await single.send("DELETE", f"Datastreams({world.stream})")).status_code == 403
    assert (await single.send("POST", "Things", json=factories.thing())).status_code in (400, 403, 422)
    brought = {"result": 1, "FeatureOfInterest": twins._FEATURE}
    answer = await single.send("POST", f"Datastreams({world.stream})/Observations", json=brought)
    assert answer.status_code == 403


async def test_live_values_come_of_its_datastream_only(world: World, app: Starlette, database: str) -> None:
    """The list of what may be followed is the same predicate."""
    gate: access.Gate = app.state.gate
    assert world.single.token
    async with await core_database.connect(url=database, autocommit=True) as connection:
        holder = await gate.principal(authorization=f"Bearer {world.single.token}")
        scope = await gate.scope(connection, holder)
    assert scope.streams == ((world.dataset, world.stream),)
    assert (scope.allows(world.dataset), scope.holds(world.dataset)) == (False, True)


async def test_it_ends_with_the_token_and_with_the_person(
    world: World, app: Starlette, database: str
) -> None:
    """Nobody's key shows a series that the person does not see any more."""
    gate: access.Gate = app.state.gate
    async with await core_database.connect(url=database, autocommit=True) as connection:
        somebody = await people.person(connection)
        await people.grant(connection, room="closed", principal_id=somebody.id)
        made = await tokens.create(
            connection, name="own", scopes={world.dataset: ["read"]},
            streams={world.dataset: [world.stream]}, person_id=somebody.id,
            expires_at=times.now() + timedelta(days=300),
        )  # fmt: skip
        holder = await gate.principal(authorization=f"Bearer {made.secret}")
        assert (await gate.scope(connection, holder)).streams
        await connection.execute("DELETE FROM core.room_grant WHERE principal_id = %s", [somebody.id])
        assert not (await gate.scope(connection, holder)).streams
        await people.grant(connection, room="closed", principal_id=somebody.id)
        assert (await gate.scope(connection, holder)).streams
        await tokens.revoke(connection, token_id=made.id)
        assert not (await gate.scope(connection, holder)).streams


async def test_a_token_for_single_streams_has_no_verb_for_entities(world: World, database: str) -> None:
    """Neither through the function nor past it."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        with pytest.raises(tokens.NotForSingleStreams):
            await tokens.create(
                connection, name="x", scopes={world.dataset: ["entities"]},
                streams={world.dataset: [world.stream]},
            )  # fmt: skip
        with pytest.raises(Exception, match="token_scope_streams"):
            await connection.execute(
                "UPDATE core.token_scope SET verbs = '{entities}' WHERE datastream_ids IS NOT NULL"
            )


@pytest.mark.parametrize("wrong", [[twins.MISSING], []])
async def test_streams_are_those_of_the_dataset(world: World, database: str, wrong: list[Any]) -> None:
    """Each that is named, and one of each dataset that is named."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        found = await streams.by_dataset(connection, ids=[world.stream], datasets=[world.dataset])
        assert found == {world.dataset: [world.stream]}
        public = (await datasets.find(connection, key="test")).id
        with pytest.raises(streams.StreamElsewhere):
            await streams.by_dataset(
                connection, ids=[world.stream, *wrong],
                datasets=[world.dataset] if wrong else [world.dataset, public],
            )  # fmt: skip
        assert await streams.by_dataset(connection, ids=[], datasets=[public]) == {}
