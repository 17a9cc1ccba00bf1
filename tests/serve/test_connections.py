# SPDX-License-Identifier: EUPL-1.2
"""Connections over real sockets: their bounds, their order, and requests on the straight way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from stadtkern.serve.http import connection, server
from tests.running import free_port

pytestmark = pytest.mark.anyio
Reply = Callable[[int, connection.Headers, bytes], None]


class Doorman:
    """Takes what begins with `quick`, and replies when the test says so."""

    def __init__(self) -> None:
        self.taken: list[tuple[bytes, Reply]] = []
        self.came = asyncio.Event()

    def suits(self, method: bytes, target: bytes) -> bool:
        """Whether the address is ours."""
        return method == b"POST" and target.startswith(b"/quick")

    def take(self, target: bytes, headers: connection.Headers, body: bytes, reply: Reply) -> bool:  # noqa: ARG002
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


async def slow(
    scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answer with the method, the address and the body, the usual way."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"]:
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    said = b"slow " + scope["path"].encode() + b" " + body
    headers = [(b"content-length", b"%d" % len(said))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": said})


class Served:
    """The server on a port of its own."""

    def __init__(self) -> None:
        self.doorman, self.port = Doorman(), free_port()
        self.server = server.Server(slow, port=self.port, straight=self.doorman)
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


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """A server that runs."""
    found = Served()
    yield found
    while found.doorman.taken:
        await found.doorman.answer()
    await found.end()


async def test_a_small_request_goes_straight_in_however_many_pieces(served: Served) -> None:
    client = await served.connect()
    for piece in (b"POST /qu", b"ick HTTP/1.1\r\nContent-Le", b"ngth: 7\r\n\r\nqui", b"ck 1"):
        client.send(piece)
        await asyncio.sleep(0)
    await served.doorman.answer()
    status, head, body = await client.answer()
    assert (status, body) == (201, b"quick 1")
    assert b"\r\ndate: " in head
    assert b"connection:" not in head


async def test_what_is_not_taken_goes_the_usual_way_whole(served: Served) -> None:
    """Also where the straight way fails, where the body is large or comes in chunks."""
    client = await served.connect()
    for body in (b"slowly", b"broken", b"quick" * 1_000):
        client.post(body, target=b"/quick/1?a=b")
        status, _, said = await client.answer()
        assert (status, said) == (200, b"slow /quick/1 " + body)
    client.send(b"POST /quick HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nquick 1\r\n0\r\n\r\n")
    assert (await client.answer())[2] == b"slow /quick quick 1"


async def test_answers_keep_the_order_of_requests(served: Served) -> None:
    """Three at once on one connection, of which two could go straight: each waits for the one before."""
    client = await served.connect()
    head = b"POST /quick HTTP/1.1\r\nContent-Length: 7\r\n\r\nquick %d"
    client.send(head % 1 + b"GET /other HTTP/1.1\r\n\r\n" + head % 2)
    assert await served.doorman.answer() == b"quick 1"
    said = [(await client.answer())[2] for _ in range(3)]
    assert said == [b"quick 1", b"slow /other ", b"slow /quick quick 2"]
    client.post(b"quick 3")
    assert await served.doorman.answer() == b"quick 3"
    assert (await client.answer())[2] == b"quick 3"


async def test_who_leaves_is_not_missed(served: Served) -> None:
    client = await served.connect()
    client.post(b"quick 1")
    await served.doorman.came.wait()
    await client.leave()
    await served.until(0)
    assert await served.doorman.answer() == b"quick 1"
    other = await served.connect()
    other.post(b"quick 2")
    await served.doorman.answer()
    assert (await other.answer())[2] == b"quick 2"


async def test_what_is_under_way_is_answered_before_the_end() -> None:
    """The answer says that it is the last one on its connection; idle ones are closed at once."""
    served = Served()
    idle, busy = await served.connect(), await served.connect()
    busy.post(b"quick 1")
    await served.doorman.came.wait()
    ending = asyncio.create_task(served.end())
    assert await idle.closed()
    await served.doorman.answer()
    status, head, body = await busy.answer()
    assert (status, body) == (201, b"quick 1")
    assert b"\r\nconnection: close\r\n" in head
    assert await busy.closed()
    await ending


@pytest.mark.parametrize("pieces", [1, 40])
@pytest.mark.parametrize("where", ["address", "one", "many"])
async def test_a_head_that_is_too_large_is_refused(served: Served, where: str, pieces: int) -> None:
    """Whole or not, in one piece or many; and nothing of it is kept."""
    client = await served.connect()
    size = connection.MOST_HEAD
    address = b"x" * size if where == "address" else b""
    headers = (
        b"".join(b"h%d: %b\r\n" % (i, b"y" * 100) for i in range(size // 100)) if where == "many" else b""
    )
    one = b"z: " + b"z" * size + b"\r\n" if where == "one" else b""
    whole = b"GET /" + address + b" HTTP/1.1\r\n" + headers + one + b"\r\n"
    step = len(whole) // pieces + 1
    for at in range(0, len(whole), step):
        client.send(whole[at : at + step])
        await asyncio.sleep(0)
    status, _, body = await client.answer()
    assert (status, body[:8]) == (431, b"the head")
    assert await client.closed()


async def test_large_bodies_and_heads_behind_them_are_not_taken_for_large_heads(served: Served) -> None:
    client = await served.connect()
    body = b"b" * 200_000
    head = b"POST /x HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)
    client.send(head + body + b"GET /y HTT")
    assert (await client.answer())[2] == b"slow /x " + body
    client.send(b"P/1.1\r\n\r\n")
    assert (await client.answer())[2] == b"slow /y "


@pytest.mark.parametrize(
    "begun", [b"", b"GET / HTTP/1.1\r\nHost:", b"POST /quick HTTP/1.1\r\nContent-Length: 9\r\n\r\nqu"]
)
async def test_who_does_not_go_on_is_closed(served: Served, begun: bytes) -> None:
    """Nothing sent, half a head, half a small body; somebody whose answer is on its way stays."""
    late, waiting = await served.connect(), await served.connect()
    waiting.post(b"quick 1")
    await served.doorman.came.wait()
    late.send(begun)
    await served.until(2)
    now = asyncio.get_running_loop().time()
    for each in served.connections():
        each.close_if_late(now + connection.HEAD_SECONDS - 5)
    assert len(served.connections()) == 2
    for each in served.connections():
        each.close_if_late(now + connection.HEAD_SECONDS + 5)
    assert await late.closed()
    await served.doorman.answer()
    assert (await waiting.answer())[0] == 201
    for each in served.connections():
        each.close_if_late(now + server.IDLE_SECONDS + 60)
    assert await waiting.closed()


@pytest.mark.parametrize(
    "nonsense",
    [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n",
     b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
     b"POST /quick HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nquick",
     b"GET / HTTP/1.1\r\na b: c\r\n\r\n", b"FETCH / HTTP/1.1\r\n\r\n"],
)  # fmt: skip
async def test_what_is_no_request_is_refused(served: Served, nonsense: bytes) -> None:
    client = await served.connect()
    client.send(nonsense)
    assert (await client.answer())[0] == 400
    assert await client.closed()
    assert served.doorman.taken == []


async def test_a_body_is_asked_for_where_the_client_waits_for_that(served: Served) -> None:
    client = await served.connect()
    client.send(b"POST /quick HTTP/1.1\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n")
    async with asyncio.timeout(30):
        assert await client._reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(b"quick 1")
    assert (await client.answer())[2] == b"slow /quick quick 1"
