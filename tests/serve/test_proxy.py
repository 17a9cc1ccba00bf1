# SPDX-License-Identifier: EUPL-1.2
"""The front hands requests to the right process and keeps what they say."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from stadtkern.serve import front, proxy, runner
from tests.running import free_port
from tests.serve.connecting import lives

pytestmark = pytest.mark.anyio


async def echo(
    scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answer with what arrived, one chunk per chunk."""
    if scope["type"] == "lifespan":
        await lives(receive, send)
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
    port = free_port()
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
    async with asyncio.timeout(60), httpx.AsyncClient(timeout=60) as client:
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
    async with httpx.AsyncClient(timeout=60) as client:
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
    async with httpx.AsyncClient(timeout=60) as client:
        answers = await asyncio.gather(*(client.post(f"{address}/n", content=str(n)) for n in range(60)))
    assert [a.text for a in answers] == [f"{n}!" for n in range(60)]


async def test_head_has_no_body(address: str) -> None:
    """HEAD through the proxy ends where the headers end."""
    async with httpx.AsyncClient(timeout=60) as client:
        assert (await client.head(f"{address}/page")).content == b""
        assert (await client.get(f"{address}/page")).text == "!"


async def test_assets_are_served_here_and_nothing_beside_them(address: str) -> None:
    """Hashed names are cached for ever; a path cannot climb out."""
    async with httpx.AsyncClient(timeout=60) as client:
        found = await client.get(f"{address}/assets/app-12345678.css")
        climbed = await client.get(f"{address}/assets/%2e%2e/web.sock")
    assert found.text == "body{}"
    assert "immutable" in found.headers["cache-control"]
    assert climbed.status_code == 404


async def test_without_the_web_process_people_are_asked_to_wait(tmp_path: Path) -> None:
    """A page that looks for itself whether there is more by now, with 503 for machines."""
    (tmp_path / "manifest.json").write_text(
        '{"app.css": "app-1.css", "again.js": "again-2.js", "FiraSans-Regular.woff2": "R-3.woff2"}'
    )
    web = proxy.Proxy(socket=tmp_path / "none.sock", patience=0.0)
    application = front.Front(data=echo, web=web, assets=tmp_path)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application), base_url="http://t"
    ) as client:
        answer = await client.get("/")
        data = await client.get("/sta/v1.1")
    assert answer.status_code == 503
    assert "Einen Moment" in answer.text
    assert "http-equiv" not in answer.text, "whoever listens to it would have to begin anew each time"
    assert '<script type="module" src="/assets/again-2.js">' in answer.text
    assert '<link rel="preload" href="/assets/R-3.woff2" as="font"' in answer.text, "letters of its own"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert data.status_code == 200


class Web:
    """A web process that answers as told, and counts the connections it gets."""

    def __init__(self, *answers: bytes):
        self.answers = list(answers)
        self.heads: list[bytes] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Give the next answer to each request; an empty one, or one without length, closes."""
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError):
            while self.answers:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                answer = self.answers.pop(0)
                writer.write(answer)
                if not answer.endswith(b"\r\n\r\nok"):
                    break
        writer.close()


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@contextlib.asynccontextmanager
async def before(web: Web, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who asks a front before that web process."""
    async with await asyncio.start_unix_server(web, str(folder / "web.sock")):
        passing = proxy.Proxy(socket=folder / "web.sock")
        application = front.Front(data=echo, web=passing, assets=folder)
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            yield client
        await passing.close()


async def test_a_connection_serves_several_requests(tmp_path: Path) -> None:
    """A page load does not open a connection to the web process each time."""
    web = Web(OK, OK, OK)
    async with before(web, tmp_path) as client:
        assert [(await client.get("/")).text for _ in range(3)] == ["ok"] * 3
    assert web.connections == 1


async def test_a_restart_of_the_web_process_goes_unnoticed_between_requests(tmp_path: Path) -> None:
    """What only reads is asked again on a fresh connection; what writes is not sent twice."""
    web = Web(OK, b"", OK, b"", OK)
    async with before(web, tmp_path) as client:
        assert (await client.get("/")).text == "ok"
        assert (await client.get("/")).text == "ok"
        assert (await client.post("/", content=b"x")).status_code == 503
    assert [head.split()[0] for head in web.heads] == [b"GET", b"GET", b"GET", b"POST"]


async def test_a_web_process_that_is_being_replaced_is_waited_for(tmp_path: Path) -> None:
    """Nothing was sent yet, so nothing can happen twice."""
    passing = proxy.Proxy(socket=tmp_path / "web.sock", patience=30.0)
    application = front.Front(data=echo, web=passing, assets=tmp_path)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application), base_url="http://t"
    ) as client:
        asked = asyncio.create_task(client.get("/"))
        done, _ = await asyncio.wait({asked}, timeout=0.2)
        assert not done
        async with before(Web(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"), tmp_path):
            assert (await asked).text == "ok"
            await passing.close()


@pytest.mark.parametrize("answer", [b"NONSENSE\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-le"])
async def test_a_broken_answer_asks_people_to_wait(tmp_path: Path, answer: bytes) -> None:
    """503 with Retry-After, not 500."""
    async with before(Web(answer), tmp_path) as client:
        found = await client.get("/")
    assert (found.status_code, found.headers["retry-after"]) == (503, "3")


async def test_half_an_answer_is_not_ended_like_a_whole_one(tmp_path: Path) -> None:
    """The server must break off too: a download would look complete."""
    broken = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n"
    async with before(Web(broken), tmp_path) as client:
        with pytest.raises(proxy.WebIsAway):
            await client.get("/")


async def test_a_request_that_never_came_whole_is_not_passed_on(tmp_path: Path) -> None:
    """A client that left before its body must not have sent an empty one."""
    web = Web(OK)
    async with await asyncio.start_unix_server(web, str(tmp_path / "web.sock")):
        application = front.Front(data=echo, web=proxy.Proxy(socket=tmp_path / "web.sock"), assets=tmp_path)
        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            raise AssertionError(message)

        await application(scope, receive, send)
    assert web.heads == []


@pytest.mark.parametrize("name", ["%00", "a" * 300, "..%2fweb.sock", "/etc/hostname"])
async def test_names_that_no_asset_can_have_are_not_found(address: str, name: str) -> None:
    """404, not 500."""
    async with httpx.AsyncClient(timeout=60) as client:
        assert (await client.get(f"{address}/assets/{name}")).status_code == 404


async def test_assets_are_found_through_a_link(tmp_path: Path) -> None:
    """A checkout or environment that is reached through a symbolic link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x.css").write_text("body{}")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    application = front.Front(data=echo, web=None, assets=tmp_path / "link")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application), base_url="http://t"
    ) as client:
        assert (await client.get("/assets/x.css")).text == "body{}"


async def test_a_body_that_no_form_could_send_is_refused(address: str) -> None:
    """The pages spool bodies to disk; somebody anonymous must not fill it."""
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.post(f"{address}/page", content=b"x" * (proxy.MOST_BODY + 1))
    assert answer.status_code == 413
    assert "höchstens 16&nbsp;MB" in answer.text


@pytest.mark.parametrize("path", ["/", "/live", "/sta/v1.1/Things", "/assets/app-12345678.css"])
async def test_only_so_many_cookies_are_taken(address: str, path: str) -> None:
    """Whoever stands behind may need much longer for them than for anything else."""
    async with httpx.AsyncClient(timeout=60) as client:
        few = await client.get(address + path, headers={"Cookie": "a=" + "b" * 8_000})
        many = await client.get(address + path, headers={"Cookie": "a=" + '\\"' * 5_000})
    assert (few.status_code, many.status_code) == (200, 431)
    assert "Löschen Sie" in many.text
