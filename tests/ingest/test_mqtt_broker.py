# SPDX-License-Identifier: EUPL-1.2
"""A real Mosquitto in front: rights brought to it, observations taken from it, updates published to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from stadtkern.core import access, tokens
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import line, link, mqtt, taking
from stadtkern.things.api import write
from tests.ingest import mosquitto, mqtt_clients

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def things(client: Any, token: str) -> dict[str, int]:
    """A Thing with two Datastreams."""
    return await mqtt_clients.make_things(client, token)


@pytest.fixture(scope="module")
def broker(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The broker."""
    mosquitto.required()
    with mosquitto.running(folder=tmp_path_factory.mktemp("mosquitto"), settings=settings) as made:
        yield made


@pytest.fixture(scope="module")
async def bridge(
    settings: Settings, broker: mosquitto.Mosquitto, things: dict[str, int]
) -> AsyncIterator[mqtt.Mqtt]:
    """We, connected to it."""
    async with mqtt_clients.service(settings, mqtt_url=broker.url) as made:
        yield made


@pytest.fixture(scope="module")
async def device(bridge: mqtt.Mqtt, database: str, dataset: int) -> tuple[str, str]:
    """User name and password of a token made while everything runs."""
    async with await mqtt_clients.database_of(database) as connection:
        made = await tokens.create(connection, name="device", scopes={dataset: access.VERBS})
    return f"token-{made.id}", made.secret


async def test_a_token_publishes_and_everybody_follows(
    bridge: mqtt.Mqtt, broker: mosquitto.Mosquitto, device: tuple[str, str], things: dict[str, int]
) -> None:
    """Its password is the token; subscribers get what was stored, once, and the newest as retained."""
    topic = f"v1.1/Datastreams({things['one']})/Observations"

    def work() -> None:
        screen = mqtt_clients.enters(broker.screens)
        followed = (
            topic,
            "v1.1/Observations",
            f"v1.1/Datastreams({things['one']})",
            f"{topic}?$select=result",
        )
        mqtt_clients.follows(screen, *followed)
        sender = mqtt_clients.enters(broker.devices, username=device[0], secret=device[1])
        sender.store(topic, {"phenomenonTime": "2026-01-01T00:00:00Z", "result": 1})
        screen.until(lambda: {name for name, *_ in screen.messages} >= set(followed), what="all topics")
        assert [each["result"] for each in screen.of(topic)] == [1]
        assert screen.of(f"{topic}?$select=result") == [{"result": 1}]
        late = mqtt_clients.enters(broker.screens)
        late.subscribe(topic)
        late.until(lambda: late.messages)
        assert late.messages[0][1]["result"] == 1
        assert late.messages[0][2]
        for each in (screen, sender, late):
            each.close()

    await mqtt_clients.apart(work)


async def test_equal_readings_at_once_are_as_many_observations(
    bridge: mqtt.Mqtt,
    broker: mosquitto.Mosquitto,
    device: tuple[str, str],
    things: dict[str, int],
    database: str,
) -> None:
    """Without a time of their own each has that at which it came, however many come together."""
    topic, before = f"v1.1/Datastreams({things['two']})/Observations", bridge.counters.stored

    def work() -> None:
        sender = mqtt_clients.enters(broker.devices, username=device[0], secret=device[1])
        for _ in range(40):
            sender.paho.publish(topic, b'{"result": 77}', qos=1)
        sender.until(lambda: bridge.counters.stored >= before + 40, what="forty readings")
        sender.close()

    await mqtt_clients.apart(work)
    async with await mqtt_clients.database_of(database) as connection:
        cursor = await connection.execute("SELECT FROM things.observation WHERE result = 77")
        assert len(await cursor.fetchall()) == 40


async def test_who_has_no_right_publishes_nothing(
    bridge: mqtt.Mqtt,
    broker: mosquitto.Mosquitto,
    device: tuple[str, str],
    things: dict[str, int],
    database: str,
) -> None:
    """No token, a wrong one, a topic of no Datastream, a topic for subscribers: the broker stops them."""
    topic = f"v1.1/Datastreams({things['two']})/Observations"

    def work() -> None:
        stranger = mqtt_clients.Client(broker.devices, version=5).connect()
        assert stranger.store(topic, {"result": 666}).value == 0x87
        wrong = mqtt_clients.Client(broker.devices, username=device[0], secret="sk_wrong").connect()
        assert wrong.connected is None or wrong.connected.is_failure
        sender = mqtt_clients.enters(broker.devices, username=device[0], secret=device[1], version=5)
        assert sender.store("v1.1/Observations", {"result": 666}).value == 0x87
        assert sender.store("$CONTROL/dynamic-security/v1", {"commands": []}).is_failure
        screen = mqtt_clients.enters(broker.screens, username=device[0], secret=device[1], version=5)
        assert screen.store(topic, {"result": 666}).value == 0x87
        for each in (stranger, wrong, sender, screen):
            each.close()

    await mqtt_clients.apart(work)
    async with await mqtt_clients.database_of(database) as connection:
        cursor = await connection.execute("SELECT FROM things.observation WHERE result = 666")
        assert await cursor.fetchall() == []


async def test_what_cannot_be_stored_leaves_the_queue_and_is_explained(
    bridge: mqtt.Mqtt, broker: mosquitto.Mosquitto, device: tuple[str, str], things: dict[str, int]
) -> None:
    """Those who may write to the Datastream read why, on a topic of errors; what follows is stored."""
    topic = f"v1.1/Datastreams({things['two']})/Observations"

    def work() -> None:
        screen = mqtt_clients.enters(broker.screens, username=device[0], secret=device[1])
        stranger = mqtt_clients.enters(broker.screens)
        for each in (screen, stranger):
            mqtt_clients.follows(each, f"errors/Datastreams({things['two']})")
        mqtt_clients.follows(screen, topic)
        sender = mqtt_clients.enters(broker.devices, username=device[0], secret=device[1])
        for bad in (b"{not json", {"result": "text"}, {"rezult": 1}):
            sender.store(topic, bad)
        sender.store(topic, {"phenomenonTime": "2026-02-01T00:00:00Z", "result": 2})
        screen.until(lambda: screen.of(topic), what="the good one")
        errors = f"errors/Datastreams({things['two']})"
        screen.until(lambda: len(screen.of(errors)) == 3, what="three explanations")
        assert all(each["error"]["title"] for each in screen.of(errors))
        assert stranger.messages == []
        for client in (screen, stranger, sender):
            client.close()

    await mqtt_clients.apart(work)


async def test_what_fails_for_no_known_reason_leaves_the_queue_too(
    bridge: mqtt.Mqtt,
    broker: mosquitto.Mosquitto,
    device: tuple[str, str],
    things: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tried again with the time at which it came, then explained and acknowledged: it blocks nothing."""
    arrived: list[Any] = []
    acknowledged: list[bytes] = []
    create, acknowledge = write.create, link.Link.acknowledge

    async def creating(call: Any, resource: Any) -> Any:
        if await call.body(limit=100) == b"poison":
            arrived.append(call.arrived)
            raise RuntimeError("nobody foresaw this")
        return await create(call, resource)

    def acknowledging(self: Any, messages: Sequence[line.Incoming]) -> None:
        acknowledged.extend(message.payload for message in messages)
        acknowledge(self, messages)

    monkeypatch.setattr(write, "create", creating)
    monkeypatch.setattr(link.Link, "acknowledge", acknowledging)
    monkeypatch.setattr(taking, "_PAUSES_AFTER_FAILURES", (0.01, 0.01))
    errors = f"errors/Datastreams({things['two']})"

    def work() -> None:
        screen = mqtt_clients.enters(broker.screens, username=device[0], secret=device[1])
        mqtt_clients.follows(screen, errors)
        sender = mqtt_clients.enters(broker.devices, username=device[0], secret=device[1])
        sender.store(f"v1.1/Datastreams({things['two']})/Observations", b"poison")
        screen.until(lambda: screen.of(errors), what="an explanation")
        assert screen.of(errors)[0]["error"]["type"].endswith(":MessageFailed")
        screen.until(lambda: b"poison" in acknowledged, what="the acknowledgement")
        screen.close()
        sender.close()

    await mqtt_clients.apart(work)
    assert len(arrived) == 3
    assert len(set(arrived)) == 1


async def test_a_revoked_token_is_sent_away(
    bridge: mqtt.Mqtt, broker: mosquitto.Mosquitto, dataset: int, database: str
) -> None:
    """Its connection ends and it does not come in again."""
    async with await mqtt_clients.database_of(database) as connection:
        made = await tokens.create(connection, name="short", scopes={dataset: ["create"]})
        name, secret = f"token-{made.id}", made.secret
        sender = await mqtt_clients.apart(
            lambda: mqtt_clients.enters(broker.devices, username=name, secret=secret)
        )
        await tokens.revoke(connection, token_id=made.id)
    await mqtt_clients.apart(lambda: sender.until(lambda: sender.connected.is_failure, what="refusal"))
    await mqtt_clients.apart(sender.close)


async def test_a_room_made_private_falls_silent_for_strangers(
    bridge: mqtt.Mqtt,
    broker: mosquitto.Mosquitto,
    device: tuple[str, str],
    things: dict[str, int],
    database: str,
) -> None:
    """And goes on for those who hold a right to read, the retained newest value included."""
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    room = "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = %s)"
    after = {"phenomenonTime": "2026-05-01T00:00:00Z", "result": 5}
    stranger = await mqtt_clients.apart(lambda: mqtt_clients.enters(broker.screens))
    reader = await mqtt_clients.apart(
        lambda: mqtt_clients.enters(broker.screens, username=device[0], secret=device[1])
    )
    sender = await mqtt_clients.apart(
        lambda: mqtt_clients.enters(broker.devices, username=device[0], secret=device[1])
    )
    async with await mqtt_clients.database_of(database) as connection:
        for client in (stranger, reader):
            await mqtt_clients.apart(
                lambda client=client: mqtt_clients.follows(client, topic, "v1.1/Observations")
            )
        await connection.execute(room, ("internal",))
        try:
            heard = [d for d in stranger.of(topic) if d["result"] == 5]
            await mqtt_clients.apart(lambda: sender.until(lambda: bridge.guards(things["one"])))
            await mqtt_clients.apart(lambda: sender.store(topic, after))
            await mqtt_clients.apart(
                lambda: reader.until(lambda: 5 in [d["result"] for d in reader.of(topic)], what="the right")
            )
            late = await mqtt_clients.apart(lambda: mqtt_clients.enters(broker.screens))
            await mqtt_clients.apart(lambda: mqtt_clients.follows(late, topic, "v1.1/Things"))
            assert late.messages == []
            assert [d for d in stranger.of(topic) if d["result"] == 5] == heard == []
            assert [d for d in stranger.of("v1.1/Observations") if d["result"] == 5] == []
        finally:
            await connection.execute(room, ("public",))
    for client in (stranger, reader, sender, late):
        await mqtt_clients.apart(client.close)
