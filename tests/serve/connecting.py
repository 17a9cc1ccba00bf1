# SPDX-License-Identifier: EUPL-1.2
"""The server on a port of its own, a client that sends bytes as they are, and a doorman."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from stadtkern.serve.http import answering, connection, server
from tests.running import free_port

Reply = Callable[[int, answering.Headers, bytes], None]


class Doorman:
    """Takes what begins with `quick`, and replies when the test says so."""

    def __init__(self) -> None:
        self.taken: list[tuple[bytes, Reply]] = []
        self.heads = 0
        self.came = asyncio.Event()

    def head(self, method: bytes, target: bytes, headers: answering.Headers) -> bytes | None:
        """The address, if it is ours, with what stands in the header X-Mark."""
        if method != b"POST" or not target.startswith(b"/quick"):
            return None
        self.heads += 1
        return target + dict(headers).get(b"x-mark", b"")

    def take(self, head: bytes, body: bytes, reply: Reply) -> bool:  # noqa: ARG002
        """Take what says so."""
        if body == b"broken":
            raise ValueError(body)
        if not body.startswith(b"quick"):
            return False
        self.taken.append((body, reply))
        self.came.set()
        return True

    async def answer(self) -> bytes:
        """Reply to the oldest; returns its body."""
        while not self.taken:
            self.came.clear()
            await self.came.wait()
        body, reply = self.taken.pop(0)
        reply(201, [(b"content-length", b"%d" % len(body))], body)
        return body


async def lives(receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    """An application's start and end, for those that need nothing for it."""
    while (message := await receive())["type"]:
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def slow(
    scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answer with the method, the address and the body, the usual way."""
    if scope["type"] == "lifespan":
        await lives(receive, send)
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    said = b"slow " + scope["path"].encode() + b" " + body
    if scope["path"] == "/headers":
        said += b" " + b" ".join(name for name, _ in scope["headers"])
    said += b"x" * (20_000_000 if scope["path"] == "/large" else 0)
    headers = [] if scope["path"] == "/parts" else [(b"content-length", b"%d" % len(said))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": said})


class Served:
    """The server on a port of its own."""

    def __init__(self, application: Any = None, doorman: Doorman | None = None) -> None:
        self.doorman, self.port = doorman or Doorman(), free_port()
        self.server = server.Server(application or slow, port=self.port, straight=self.doorman)
        self._task = asyncio.create_task(self.server.run_on())
        self._clients: list[Client] = []

    async def connect(self) -> Client:
        """A connection, as soon as there is one to be had."""
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(OSError):
                    self._clients.append(Client(*await asyncio.open_connection("127.0.0.1", self.port)))
                    return self._clients[-1]
                await asyncio.sleep(0)

    async def end(self) -> None:
        """End it, and wait for that."""
        self.server.end()
        await self._task
        for each in self._clients:
            await each.leave()

    async def until(self, number: int) -> None:
        """Wait until so many connections are open."""
        async with asyncio.timeout(30):
            while len(self.connections()) != number:  # noqa: ASYNC110  (the server tells nobody)
                await asyncio.sleep(0)

    def connections(self) -> list[connection.Connection]:
        """Those that are open, as the server sees them."""
        return [
            each for each in self.server.server_state.connections if isinstance(each, connection.Connection)
        ]


class Client:
    """Sends bytes and reads answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader, self._writer = reader, writer

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)

    def post(self, body: bytes, *, target: bytes = b"/quick", more: bytes = b"") -> None:
        """Send a request with a body."""
        head = b"POST %b HTTP/1.1\r\nHost: here\r\n%bContent-Length: %d\r\n\r\n"
        self.send(head % (target, more, len(body)) + body)

    async def answer(self) -> tuple[int, bytes, bytes]:
        """The next answer: status, head, body."""
        async with asyncio.timeout(30):
            head = await self._reader.readuntil(b"\r\n\r\n")
            lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
            body = await self._reader.readexactly(int(lines[b"content-length"]))
        return int(head.split()[1]), head, body

    async def everything(self) -> bytes:
        """All that comes until the other side closes."""
        async with asyncio.timeout(30):
            return await self._reader.read()

    async def closed(self) -> bool:
        """Whether the other side closes without another word."""
        async with asyncio.timeout(30):
            with contextlib.suppress(ConnectionResetError):  # where it had not read all
                return await self._reader.read(1) == b""
            return True

    async def leave(self) -> None:
        """Close."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
