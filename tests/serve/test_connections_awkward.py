# SPDX-License-Identifier: EUPL-1.2
"""Connections of awkward clients: other protocols, trailers, half requests, old versions, deaf ears."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from stadtkern.serve.http import connection, server
from tests.serve.connecting import Client, Served, slow

pytestmark = pytest.mark.anyio
QUICK = b"POST /quick HTTP/1.1\r\nContent-Length: 7\r\n\r\nquick 1"


@pytest.mark.parametrize("step", [1, 7, 10_000])
@pytest.mark.parametrize("target", [b"/quick", b"/other"])
async def test_a_wish_for_another_protocol_is_passed_over(served: Served, target: bytes, step: int) -> None:
    """As Java's clients and curl have it; what is sent as body is body, and never the next request."""
    client = await served.connect()
    inner = b"GET /smuggled HTTP/1.1\r\n\r\n"
    whole = (
        b"POST %b HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        b"HTTP2-Settings: AAMAAABk\r\nContent-Length: %d\r\n\r\n%b" % (target, len(inner), inner)
    )
    for at in range(0, len(whole), step):
        client.send(whole[at : at + step])
        await asyncio.sleep(0)
    client.send(b"GET /next HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    assert (await client.answer())[2] == b"slow " + target + b" " + inner
    assert (await client.answer())[2] == b"slow /next "


async def test_a_head_in_two_pieces_before_a_large_body_is_not_too_large(served: Served) -> None:
    client = await served.connect()
    body = b"b" * 1_000_000
    client.send(b"POST /x HTTP/1.1\r\nHos")
    await served.until(1)
    client.send(b"t: here\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert (await client.answer())[2] == b"slow /x " + body


async def test_trailers_are_no_headers(served: Served) -> None:
    """They are read and forgotten (RFC 9110, clause 6.5.1)."""
    client = await served.connect()
    client.send(
        b"POST /headers HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
        b"Authorization: Bearer 1\r\n\r\n"
    )
    assert (await client.answer())[2] == b"slow /headers x transfer-encoding"


@pytest.mark.parametrize("line", [b"t: " + b"x" * 1_000 + b"\r\n", b"x" * 1_000])
async def test_trailers_have_an_end(served: Served, line: bytes) -> None:
    """Many of them, or one that does not end."""
    client = await served.connect()
    client.send(
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
        + (b"" if b":" in line else b"t: ")
    )
    for _ in range(400):
        client.send(line)
        await asyncio.sleep(0)
    assert (await client.answer())[0] == 431
    assert await client.closed()


@pytest.mark.parametrize("nonsense", [b"\0", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nh: " + b"x" * 200_000])
@pytest.mark.parametrize("quick", [True, False])
async def test_nonsense_behind_a_request_does_not_overtake_its_answer(
    served: Served, quick: bool, nonsense: bytes
) -> None:
    client = await served.connect()
    client.send((QUICK if quick else QUICK.replace(b"/quick", b"/waits")) + nonsense)
    if quick:
        await served.doorman.answer()
    status, head, body = await client.answer()
    assert (status, body) == ((201, b"quick 1") if quick else (200, b"slow /waits quick 1"))
    if b"connection: close" not in head:  # it had left before the nonsense came
        assert (await client.answer())[0] in (400, 431)
    assert await client.closed()


async def test_a_body_that_turns_out_to_be_nonsense_is_refused(served: Served) -> None:
    client = await served.connect()
    client.send(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nnonsense\r\n")
    assert (await client.answer())[0] == 400
    assert await client.closed()


@pytest.mark.parametrize("more", [b"", b"Connection: keep-alive\r\n"])
async def test_old_clients_get_no_chunks_and_do_not_go_straight(served: Served, more: bytes) -> None:
    """HTTP/1.0: an answer without a length ends with the connection."""
    client = await served.connect()
    client.send(b"GET /parts HTTP/1.0\r\n" + more + b"\r\n")
    head, _, body = (await client.everything()).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head
    assert body == b"slow /parts "
    other = await served.connect()
    other.send(b"POST /quick HTTP/1.0\r\n" + more + b"Content-Length: 7\r\n\r\nquick 1")
    assert (await other.answer())[2] == b"slow /quick quick 1"
    assert await other.closed()


async def test_a_byte_of_the_next_request_does_not_end_a_long_answer(served: Served) -> None:
    client = await served.connect()
    client.send(QUICK + b"G")
    await served.doorman.came.wait()
    now = asyncio.get_running_loop().time()
    for each in served.connections():
        each.look(now + connection.HEAD_SECONDS + connection.BODY_SECONDS)
    await served.doorman.answer()
    assert (await client.answer())[0] == 201
    for each in served.connections():
        each.look(asyncio.get_running_loop().time() + connection.HEAD_SECONDS + 1)
    assert await client.closed()


async def test_who_leaves_with_a_request_waiting_behind_is_missed_at_once() -> None:
    """What is under way hears of it; what waited is never begun."""
    begun: list[str] = []
    over = asyncio.Event()

    async def endless(
        scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] == "lifespan":
            await slow(scope, receive, send)
            return
        begun.append(scope["path"])
        while (await receive())["type"] != "http.disconnect":
            continue
        over.set()

    served = Served(endless)
    client = await served.connect()
    client.send(b"GET /live HTTP/1.1\r\n\r\nGET /other HTTP/1.1\r\n\r\n")
    await served.until(1)
    await client.leave()
    async with asyncio.timeout(30):
        await over.wait()
    await served.until(0)
    assert begun == ["/live"]
    await served.end()


async def test_who_does_not_go_on_does_not_hold_up_the_end() -> None:
    """Half a body, an answer that nobody reads: the server waits a while, not for ever."""
    served = Served()
    served.server.config.timeout_graceful_shutdown = 1
    half, deaf = await served.connect(), await served.connect()
    half.send(b"POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf")
    deaf.send(b"GET /large HTTP/1.1\r\n\r\n")
    await served.until(2)
    async with asyncio.timeout(30):
        await served.end()


async def test_an_answer_that_nobody_reads_is_given_up(served: Served) -> None:
    client = await served.connect()
    client.send(b"GET /large HTTP/1.1\r\n\r\n")
    await served.until(1)
    (only,) = served.connections()
    async with asyncio.timeout(30):
        while not only.transport.get_write_buffer_size():  # noqa: ASYNC110  (the transport tells nobody)
            await asyncio.sleep(0)
    now = asyncio.get_running_loop().time()
    for later in (0, connection.BODY_SECONDS - 1):
        only.look(now + later)
    assert served.connections() == [only]
    only.look(now + connection.BODY_SECONDS + 1)
    await served.until(0)


async def test_a_body_that_does_not_go_on_is_given_up(served: Served) -> None:
    client = await served.connect()
    client.send(b"POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf")
    await served.until(1)
    for each in served.connections():
        each.look(asyncio.get_running_loop().time() + connection.HEAD_SECONDS + connection.BODY_SECONDS + 1)
    assert await client.closed()


async def test_behind_the_front_nobody_says_when(tmp_path: Path) -> None:
    """Or pages would carry two dates."""
    running = server.Server(slow, socket=tmp_path / "s")
    task = asyncio.create_task(running.run_on())
    async with asyncio.timeout(30):
        while not running.started:  # noqa: ASYNC110  (the server tells nobody)
            await asyncio.sleep(0)
    client = Client(*await asyncio.open_unix_connection(str(tmp_path / "s")))
    client.send(b"GET / HTTP/1.1\r\n\r\n")
    assert b"date:" not in (await client.answer())[1]
    await client.leave()
    running.end()
    await task
