# SPDX-License-Identifier: EUPL-1.2
"""Heads that come again on a connection: read once, and never taken for another one's."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from stadtkern.serve.http import answering
from stadtkern.serve.http.heads import Heads, Known
from tests.serve.connecting import Doorman, Reply, Served, slow

pytestmark = pytest.mark.anyio

_HEAD = b"POST /quick HTTP/1.1\r\nContent-Length: 7\r\n\r\n"


class Echo(Doorman):
    """Replies by itself, and says which head it was given."""

    asked = 0

    def take(self, head: bytes, body: bytes, reply: Reply) -> bool:
        """Take what says so."""
        self.asked += 1
        if not body.startswith(b"quick"):
            return False
        said = head + b" " + body
        headers: answering.Headers = [(b"content-length", b"%d" % len(said))]
        asyncio.get_running_loop().call_soon(reply, 201, headers, said)
        return True


async def early(scope: Any, receive: Any, send: Any) -> None:
    """Answer the address of that name without having heard the body, others the usual way."""
    if scope.get("path") != "/early":
        await slow(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"early"})


async def _arrived() -> None:
    """Let the server read what was sent by itself; where it does not, the test asks less."""
    for _ in range(200):
        await asyncio.sleep(0)


@pytest.fixture
async def echoing() -> AsyncIterator[Served]:
    """A server whose straight way replies by itself."""
    found = Served(early, doorman=Echo())
    yield found
    await found.end()


async def test_a_head_is_read_once_on_a_connection(echoing: Served) -> None:
    client, other = await echoing.connect(), await echoing.connect()
    for number in range(5):
        client.post(b"quick %d" % number)
        assert (await client.answer())[2] == b"/quick quick %d" % number
    assert echoing.doorman.heads == 1
    other.post(b"quick 9")
    assert (await other.answer())[2] == b"/quick quick 9"
    assert echoing.doorman.heads == 2


async def test_each_head_says_its_own(echoing: Served) -> None:
    """Who writes may change on a connection from one request to the next."""
    client = await echoing.connect()
    for _ in range(2):
        for mark in (b"", b"X-Mark: one\r\n", b"X-Mark: two\r\n"):
            client.post(b"quick 1", more=mark)
            assert (await client.answer())[2] == b"/quick" + mark[8:-2] + b" quick 1"
    assert echoing.doorman.heads == 3


async def test_what_is_not_taken_goes_the_usual_way_though_its_head_is_known(echoing: Served) -> None:
    client = await echoing.connect()
    client.post(b"quick 1")
    assert (await client.answer())[0] == 201
    client.post(b"slowly!")
    assert (await client.answer())[2] == b"slow /quick slowly!"
    client.post(b"quick 2")
    assert (await client.answer())[2] == b"/quick quick 2"
    assert isinstance(echoing.doorman, Echo)
    assert echoing.doorman.asked == 3


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ([_HEAD, b"quick 2"], [b"/quick quick 2"]),
        ([_HEAD + b"quick 2" + _HEAD + b"quick 3"], [b"/quick quick 2", b"slow /quick quick 3"]),
        ([_HEAD + b"quick 2" + _HEAD, b"quick 3"], [b"/quick quick 2", b"slow /quick quick 3"]),
        ([_HEAD + b"quick 2\r\n"], [b"/quick quick 2"]),
        ([b"\r\n" + _HEAD + b"quick 2"], [b"/quick quick 2"]),
        ([_HEAD.replace(b"7", b"8") + b"quick 22"], [b"/quick quick 22"]),
    ],
)
async def test_what_comes_otherwise_is_read(echoing: Served, sent: list[bytes], said: list[bytes]) -> None:
    """What comes behind it as well."""
    client = await echoing.connect()
    client.send(_HEAD + b"quick 1")
    assert (await client.answer())[2] == b"/quick quick 1"
    for part in sent:
        client.send(part)
    for expected in said:
        assert (await client.answer())[2] == expected
    client.send(_HEAD + b"quick 9")
    assert (await client.answer())[2] == b"/quick quick 9"


async def test_a_head_that_comes_in_two_is_not_remembered_by_its_tail(echoing: Served) -> None:
    client = await echoing.connect()
    client.send(_HEAD[:25])
    await _arrived()
    client.send(_HEAD[25:] + b"quick 1")
    assert (await client.answer())[2] == b"/quick quick 1"
    client.send(_HEAD[25:] + b"quick 2")
    assert (await client.answer())[0] == 400


async def test_who_is_not_taken_is_not_taken_for_somebody_before(echoing: Served) -> None:
    """The request before went straight, this one did not, the next one may."""
    client = await echoing.connect()
    client.post(b"quick 1", more=b"X-Mark: one\r\n")
    assert (await client.answer())[2] == b"/quickone quick 1"
    client.post(b"slowly!", more=b"X-Mark: two\r\n")
    assert (await client.answer())[2] == b"slow /quick slowly!"
    client.post(b"quick 3", more=b"X-Mark: two\r\n")
    assert (await client.answer())[2] == b"/quicktwo quick 3"


async def test_one_after_the_other_also_where_heads_are_known(served: Served) -> None:
    """While one waits for its answer, the next one takes the usual way and is answered behind it."""
    client = await served.connect()
    for number in (1, 2):
        client.post(b"quick %d" % number)
        while not served.doorman.taken:
            await served.doorman.came.wait()
            served.doorman.came.clear()
        if number == 1:
            await served.doorman.answer()
            assert (await client.answer())[2] == b"quick 1"
    (only,) = served.connections()
    client.post(b"quick 3")
    async with asyncio.timeout(30):
        while not only.pipeline:  # noqa: ASYNC110  (the connection tells nobody)
            await asyncio.sleep(0)
    await served.doorman.answer()
    assert [(await client.answer())[2] for _ in range(2)] == [b"quick 2", b"slow /quick quick 3"]


async def test_a_known_head_within_a_body_is_a_body(echoing: Served) -> None:
    """Also where the request it belongs to was answered before it was whole."""
    client = await echoing.connect()
    client.send(_HEAD + b"quick 1")
    assert (await client.answer())[2] == b"/quick quick 1"
    client.send(b"POST /early HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (len(_HEAD) + 7))
    assert (await client.answer())[2] == b"early"
    client.send(_HEAD + b"quick 2")
    await _arrived()
    client.send(_HEAD + b"quick 3")
    assert (await client.answer())[2] == b"/quick quick 3"


async def test_who_is_not_heard_any_more_is_not_heard_by_a_known_head(echoing: Served) -> None:
    client = await echoing.connect()
    client.send(_HEAD + b"quick 1")
    assert (await client.answer())[2] == b"/quick quick 1"
    client.send(b"\r\n" * 40_000)
    assert (await client.answer())[0] == 431
    client.send(_HEAD + b"quick 2")
    assert await client.everything() == b""


async def test_the_last_request_of_a_connection_is_the_last(echoing: Served) -> None:
    client = await echoing.connect()
    client.post(b"quick 1")
    await client.answer()
    client.post(b"quick 2", more=b"Connection: close\r\n")
    assert (await client.answer())[2] == b"slow /quick quick 2"
    assert await client.closed()


async def test_any_order_and_any_cut_say_the_same(echoing: Served) -> None:
    """Whether a head is remembered or read, each request is answered with what it says itself."""
    dice = random.Random(20)
    for _ in range(40):
        client = await echoing.connect()
        for number in range(dice.randrange(1, 12)):
            mark = dice.choice((b"", b"a", b"bb"))
            more = b"X-Mark: " + mark + b"\r\n" if mark else b""
            body = (
                dice.choice((b"quick", b"slowly", b"quick\r\n\r\nquick", b"slow\r\n\r\n")) + b" %d" % number
            )
            data = b"POST /quick HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b" % (more, len(body), body)
            size = dice.choice((len(data), len(data), 7, 40))
            for at in range(0, len(data), size):
                client.send(data[at : at + size])
                await asyncio.sleep(0)
            straight = body.startswith(b"quick")
            said = b"/quick%b %b" % (mark, body) if straight else b"slow /quick " + body
            assert (await client.answer())[2] == said
        await client.leave()


def test_only_one_whole_request_is_remembered() -> None:
    heads = Heads()
    for data in (
        _HEAD + b"quick 1\r\n",
        b"\r\n\r\n" + _HEAD + b"quick 1",
        _HEAD + b"quick",
        _HEAD.replace(b"\r\n\r\n", b"\n\r\n") + b"\r\nabcde\r\n",
        b"POST /quick HTTP/1.1\r\nX-Mark: " + b"x" * 700 + _HEAD[20:] + b"quick 1",
    ):
        heads.keep(data, Known(b"", 7))
        assert heads.again(data) is None
        assert heads.again(b"\r\n\r\nquick 1") is None
        assert heads.again(_HEAD + b"quick 1") is None
    heads.keep(_HEAD + b"quick 1", Known(b"known", 7))
    assert heads.again(_HEAD + b"quick 2") == (b"known", b"quick 2")


def test_few_are_remembered() -> None:
    heads = Heads()
    for number in range(1_000):
        data = b"POST /quick/%d HTTP/1.1\r\nContent-Length: 1\r\n\r\n1" % number
        heads.keep(data, Known(number, 1))
        assert heads.again(data) == (number, b"1")
    kept = [
        n for n in range(1_000) if heads.again(b"POST /quick/%d HTTP/1.1\r\nContent-Length: 1\r\n\r\n1" % n)
    ]
    assert kept == list(range(984, 1_000))
