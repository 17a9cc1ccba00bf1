# SPDX-License-Identifier: EUPL-1.2
"""One connection of a client: what comes in is bounded, and single observations go the straight way."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

Headers = Sequence[tuple[bytes, bytes]]
Reply = Callable[[int, Headers, bytes], None]

MOST_HEAD = 65_536
"""How many bytes the first line and the headers of a request may have."""
HEAD_SECONDS = 30.0
"""Within what time they must have come, with the body where that is small."""
_SMALL = 2_000
_LENGTH = b"content-length"
_WORDS = b"the head of the request is larger than %d bytes" % MOST_HEAD
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(_WORDS), _WORDS)
)

log = structlog.get_logger(__name__)


class HeadTooLarge(Exception):
    """The parser is to stop here."""


class Straight(Protocol):
    """The shortest way from a small request to its answer, for requests of which there are many."""

    def suits(self, method: bytes, target: bytes) -> bool:
        """Whether requests to this address may go this way; cheap."""

    def take(self, target: bytes, headers: Headers, body: bytes, reply: Reply) -> bool:
        """Take one, and call `reply` later, from the loop, with status, headers (with the length) and body.

        False, and nothing is done, where it is not as simple as that: it then goes its usual way.
        """


class _Request:
    """The request under way on the straight way, as the connection sees it. There is one at a time."""

    __slots__ = ("disconnected", "keep_alive", "response_complete")

    def __init__(self) -> None:
        self.disconnected = False
        self.keep_alive = True
        self.response_complete = True

    @property
    def message_event(self) -> _Request:
        """Nobody waits for messages here."""
        return self

    def set(self) -> None:
        """There is nothing to wake."""


class Connection(HttpToolsProtocol):
    """Uvicorn's protocol with bounds for what is not a whole request yet, and with a straight way."""

    def __init__(self, *, straight: Straight | None = None, idle_seconds: float, **given: Any):
        super().__init__(**given)
        self._straight = straight
        self._idle_seconds = idle_seconds
        self._quick: Any = _Request()
        self._held: list[bytes] | None = None  # the parts of a small body
        self._head = 0  # bytes that came since a head began which is not whole yet
        self._came = 0  # bytes that came at last
        self._until = self.loop.time() + HEAD_SECONDS  # when it is closed if nothing more comes

    def data_received(self, data: bytes) -> None:
        """Take bytes in; a head that is too large is refused before it is kept."""
        self._came = len(data)
        if self._head:
            self._head += self._came
            if self._head > MOST_HEAD:
                self.send_400_response("")
                return
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read, and what is too large with the status for that (RFC 6585, clause 5)."""
        if self._head <= MOST_HEAD:
            super().send_400_response(msg)
            return
        self.transport.write(_TOO_LARGE)
        self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._head = 1
        self._until = self.loop.time() + HEAD_SECONDS

    def on_headers_complete(self) -> None:
        """The head is there: hold what is small and may go the straight way until its body is there too."""
        if self._head + self._came > MOST_HEAD:
            self._head = sum(len(name) + len(value) for name, value in self.headers) + len(self.url)
            if self._head > MOST_HEAD:
                raise HeadTooLarge
        self._head = 0
        if self._straight is not None and self._simple(self._straight):
            self._held = []
        else:
            self._until = math.inf
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of the body is there."""
        if self._held is None:
            super().on_body(body)
        else:
            self._held.append(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        held, self._held = self._held, None
        if held is None or self._straight is None:
            super().on_message_complete()
            return
        self._until = math.inf
        body = held[0] if len(held) == 1 else b"".join(held)
        try:
            taken = self._straight.take(self.url, self.headers, body, self._reply)
        except Exception:  # the usual way tells what is wrong; a parser would take it for its own error
            log.exception("the straight way failed")
            taken = False
        if taken:
            self._quick.response_complete = False
            self.cycle = self._quick
        else:
            super().on_headers_complete()
            super().on_body(body)
            super().on_message_complete()

    def _simple(self, straight: Straight) -> bool:
        """Whether a request is small, whole with its next bytes, and alone on its connection."""
        parser = self.parser
        if not straight.suits(parser.get_method(), self.url) or not parser.should_keep_alive():
            return False
        under_way = self.cycle is not None and not self.cycle.response_complete
        if under_way or self.pipeline or self.flow.write_paused or self.expect_100_continue:
            return False
        length = next((value for name, value in self.headers if name == _LENGTH), b"")
        return length.isdigit() and 0 < int(length) <= _SMALL

    def _reply(self, status: int, headers: Headers, body: bytes) -> None:
        """Send the answer of the straight way, if somebody still waits for it."""
        request = self._quick
        request.response_complete = True
        if request.disconnected or self.transport.is_closing():
            return
        parts = [STATUS_LINE[status]]
        for name, value in (*self.server_state.default_headers, *headers):
            parts += (name, b": ", value, b"\r\n")
        parts += (b"\r\n" if request.keep_alive else b"connection: close\r\n\r\n", body)
        self.transport.write(b"".join(parts))
        if not request.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        """The next request may come; one that has come already is begun."""
        if self.pipeline:
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self._until = self.loop.time() + self._idle_seconds

    def close_if_late(self, now: float) -> None:
        """Close it where somebody does not go on with a request, or has asked for nothing for long."""
        if now > self._until and not self.transport.is_closing():
            self.transport.close()
