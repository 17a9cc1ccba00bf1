# SPDX-License-Identifier: EUPL-1.2
"""A planned stop: what was taken is stored and acknowledged first, nothing new is taken, and nobody hangs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Self

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from stadtkern.core import tokens
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import link as links
from stadtkern.ingest.doors import packets, replies, stopping
from stadtkern.ingest.doors.bridge import Bridge
from stadtkern.ingest.writer.writer import Writer
from stadtkern.serve import work
from stadtkern.things import readings
from tests.ingest import false_broker, mosquitto, mqtt_clients, mqtt_raw
from tests.ingest.certificates import certificate
from tests.ingest.held_store import Held, until

pytestmark = pytest.mark.anyio

PINGREQ = b"\xc0\x00"


class Stopped:
    """An MQTT service that is told to stop within the block; it ends with it in any case."""

    def __init__(self, settings: Settings, *, opened: bool = True, **more: Any):
        self._service = mqtt_clients.service(settings, opened=opened, **more)
        self._stopping: asyncio.Task[Any] | None = None

    async def __aenter__(self) -> Self:
        self.made = await self._service.__aenter__()
        await asyncio.wait_for(self.made.opened.wait(), mqtt_clients.PATIENCE)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.ended()

    async def tell(self) -> None:
        """Tell it to stop; afterwards it does not take anything any more."""
        self._stopping = asyncio.create_task(self._service.__aexit__(None, None, None))
        await until(lambda: not self.made.opened.is_set(), what="the beginning of the stop")

    async def ended(self) -> None:
        """It has stopped, and soon."""
        if self._stopping is None:
            await self.tell()
        assert self._stopping is not None
        await asyncio.wait_for(asyncio.shield(self._stopping), mqtt_clients.PATIENCE / 2)


async def _stored(database: str, datastream: int, *, least: int) -> list[float]:
    async with await mqtt_clients.database_of(database) as asking:
        cursor = await asking.execute(
            "SELECT result FROM things.observation WHERE datastream_id = %s"
            " AND result BETWEEN %s AND %s ORDER BY result",
            (datastream, least, least + 99),
        )
        return [row[0] for row in await cursor.fetchall()]


@pytest.mark.parametrize("many", [1, 3])
async def test_what_is_being_stored_is_acknowledged_before_the_end(
    settings: Settings,
    token: str,
    things: dict[str, int],
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    many: int,
) -> None:
    """Of what comes after the stop has begun nothing is taken, while signs of life are still answered."""
    held, least = Held(monkeypatch), 100 * many
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    body = b'{"result": %d}'
    async with Stopped(settings) as door, mqtt_raw.entered(door.made.port, token) as (reader, writer):
        numbers = range(1, many + 1)
        writer.write(b"".join(mqtt_raw.publish(topic, body % (least + each), each) for each in numbers))
        await until(lambda: len(held.seen) == many, what="the store")
        await door.tell()
        writer.write(mqtt_raw.publish(topic, body % (least + 50), 50) + PINGREQ)
        assert await asyncio.wait_for(reader.readexactly(2), mqtt_clients.PATIENCE) == replies.PINGRESP
        held.may.set()
        assert await mqtt_raw.acknowledged(reader, many) == [*numbers]
        assert await asyncio.wait_for(reader.read(), mqtt_clients.PATIENCE) == b""
        await door.ended()
    assert await _stored(database, things["one"], least=least) == [least + each for each in numbers]


@pytest.mark.parametrize("encrypted", [False, True])
async def test_a_client_of_mqtt_5_hears_the_acknowledgement_and_then_why_we_go(
    settings: Settings,
    token: str,
    things: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    encrypted: bool,
) -> None:
    """DISCONNECT with the reason 0x8B comes last, over TLS too."""
    held, more = Held(monkeypatch), {}
    if encrypted:
        more = {"mqtt_certificate": str(certificate(tmp_path)), "mqtt_tls_port": 0}
    known = {"secret": token, "trusted": tmp_path / "cert" if encrypted else None}
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    async with (
        Stopped(settings, **more) as door,
        mqtt_clients.near(door.made.port, version=MQTTProtocolVersion.MQTTv5, **known) as device,
    ):
        number = device.publish(topic, {"result": 1})
        await until(lambda: held.seen, what="the store")
        await door.tell()
        held.may.set()
        await mqtt_clients.apart(lambda: device.until(lambda: device.lost, what="a goodbye"))
        assert device.lost.value == packets.SHUTTING_DOWN
        assert number in device.acknowledged


async def test_what_somebody_left_is_stored_before_the_end(
    settings: Settings, token: str, things: dict[str, int], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages of quality of service 0, and a last will, of those who are gone: nobody sends them again."""
    held, topic = Held(monkeypatch), f"v1.1/Datastreams({things['one']})/Observations"
    will = topic, b'{"result": 503}'
    async with Stopped(settings) as door:
        async with mqtt_raw.entered(door.made.port, token, will=will) as (_, writer):
            writer.write(
                b"".join(mqtt_raw.publish(topic, b'{"result": %d}' % each, 0) for each in (501, 502))
            )
        await until(lambda: len(held.seen) == 3, what="the store")
        await door.tell()
        held.may.set()
    assert await _stored(database, things["one"], least=501) == [501, 502, 503]


async def test_a_store_that_is_away_does_not_keep_us(
    settings: Settings, token: str, things: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some seconds the connection ends without an acknowledgement; the client sends it again."""
    monkeypatch.setattr(stopping, "SECONDS", 0.2)
    tried: list[Any] = []
    said: list[int] = []
    monkeypatch.setattr(stopping.log, "warning", lambda _, tasks: said.append(tasks))

    async def away(_: Writer, items: Any) -> Any:
        tried.extend(items)
        raise readings.StoreUnavailable("away")

    monkeypatch.setattr(Writer, "put", away)
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    async with Stopped(settings) as door, mqtt_raw.entered(door.made.port, token) as (reader, writer):
        writer.write(mqtt_raw.publish(topic, b'{"result": 1}', 1))
        await until(lambda: tried, what="the store")
        await door.tell()
        assert await asyncio.wait_for(reader.read(), mqtt_clients.PATIENCE) == b""
    assert said == [1]


async def test_who_has_nothing_under_way_keeps_nobody(
    settings: Settings, token: str, things: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop waits for messages, not for connections."""
    monkeypatch.setattr(stopping, "SECONDS", 10 * mqtt_clients.PATIENCE)
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    async with Stopped(settings) as door, mqtt_raw.entered(door.made.port, token) as (reader, writer):
        writer.write(mqtt_raw.publish(topic, b'{"result": 1}', 1))
        await mqtt_raw.acknowledged(reader, 1)
        await door.tell()
        assert await asyncio.wait_for(reader.read(), mqtt_clients.PATIENCE) == b""


async def test_a_broker_is_told_what_is_stored_before_we_leave(
    settings: Settings, things: dict[str, int], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it sends after the stop has begun it keeps for our next connection."""
    held, topic = Held(monkeypatch), f"in/v1.1/Datastreams({things['two']})/Observations".encode()

    def message(number: int) -> bytes:
        body = b'{"result": %d}' % (600 + number)
        return replies.publish(topic, body, number=number, retain=False, version=packets.V5)

    async with (
        false_broker.listening() as (broker, port),
        Stopped(settings, opened=False, mqtt_url=f"mqtt://a:b%3Ac@127.0.0.1:{port}") as bridge,
    ):
        assert isinstance(bridge.made._teller, Bridge)
        link = bridge.made._teller._link
        reader, writer = await broker.welcome()
        writer.write(message(1) + message(2))
        await until(lambda: len(held.seen) == 2, what="the store")
        await bridge.tell()
        writer.write(message(3))
        await until(lambda: link._line and len(link._line._unacknowledged) == 3, what="one more message")
        held.may.set()
        told = []
        while (found := await broker.next(reader))[0] != packets.DISCONNECT:
            if found[0] == packets.PUBACK:
                told.append(int.from_bytes(found[2][:2]))
        assert told == [1, 2]
    assert await _stored(database, things["two"], least=600) == [601, 602]


async def test_whom_the_broker_sends_away_during_a_stop_does_not_come_back(
    settings: Settings, things: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be the next process that has taken our place there."""
    monkeypatch.setattr(links, "_FIRST_PAUSE", 0.0)
    monkeypatch.setattr(stopping, "SECONDS", 0.5)
    held, topic = Held(monkeypatch), f"in/v1.1/Datastreams({things['two']})/Observations".encode()
    async with (
        false_broker.listening() as (broker, port),
        Stopped(settings, opened=False, mqtt_url=f"mqtt://a:b%3Ac@127.0.0.1:{port}") as bridge,
    ):
        assert isinstance(bridge.made._teller, Bridge)
        link = bridge.made._teller._link
        _, writer = await broker.welcome()
        writer.write(replies.publish(topic, b'{"result": 1}', number=0, retain=False, version=packets.V5))
        await until(lambda: held.seen, what="the store")
        await bridge.tell()
        writer.transport.abort()
        await until(lambda: not link.up, what="the end of the connection")
        await bridge.ended()
        assert broker.lines.empty()


async def test_what_a_bridge_began_ends_also_when_it_cannot_say_goodbye(
    settings: Settings, things: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing goes on being stored behind a service that has ended."""
    monkeypatch.setattr(stopping, "SECONDS", 0.0)
    held, topic = Held(monkeypatch), f"in/v1.1/Datastreams({things['two']})/Observations".encode()
    async with (
        false_broker.listening() as (broker, port),
        Stopped(settings, opened=False, mqtt_url=f"mqtt://a:b%3Ac@127.0.0.1:{port}") as bridge,
    ):
        teller = bridge.made._teller
        assert isinstance(teller, Bridge)
        leaving = asyncio.Event()

        async def leave(_: object) -> None:
            leaving.set()
            raise ConnectionError("broken off")

        monkeypatch.setattr(teller._link, "_leave", leave)
        _, writer = await broker.welcome()
        writer.write(replies.publish(topic, b'{"result": 1}', number=1, retain=False, version=packets.V5))
        await until(lambda: held.seen, what="the store")
        await bridge.tell()
        await bridge.ended()
        assert leaving.is_set()
        assert not teller._inward._tasks


async def test_mosquitto_sends_nothing_again_after_a_planned_stop(
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
    things: dict[str, int],
    dataset: int,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was being stored when we were told to stop is not brought by it once more."""
    mosquitto.required()
    topic = f"v1.1/Datastreams({things['two']})/Observations"
    with mosquitto.running(folder=tmp_path_factory.mktemp("stop"), settings=settings) as broker:
        with monkeypatch.context() as patched:
            async with Stopped(settings, mqtt_url=broker.url) as bridge:
                async with await mqtt_clients.database_of(database) as connection:
                    made = await tokens.create(connection, name="device", scopes={dataset: ["create"]})
                who = {"username": f"token-{made.id}", "secret": made.secret}
                sender = await mqtt_clients.apart(lambda: mqtt_clients.enters(broker.devices, **who))
                held = Held(patched)
                await mqtt_clients.apart(lambda: sender.store(topic, {"result": 701}))
                await until(lambda: held.seen, what="the store")
                await bridge.tell()
                held.may.set()
        async with mqtt_clients.service(settings, mqtt_url=broker.url) as again:
            await mqtt_clients.apart(lambda: sender.store(topic, {"result": 702}))
            await mqtt_clients.apart(lambda: sender.until(lambda: again.counters.stored))
            assert again.counters.stored == 1
            await mqtt_clients.apart(sender.close)
    assert await _stored(database, things["two"], least=700) == [701, 702]


async def test_the_work_process_leaves_mqtt_the_time_it_takes() -> None:
    """Else it would end the wait, and with it the acknowledgements."""
    assert work._LONGER_SECONDS["mqtt"] > stopping.SECONDS
