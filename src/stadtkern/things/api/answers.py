# SPDX-License-Identifier: EUPL-1.2
"""Responses: documents, what was created, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from stadtkern.core.problems import Problem
from stadtkern.things.api.call import Call

_JSON = b"application/json"
_encode = msgspec.json.Encoder().encode
# Of every answer: pages of others may read it, and no browser takes it for another kind than it says it is.
OPEN = ((b"access-control-allow-origin", b"*"), (b"x-content-type-options", b"nosniff"))
_EXPOSED = [*OPEN, (b"access-control-expose-headers", b"Location")]


class Plain(Response):
    """A response whose headers are known, built without more ado."""

    def __init__(self, status: int, body: bytes, headers: list[tuple[bytes, bytes]]):
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [(b"content-length", b"%d" % len(body)), *headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send head and body; of a HEAD request the head only."""
        head = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(head)
        body = b"" if scope["method"] == "HEAD" else self.body
        await send({"type": "http.response.body", "body": body})


def document(value: Any, *, status: int = 200) -> Response:
    """A JSON document."""
    return Plain(status, _encode(value), [(b"content-type", _JSON), *OPEN])


def text(value: str) -> Response:
    """A bare value."""
    return Plain(200, value.encode(), [(b"content-type", b"text/plain; charset=utf-8"), *OPEN])


def nothing() -> Plain:
    """Done, and nothing to say."""
    return Plain(204, b"", list(OPEN))


def gone() -> Response:
    """An entity was deleted: 200 without a body, as OGC's own suite and other servers have it."""
    return Plain(200, b"", list(OPEN))


def created(service: bytes, *, collection: bytes, number: int) -> Plain:
    """201 with the address of the new entity."""
    address = b"%b/%b(%d)" % (service, collection, number)
    body = b'{"@iot.id":%d,"@iot.selfLink":"%b"}' % (number, address)
    return Plain(201, body, [(b"content-type", _JSON), (b"location", address), *_EXPOSED])


def represented(call: Call, value: dict[str, Any], *, status: int) -> Response:
    """What was written, as it is shown."""
    address = value.get("@iot.selfLink", call.service).encode()
    headers = [
        (b"content-type", _JSON),
        (b"location", address),
        (b"preference-applied", b"return=representation"),
    ]
    return Plain(status, _encode(value), [*headers, *_EXPOSED])


def failure(problem: Problem) -> Plain:
    """The error document of SensorThings with the members of RFC 9457 beside it."""
    if problem.status == 204:
        return nothing()
    shown: dict[str, Any] = {"code": problem.status, "type": "error", "message": _message(problem)}
    shown |= {key: value for key, value in problem.document().items() if key != "type"}
    headers = [(key.lower().encode(), value.encode()) for key, value in problem.headers.items()]
    return Plain(problem.status, _encode(shown), [(b"content-type", _JSON), *OPEN, *headers])


def _message(problem: Problem) -> str:
    parts = [problem.title]
    if problem.detail and problem.detail != problem.title:
        parts.append(problem.detail)
    return ": ".join(parts) + (f" ({problem.where})" if problem.where else "")


def options(allowed: Sequence[str]) -> Response:
    """What may be asked at an address; from other origins: reading."""
    headers = [(b"allow", ", ".join(allowed).encode()), *OPEN]
    return Plain(204, b"", [*headers, (b"access-control-allow-methods", b"GET, HEAD, OPTIONS")])
