# SPDX-License-Identifier: EUPL-1.2
"""Messages that wait because the store is away: whose time they keep, and how much of them is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from stadtkern.core import problems
from stadtkern.ingest.doors import mqtt, pending, taking
from stadtkern.ingest.writer.writer import Writer
from stadtkern.things import readings
from stadtkern.things.api import write
from stadtkern.things.operations import run
from tests.ingest import mqtt_clients, mqtt_raw
from tests.things import factories

pytestmark = pytest.mark.anyio


class Away:
    """A store that does not answer for some time; counts attempts and what they were about."""

    def __init__(self, *, attempts: int | None = None):
        self.seen: list[Any] = []
        self.attempts = attempts

    def knock(self, what: Any) -> None:
        """Raises StoreUnavailable while it is away."""
        self.seen.append(what)
        if self.attempts is None or len(self.seen) < self.attempts:
            raise readings.StoreUnavailable("away")


async def _until(condition: Callable[[], Any], *, what: str) -> None:
    deadline = time.monotonic() + mqtt_clients.PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        await asyncio.sleep(0.02)


def storing() -> list[asyncio.Task[Any]]:
    """What connections are about to store."""
    names = ((task, getattr(task.get_coro(), "__qualname__", "")) for task in asyncio.all_tasks())
    return [task for task, name in names if name in ("Pending._store", "Pending._one")]


@pytest.mark.parametrize("deep", [False, True])
async def test_a_reading_without_a_time_keeps_the_time_of_its_arrival(
    door: mqtt.Mqtt,
    token: str,
    things: dict[str, int],
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    deep: bool,
) -> None:
    """Not that of the attempt that stored it: four attempts, one time, one row."""
    away, result = Away(attempts=4), 70 + deep
    put, merge_waiting = Writer.put, run.merge_waiting

    async def putting(self: Any, items: Any) -> Any:
        if items[0].result == result:
            away.knock(items[0].phenomenon_time)
        return await put(self, items)

    async def merging(change: Any) -> Any:
        if change.waiting and change.waiting[0].result == result:
            away.knock(change.waiting[0].phenomenon_time)
        return await merge_waiting(change)

    monkeypatch.setattr(Writer, "put", putting)
    monkeypatch.setattr(run, "merge_waiting", merging)
    document: dict[str, Any] = {"result": result}
    if deep:
        document["FeatureOfInterest"] = {
            "name": "crown",
            "description": "",
            "encodingType": "application/geo+json",
            "feature": factories.location()["location"],
        }

    def work() -> None:
        with mqtt_clients.client(door.port, secret=token) as device:
            device.store(f"v1.1/Datastreams({things['one']})/Observations", document)

    await mqtt_clients.apart(work)
    async with await mqtt_clients.database_of(database) as asking:
        cursor = await asking.execute(
            "SELECT phenomenon_time FROM things.observation WHERE datastream_id = %s AND result = %s",
            (things["one"], result),
        )
        stored = [row[0] for row in await cursor.fetchall()]
    assert len(away.seen) == 4
    assert [*set(away.seen)] == stored


@pytest.mark.parametrize("qos", [0, 1])
async def test_who_has_gone_leaves_nothing_waiting(
    door: mqtt.Mqtt, token: str, things: dict[str, int], monkeypatch: pytest.MonkeyPatch, qos: int
) -> None:
    """What was not acknowledged the client still has: it is neither tried for ever nor counted as refused.

    What it does not send again is counted as dropped.
    """
    away, refused, dropped = Away(), door.counters.refused, door.counters.dropped

    async def create(call: Any, resource: Any) -> None:
        away.knock(call.path)

    monkeypatch.setattr(write, "create", create)
    async with mqtt_raw.entered(door.port, token) as (reader, writer):
        topic = f"v1.1/Datastreams({things['one']})/Observations"
        writer.write(mqtt_raw.publish(topic, b'{"result": 1}', qos))
        await _until(lambda: len(away.seen) > 2, what="some attempts")
        assert len(storing()) == 1
    await _until(lambda: not storing(), what="the end of the attempts")
    assert await asyncio.wait_for(reader.read(), mqtt_clients.PATIENCE) == b""
    assert door.counters.refused == refused
    assert door.counters.dropped == dropped + 1 - qos


async def test_large_messages_wait_at_the_senders_end(
    door: mqtt.Mqtt, token: str, things: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nothing can be stored a connection holds about 4 MiB, not 500 messages; later all arrive."""
    away = {"now": True}
    seen: set[int] = set()

    async def create(call: Any, resource: Any) -> None:
        seen.add(id(call))
        calls.append(call)
        if away["now"]:
            raise problems.Unavailable

    calls: list[Any] = []
    monkeypatch.setattr(write, "create", create)
    monkeypatch.setattr(taking, "_LONGEST_PAUSE", 0.05)
    topic, size, many = f"v1.1/Datastreams({things['one']})/Observations", 1_000_000, 20
    most = pending.MOST_UNSTORED_BYTES // size + 1
    async with mqtt_raw.entered(door.port, token) as (reader, writer):
        for number in range(1, many + 1):
            writer.write(mqtt_raw.publish(topic, b"x" * size, number))
        tried = lambda: len(seen) >= most and len(calls) >= 20 * most  # noqa: E731
        await _until(tried, what="attempts again and again")
        assert len(seen) == len(storing()) == most
        away["now"] = False
        answers = await asyncio.wait_for(reader.readexactly(4 * many), mqtt_clients.PATIENCE)
    assert answers == b"".join(b"\x40\x02" + number.to_bytes(2) for number in range(1, many + 1))


async def test_what_comes_together_is_stored_together_and_answered_in_its_order(
    door: mqtt.Mqtt, token: str, things: dict[str, int], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong, and what is more than a reading, goes by itself; acknowledgements keep their order."""
    sizes: list[int] = []
    put = Writer.put

    async def putting(self: Writer, items: Any) -> Any:
        sizes.append(len(items))
        return await put(self, items)

    monkeypatch.setattr(Writer, "put", putting)
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    place = {"type": "Point", "coordinates": [8.0, 52.3]}
    feature = {"name": "a", "description": "b", "encodingType": "application/geo+json", "feature": place}
    good = [{"phenomenonTime": f"2026-07-01T00:00:{second:02}Z", "result": second} for second in range(40)]
    bodies: list[Any] = [*good[:20], {"result": 1, "rezult": 2}, {**good[20], "FeatureOfInterest": feature}]
    bodies += good[21:]
    packed = [
        mqtt_raw.publish(topic, msgspec.json.encode(body), number) for number, body in enumerate(bodies, 1)
    ]
    async with mqtt_raw.entered(door.port, token) as (reader, writer):
        writer.write(b"".join(packed))
        answers = await asyncio.wait_for(reader.readexactly(4 * len(bodies)), mqtt_clients.PATIENCE)
    assert answers == b"".join(b"\x40\x02" + number.to_bytes(2) for number in range(1, len(bodies) + 1))
    assert sum(sizes) == 39
    assert len(sizes) < 10
    async with await mqtt_clients.database_of(database) as asking:
        cursor = await asking.execute(
            "SELECT result FROM things.observation WHERE datastream_id = %s AND phenomenon_time"
            " BETWEEN '2026-07-01' AND '2026-07-02' ORDER BY phenomenon_time",
            (things["one"],),
        )
        assert [row[0] for row in await cursor.fetchall()] == [float(second) for second in range(40)]
