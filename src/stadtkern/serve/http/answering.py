# SPDX-License-Identifier: EUPL-1.2
"""A request under way on a connection: that of an ASGI application, and that of the straight way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

Headers = Sequence[tuple[bytes, bytes]]
Reply = Callable[[int, Headers, bytes], None]


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
