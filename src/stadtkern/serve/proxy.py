# SPDX-License-Identifier: EUPL-1.2
"""Hands a request to the web process over a Unix socket and streams its answer back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

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
        b"expect",
        b"proxy-connection",
        b"trailer",
        b"upgrade",
        b"proxy-authorization",
    )
)
# How long the body was announced to be; it goes on in chunks, and forms with files want to know.
_LENGTH = b"x-body-length"
_OURS = frozenset(
    (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded", b"x-real-ip", _LENGTH)
)
_IDLE_CONNECTIONS = 32
_CHUNK = 65_536
_HEAD_SECONDS = 120.0
_NO_BODY = b"\r\n"
_RETRY_SECONDS = 0.05
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


MOST_BODY = 16_777_216
PATIENCE_SECONDS = 4.0


class BodyTooLarge(Exception):
    """Somebody sends the pages more than a form of theirs can hold: more than `most` bytes."""

    def __init__(self, most: int):
        super().__init__(most)
        self.most = most


class WebIsAway(Exception):
    """The web process does not answer (it starts, or was just replaced)."""


class ClientIsAway(Exception):
    """Whoever asked went away before the whole request had come."""


class _Unanswered(Exception):
    """The connection ended before an answer began."""


class _Answer:
    """What the parser has understood of the answer so far."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.chunks: deque[bytes] = deque()
        self.head_done = False
        self.done = False
        self.reusable = False
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
        self.reusable = self.parser.should_keep_alive()  # asked later, the parser has forgotten it


class Proxy:
    """An ASGI application that stands for the one behind the socket."""

    def __init__(self, *, socket: Path, patience: float = PATIENCE_SECONDS):
        self._socket = socket
        self._patience = patience
        self._idle: deque[_Streams] = deque()
        self._closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send, *, most: int = MOST_BODY) -> None:
        """Serve one HTTP request. Raises WebIsAway; BodyTooLarge; ClientIsAway where nobody waits."""
        body = _body(receive, most)
        first = await anext(body, b"")
        start = _head(scope) + first
        while True:
            reader, writer, fresh = await self._connection()
            try:
                answer = await self._ask(reader, writer, start, body)
                await self._pass_on(answer, reader, send, head_only=scope["method"] == "HEAD")
            except _Unanswered as error:
                writer.close()
                # An idle connection may be older than the web process that answers now.
                if fresh or scope["method"] not in _SAFE or first != _NO_BODY:
                    raise WebIsAway(str(error)) from error
                continue
            except BaseException:
                writer.close()
                raise
            break
        if answer.reusable and not self._closed and len(self._idle) < _IDLE_CONNECTIONS:
            self._idle.append((reader, writer))
        else:
            writer.close()

    async def close(self) -> None:
        """Close the idle connections, and those in use once they are idle."""
        self._closed = True
        while self._idle:
            self._idle.pop()[1].close()

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bool]:
        """An idle connection or, as the last says, a fresh one."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer, False
            writer.close()
        until = asyncio.get_running_loop().time() + self._patience
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._socket), limit=_CHUNK * 4)
            except (FileNotFoundError, ConnectionRefusedError) as error:
                # It is being replaced, and nothing was sent: it may answer in a moment.
                if asyncio.get_running_loop().time() > until:
                    raise WebIsAway(str(error)) from error
                await asyncio.sleep(_RETRY_SECONDS)
            except OSError as error:
                raise WebIsAway(str(error)) from error
            else:
                return reader, writer, True

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        start: bytes,
        body: AsyncIterator[bytes],
    ) -> _Answer:
        """Send the request and read the head of the answer. Raises _Unanswered."""
        try:
            writer.write(start)
            await writer.drain()
            async for chunk in body:
                writer.write(chunk)
                await writer.drain()
        except OSError:
            pass  # it may have answered before it had read everything
        try:
            answer = _Answer()
            while not answer.head_done:
                data = await asyncio.wait_for(reader.read(_CHUNK), _HEAD_SECONDS)
                if not data:
                    raise _Unanswered("the web process closed the connection")
                answer.parser.feed_data(data)
        except (OSError, httptools.HttpParserError) as error:
            raise _Unanswered(repr(error)) from error
        except TimeoutError as error:
            raise WebIsAway(f"no answer within {_HEAD_SECONDS:g} s") from error
        return answer

    async def _pass_on(
        self, answer: _Answer, reader: asyncio.StreamReader, send: Send, *, head_only: bool
    ) -> None:
        """Send the answer on. Raises WebIsAway where it breaks off."""
        headers = [(name, value) for name, value in answer.headers if name not in _HOP_BY_HOP]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        bodyless = head_only or answer.status in (204, 304)
        while not bodyless:
            while answer.chunks:
                await send({"type": "http.response.body", "body": answer.chunks.popleft(), "more_body": True})
            if answer.done:
                break
            try:
                data = await reader.read(_CHUNK)
                answer.parser.feed_data(data)
            except (OSError, httptools.HttpParserError) as error:
                raise WebIsAway(f"it broke off its answer: {error!r}") from error
            if not data and not answer.done:
                raise WebIsAway("it broke off its answer")
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _body(receive: Receive, most: int) -> AsyncIterator[bytes]:
    """The body, already framed in chunks for HTTP/1.1 (the first piece belongs right behind the head)."""
    message = await _next(receive)
    while message.get("more_body") and not message.get("body"):
        message = await _next(receive)
    if not message.get("body"):
        yield _NO_BODY
        return
    size = len(message["body"])
    yield b"transfer-encoding: chunked\r\n\r\n" + _frame(message["body"])
    while message.get("more_body"):
        message = await _next(receive)
        size += len(message.get("body", b""))
        if size > most:
            raise BodyTooLarge(most)
        yield _frame(message.get("body", b""))
    yield b"0\r\n\r\n"


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientIsAway
    return message


def _frame(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""


def _head(scope: Scope) -> bytes:
    path = scope.get("raw_path") or quote(scope["path"]).encode()
    query = scope.get("query_string", b"")
    target = path + (b"?" + query if query else b"")
    lines = [scope["method"].encode() + b" " + target + b" HTTP/1.1"]
    has_host = False
    for name, value in scope["headers"]:
        lowered = name.lower()
        if lowered == b"content-length":
            lines.append(_LENGTH + b": " + value)
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
