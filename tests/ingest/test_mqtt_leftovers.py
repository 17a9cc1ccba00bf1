# SPDX-License-Identifier: EUPL-1.2
"""Clients that come, send what nobody sends again, and go: all that they leave together is bounded."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stadtkern.core import access, metrics
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import leftovers, packets, pending, replies, stopping, wills
from stadtkern.ingest.doors.connection import Connection
from stadtkern.ingest.doors.door import Door
from stadtkern.ingest.doors.packets import Will
from stadtkern.ingest.doors.session import Session
from tests.ingest import false_broker, mqtt_clients, mqtt_raw
from tests.ingest.held_store import Held, until
from tests.ingest.test_mqtt_stop import Stopped
from tests.ingest.test_mqtt_waiting import storing

pytestmark = pytest.mark.anyio


async def test_the_store_has_no_room_for_more_than_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there may change; the log says once how many were dropped in a while."""
    monkeypatch.setattr(leftovers, "MOST_MESSAGES", 5)
    monkeypatch.setattr(leftovers, "MOST_BYTES", 100)
    monkeypatch.setattr(leftovers, "_GATHERING_SECONDS", 0.0)
    said: list[int] = []
    counted: list[int] = []
    monkeypatch.setattr(leftovers.log, "warning", lambda _, messages: said.append(messages))
    found = leftovers.Leftovers(count=counted.append)
    assert found.keep("a", messages=3, size=60)
    assert not found.keep("b", messages=3, size=1)
    assert not found.keep("b", messages=1, size=41)
    assert found.keep("b", messages=2, size=40)
    assert found.keep("a", messages=2, size=60)
    assert (found.messages, found.bytes, set(found)) == (4, 100, {"a", "b"})
    assert found.keep("a", messages=0, size=0)
    found.release("a")
    assert (found.messages, found.bytes, set(found)) == (2, 40, {"b"})
    for messages in (3, 0, 4):
        found.lost(messages)
    await until(lambda: said, what="a line of the log")
    assert (said, counted) == ([7], [3, 4])


@pytest.mark.parametrize("most", ["MOST_MESSAGES", "MOST_BYTES"])
async def test_many_who_send_and_go_do_not_add_up(
    settings: Settings,
    token: str,
    things: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
    most: str,
) -> None:
    """While nothing is stored: what the first left is kept and stored later, the rest is dropped at once."""
    body = b'{"result": %d}'
    held, topic = Held(monkeypatch), f"v1.1/Datastreams({things['one']})/Observations"
    monkeypatch.setattr(leftovers, most, 5 if most == "MOST_MESSAGES" else 5 * (len(topic) + len(body)))
    first = 800 if most == "MOST_MESSAGES" else 900
    async with mqtt_clients.service(settings) as door:
        for line in range(4):
            async with mqtt_raw.entered(door.port, token) as (_, writer):
                results = range(first + 2 * line, first + 2 * line + 2)
                writer.write(b"".join(mqtt_raw.publish(topic, body % result, 0) for result in results))
                await until(lambda line=line: len(held.seen) == 2 * line + 2, what="the store")
            gone = 2 * max(0, line - 1)
            await until(lambda gone=gone: door.counters.dropped == gone, what="what is dropped")
            await until(lambda line=line: len(storing()) == min(2, line + 1), what="what is kept")
        held.may.set()
        await until(lambda: door.counters.stored == 4, what="what was kept")
    figures = metrics.exposition(metrics.REGISTRY.collect())
    assert 'stadtkern_mqtt_messages_total{outcome="dropped"}' in figures


async def test_last_wills_of_many_do_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither those that wait for their time nor those that wait for the store; each have their own room."""
    monkeypatch.setattr(leftovers, "MOST_MESSAGES", 2)
    monkeypatch.setattr(wills, "MOST_WAITING", 2)
    may, stored = asyncio.Event(), []
    dropped: list[int] = []

    async def store(session: Session, *_: Any) -> None:
        await may.wait()
        stored.append(session.client_id)

    found = leftovers.Leftovers(count=dropped.append)
    kept = wills.Wills(store=store, leftovers=found)
    waiting = [_vanished(kept, name, delay=60) for name in "abc"]
    assert (sum(dropped), found.messages) == (1, 0)
    for name in "def":
        _vanished(kept, name, delay=0)
    assert (sum(dropped), found.messages) == (2, 2)
    kept.back(waiting[0])
    again = _vanished(kept, "g", delay=60)
    kept.lost(again)  # it left no other one
    _vanished(kept, "g", delay=60)  # in the place of its first
    assert sum(dropped) == 2
    kept.sweep(now=asyncio.get_running_loop().time() + 61)  # no room while "d" and "e" are not stored
    assert sum(dropped) == 4
    may.set()
    await until(lambda: not kept.storing, what="what is kept")
    await until(lambda: not found.messages, what="room")
    assert stored == ["d", "e"]


def _vanished(kept: wills.Wills, name: str, *, delay: int) -> Session:
    principal = access.Principal(kind="token", token_id=1)
    session = Session(client_id=name, principal=principal, secret="x", expiry=3600, address="")
    session.will = Will("t", name.encode(), delay)
    kept.lost(session)
    return session


async def test_wills_that_wait_for_their_time_leave_others_their_room(
    settings: Settings, token: str, things: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are: what somebody sends and does not wait for is stored."""
    monkeypatch.setattr(leftovers, "MOST_MESSAGES", 3)
    monkeypatch.setattr(wills, "MOST_WAITING", 3)
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    async with mqtt_clients.service(settings) as door:
        assert isinstance(door._teller, Door)
        kept = door._teller._wills
        for name in "abcd":
            _vanished(kept, name, delay=604_800)
        assert (len(kept._due), door.counters.dropped) == (3, 1)
        async with mqtt_raw.entered(door.port, token) as (_, writer):
            writer.write(mqtt_raw.publish(topic, b'{"result": 950}', 0))
        await until(lambda: door.counters.stored == 1, what="the store")
        assert (len(kept._due), door.counters.dropped) == (3, 1)


def test_what_stands_unread_is_counted_up_to_a_goodbye() -> None:
    """Of quality of service 0, and only whole messages; what is not MQTT ends it."""
    once, again = mqtt_raw.publish("t", b"x", 0), mqtt_raw.publish("t", b"x", 1)
    goodbye = replies.packet(packets.DISCONNECT << 4, b"")
    for given, found in (
        (b"", 0),
        (once + again + once, 2),
        (once + once[:-1], 1),
        (once + goodbye + once, 1),
        (once + b"\x30\xff\xff\xff\xff\xff" + once, 1),
    ):
        buffer = bytearray(given)
        assert (leftovers.unread(buffer), buffer) == (found, b"")


async def _crowded(made: Any, topic: str, held: Held) -> Connection:
    """A client with three messages that are being stored, and five unread, one of them to be sent again."""
    assert isinstance(made._teller, Door)
    (line,), before = made._teller._lines, len(held.seen)
    await until(lambda: line.session is not None, what="a session")
    numbers = (0, 0, 0, 0, 0, 1, 0, 0)
    line.data_received(b"".join(mqtt_raw.publish(topic, b'{"result": 960}', each) for each in numbers))
    await until(lambda: len(held.seen) == before + 3, what="the store")
    return line


async def test_what_stood_unread_behind_what_finds_no_room_is_counted(
    settings: Settings, token: str, things: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it is lost."""
    monkeypatch.setattr(pending, "WINDOW", 3)
    monkeypatch.setattr(leftovers, "MOST_MESSAGES", 2)
    held, topic = Held(monkeypatch), f"v1.1/Datastreams({things['one']})/Observations"
    async with mqtt_clients.service(settings) as door, mqtt_raw.entered(door.port, token):
        line = await _crowded(door, topic, held)
        assert line._transport is not None
        line._transport.abort()
        await until(lambda: door.counters.dropped, what="what is dropped")
        assert door.counters.dropped == 7


async def test_what_a_stop_gives_up_is_counted_and_said(
    settings: Settings, token: str, things: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was taken and what stood unread; of last wills those that are being stored."""
    monkeypatch.setattr(pending, "WINDOW", 3)
    monkeypatch.setattr(stopping, "SECONDS", 0.0)
    said: list[int] = []
    monkeypatch.setattr(leftovers.log, "warning", lambda _, messages: said.append(messages))
    held, topic = Held(monkeypatch), f"v1.1/Datastreams({things['one']})/Observations"
    async with Stopped(settings) as door:
        async with mqtt_raw.entered(door.made.port, token, will=(topic, b'{"result": 961}')):
            pass
        await until(lambda: held.seen, what="the will")
        async with mqtt_raw.entered(door.made.port, token):
            await _crowded(door.made, topic, held)
            await door.ended()
    assert (door.made.counters.dropped, said) == (8, [8])


async def test_what_a_bridge_gives_up_is_counted_and_said(
    settings: Settings, things: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the broker does not send again."""
    monkeypatch.setattr(stopping, "SECONDS", 0.0)
    said: list[int] = []
    monkeypatch.setattr(leftovers.log, "warning", lambda _, messages: said.append(messages))
    held, topic = Held(monkeypatch), f"in/v1.1/Datastreams({things['two']})/Observations".encode()
    async with (
        false_broker.listening() as (broker, port),
        Stopped(settings, opened=False, mqtt_url=f"mqtt://a:b%3Ac@127.0.0.1:{port}") as bridge,
    ):
        _, writer = await broker.welcome()
        for number in (0, 1, 0):
            body = b'{"result": 1}'
            writer.write(replies.publish(topic, body, number=number, retain=False, version=packets.V5))
        await until(lambda: len(held.seen) == 3, what="the store")
        await bridge.ended()
    assert (bridge.made.counters.dropped, said) == (2, [2])
