# SPDX-License-Identifier: EUPL-1.2
"""At our own MQTT door nobody keeps the others waiting: dear topics, floods of them, and all places taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from stadtkern.core import access
from stadtkern.core import database as databases
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import audience, mqtt, session
from stadtkern.things.topics import topic as topics
from stadtkern.things.topics import watch
from stadtkern.things.topics.changes import Changes
from tests.ingest import mqtt_clients
from tests.things import histories

pytestmark = pytest.mark.anyio

HELLO = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x"
# Quadratic: each observation of the datastream is compared to each other one.
DEAR = (
    "v1.1/Observations?$filter=Datastream/Observations/any(a: a/result ge 0"
    " and a/Datastream/Observations/any(b: b/result add a/result lt 0))"
)
# The planner does not believe that one can leave this off early.
GUESSED = (
    "v1.1/Observations?$filter=Datastream/Observations/all(a: a/Datastream/Observations/any(b:"
    " b/result eq a/result add 1e6 or b/result eq a/result add 2e6))"
)
CHEAP = "v1.1/Observations?$filter=result ge 0&$select=result"


@pytest.fixture(scope="module")
async def things(client: Any, token: str) -> dict[str, int]:
    """A Thing with two Datastreams."""
    return await mqtt_clients.make_things(client, token)


@pytest.fixture
async def door(settings: Settings) -> AsyncIterator[mqtt.Mqtt]:
    """The door, open."""
    async with mqtt_clients.service(settings) as made:
        yield made


async def _filled(url: str, datastream_id: int) -> None:
    """So many observations that a topic which compares them to each other takes seconds."""
    items = [
        histories.reading(datastream_id, histories.NOON + timedelta(seconds=n), float(n))
        for n in range(8_000)
    ]
    async with await mqtt_clients.database_of(url) as connection:
        await histories.store(connection, *items)


async def test_a_dear_topic_delays_nobody_and_is_followed_no_more(
    door: mqtt.Mqtt, token: str, things: dict[str, int], database: str
) -> None:
    """Whoever follows it is told; the others have their updates, which would wait for hours otherwise."""
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    async with (
        mqtt_clients.near(door.port, name="greedy") as greedy,
        mqtt_clients.near(door.port) as modest,
        mqtt_clients.near(door.port, secret=token) as device,
    ):
        for each in ("errors/greedy", DEAR):
            assert await mqtt_clients.apart(lambda each=each: greedy.subscribe(each)) == 1
        for each in (topic, CHEAP):
            assert await mqtt_clients.apart(lambda each=each: modest.subscribe(each)) == 1
        await _filled(database, things["one"])

        def work() -> None:
            for result in (70_001, 70_002):
                seen = lambda name, result=result: [d for d in modest.of(name) if d["result"] == result]  # noqa: E731
                device.store(topic, {"phenomenonTime": f"2027-01-01T00:00:{result % 60}Z", "result": result})
                modest.until(lambda seen=seen: seen(topic), what="the plain update")
                modest.until(lambda seen=seen: seen(CHEAP), what="the chosen update")
            told = greedy.until(lambda: greedy.of("errors/greedy"), what="an explanation")
            assert [(each["topic"], each["error"]["status"]) for each in told] == [(DEAR, 422)]
            assert not greedy.of(DEAR)

        await mqtt_clients.apart(work)


async def test_what_will_be_dear_is_refused_at_once(
    door: mqtt.Mqtt, things: dict[str, int], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the planner knows it; a filter whose newest match is far away may still be followed."""
    monkeypatch.setattr(watch, "MAX_COST", 1_000.0)
    await _filled(database, things["two"])
    async with await mqtt_clients.database_of(database) as connection:
        await connection.execute("ANALYZE things.observation")

    def work() -> None:
        with mqtt_clients.client(door.port, name="greedy") as greedy:
            assert greedy.subscribe("errors/greedy") == 1
            assert greedy.subscribe(GUESSED).value == 0x80
            told = greedy.until(lambda: greedy.of("errors/greedy"), what="an explanation")
            assert told[0]["error"]["status"] == 422
            assert greedy.subscribe(CHEAP) == 1
            never = DEAR.replace("v1.1/", f"v1.1/Datastreams({things['two']})/")
            assert greedy.subscribe(never) == 1

    await mqtt_clients.apart(work)


async def test_many_topics_share_a_second(
    door: mqtt.Mqtt, token: str, things: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it does not suffice, what took long goes, what was not reached stays, plain topics are told."""
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    other = topic + "?$select=result"

    def work() -> None:
        with (
            mqtt_clients.client(door.port, name="many") as many,
            mqtt_clients.client(door.port, secret=token) as device,
        ):
            for each in ("errors/many", topic, CHEAP, other):
                assert many.subscribe(each) == 1
            with monkeypatch.context() as patched:
                patched.setattr(watch, "TOGETHER_SECONDS", 0.0001)
                patched.setattr(watch, "LONG_SECONDS", 0.0)
                device.store(topic, {"phenomenonTime": "2027-02-01T00:00:00Z", "result": 81})
                told = many.until(lambda: many.of("errors/many"), what="an explanation")
            assert [each["topic"] for each in told] == [CHEAP]
            many.until(lambda: 81 in [each["result"] for each in many.of(topic)], what="the plain update")
            device.store(topic, {"phenomenonTime": "2027-02-01T00:00:01Z", "result": 82})
            many.until(lambda: {"result": 82} in many.of(other), what="what was not reached before")
            assert not many.of(CHEAP)

    await mqtt_clients.apart(work)


async def test_a_client_follows_so_many_different_topics_with_options(
    door: mqtt.Mqtt, things: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that one statement answers count once."""
    monkeypatch.setattr(session, "MOST_PARTICULAR", 2)

    def work() -> None:
        with mqtt_clients.client(door.port) as screen:
            assert screen.subscribe(CHEAP) == 1
            for stream in (things["one"], things["two"]):
                assert screen.subscribe(f"v1.1/Datastreams({stream})/Observations?$select=result") == 1
            assert screen.subscribe("v1.1/Things?$select=name").value == 0x80
            assert screen.subscribe("v1.1/Things") == 1
            assert screen.subscribe(CHEAP) == 1

    await mqtt_clients.apart(work)


async def test_who_follows_much_waits_last(database: str) -> None:
    """One topic with options of each address, then the second of each."""
    greedy, modest = _session("greedy", "10.0.0.0"), _session("modest", "10.0.1.0")
    for number in range(3):
        _follow(greedy, f"v1.1/Things?$filter=id gt {number}")
    _follow(modest, "v1.1/Things?$filter=id gt 7")
    _follow(modest, "v1.1/Things")
    pool = databases.pool(url=database, minimum=1, maximum=2)
    async with pool, access.Gate(pool=pool) as gate, pool.connection() as connection:
        asked, followers = await audience.gather(
            connection, gate, [greedy, modest], changes=Changes(), prefix="v1.1"
        )
    assert [each.text.rpartition(" ")[2] for each in asked] == ["v1.1/Things", "0", "7", "1", "2"]
    assert all(len(each) == 1 for each in followers.values())


def _session(name: str, address: str) -> session.Session:
    return session.Session(client_id=name, principal=access.ANONYMOUS, secret=None, expiry=0, address=address)


def _follow(follower: session.Session, text: str) -> None:
    follower.subscriptions[text] = session.Subscription(topics.parse(text, prefix="v1.1"), 0)


def _packet(head: int, topic: bytes, *, count: int) -> bytes:
    body = b"\x00\x01" + topic * count
    return bytes((head, len(body) & 0x7F | 0x80, len(body) >> 7 & 0x7F | 0x80, len(body) >> 14)) + body


@pytest.mark.parametrize(
    ("head", "topic", "kind"), [(0x82, b"\x00\x02ab\x00", 0x90), (0xA2, b"\x00\x02ab", 0xB0)]
)
async def test_one_packet_names_so_many_topics(door: mqtt.Mqtt, head: int, topic: bytes, kind: int) -> None:
    """500 are answered, one more ends the connection."""
    for count, answered in ((500, True), (501, False)):
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(HELLO + _packet(head, topic, count=count))
        assert await asyncio.wait_for(reader.readexactly(4), 60) == b"\x20\x02\x00\x00"
        answer = await asyncio.wait_for(reader.read(1), 60)
        assert answer == (bytes((kind,)) if answered else b"")
        writer.close()


async def test_nobody_takes_all_places(settings: Settings, token: str) -> None:
    """Strangers of one network have a tenth; a token finds a place, and who leaves makes room."""

    def work(port: int) -> None:
        with mqtt_clients.client(port) as first, mqtt_clients.client(port) as second:
            assert not any(each.connected.is_failure for each in (first, second))
            with mqtt_clients.client(port) as third:
                assert third.connected.is_failure
            with mqtt_clients.client(port, secret=token) as device:
                assert not device.connected.is_failure
            second.close()
            late = mqtt_clients.Client(port)
            late.until(lambda: not late.connect().connected.is_failure or late.close(), what="a place")
            late.close()

    async with mqtt_clients.service(settings, mqtt_clients=20) as door:
        await mqtt_clients.apart(lambda: work(door.port))


async def test_silent_connections_of_one_network_are_few(settings: Settings) -> None:
    """Who says nothing takes places, too: those of one network a tenth."""
    async with mqtt_clients.service(settings, mqtt_clients=20) as door:
        lines = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(3)]
        assert await asyncio.wait_for(lines[2][0].read(), 60) == b""
        lines[0][1].write(HELLO)
        assert await asyncio.wait_for(lines[0][0].readexactly(4), 60) == b"\x20\x02\x00\x00"
        for _, writer in lines:
            writer.close()


async def test_sessions_of_strangers_that_are_kept_are_few(settings: Settings, token: str) -> None:
    """Of one network a tenth of the places, the oldest goes; that of a token stays."""

    def visit(port: int, name: str, **more: Any) -> bool | None:
        with mqtt_clients.client(port, name=name, clean=False, **more) as guest:
            return guest.present

    async with mqtt_clients.service(settings, mqtt_clients=20) as door:
        for name, more in (("kept", {"secret": token}), ("a", {}), ("b", {}), ("c", {})):
            assert (
                await mqtt_clients.apart(lambda name=name, more=more: visit(door.port, name, **more)) is False
            )
        assert await mqtt_clients.apart(lambda: visit(door.port, "kept", secret=token)) is True
        assert await mqtt_clients.apart(lambda: visit(door.port, "c")) is True
        assert await mqtt_clients.apart(lambda: visit(door.port, "a")) is False
