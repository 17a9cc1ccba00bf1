# SPDX-License-Identifier: EUPL-1.2
"""The front hands requests to the right process and keeps what they say."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from stadtkern.serve import front, proxy, runner

pytestmark = pytest.mark.anyio


async def echo(
    scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answer with what arrived, one chunk per chunk."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"]:
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = dict(scope["headers"])
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"x-method", scope["method"].encode()),
                (
                    b"x-target",
                    (scope.get("raw_path") or scope["path"].encode()) + b"?" + scope["query_string"],
                ),
                (b"x-seen-host", headers.get(b"host", b"")),
                (b"x-seen-for", headers.get(b"x-forwarded-for", b"")),
                (b"x-length", str(len(body)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b"!", "more_body": False})


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """A front on a free port before a web process on a socket, both served by the real server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "app-12345678.css").write_text("body{}")
    stop = asyncio.Event()
    web = asyncio.create_task(runner.serve(echo, stop=stop, socket=tmp_path / "web.sock"))
    application = front.Front(
        data=echo,
        web=proxy.Proxy(socket=tmp_path / "web.sock"),
        assets=tmp_path,
        trusted=frozenset({"127.0.0.1"}),
    )
    served = asyncio.create_task(runner.serve(application, stop=stop, port=port))
    async with asyncio.timeout(20), httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"http://127.0.0.1:{port}/ready")).status_code == 200:
                    break
            except httpx.TransportError:
                await asyncio.sleep(0)
    yield f"http://127.0.0.1:{port}"
    stop.set()
    await asyncio.gather(web, served)


async def test_a_request_arrives_as_it_was_sent(address: str) -> None:
    """Method, encoded path, query, host and body; the proxy header is ours, not the client's."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{address}/stra%C3%9Fe?a=1&b=%20",
            content=b"x" * 300_000,
            headers={"host": "city.example", "x-forwarded-for": "6.6.6.6, 192.0.2.7"},
        )
    assert answer.headers["x-target"] == "/stra%C3%9Fe?a=1&b=%20"
    assert answer.headers["x-method"] == "POST"
    assert answer.headers["x-seen-host"] == "city.example"
    assert answer.headers["x-seen-for"] == "192.0.2.7"
    assert answer.content == b"x" * 300_000 + b"!"


async def test_many_requests_share_connections(address: str) -> None:
    """Keep-alive works in both directions, also at once."""
    async with httpx.AsyncClient() as client:
        answers = await asyncio.gather(*(client.post(f"{address}/n", content=str(n)) for n in range(60)))
    assert [a.text for a in answers] == [f"{n}!" for n in range(60)]


async def test_head_has_no_body(address: str) -> None:
    """HEAD through the proxy ends where the headers end."""
    async with httpx.AsyncClient() as client:
        assert (await client.head(f"{address}/page")).content == b""
        assert (await client.get(f"{address}/page")).text == "!"


async def test_assets_are_served_here_and_nothing_beside_them(address: str) -> None:
    """Hashed names are cached for ever; a path cannot climb out."""
    async with httpx.AsyncClient() as client:
        found = await client.get(f"{address}/assets/app-12345678.css")
        climbed = await client.get(f"{address}/assets/%2e%2e/web.sock")
    assert found.text == "body{}"
    assert "immutable" in found.headers["cache-control"]
    assert climbed.status_code == 404


async def test_without_the_web_process_people_are_asked_to_wait(tmp_path: Path) -> None:
    """A page that reloads itself, with 503 for machines."""
    application = front.Front(data=echo, web=proxy.Proxy(socket=tmp_path / "none.sock"), assets=tmp_path)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application), base_url="http://t"
    ) as client:
        answer = await client.get("/")
        data = await client.get("/sta/v1.1")
    assert answer.status_code == 503
    assert "Einen Moment" in answer.text
    assert data.status_code == 200
