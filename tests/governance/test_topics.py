# SPDX-License-Identifier: EUPL-1.2
"""MQTT topics obey the room, for every kind of topic and everybody who may follow one, and are on record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

import httpx
import pytest

from stadtkern.core import database as core_database
from stadtkern.core import datasets, tokens
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import mqtt, rights
from tests import people
from tests.governance.test_audit import entries
from tests.ingest import mqtt_clients
from tests.things import factories
from tests.things.factories import City, restricted

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def door(settings: Settings) -> AsyncIterator[mqtt.Mqtt]:
    """The door, open."""
    async with mqtt_clients.service(settings) as made:
        yield made


class Scene(NamedTuple):
    """A stream of a closed room, topics that lead to it, a public stream, and tokens."""

    stream: str
    topics: tuple[str, ...]
    public: str
    outsider: str
    member: str
    holder: str
    single: str


@pytest.fixture(scope="module")
async def scene(client: httpx.AsyncClient, token: str, database: str) -> Scene:
    """The room, filled."""
    inner = await restricted(database, key="secret")
    city = City(client, inner)
    thing = await city.create("Things", factories.thing(Locations=[factories.location()]))
    made = await city.create("Datastreams", factories.datastream(name="one", Thing={"@iot.id": thing}))
    hidden = {"thing": thing, "one": made}
    await city.create("Datastreams", factories.datastream(name="two", Thing={"@iot.id": thing}))
    public = await mqtt_clients.make_things(client, token)
    async with await core_database.connect(url=database, autocommit=True) as connection:
        open_ = await datasets.find(connection, key="test")
        outsider = await tokens.create(connection, name="outsider", scopes={open_.id: ["read"]})
        member = await tokens.create(connection, name="member", scopes={open_.id: ["read"]})
        closed = await datasets.find(connection, key="secret")
        single = await tokens.create(
            connection, name="single", scopes={closed.id: ["read", "create"]}, streams={closed.id: [made]}
        )
        cursor = await connection.execute("SELECT principal_id FROM core.token WHERE id = %s", [member.id])
        await people.grant(connection, room="secret", principal_id=(await cursor.fetchone() or [0])[0])
    stream = f"v1.1/Datastreams({hidden['one']})"
    topics = (
        "v1.1/Observations",
        "v1.1/Datastreams",
        f"{stream}/Observations",
        stream,
        f"{stream}/phenomenonTime",
        f"v1.1/Things({hidden['thing']})/Datastreams",
        f"v1.1/Observations?$filter=Datastream/id eq {hidden['one']}",
        "v1.1/Observations?$filter=result gt 500",
        "v1.1/Observations?$expand=Datastream",
    )
    seen = f"v1.1/Datastreams({public['one']})"
    return Scene(stream, topics, seen, outsider.secret, member.secret, inner, single.secret)


async def test_topics_of_a_closed_room_reach_its_holders_only(
    door: mqtt.Mqtt, scene: Scene, token: str, database: str
) -> None:
    """Ids, collections, properties and filters; whoever may not see it hears of public values only."""

    def work() -> None:
        with (
            mqtt_clients.client(door.port) as nobody,
            mqtt_clients.client(door.port, secret=scene.outsider) as stranger,
            mqtt_clients.client(door.port, secret=scene.member) as insider,
            mqtt_clients.client(door.port, secret=scene.holder) as holder,
            mqtt_clients.client(door.port, secret=token) as device,
        ):
            everybody = (nobody, stranger, insider, holder)
            for each in everybody:
                for topic in scene.topics:
                    each.subscribe(topic)
            body = {"phenomenonTime": "2026-01-01T00:00:00Z", "result": 666}
            holder.store(f"{scene.stream}/Observations", body)
            device.store(f"{scene.public}/Observations", body | {"result": 555})
            for each in everybody:
                each.until(lambda each=each: any(d["result"] == 555 for d in each.of("v1.1/Observations")))  # type: ignore[misc]
            for each in (insider, holder):
                assert {d["result"] for d in each.of("v1.1/Observations")} == {555, 666}
                assert each.of(f"{scene.stream}/Observations")
            for each in (nobody, stranger):
                heard = [name for name, document, _ in each.messages if "666" in str(document)]
                assert heard == []
                assert not any(name.startswith(scene.stream) for name, _, _ in each.messages)

    await mqtt_clients.apart(work)
    async with await core_database.connect(url=database, autocommit=True) as connection:
        noted = await entries(connection, surface="mqtt")
    assert {entry["action"] for entry in noted} == {"read", "change"}
    asked = {entry["address"] for entry in noted if entry["action"] == "read"}
    assert asked == {f"SUBSCRIBE {topic}" for topic in scene.topics}
    assert len(noted) == 2 * len(scene.topics) + 1


async def test_a_token_for_one_datastream_follows_and_feeds_that_one(door: mqtt.Mqtt, scene: Scene) -> None:
    """What stands beside it in the same room is as far away as for strangers."""
    other = scene.stream.replace("Datastreams(", "Datastreams(9")
    beside = f"v1.1/Datastreams({int(scene.stream.split('(')[1].rstrip(')')) + 1})"

    def work() -> None:
        with (
            mqtt_clients.client(door.port, secret=scene.single) as single,
            mqtt_clients.client(door.port, secret=scene.holder) as holder,
        ):
            for topic in (f"{scene.stream}/Observations", "v1.1/Observations"):
                single.subscribe(topic)
            refused = [single.subscribe(f"{each}/Observations") for each in (beside, other)]
            assert [reason.is_failure for reason in refused] == [True, True]
            assert refused[0] == refused[1]
            day = "2026-02-01T00:00:00Z"
            holder.store(f"{beside}/Observations", {"phenomenonTime": day, "result": 777})
            single.store(f"{scene.stream}/Observations", {"phenomenonTime": day, "result": 888})
            single.until(lambda: len(single.of("v1.1/Observations")) == 1)
            assert [d["result"] for d in single.of("v1.1/Observations")] == [888]
            assert "777" not in str(single.messages)

    await mqtt_clients.apart(work)


async def test_a_broker_in_front_learns_the_right_to_one_datastream(
    scene: Scene, settings: Settings, database: str
) -> None:
    """A role of its own, which names no other topic; those for the whole room are not held."""
    number = scene.stream.split("(")[1].rstrip(")")
    async with await core_database.connect(url=database, autocommit=True) as connection:
        target = await rights.wanted(connection, settings=settings)
        rows = await connection.execute(
            "SELECT token_id, dataset_id FROM core.token_scope WHERE datastream_ids IS NOT NULL"
        )
        token_id, dataset_id = (await rows.fetchone()) or (0, 0)
    held = target.users[rights.user(token_id)] - {"stadtkern-public"}
    assert held == {f"stadtkern-{verb}-{dataset_id}.{number}" for verb in ("create", "read")}
    topics = {acl[1] for role in held for acl in target.roles[role]}
    assert topics
    assert all(f"Datastreams({number})" in topic for topic in topics)
