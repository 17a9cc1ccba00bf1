# SPDX-License-Identifier: EUPL-1.2
"""A request under way on a connection: that of an ASGI application, and that of the straight way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

Headers = Sequence[tuple[bytes, bytes]]
Reply = Callable[[int, Headers, bytes], None]


_PER_HEADER = 4
_WORDS = {
    400: b"this is no request that can be read",
    431: b"the head of the request is larger than %d bytes",
}
_REFUSAL = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"


class Cycle(RequestResponseCycle):
    """Uvicorn's; to HTTP/1.0 it sends no chunks, but ends an answer without length with the connection."""

    _unmeasured = False

    async def send(self, message: Any) -> None:
        """Send the head or a part (RFC 9112, clause 6.3)."""
        if self.scope["http_version"] == "1.0":
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message.get("headers", ())}
                self._unmeasured = b"content-length" not in names
                self.chunked_encoding = False if self._unmeasured else None
            elif self._unmeasured:
                self.expected_content_length = len(message.get("body", b""))
        await super().send(message)

    def leave(self) -> None:
        """The client is gone."""
        self.disconnected = True
        self.message_event.set()


def addressed(method: bytes, url: bytes) -> dict[str, Any]:
    """What an ASGI scope says of a request's first line. Raises HttpParserInvalidURLError."""
    address = httptools.parse_url(url)
    path = address.path.decode("ascii")
    return {
        "type": "http",
        "method": method.decode("ascii"),
        "root_path": "",
        "path": unquote(path) if "%" in path else path,
        "raw_path": address.path,
        "query_string": address.query or b"",
    }


def size(url: bytes, headers: Headers) -> int:
    """How many bytes the head of a request has, but for the rest of its first line."""
    return len(url) + sum(len(name) + len(value) + _PER_HEADER for name, value in headers)


def refusal(status: int, *, most: int) -> bytes:
    """The last answer of a connection: no request, or a head of more than `most` bytes."""
    words = _WORDS[status] % most if status == 431 else _WORDS[status]
    return STATUS_LINE[status] + _REFUSAL % len(words) + words


class Quick:
    """The request on the straight way, as uvicorn's protocol sees it. There is one at a time."""

    __slots__ = ("disconnected", "keep_alive", "more_body", "response_complete", "response_started")

    def __init__(self) -> None:
        self.disconnected = False
        self.keep_alive = True
        self.more_body = False
        self.response_started = False
        self.response_complete = True

    @property
    def message_event(self) -> Quick:
        """Nobody waits for messages here."""
        return self

    def set(self) -> None:
        """There is nothing to wake."""

    def leave(self) -> None:
        """The client is gone."""
        self.disconnected = True


class Straight(Protocol):
    """The shortest way from a small request to its answer, for requests of which there are many."""

    def head(self, method: bytes, target: bytes, headers: Headers) -> Any:
        """What `take` needs of the head of a request; None where it does not go this way; cheap.

        It says the same of the same head at any time.
        """

    def take(self, head: Any, body: bytes, reply: Reply) -> bool:
        """Take one, and call `reply` later, from the loop, with status, headers (with the length) and body.

        False, and nothing is done, where it is not as simple as that: it then goes its usual way.
        """
