# SPDX-License-Identifier: EUPL-1.2
"""Wildcards at our own MQTT door: what a client may see, once, and nothing that it may not."""

from __future__ import annotations

from typing import Any

import pytest

from stadtkern.core import access, datasets, tokens
from stadtkern.core.problems import Problem
from stadtkern.ingest.doors import mqtt
from stadtkern.things.topics import wild
from tests.ingest import mqtt_clients
from tests.things import factories

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("text", "fitting"),
    [
        ("#", "Things Things(1) Datastreams(7)/Observations"),
        ("+/+", "Things Things(1)"),
        ("v1.1/#", "Things Things(1) Datastreams(7)/Observations"),
        ("v1.1/+", "Things Things(1)"),
        ("v1.1/+/#", "Things Things(1) Datastreams(7)/Observations"),
        ("v1.1/+/+", "Datastreams(7)/Observations"),
        ("v1.1/+/Observations", "Datastreams(7)/Observations"),
        ("v1.1/+/Observations/#", "Datastreams(7)/Observations"),
        ("+/Things", "Things"),
        ("v1.1/Things/#", "Things"),
        ("v1.1/Datastreams(7)/#", "Datastreams(7)/Observations"),
        ("v1.1/Datastreams(7)/+", "Datastreams(7)/Observations"),
        ("v1.1/Datastreams(8)/#", ""),
    ],
)
def test_what_a_filter_stands_for(text: str, fitting: str) -> None:
    """As MQTT 5, clause 4.7.1 has it."""
    pattern = wild.parse(text, prefix="v1.1")
    topics = ("Things", "Things(1)", "Datastreams(7)/Observations")
    assert [topic for topic in topics if pattern.fits(topic.split("/"))] == fitting.split()


@pytest.mark.parametrize(
    "text",
    [
        "v1.1/Datastreams(+)/Observations", "v1.1/Things#", "v1.1/#/Observations", "v2/#", "+", "v1.1",
        "v1.1/+/name", "v1.1/+/+/+", "v1.1/Nothing/#", "v1.1/Things(1)/name/#", "v1.1/+/Observations?$top=1",
        "$SYS/#", "v1.1/" + "+/" * 3000,
    ],
)  # fmt: skip
def test_filters_that_nothing_is_told_on_are_refused(text: str) -> None:
    """With a reason, instead of silence for ever."""
    with pytest.raises(Problem):
        wild.parse(text, prefix="v1.1")


async def test_a_wildcard_stands_for_all_that_changes(
    door: mqtt.Mqtt, client: Any, token: str, things: dict[str, int]
) -> None:
    """Each topic once, whether it is followed by one filter or by several; until that is ended."""
    stream, other = f"v1.1/Datastreams({things['one']})", f"v1.1/Datastreams({things['two']})"

    def work() -> None:
        with mqtt_clients.client(door.port) as screen, mqtt_clients.client(door.port, secret=token) as device:
            for topic in ("v1.1/+/Observations", f"{stream}/#", f"{other}/Observations", "v1.1/Things/#"):
                assert screen.subscribe(topic) == 1, topic
            screen.messages.clear()
            device.store(f"{stream}/Observations", {"phenomenonTime": "2026-01-02T00:00:00Z", "result": 7})
            device.store(f"{other}/Observations", {"phenomenonTime": "2026-01-02T00:00:00Z", "result": 8})
            followed = {f"{stream}/Observations", stream, f"{other}/Observations"}
            screen.until(lambda: {name for name, *_ in screen.messages} >= followed)
            assert [each["result"] for each in screen.of(f"{stream}/Observations")] == [7]
            assert [each["result"] for each in screen.of(f"{other}/Observations")] == [8]
            assert [each["@iot.id"] for each in screen.of(stream)] == [things["one"]]
            assert not screen.of("v1.1/Observations")
            screen.unsubscribe("v1.1/+/Observations", f"{stream}/#")
            screen.messages.clear()
            device.store(f"{stream}/Observations", {"phenomenonTime": "2026-01-03T00:00:00Z", "result": 9})
            device.store(f"{other}/Observations", {"phenomenonTime": "2026-01-03T00:00:00Z", "result": 9})
            screen.until(lambda: screen.of(f"{other}/Observations"))
            assert not screen.of(f"{stream}/Observations")

    await mqtt_clients.apart(work)


async def test_wildcards_show_nothing_hidden(
    door: mqtt.Mqtt, client: Any, token: str, things: dict[str, int], database: str
) -> None:
    """Who follows everything is told what is visible to them at that moment, and nothing else."""
    async with await mqtt_clients.database_of(database) as connection:
        await datasets.save_room(connection, key="closed", kind="restricted", title={"de": "x"})
        hidden = await datasets.save(connection, key="hidden", room="closed", about={"title": {"de": "x"}})
        made = await tokens.create(
            connection, name="h", scopes={hidden: access.VERBS}, default_dataset_id=hidden
        )
    headers = {"Authorization": f"Bearer {made.secret}"}
    document = factories.thing(Locations=[factories.location()], Datastreams=[factories.datastream()])
    posted = await client.post(f"{factories.STA}/Things", json=document, headers=headers)
    thing = posted.json()["@iot.id"]
    below = await client.get(f"{factories.STA}/Things({thing})/Datastreams", headers=headers)
    topic = f"v1.1/Datastreams({below.json()['value'][0]['@iot.id']})/Observations"
    public = f"v1.1/Datastreams({things['one']})/Observations"

    def begin(*clients: mqtt_clients.Client) -> None:
        for each in clients:
            assert each.subscribe("#") == 1

    async with (
        mqtt_clients.near(door.port) as stranger,
        mqtt_clients.near(door.port, secret=made.secret) as owner,
    ):
        await mqtt_clients.apart(lambda: begin(stranger, owner))
        sent = {"phenomenonTime": "2026-01-04T00:00:00Z", "result": 1}
        await mqtt_clients.apart(lambda: owner.store(topic, sent))
        change = {"name": "secret"}
        await client.patch(f"{factories.STA}/Things({thing})", json=change, headers=headers)
        await mqtt_clients.apart(lambda: owner.until(lambda: owner.of(f"v1.1/Things({thing})")))
        headers["Authorization"] = f"Bearer {token}"
        posted = await client.post(f"{factories.STA}/{public[5:]}", json=sent, headers=headers)
        assert posted.status_code == 201
        told = {public, "v1.1/Observations", "v1.1/Datastreams", public.rpartition("/")[0]}
        await mqtt_clients.apart(
            lambda: stranger.until(lambda: {name for name, _, old in stranger.messages if not old} >= told)
        )
        assert {name for name, _, old in stranger.messages if not old} == told
        assert not {name for name, *_ in stranger.messages} & {topic, topic.rpartition("/")[0]}
        assert len(owner.of(topic)) == 1


async def test_a_wildcard_begins_with_the_newest_of_each_datastream(
    door: mqtt.Mqtt, client: Any, token: str, things: dict[str, int]
) -> None:
    """As retained messages on the topics themselves, and only of those that are meant."""
    one, two = (f"v1.1/Datastreams({things[name]})/Observations" for name in ("one", "two"))

    def results(client: mqtt_clients.Client, topic: str) -> list[float]:
        return [each["result"] for each in client.of(topic)]

    def work() -> None:
        with mqtt_clients.client(door.port, secret=token) as device:
            assert device.subscribe("v1.1/+/Observations") == 1
            for topic, value in ((one, 70), (one, 71), (two, 72)):
                sent = {"phenomenonTime": f"2026-02-{value - 60}T00:00:00Z", "result": value}
                device.store(topic, sent)
            # Whoever comes now is told what was there before, and not what is still being told.
            device.until(lambda: 71 in results(device, one) and 72 in results(device, two))
        with mqtt_clients.client(door.port) as screen:
            for wanted, expected in (
                ("v1.1/+/Observations", {one: [71], two: [72]}),
                (f"{one.rpartition('/')[0]}/#", {one: [71], two: []}),
                ("v1.1/Things/#", {one: [], two: []}),
            ):
                screen.messages.clear()
                assert screen.subscribe(wanted) == 1
                screen.until(lambda e=expected: all(len(screen.of(t)) >= len(v) for t, v in e.items()))  # type: ignore[misc]
                screen.unsubscribe(wanted)
                assert screen.subscribe("v1.1/Sensors") == 1  # what came before it has arrived
                assert {topic: results(screen, topic) for topic in (one, two)} == expected
                assert all(old for _, _, old in screen.messages)

    await mqtt_clients.apart(work)
