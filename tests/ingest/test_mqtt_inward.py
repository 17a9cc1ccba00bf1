# SPDX-License-Identifier: EUPL-1.2
"""Messages from a broker in front that cannot be stored, now or ever: nothing waits for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from stadtkern.core import problems
from stadtkern.ingest.doors import explaining, leftovers, packets, replies, taking
from stadtkern.ingest.doors import link as links
from stadtkern.ingest.doors.explaining import Explanations
from stadtkern.ingest.doors.inward import Inward
from stadtkern.ingest.doors.link import Link
from stadtkern.ingest.doors.taking import Taker
from tests.ingest.false_broker import Broker, listening

pytestmark = pytest.mark.anyio

TOPIC = b"in/v1.1/Datastreams(1)/Observations"
# Shorter than the half minute that a publication waits for its confirmation.
SOON = 25.0


class Streams:
    """A store that is away."""

    def __init__(self) -> None:
        self.asked = 0

    async def find(self, number: int, *, named: bool = False) -> Any:
        """Raises OSError."""
        self.asked += 1
        raise OSError(f"the database is away; nobody knows {number}, {named=}")


class Front:
    """A broker, our link to it and what stores its messages."""

    def __init__(self, broker: Broker, port: int):
        self.broker = broker
        self.streams = Streams()
        state: Any = SimpleNamespace(streams=self.streams)
        settings: Any = SimpleNamespace(mqtt_prefix="v1.1", mqtt_in="in", body_limit=2**20)
        self.taker = Taker(settings=settings, state=state)
        self.link = Link(
            url=f"mqtt://a:b%3Ac@127.0.0.1:{port}",
            topics=("in/#",),
            received=lambda messages: self.inward.take(messages),
            connected=lambda: self.inward.line_changed(),
        )
        gate: Any = None
        self.inward = Inward(settings=settings, gate=gate, taker=self.taker, link=self.link)


@pytest.fixture
async def front(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Front]:
    """All of them."""
    monkeypatch.setattr(links, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(taking, "_LONGEST_PAUSE", 0.05)
    async with listening() as (broker, port):
        made = Front(broker, port)
        made.link.start()
        yield made
        await made.link.stop()
        await made.inward.end()


def _messages(topic: bytes, numbers: range) -> bytes:
    return b"".join(
        replies.publish(topic, b"{}", number=number, retain=False, version=packets.V5) for number in numbers
    )


async def _until(condition: Callable[[], Any], *, what: str) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        await asyncio.sleep(0.01)


async def test_no_message_waits_for_an_explanation(front: Front) -> None:
    """A broker that never confirms what we tell of errors has its refused messages acknowledged at once."""
    reader, writer = await front.broker.welcome()
    writer.write(_messages(b"in/v1.1/Things", range(1, 21)))
    numbers, told = [], []
    async with asyncio.timeout(SOON):
        while len(numbers) < 20 or not told:
            kind, flags, body = await front.broker.next(reader)
            if kind == packets.PUBACK:
                numbers.append(int.from_bytes(body[:2]))
            elif kind == packets.PUBLISH:
                told.append(packets.read_publish(flags, body, version=packets.V5).topic)
    assert numbers == list(range(1, 21))
    assert set(told) == {"errors/other"}


@pytest.mark.parametrize(
    "name", [b"in/v1.1/\xff\xfe/x", b"in/v1.1/\xed\xa0\x80", b"in/a\x00b/c", b"in/+/#", b""]
)
async def test_a_topic_that_cannot_be_holds_up_nothing(front: Front, name: bytes) -> None:
    """Refused like any other wrong message: the line stays, and what stands behind it comes."""
    reader, writer = await front.broker.welcome()
    writer.write(_messages(name, range(1, 2)) + _messages(b"in/v1.1/Things", range(2, 3)))
    told = []
    async with asyncio.timeout(SOON):
        assert (await front.broker.until(reader, packets.PUBACK))[2][:2] == b"\x00\x01"
        while len(told) < (1 if not name else 2):
            _, flags, body = await front.broker.until(reader, packets.PUBLISH)
            told.append(packets.read_publish(flags, body, version=packets.V5).topic)
    assert front.taker.counters.stored == 0
    assert front.broker.lines.empty()


async def test_explanations_are_bounded(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the broker confirms none, so many wait; the rest is dropped, and the log says how many."""
    monkeypatch.setattr(explaining, "MOST_WAITING", 5)
    dropped: list[int] = []
    monkeypatch.setattr(explaining.log, "warning", lambda _, messages: dropped.append(messages))
    published: list[str] = []
    held = asyncio.Event()

    async def publish(messages: Any) -> bool:
        await held.wait()
        published.extend(topic for topic, *_ in messages)
        return True

    monkeypatch.setattr(front.link, "publish", publish)
    explanations = Explanations(link=front.link)
    for address in ("Datastreams(1)", "a/#", "", "x+", "b", "c", "d"):
        explanations.tell(topic="t", address=address, problem=problems.NotFound())
    held.set()
    await _until(lambda: dropped, what="a line of the log")
    assert published == ["errors/Datastreams(1)", *["errors/other"] * 3, "errors/b"]
    assert dropped == [2]
    await explanations.end()


async def test_what_a_broker_sends_again_is_kept_once(front: Front) -> None:
    """While the store is away and the line flaps: what came on a line that is gone is given up."""
    for _ in range(4):
        _, writer = await front.broker.welcome(present=True)
        asked = front.streams.asked
        writer.write(_messages(TOPIC, range(1, 31)))
        await _until(lambda asked=asked: front.streams.asked > asked + 60, what="attempts")
        writer.close()
    _, writer = await front.broker.welcome(present=True)
    await _until(lambda: not front.inward._tasks, what="the end of the attempts")
    assert front.taker.counters.refused == 0


async def test_what_nobody_sends_again_is_kept(front: Front) -> None:
    """Messages of quality of service 0 wait for the store, whatever becomes of their line."""
    _, writer = await front.broker.welcome()
    writer.write(_messages(TOPIC, range(1)) * 3)
    await _until(lambda: front.streams.asked > 6, what="attempts")
    writer.close()
    await front.broker.welcome()
    asked = front.streams.asked
    await _until(lambda: front.streams.asked > asked + 9, what="attempts after that")
    assert len(front.inward._tasks) == 3


@pytest.mark.parametrize(("most", "value"), [("MOST_MESSAGES", 5), ("MOST_BYTES", 5 * len(TOPIC + b"{}"))])
async def test_what_many_lines_left_is_bounded(
    front: Front, monkeypatch: pytest.MonkeyPatch, most: str, value: int
) -> None:
    """A broker that comes and goes while the store is away: beside what the line brings so many are kept."""
    monkeypatch.setattr(leftovers, most, value)
    for line in range(4):
        _, writer = await front.broker.welcome()
        asked = front.streams.asked
        writer.write(_messages(TOPIC, range(1)) * 3)
        await _until(lambda asked=asked: front.streams.asked >= asked + 20, what="attempts")
        if line < 3:
            writer.close()
    assert front.taker.counters.dropped == 4
    assert len(front.inward._tasks) == 5 + 3


async def test_what_a_broker_sends_again_is_given_up_with_its_line(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only when the store has answered: it would be held once for each line."""
    held = asyncio.Event()

    async def find(*_: Any, **__: Any) -> Any:
        front.streams.asked += 1
        await held.wait()

    monkeypatch.setattr(front.streams, "find", find)
    for line in range(3):
        _, writer = await front.broker.welcome(present=True)
        writer.write(_messages(TOPIC, range(1, 4)))
        await _until(lambda line=line: front.streams.asked == line + 1, what="the store")
        if line < 2:
            writer.close()
    assert len(front.inward._tasks) == 1
    assert front.taker.counters.dropped == 0
