# SPDX-License-Identifier: EUPL-1.2
"""One client's packets at our own MQTT door leave room for those of others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stadtkern.ingest.doors import packets
from stadtkern.ingest.doors.connection import Connection
from stadtkern.ingest.doors.leftovers import Leftovers
from tests.ingest.test_mqtt_crowd import HELLO, _packet, _session

pytestmark = pytest.mark.anyio


class _Host:
    """A door at which every topic is refused without a wait."""

    limit = 1_000_000

    def __init__(self) -> None:
        self.turns: list[int] = []
        self.leftovers = Leftovers(count=[].append)
        self.others = 0

    def welcomes(self, line: Connection) -> bool:  # noqa: ARG002
        """Everybody."""
        return True

    async def admit(self, connect: Any, secret: Any, *, address: str) -> Any:  # noqa: ARG002
        """A new session."""
        return _session(connect.client_id, address), False

    async def store(self, *_: Any, **__: Any) -> None:
        """Nothing is stored."""

    async def follow(self, *_: Any) -> tuple[int, None]:
        """Refuse, and remember how often others had their turn before."""
        self.turns.append(self.others)
        return packets.FILTER_INVALID, None

    def unfollow(self, *_: Any) -> bool:
        """Nothing is followed."""
        return False

    async def entered(self, *_: Any) -> None:
        """Nothing is noted."""

    async def remember(self, *_: Any) -> None:
        """Nothing is kept."""

    def left(self, line: Connection) -> None:
        """Somebody went."""


async def test_others_have_their_turn_between_topics() -> None:
    """Also where none of the topics needs a wait."""
    host, loop = _Host(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(host=host, now=loop.time()), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())

    async def other() -> None:
        while True:
            host.others += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    writer.write(HELLO + _packet(0x82, b"\x00\x02ab\x00", count=300))
    await asyncio.wait_for(reader.readexactly(4 + 5 + 300), 60)
    beside.cancel()
    writer.close()
    server.close()
    assert len(set(host.turns)) == 300
