# SPDX-License-Identifier: EUPL-1.2
"""Connections over real sockets: their bounds, their order, and requests on the straight way."""

from __future__ import annotations

import asyncio

import pytest

from stadtkern.serve.http import connection, server
from tests.serve.connecting import Served

pytestmark = pytest.mark.anyio


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
        each.look(now + connection.HEAD_SECONDS - 5)
    assert len(served.connections()) == 2
    for each in served.connections():
        each.look(now + connection.HEAD_SECONDS + 5)
    assert await late.closed()
    await served.doorman.answer()
    assert (await waiting.answer())[0] == 201
    for each in served.connections():
        each.look(now + server.IDLE_SECONDS + 60)
    assert await waiting.closed()


@pytest.mark.parametrize(
    "nonsense",
    [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n",
     b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
     b"POST /quick HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nquick",
     b"GET / HTTP/1.1\r\na b: c\r\n\r\n",
     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\n\r\n", b"FETCH / HTTP/1.1\r\n\r\n"],
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
