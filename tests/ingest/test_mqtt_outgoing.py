# SPDX-License-Identifier: EUPL-1.2
"""What we publish at a broker in front keeps to what the broker takes."""

from __future__ import annotations

import pytest

from stadtkern.ingest.doors import asking, packets
from stadtkern.ingest.doors.outgoing import Outgoing

pytestmark = pytest.mark.anyio


async def test_as_much_is_under_way_as_the_broker_takes() -> None:
    """Receive Maximum 2: the third message follows the first acknowledgement."""
    welcome = asking.read_connack(b"\x00\x00\x03\x21\x00\x02", keep_alive=30)
    outgoing = Outgoing()
    outgoing.begin(window=welcome.window, most_bytes=welcome.most_bytes, present=welcome.present)
    sent, done = outgoing.add([("t", bytes([each]), False) for each in range(3)])
    parts = list(packets.split(bytearray(sent), limit=100))
    read = [packets.read_publish(flags, body, version=packets.V5) for _, flags, body in parts]
    assert [each.payload for each in read] == [b"\x00", b"\x01"]
    assert outgoing.confirmed(read[0].number).endswith(b"\x02")
    assert outgoing.confirmed(read[1].number) == b""
    assert not done.done()
    assert outgoing.confirmed(3) == b""
    assert await done is True


async def test_a_message_that_is_larger_than_the_broker_takes_holds_up_nothing() -> None:
    """Sent all the same, it would end the connection, again and again."""
    outgoing = Outgoing()
    outgoing.begin(window=10, most_bytes=100, present=False)
    packet, done = outgoing.add([("t", b"x" * 200, False), ("t", b"y", False)])
    assert packet.endswith(b"y")
    assert b"x" not in packet
    assert outgoing.confirmed(2) == b""
    assert await done is True
