# SPDX-License-Identifier: EUPL-1.2
"""Hands a request to the web process over a Unix socket and streams its answer back."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import httptools

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"transfer-encoding",
        b"te",
        b"trailer",
        b"upgrade",
        b"proxy-authorization",
    )
)
_OURS = frozenset((b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded", b"x-real-ip"))
_IDLE_CONNECTIONS = 32
_CHUNK = 65_536
_HEAD_SECONDS = 120.0


class WebIsAway(Exception):
    """The web process does not answer (it starts, or was just replaced)."""


class _Answer:
    """What the parser has understood of the answer so far."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.chunks: deque[bytes] = deque()
        self.head_done = False
        self.done = False
        self.parser = httptools.HttpResponseParser(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.status = self.parser.get_status_code()
        self.head_done = True

    def on_body(self, body: bytes) -> None:
        self.chunks.append(body)

    def on_message_complete(self) -> None:
        self.done = True


class Proxy:
    """An ASGI application that stands for the one behind the socket."""

    def __init__(self, *, socket: Path):
        self._socket = socket
        self._idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request. Raises WebIsAway before anything was sent."""
        body = _body(receive)
        first = await anext(body, b"")
        head = _head(scope)
        reader, writer = await self._begin(head + first)
        try:
            async for chunk in body:
                writer.write(chunk)
                await writer.drain()
            answer = await self._relay(reader, send, head_only=scope["method"] == "HEAD")
        except BaseException:
            writer.close()
            raise
        if answer.done and answer.parser.should_keep_alive() and len(self._idle) < _IDLE_CONNECTIONS:
            self._idle.append((reader, writer))
        else:
            writer.close()

    async def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _begin(self, start: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if reader.at_eof() or writer.is_closing():
                writer.close()
                continue
            with contextlib.suppress(OSError):
                writer.write(start)
                await writer.drain()
                return reader, writer
        try:
            reader, writer = await asyncio.open_unix_connection(str(self._socket), limit=_CHUNK * 4)
        except OSError as error:
            raise WebIsAway(str(error)) from error
        writer.write(start)
        await writer.drain()
        return reader, writer

    async def _relay(self, reader: asyncio.StreamReader, send: Send, *, head_only: bool) -> _Answer:
        answer = _Answer()
        while not answer.head_done:
            data = await asyncio.wait_for(reader.read(_CHUNK), _HEAD_SECONDS)
            if not data:
                raise WebIsAway("the web process closed the connection")
            answer.parser.feed_data(data)
        headers = [(name, value) for name, value in answer.headers if name not in _HOP_BY_HOP]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        bodyless = head_only or answer.status in (204, 304)
        while not bodyless:
            while answer.chunks:
                await send({"type": "http.response.body", "body": answer.chunks.popleft(), "more_body": True})
            if answer.done:
                break
            data = await reader.read(_CHUNK)
            if not data:
                break
            answer.parser.feed_data(data)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return answer


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    """The body, already framed in chunks for HTTP/1.1 (the first piece belongs right behind the head)."""
    message = await receive()
    if not message.get("more_body") and not message.get("body"):
        yield b"\r\n"
        return
    yield b"transfer-encoding: chunked\r\n\r\n" + _frame(message.get("body", b""))
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("the client went away")
        yield _frame(message.get("body", b""))
    yield b"0\r\n\r\n"


def _frame(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""


def _head(scope: Scope) -> bytes:
    path = scope.get("raw_path") or scope["path"].encode("utf-8")
    query = scope.get("query_string", b"")
    target = path + (b"?" + query if query else b"")
    lines = [scope["method"].encode() + b" " + target + b" HTTP/1.1"]
    has_host = False
    for name, value in scope["headers"]:
        lowered = name.lower()
        if lowered in _HOP_BY_HOP or lowered in _OURS or lowered == b"content-length":
            continue
        has_host = has_host or lowered == b"host"
        lines.append(lowered + b": " + value)
    if not has_host:
        lines.append(b"host: localhost")
    client = scope.get("client")
    lines.append(b"x-forwarded-for: " + (client[0].encode() if client else b"127.0.0.1"))
    lines.append(b"x-forwarded-proto: " + scope.get("scheme", "http").encode())
    return b"\r\n".join(lines) + b"\r\n"
