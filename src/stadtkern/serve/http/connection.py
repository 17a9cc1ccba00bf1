# SPDX-License-Identifier: EUPL-1.2
"""One connection of a client: what comes in is bounded, and single observations go the straight way."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from stadtkern.serve.http.answering import Cycle, Headers, Quick, Straight, addressed, refusal, size
from stadtkern.serve.http.heads import Heads, Known

MOST_HEAD = 65_536
"""How many bytes the first line and the headers of a request may have, and what stands behind its body."""
HEAD_SECONDS = 30.0
"""Within what time they must have come, with the body where that is small."""
BODY_SECONDS = 60.0
"""How long nothing may come of a larger body, or nothing be read of an answer."""
_SMALL = 2_000
_LENGTH = b"content-length"
_LINGER_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Refused(Exception):
    """The parser is to stop here."""


class Connection(HttpToolsProtocol):
    """Uvicorn's protocol with bounds, without a gap between requests, and with a straight way."""

    def __init__(self, *, straight: Straight | None = None, idle_seconds: float, **given: Any):
        super().__init__(**given)
        self._straight = straight
        self._idle_seconds = idle_seconds
        self._quick: Any = Quick()
        self._active: Any = None  # the request under way, of those that came
        self._head: Any = None  # of a request that may go the straight way
        self._held: list[bytes] = []  # the parts of its body
        self._heads = Heads()
        self._whole: Any = None  # the request that has just gone the straight way, as `Known`
        self._declined = False  # whether the straight way does not take what is to be read
        self._in_head, self._resting = False, True
        self._upgrading = False
        self._moved = False  # whether what came last went on with a body, or ended a request
        self._still = self._part = 0  # bytes that came since then, and those that are read now
        self._refusal, self._deaf = 400, False
        self._until = self.loop.time() + HEAD_SECONDS  # when it is closed if nothing more comes
        self._unread, self._unread_since = 0, math.inf  # bytes of an answer that nobody reads

    def data_received(self, data: bytes) -> None:
        """Take bytes in, so many at a time that no head grows beyond its bound."""
        if self._repeated(data):
            return
        for at in range(0, len(data), MOST_HEAD):
            left = data[at : at + MOST_HEAD]
            while left and not self._deaf:
                left = self._fed(left)

    def _repeated(self, data: bytes) -> bool:
        """Take a request that differs from one before in its body only; False, and nothing done, else."""
        if not self._resting or self._active is not None or self.flow.write_paused or self._deaf:
            return False
        again = self._heads.again(data)
        self._declined = again is not None and not self._taken(*again)
        if again is None or self._declined:
            return False
        self._still, self._until = 0, math.inf
        return True

    def _fed(self, part: bytes) -> bytes:
        """Have the parser read; what is left is read anew by another one."""
        self._moved, self._part = False, len(part)
        rested, self._whole = self._resting, None
        try:
            self.parser.feed_data(part)
        except httptools.HttpParserUpgrade as stop:
            return self._without_upgrade(part[stop.args[0] :])
        except httptools.HttpParserError:
            self._refuse()
            return b""
        if rested and self._whole is not None:
            self._heads.keep(part, self._whole)
        self._still = 0 if self._moved else self._still + self._part
        if self._still > MOST_HEAD:
            self._refusal = 431
            self._refuse()
        return b""

    def _without_upgrade(self, rest: bytes) -> bytes:
        """The request once more, without the wish for another protocol, which need not be met.

        RFC 9110, clause 7.8. The parser stops behind such a head and knows nothing of the body.
        """
        version = self.parser.get_http_version().encode()
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/", version, b"\r\n"]
        for name, value in self.headers:
            if name != b"upgrade":
                head += (name, b": ", value, b"\r\n")
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return b"".join((*head, b"\r\n", rest))

    def _refuse(self) -> None:
        """Understand nothing any more; what is under way is answered first, then the connection ends."""
        self._deaf = True
        self.pipeline.clear()
        active = self._active
        if active is not None and not (active.more_body and active is self.cycle):
            active.keep_alive = False
            return
        if active is None or not active.response_started:
            self.transport.write(refusal(self._refusal, most=MOST_HEAD))
        if active is not None:
            active.leave()
            self._active = None
        # Who still sends would not hear the answer if we closed at once.
        self.flow.resume_reading()
        if not self.transport.is_closing():
            self.transport.write_eof()
        self._until = self.loop.time() + _LINGER_SECONDS

    def on_message_begin(self) -> None:
        """A request begins."""
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self._in_head, self._resting = True, False
        if self._active is None:
            self._until = self.loop.time() + HEAD_SECONDS

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; one that comes behind the body is no header any more."""
        if self._in_head:
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is there: hold what is small and may go the straight way until its body is there too."""
        self._in_head = False
        if self._still + self._part > MOST_HEAD and size(self.url, self.headers) > MOST_HEAD:
            self._refusal = 431
            raise Refused
        self._upgrading = bool(self.parser.should_upgrade())
        if self._upgrading and self.parser.get_method() == b"CONNECT":
            raise Refused
        if self._upgrading:
            return
        declined, self._declined = self._declined, False
        self._head = None if self._straight is None or declined else self._simple(self._straight)
        if self._head is None:
            self._usual()

    def on_body(self, body: bytes) -> None:
        """Some of the body is there."""
        self._moved = True
        if self._head is not None:
            self._held.append(body)
            return
        self._until = self.loop.time() + BODY_SECONDS
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._moved = self._resting = True
        if self._upgrading:
            return
        self._until = math.inf
        if self._head is None:
            super().on_message_complete()
            if self._active is None:  # it was answered before it was whole
                self._until = self.loop.time() + self._idle_seconds
            return
        body, head = b"".join(self._held), self._head
        self._held, self._head = [], None
        if self._taken(head, body):
            self._whole = Known(head, len(body))
        else:
            self._usual()
            super().on_body(body)
            super().on_message_complete()

    def _taken(self, head: Any, body: bytes) -> bool:
        """Whether a request goes the straight way."""
        try:
            taken = self._straight is not None and self._straight.take(head, body, self._reply)
        except Exception:  # the usual way tells what is wrong; a parser would take it for its own error
            log.exception("the straight way failed")
            taken = False
        if taken:
            self._quick.response_complete = False
            self.cycle = self._active = self._quick
        return taken

    def _simple(self, straight: Straight) -> Any:
        """What is to be known of a request that is small, and alone on its connection; None for others."""
        parser = self.parser
        if self._active is not None or self.flow.write_paused or self.expect_100_continue:
            return None
        if parser.get_http_version() != "1.1" or not parser.should_keep_alive():
            return None
        for name, value in self.headers:
            if name == _LENGTH:
                small = value.isdigit() and 0 < int(value) <= _SMALL
                return straight.head(parser.get_method(), self.url, self.headers) if small else None
        return None

    def _usual(self) -> None:
        """Give the request to the application, or let it wait for the one before it."""
        version = self.parser.get_http_version()
        scope: Any = {
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme or "http",
            "headers": self.headers,
            "state": self.app_state.copy(),
            "http_version": version,
            **addressed(self.parser.get_method(), self.url),
        }
        self.scope = scope
        self._until = self.loop.time() + BODY_SECONDS
        self.cycle = Cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version == "1.1" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if self._active is None:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._active = cycle
        super()._start_asgi_task(cycle, app)

    def _reply(self, status: int, headers: Headers, body: bytes) -> None:
        """Send the answer of the straight way, if somebody still waits for it."""
        request = self._quick
        request.response_complete = True
        if request.disconnected or self.transport.is_closing():
            return
        lines = b"\r\n".join([b": ".join(line) for line in (*self.server_state.default_headers, *headers)])
        end = b"\r\n\r\n" if request.keep_alive else b"\r\nconnection: close\r\n\r\n"
        self.transport.write(b"".join((STATUS_LINE[status], lines, end, body)))
        if not request.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        """The next request may come; one that has come already is begun."""
        self._active = None
        if self.pipeline:
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self._until = self.loop.time() + (HEAD_SECONDS if self._in_head else self._idle_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell what is under way; what waited behind it is never begun."""
        self.pipeline.clear()
        if self._active is not None and not self._active.response_complete:
            self._active.leave()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server ends: close what is idle, let what is under way be the last."""
        if self._active is None:
            self.transport.close()
        else:
            self._active.keep_alive = False

    def look(self, now: float) -> None:
        """Close it where somebody does not go on, or has asked for nothing for long, or reads nothing."""
        unread = self.transport.get_write_buffer_size()
        if not unread or unread != self._unread:
            self._unread, self._unread_since = unread, now
        if unread and now - self._unread_since > BODY_SECONDS:
            self.transport.abort()
        elif self.flow.read_paused:
            self._until = max(self._until, now + BODY_SECONDS)
        elif now > self._until and not self.transport.is_closing():
            self.transport.close()
