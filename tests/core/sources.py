# SPDX-License-Identifier: EUPL-1.2
"""A small source on this machine that answers as told, byte for byte."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

Reply = bytes | Callable[[str], bytes | Awaitable[bytes]]


def answer(
    body: bytes = b"", *, status: str = "200 OK", kind: str = "text/plain", headers: tuple[str, ...] = ()
) -> bytes:
    """A whole answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(location: str, *, status: str = "302 Found") -> bytes:
    """A redirect."""
    return answer(status=status, headers=(f"Location: {location}",))


class Source:
    """What it answers by path (without query), and what it was asked."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.asked: list[str] = []
        self.heads: list[str] = []
        self.port = 0
        self.scheme = "http"

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection; a reply that does not end with the answer keeps the connection open."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            target = head.split(" ")[1]
            self.heads.append(head)
            self.asked.append(target)
            reply = self.replies.get(target.partition("?")[0], answer(status="404 Not Found"))
            if not isinstance(reply, bytes):
                made = reply(target)
                reply = made if isinstance(made, bytes) else await made
            writer.write(reply)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def running(*, tls: ssl.SSLContext | None = None) -> AsyncIterator[Source]:
    """A source on a free port of this machine."""
    source = Source()
    server = await asyncio.start_server(source.serve, "127.0.0.1", 0, ssl=tls)
    source.port = server.sockets[0].getsockname()[1]
    source.scheme = "https" if tls else "http"
    try:
        yield source
    finally:
        server.close()
