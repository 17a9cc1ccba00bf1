# SPDX-License-Identifier: EUPL-1.2
"""Our own MQTT door: create observations (18-088 clause 14.1) and receive updates (clause 14.2)."""

from __future__ import annotations

from typing import Any

import pytest

from stadtkern.ingest.doors import mqtt
from tests.ingest import mqtt_clients
from tests.things import factories

pytestmark = pytest.mark.anyio


async def test_an_observation_is_on_disk_when_it_is_acknowledged(
    door: mqtt.Mqtt, token: str, things: dict[str, int], database: str
) -> None:
    """PUBACK means committed: whoever looks after it finds the row."""

    def work() -> None:
        with mqtt_clients.client(door.port, secret=token) as device:
            topic = f"v1.1/Datastreams({things['one']})/Observations"
            device.store(topic, {"phenomenonTime": "2026-01-01T00:00:00Z", "result": 1.5})

    await mqtt_clients.apart(work)
    async with await mqtt_clients.database_of(database) as connection:
        cursor = await connection.execute(
            "SELECT result FROM things.observation WHERE datastream_id = %s", (things["one"],)
        )
        assert await cursor.fetchall() == [(1.5,)]


async def test_updates_arrive_on_every_kind_of_topic(
    door: mqtt.Mqtt, token: str, things: dict[str, int]
) -> None:
    """Collections, entities, properties, and topics with options (18-088 14.2.1 to 14.2.4)."""
    stream = f"v1.1/Datastreams({things['one']})"
    topics = {
        f"{stream}/Observations",
        "v1.1/Observations",
        "v1.1/Datastreams",
        stream,
        f"{stream}/phenomenonTime",
        f"{stream}/Observations?$select=result,phenomenonTime",
        f"{stream}/Observations?$filter=result gt 100",
        f"{stream}/Observations?$filter=result lt 100",
        f"v1.1/Observations?$expand=Datastream($select=name)&$filter=Datastream/id eq {things['one']}",
        f"v1.1/Things({things['thing']})/Datastreams",
        f"v1.1/Things({things['thing']})/Datastreams({things['one']})/Observations",
    }

    def work() -> None:
        with mqtt_clients.client(door.port) as screen, mqtt_clients.client(door.port, secret=token) as device:
            for topic in topics:
                assert screen.subscribe(topic) == 1, topic
            screen.messages.clear()
            device.store(f"{stream}/Observations", {"phenomenonTime": "2026-01-02T00:00:00Z", "result": 7})
            wanted = topics - {f"{stream}/Observations?$filter=result gt 100"}
            screen.until(lambda: {name for name, _, retain in screen.messages if not retain} >= wanted)
            by_topic = {name: document for name, document, _ in screen.messages}
            assert set(by_topic) == wanted
            plain = by_topic[f"{stream}/Observations"]
            assert plain["result"] == 7
            assert plain["@iot.selfLink"].endswith(f"/sta/v1.1/Observations({plain['@iot.id']})")
            assert by_topic[f"{stream}/Observations?$select=result,phenomenonTime"] == {
                "result": 7, "phenomenonTime": "2026-01-02T00:00:00Z",
            }  # fmt: skip
            assert by_topic[f"{stream}/phenomenonTime"] == {
                "phenomenonTime": "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"
            }
            assert by_topic[stream]["@iot.id"] == things["one"]

    await mqtt_clients.apart(work)


async def test_the_newest_observation_comes_with_the_subscription(
    door: mqtt.Mqtt, token: str, things: dict[str, int]
) -> None:
    """Marked as retained, as Masterportal expects, and the same after any restart."""

    def work() -> None:
        topic = f"v1.1/Datastreams({things['two']})/Observations"
        with mqtt_clients.client(door.port, secret=token) as device:
            device.store(topic, {"phenomenonTime": "2026-02-02T00:00:00Z", "result": 2})
            device.store(topic, {"phenomenonTime": "2026-02-01T00:00:00Z", "result": 1})
        with mqtt_clients.client(door.port) as screen:
            screen.subscribe(topic)
            kept = lambda: [(name, document["result"]) for name, document, kept in screen.messages if kept]  # noqa: E731
            assert screen.until(kept, what="the newest value") == [(topic, 2)]
            screen.subscribe(topic + "?$select=result&$filter=result lt 2")
            screen.until(lambda: len(kept()) > 1)
            assert kept()[1] == (topic + "?$select=result&$filter=result lt 2", 1)

    await mqtt_clients.apart(work)


async def test_every_way_to_post_an_observation_is_a_topic(
    door: mqtt.Mqtt, client: Any, token: str, things: dict[str, int]
) -> None:
    """The body is that of POST: Datastream in body or address, below a feature, of several values."""
    streams = [factories.multi_datastream()]
    multi = factories.thing(Locations=[factories.location()], MultiDatastreams=streams)
    headers = {"Authorization": f"Bearer {token}"}
    answer = await client.post(f"{factories.STA}/Things", json=multi, headers=headers)
    below = f"{factories.STA}/Things({answer.json()['@iot.id']})/MultiDatastreams"
    wind = (await client.get(below)).json()["value"][0]["@iot.id"]
    feature = {
        "name": "tree 7", "description": "-", "encodingType": "application/geo+json",
        "feature": {"type": "Point", "coordinates": [7.6, 51.9]},
    }  # fmt: skip
    made = await client.post(f"{factories.STA}/FeaturesOfInterest", json=feature, headers=headers)
    place = made.json()["@iot.id"]
    stream = {"Datastream": {"@iot.id": things["two"]}}

    def work() -> list[str]:
        with mqtt_clients.client(door.port, secret=token) as device:
            time = "2026-03-01T00:00:0"
            device.store("v1.1/Observations", {"phenomenonTime": f"{time}1Z", "result": 1, **stream})
            device.store(
                "v1.1/Observations",
                {"phenomenonTime": f"{time}2Z", "result": 2, "FeatureOfInterest": feature, **stream},
            )
            device.store(
                f"v1.1/FeaturesOfInterest({place})/Observations",
                {"phenomenonTime": f"{time}3Z", "result": 3, **stream},
            )
            device.store(f"v1.1/MultiDatastreams({wind})/Observations", {"result": [270, 3.5]})
            device.store(
                f"v1.1/Things({things['thing']})/Datastreams({things['two']})/Observations",
                {"phenomenonTime": f"{time}4Z", "result": 4},
                qos=2,
            )
            return []

    await mqtt_clients.apart(work)
    found = await client.get(
        f"{factories.STA}/Datastreams({things['two']})/Observations"
        "?$filter=phenomenonTime ge 2026-03-01T00:00:00Z&$orderby=phenomenonTime&$select=result"
    )
    assert [each["result"] for each in found.json()["value"]] == [1, 2, 3, 4]
    found = await client.get(f"{factories.STA}/MultiDatastreams({wind})/Observations?$select=result")
    assert [each["result"] for each in found.json()["value"]] == [[270, 3.5]]


async def test_entities_that_change_are_told(
    door: mqtt.Mqtt, client: Any, token: str, things: dict[str, int]
) -> None:
    """Whoever changes them, over HTTP or otherwise; a property only when its value is another one."""
    thing, headers = f"Things({things['thing']})", {"Authorization": f"Bearer {token}"}
    async with mqtt_clients.near(door.port) as screen:
        for topic in (
            thing,
            f"{thing}/name",
            f"{thing}/properties/owner",
            "Things",
            "Locations?$select=name",
        ):
            await mqtt_clients.apart(lambda topic=topic: screen.subscribe(f"v1.1/{topic}"))
        await client.patch(f"{factories.STA}/{thing}", json={"name": "oak"}, headers=headers)
        await mqtt_clients.apart(
            lambda: screen.until(lambda: len({name for name, *_ in screen.messages}) == 3)
        )
        assert screen.of(f"v1.1/{thing}/name") == [{"name": "oak"}]
        assert screen.of(f"v1.1/{thing}")[0]["name"] == "oak"
        assert screen.of("v1.1/Things")[0]["name"] == "oak"
        change = {"properties": {"owner": "works"}}
        await client.patch(f"{factories.STA}/{thing}", json=change, headers=headers)
        await client.post(
            f"{factories.STA}/Locations", json=factories.location(name="Aasee"), headers=headers
        )
        later = ("v1.1/Locations?$select=name", f"v1.1/{thing}/properties/owner")
        await mqtt_clients.apart(lambda: screen.until(lambda: all(map(screen.of, later))))
        assert screen.of(f"v1.1/{thing}/properties/owner") == [{"owner": "works"}]
        assert screen.of("v1.1/Locations?$select=name") == [{"name": "Aasee"}]
        assert len(screen.of(f"v1.1/{thing}/name")) == 1
