# SPDX-License-Identifier: EUPL-1.2
"""What must not happen at our own MQTT door, whatever somebody sends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stadtkern.core import access, metrics, tokens
from stadtkern.ingest.doors import mqtt
from tests.ingest import mqtt_clients

pytestmark = pytest.mark.anyio


async def test_nobody_publishes_without_a_token(
    door: mqtt.Mqtt, things: dict[str, int], database: str
) -> None:
    """An anonymous message, or topic, is answered and dropped; a wrong password is not let in at all."""

    def work() -> Any:
        with mqtt_clients.client(door.port, version=5) as stranger:
            reason = stranger.store(f"v1.1/Datastreams({things['one']})/Observations", {"result": 666})
            # Reasons that MQTT 5 (3.9.3) has for topics; clients end the connection at any other.
            refused = [stranger.subscribe(topic).value for topic in ("v1.1/Nope", "v1.1/Things?$top=1")]
            assert refused == [0x8F, 0x8F]
            assert stranger.subscribe("v1.1/Datastreams(99999)/Observations").value == 0x87
        with mqtt_clients.client(door.port, secret="sk_wrong") as stranger:
            return reason, stranger.connected

    reason, connected = await mqtt_clients.apart(work)
    assert reason.value == 0x87
    assert connected.is_failure
    async with await mqtt_clients.database_of(database) as connection:
        cursor = await connection.execute("SELECT FROM things.observation WHERE result = 666")
        assert await cursor.fetchall() == []


async def test_a_message_that_cannot_be_stored_is_acknowledged_and_explained(
    door: mqtt.Mqtt, token: str, things: dict[str, int]
) -> None:
    """A poison message must not come back for ever: acknowledged, counted, told to the sender alone."""
    topic = f"v1.1/Datastreams({things['one']})/Observations"

    def work() -> None:
        with (
            mqtt_clients.client(door.port, secret=token, name="probe-7") as device,
            mqtt_clients.client(door.port, secret=token, name="other") as other,
        ):
            assert device.subscribe("errors/probe-7") == 1
            assert other.subscribe("errors/probe-7").value == 0x80
            for bad in (b"{not json", b'{"result": 1, "result": 2}', {"result": "text"}, {"rezult": 1}, b""):
                device.store(topic, bad)
            device.store("v1.1/Datastreams(99999)/Observations", {"result": 1})
            device.store("v1.1/Things", {"name": "no"})
            device.store("elsewhere", {"result": 1})
            device.store(topic, {"phenomenonTime": "2026-04-01T00:00:00Z", "result": 1})
            device.until(lambda: len(device.of("errors/probe-7")) == 8)
            told = [each["error"]["title"] for each in device.of("errors/probe-7")]
            assert all(told)
            assert other.messages == []

    before = door.counters.refused
    await mqtt_clients.apart(work)
    assert door.counters.refused - before == 8
    figures = metrics.exposition(metrics.REGISTRY.collect())
    assert 'stadtkern_mqtt_messages_total{outcome="refused"}' in figures


@pytest.mark.parametrize(
    "topic",
    [
        "v2/#",
        "v1.1/+/+/+",
        "v1.1/+/name",
        "$SYS/#",
        "v1.1/Datastreams%281%29/Observations",
        "v1.1/Datastreams(1%29/Observations",
        "v1.1/../core/token",
        "v1.1/Observations?$filter=result eq 1; DROP TABLE things.observation",
        "v1.1/Observations?$filter=result eq '",
        "v1.1/Observations?$top=5",
        "v1.1/Observations?$orderby=result",
        "v1.1/Things(1)/$ref",
        "v1.1/Things(1)/dataset_id",
        "v1.1/Datastreams(99999999999999999999)/Observations",
        "v1.1/Datastreams(424242)/Observations",
        "v1.1/" + "x" * 5000,
        "errors/somebody-else",
        "v1.0/Observations",
    ],
)
async def test_topics_that_mean_nothing_here_are_refused(door: mqtt.Mqtt, topic: str) -> None:
    """With the failure code of SUBACK, and without harm to what else the client does."""

    def work() -> None:
        with mqtt_clients.client(door.port) as stranger:
            assert stranger.subscribe(topic).value == 0x80
            assert stranger.subscribe("v1.1/Things") == 1

    await mqtt_clients.apart(work)


async def test_a_token_that_ends_loses_its_connection(door: mqtt.Mqtt, dataset: int, database: str) -> None:
    """Within seconds, though it was let in before."""
    async with await mqtt_clients.database_of(database) as connection:
        made = await tokens.create(connection, name="short", scopes={dataset: access.VERBS})
        device = mqtt_clients.Client(door.port, secret=made.secret)
        await mqtt_clients.apart(device.connect)
        assert not device.connected.is_failure
        await tokens.revoke(connection, token_id=made.id)
        await mqtt_clients.apart(
            lambda: device.until(lambda: device.lost is not None or device.connected.is_failure)
        )
        device.close()


async def test_a_room_made_private_falls_silent(
    door: mqtt.Mqtt, token: str, things: dict[str, int], database: str
) -> None:
    """Rights are asked for each batch of changes, not only when somebody subscribes."""
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    async with (
        await mqtt_clients.database_of(database) as connection,
        mqtt_clients.near(door.port) as stranger,
        mqtt_clients.near(door.port, secret=token) as device,
    ):
        for client in (stranger, device):
            await mqtt_clients.apart(lambda client=client: client.subscribe(topic))
            await mqtt_clients.apart(lambda client=client: client.subscribe("v1.1/Observations"))
        await connection.execute(
            "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = 'internal')"
        )
        try:
            await mqtt_clients.apart(
                lambda: device.store(topic, {"phenomenonTime": "2026-05-01T00:00:00Z", "result": 5})
            )
            await mqtt_clients.apart(
                lambda: device.until(lambda: 5 in [d["result"] for d in device.of(topic)])
            )
            refused = await mqtt_clients.apart(lambda: stranger.subscribe(topic + "?$select=result"))
            assert refused.value == 0x80
            # That answer comes behind whatever else was told; the newest value of before may be among it.
            assert 5 not in [document["result"] for _, document, _ in stranger.messages]
        finally:
            await connection.execute(
                "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = 'public')"
            )


async def test_a_session_that_is_kept_receives_what_it_missed(
    door: mqtt.Mqtt, token: str, things: dict[str, int]
) -> None:
    """QoS 1 and a session that is not clean: in order, each once; another token cannot take it over."""
    topic = f"v1.1/Datastreams({things['one']})/Observations"

    def work() -> None:
        with mqtt_clients.client(door.port, secret=token) as device:
            with mqtt_clients.client(door.port, name="board", clean=False) as board:
                assert board.present is False
                board.subscribe(topic)
            for second in range(5):
                device.store(topic, {"phenomenonTime": f"2026-06-01T00:00:0{second}Z", "result": second})
            with mqtt_clients.client(door.port, secret=token, name="board", clean=False) as thief:
                assert thief.present is False
            with mqtt_clients.client(door.port, name="board", clean=False) as board:
                assert board.present is True
                board.until(lambda: len([m for m in board.messages if not m[2]]) >= 5)
                assert [d["result"] for _, d, retained in board.messages if not retained] == list(range(5))

    await mqtt_clients.apart(work)


async def test_large_and_many_messages_do_no_harm(
    door: mqtt.Mqtt, token: str, things: dict[str, int], database: str
) -> None:
    """What is too large ends its connection; a flood waits at the sender's end and arrives whole."""
    topic = f"v1.1/Datastreams({things['two']})/Observations"

    def work() -> None:
        with mqtt_clients.client(door.port, secret=token) as device:
            device.publish(topic, b"x" * 3_000_000)
            device.until(lambda: device.lost is not None)
        flood = mqtt_clients.Client(door.port, secret=token)
        flood.paho.max_inflight_messages = 2_000
        flood.connect()
        numbers = [
            flood.publish(topic, {"phenomenonTime": f"2026-07-01T00:{i // 60:02}:{i % 60:02}Z", "result": i})
            for i in range(3_000)
        ]
        flood.until(lambda: flood.acknowledged.keys() >= set(numbers), what="all acknowledgements")
        flood.close()

    await mqtt_clients.apart(work)
    async with await mqtt_clients.database_of(database) as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM things.observation WHERE datastream_id = %s AND phenomenon_time"
            " BETWEEN '2026-07-01' AND '2026-07-02'",
            (things["two"],),
        )
        assert await cursor.fetchone() == (3_000,)


async def test_what_is_not_mqtt_is_turned_away(door: mqtt.Mqtt) -> None:
    """Another protocol, a cut-off packet, a second CONNECT: the connection ends, the door stays open."""
    hello = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"
    other = (b"GET / HTTP/1.1\r\n\r\n", b"\x10\xff\xff\xff\xff\x7f", b"\x30\x05\x00\x03a/b")
    for sent in (*other, hello.replace(b"\x04\x02", b"\x03\x02"), hello * 2):
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(sent)
        await asyncio.wait_for(reader.read(), 60)
        writer.close()
    await mqtt_clients.apart(lambda: mqtt_clients.Client(door.port).connect().close())
