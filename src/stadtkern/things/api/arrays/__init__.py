# SPDX-License-Identifier: EUPL-1.2
"""The data array extension (18-088, clause 13.2): many observations in one request; good rows are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from stadtkern.things.api import methods
from stadtkern.things.api.answers import OPEN, Plain
from stadtkern.things.api.arrays.spool import Spool
from stadtkern.things.api.arrays.storing import Storing
from stadtkern.things.api.call import Call

_HEADERS = [(b"content-type", b"application/json"), *OPEN]

__all__ = ["take"]


class _Streamed(Response):
    """An answer whose rows are sent as they are stored."""

    def __init__(self, first: bytes, rest: AsyncIterator[bytes], stack: AsyncExitStack):
        self.status_code = 201
        self.background = None
        self._first = first
        self._rest = rest
        self._stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send what was stored so far, then each chunk after its commit."""
        async with self._stack:
            await send({"type": "http.response.start", "status": self.status_code, "headers": _HEADERS})
            await send({"type": "http.response.body", "body": b"[" + self._first, "more_body": True})
            async for text in self._rest:
                await send({"type": "http.response.body", "body": b"," + text, "more_body": True})
            await send({"type": "http.response.body", "body": b"]"})


async def take(call: Call) -> Response:
    """Store rows once the whole body is known to be JSON; answers with an address or error per row, in order.

    Raises what keeps all rows from being stored; as soon as some are acknowledged, the others are named.
    """
    principal = await call.writer()
    methods.body_kind(call)
    settings = call.state.settings
    async with AsyncExitStack() as stack:
        spool = stack.enter_context(Spool(folder=settings.data))
        scanner = await spool.take(call, limit=settings.bulk_body_limit)
        entries = await stack.enter_async_context(
            aclosing(Storing(call, principal, spool, scanner).answers())
        )
        begin = [text async for text in _few(entries)]
        if len(begin) < 2:
            return Plain(201, b"[%b]" % b"".join(begin), _HEADERS)
        return _Streamed(b",".join(begin), entries, stack.pop_all())


async def _few(entries: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The first two chunks."""
    for _ in range(2):
        try:
            yield await anext(entries)
        except StopAsyncIteration:
            return
