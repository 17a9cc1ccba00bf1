# SPDX-License-Identifier: EUPL-1.2
"""A broker of the test's own that answers what the test wants, and somebody who hears what a link tells."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from stadtkern.ingest.doors import packets, replies
from stadtkern.ingest.doors.line import Incoming

PATIENCE = 30.0
Packet = tuple[int, int, bytes]


class Broker:
    """Takes one connection after the other; the test reads what comes and says what goes."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []
        self.lines: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self._buffer = bytearray()

    async def entered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody comes."""
        self.writers.append(writer)
        await self.lines.put((reader, writer))

    async def welcome(
        self, *, reason: int = 0, present: bool = False, told: bytes = b""
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Answer the next CONNECT."""
        reader, writer = await asyncio.wait_for(self.lines.get(), PATIENCE)
        self._buffer.clear()
        kind, _, body = await self.next(reader)
        assert kind == packets.CONNECT
        come = packets.read_connect(body)
        assert (come.client_id, come.clean, come.username, come.password) == ("stadtkern", False, "a", "b:c")
        writer.write(replies.packet(0x20, bytes((present, reason, len(told))) + told))
        return reader, writer

    async def next(self, reader: asyncio.StreamReader) -> Packet:
        """The next packet."""
        while True:
            found = next(packets.split(self._buffer, limit=2**20), None)
            if found is not None:
                return found
            data = await asyncio.wait_for(reader.read(65_536), PATIENCE)
            assert data, "the connection ended"
            self._buffer += data

    async def until(self, reader: asyncio.StreamReader, kind: int) -> Packet:
        """The next packet of a kind."""
        while True:
            found = await self.next(reader)
            if found[0] == kind:
                return found


class Heard:
    """What a link tells us."""

    def __init__(self) -> None:
        self.messages: list[Incoming] = []
        self.news = asyncio.Event()
        self.connected = asyncio.Event()

    def received(self, messages: Sequence[Incoming]) -> None:
        """Messages came."""
        self.messages += messages
        self.news.set()

    async def so_many(self, count: int) -> list[Incoming]:
        """So many messages."""
        while len(self.messages) < count:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), PATIENCE)
        return self.messages


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[tuple[Broker, int]]:
    """A broker and its port."""
    found = Broker()
    server = await asyncio.start_server(found.entered, "127.0.0.1", 0)
    yield found, server.sockets[0].getsockname()[1]
    server.close()
    for writer in found.writers:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
