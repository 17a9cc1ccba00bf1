# SPDX-License-Identifier: EUPL-1.2
"""Our line to a broker in front, against a broker of the test's own that answers what the test wants."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from stadtkern.ingest.doors import asking, packets, replies
from stadtkern.ingest.doors import line as lines
from stadtkern.ingest.doors import link as links
from stadtkern.ingest.doors.asking import Welcome
from stadtkern.ingest.doors.line import Incoming, Line
from stadtkern.ingest.doors.link import Link
from stadtkern.ingest.doors.outgoing import Outgoing
from tests.ingest.certificates import certificate
from tests.ingest.false_broker import PATIENCE, Broker, Heard, Packet, listening

pytestmark = pytest.mark.anyio


@pytest.fixture
async def heard() -> Heard:
    """What is told."""
    return Heard()


@pytest.fixture
async def broker() -> AsyncIterator[tuple[Broker, int]]:
    """A broker and its port."""
    async with listening() as found:
        yield found


@pytest.fixture
async def link(
    broker: tuple[Broker, int], heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Link]:
    """A link to it that comes back without much of a pause."""
    monkeypatch.setattr(links, "_FIRST_PAUSE", 0.01)
    url = f"mqtt://a:b%3Ac@127.0.0.1:{broker[1]}"
    made = Link(url=url, topics=("in/#",), received=heard.received, connected=heard.connected.set)
    made.start()
    yield made
    await made.stop()


def _message(number: int, payload: bytes = b"{}") -> bytes:
    return replies.publish(b"in/x", payload, number=number, retain=False, version=packets.V5)


def _acknowledged(packet: Packet) -> int:
    assert packet[0] == packets.PUBACK
    return int.from_bytes(packet[2][:2], "big")


async def test_messages_are_acknowledged_in_the_order_in_which_they_came(
    link: Link, broker: tuple[Broker, int], heard: Heard
) -> None:
    """However long one takes to be stored: MQTT-4.6.0-2."""
    reader, writer = await broker[0].welcome()
    writer.write(_message(7) + _message(3) + _message(9))
    first, second, third = await heard.so_many(3)
    link.acknowledge([third])
    link.acknowledge([second])
    link.acknowledge([first])
    found = [_acknowledged(await broker[0].until(reader, packets.PUBACK)) for _ in range(3)]
    assert found == [7, 3, 9]


async def test_what_came_on_another_connection_is_not_acknowledged_on_this_one(
    link: Link, broker: tuple[Broker, int], heard: Heard
) -> None:
    """The broker sends it again, perhaps under a number that means something else by now."""
    _, writer = await broker[0].welcome()
    writer.write(_message(1, b"old"))
    (old,) = await heard.so_many(1)
    writer.close()
    reader, writer = await broker[0].welcome(present=True)
    writer.write(_message(1, b"new") + _message(2, b"next"))
    _, new, following = await heard.so_many(3)
    link.acknowledge([old])
    link.acknowledge([following])
    link.acknowledge([new])
    assert _acknowledged(await broker[0].until(reader, packets.PUBACK)) == 1
    assert _acknowledged(await broker[0].until(reader, packets.PUBACK)) == 2


async def test_what_was_under_way_is_sent_again_and_nobody_believes_it_arrived(
    link: Link, broker: tuple[Broker, int], heard: Heard
) -> None:
    """MQTT-4.4.0-1: the same number, marked as a duplicate, where the broker kept our session."""
    reader, writer = await broker[0].welcome()
    await asyncio.wait_for(heard.connected.wait(), PATIENCE)
    publishing = asyncio.create_task(link.publish([("t/1", b"value", True)]))
    _, flags, body = await broker[0].until(reader, packets.PUBLISH)
    sent = packets.read_publish(flags, body, version=packets.V5)
    assert (sent.topic, sent.payload, sent.retain, sent.duplicate) == ("t/1", b"value", True, False)
    writer.close()
    assert await publishing is False
    reader, writer = await broker[0].welcome(present=True)
    _, flags, body = await broker[0].until(reader, packets.PUBLISH)
    again = packets.read_publish(flags, body, version=packets.V5)
    assert again == sent._replace(duplicate=True, arrived=again.arrived)


async def test_who_is_refused_or_not_answered_tries_again(
    link: Link, broker: tuple[Broker, int], heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password now, a broker that hangs then; in the end it is let in."""
    with monkeypatch.context() as patched:
        patched.setattr(links, "_ANSWER_SECONDS", 0.5)
        await broker[0].welcome(reason=packets.BAD_CREDENTIALS)
        reader, _ = await asyncio.wait_for(broker[0].lines.get(), PATIENCE)
        await asyncio.wait_for(reader.read(), PATIENCE)  # until it gives up
    await broker[0].welcome()
    await asyncio.wait_for(heard.connected.wait(), PATIENCE)
    assert link.up


@pytest.mark.parametrize("code", [1, 5, packets.BAD_CREDENTIALS])
async def test_a_refusal_is_named(
    link: Link, broker: tuple[Broker, int], heard: Heard, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A broker of MQTT 3.1.1 says no with 1 to 5; we go, and try again later."""
    said: list[int] = []
    monkeypatch.setattr(links.log, "error", lambda _, reason: said.append(reason))
    reader, _ = await broker[0].welcome(reason=code)
    assert (await broker[0].next(reader))[0] == asking.DISCONNECT
    assert not link.up
    await broker[0].welcome()
    await asyncio.wait_for(heard.connected.wait(), PATIENCE)
    assert said == [code]


async def test_signs_of_life_come_as_often_as_the_broker_wants(
    link: Link, broker: tuple[Broker, int]
) -> None:
    """Server Keep Alive of one second: twice in it, not at the half of our own thirty."""
    reader, _ = await broker[0].welcome(told=b"\x13\x00\x01")
    async with asyncio.timeout(10.0):
        await broker[0].until(reader, packets.PINGREQ)


async def test_a_broker_that_wants_no_signs_of_life_may_be_silent(
    broker: tuple[Broker, int], heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Server Keep Alive of 0: it is off."""
    monkeypatch.setattr(lines, "KEEP_ALIVE_SECONDS", 0.2)
    url = f"mqtt://a:b%3Ac@127.0.0.1:{broker[1]}"
    link = Link(url=url, topics=(), received=heard.received, connected=heard.connected.set)
    link.start()
    reader, _ = await broker[0].welcome(told=b"\x13\x00\x00")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await broker[0].until(reader, packets.PINGREQ)
    assert link.up
    await link.stop()


async def test_a_broker_that_does_not_read_does_not_keep_us(
    link: Link, broker: tuple[Broker, int], heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stops waits a moment for what is under way, then the connection is gone."""
    monkeypatch.setattr(links, "_LEAVING_SECONDS", 0.2)
    await broker[0].welcome()
    await asyncio.wait_for(heard.connected.wait(), PATIENCE)
    line = link._line
    assert line is not None
    line.send(b"x" * 50_000_000)
    async with asyncio.timeout(10.0):
        await link.stop()
    assert link._line is None
    assert line._transport is None


@pytest.mark.parametrize(
    "url",
    [
        "mqtt://a:99999",
        "mqtt://a:x",
        "mqtt://[::1",
        f"mqtt://{'x' * 70}.de",
        "mqtt://a..b",
        "http://a",
        "mqtt://",
    ],
)
async def test_an_address_that_cannot_be_is_named(heard: Heard, url: str) -> None:
    """At once, and not by a connection that never comes."""
    with pytest.raises(links.InvalidBrokerAddress):
        Link(url=url, topics=(), received=heard.received, connected=heard.connected.set)


class Wire(asyncio.Transport):
    """What a line does to its connection."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Sent."""
        self.done.append(f"sent {len(data)}")

    def is_closing(self) -> bool:
        """It stays open."""
        return False

    def pause_reading(self) -> None:
        """No more for now."""
        self.done.append("paused")

    def resume_reading(self) -> None:
        """Go on."""
        self.done.append("resumed")


class Nobody(Heard):
    """Hears what a line tells."""

    def welcomed(self, line: Line, welcome: Welcome) -> None:
        """Never here."""

    def arrived(self, line: Line, messages: Sequence[Incoming]) -> None:  # noqa: ARG002
        """Messages came."""
        self.received(messages)

    def ended(self, line: Line, why: str) -> None:
        """The connection is gone."""


@pytest.mark.parametrize(("topic", "payload"), [(b"in/x", b"x" * 1_000), ("in/ü".encode() * 200, b"")])
async def test_a_broker_that_sends_more_than_is_stored_waits(
    monkeypatch: pytest.MonkeyPatch, topic: bytes, payload: bytes
) -> None:
    """Messages without a quality of service know no window; what we hold of them is bounded all the same."""
    monkeypatch.setattr("stadtkern.ingest.doors.line.MOST_UNSTORED_BYTES", 10_000)
    host, wire = Nobody(), Wire()
    line = Line(host=host, hello=b"hello", number=1, outgoing=Outgoing())
    line.connection_made(wire)
    for _ in range(3):
        line.data_received(replies.publish(topic, payload, number=0, retain=False, version=packets.V5) * 5)
    assert wire.done == ["sent 5", "paused"]
    line.acknowledge(host.messages[:4])
    assert wire.done[2:] == []
    line.acknowledge(host.messages[4:8])
    assert wire.done[2:] == ["resumed"]
    line.connection_lost(None)


async def test_a_broker_is_believed_by_its_certificate_only(
    heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`mqtts`: as whoever the machine trusts; a stranger hears neither our name nor our password."""
    file = certificate(tmp_path)
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(file)
    monkeypatch.setattr(links, "_FIRST_PAUSE", 0.01)
    found, said = Broker(), asyncio.Event()
    monkeypatch.setattr(links.log, "warning", lambda *_, **__: said.set())
    server = await asyncio.start_server(found.entered, "127.0.0.1", 0, ssl=shown)
    url = f"mqtts://a:b%3Ac@localhost:{server.sockets[0].getsockname()[1]}"
    link = Link(url=url, topics=(), received=heard.received, connected=heard.connected.set)
    link.start()
    await asyncio.wait_for(said.wait(), PATIENCE)
    assert not link.up
    assert found.writers == []
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert"))
    await found.welcome()
    await asyncio.wait_for(heard.connected.wait(), PATIENCE)
    await link.stop()
    server.close()
    for writer in found.writers:
        writer.close()
