# SPDX-License-Identifier: EUPL-1.2
"""One request as the routes see it, without more work than is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from starlette.datastructures import State
from starlette.types import Receive, Scope

from stadtkern.core import access, credentials
from stadtkern.core.access import Principal, Unauthorised
from stadtkern.things.operations.problems import BodyTooLarge, InvalidJson

PREFIX = "/sta/v1.1"


class Call:
    """A request: method, path below the service, headers on demand, body up to a limit.

    `arrived` is set where one may be carried out again later: when it came, in place of the present.
    """

    __slots__ = ("_body", "_receive", "method", "path", "scope", "state")
    arrived: datetime | None = None

    def __init__(self, scope: Scope, receive: Receive):
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"].removeprefix(PREFIX).strip("/")
        self.state: State = scope["app"].state
        self._receive = receive
        self._body: bytes | None = None

    @property
    def service(self) -> str:
        """The address of the service."""
        return str(self.state.settings.base_url) + PREFIX

    @property
    def query(self) -> str:
        """The query string as it stands in the address."""
        return str(self.scope["query_string"], "latin-1")

    def header(self, name: bytes) -> str | None:
        """A header, by its name in lower case."""
        for key, value in self.scope["headers"]:
            if key == name:
                return str(value, "latin-1")
        return None

    async def principal(self) -> Principal:
        """Who asks. Raises Unauthorised."""
        authorization = self.header(b"authorization")
        safe = self.method in ("GET", "HEAD")
        cookie = credentials.session(self.scope["headers"]) if safe and authorization is None else None
        if authorization is None and cookie is None:
            return access.ANONYMOUS
        found: Principal = await self.state.gate.principal(
            authorization=authorization, cookie=cookie, safe=safe
        )
        return found

    async def writer(self) -> Principal:
        """Who writes, to be asked before anything of the body is read. Raises Unauthorised."""
        principal = await self.principal()
        if principal.token_id is None:
            raise Unauthorised
        return principal

    async def receive(self) -> Any:
        """The next message, for responses that watch the connection."""
        return await self._receive()

    async def gone(self) -> None:
        """Return when the asker has hung up; for requests whose body nobody reads."""
        while (await self._receive())["type"] != "http.disconnect":
            continue

    async def body(self, *, limit: int) -> bytes:
        """The whole body, however often. Raises BodyTooLarge before more than the limit is kept."""
        if self._body is None:
            self._body = await self._read(limit)
        return self._body

    async def _read(self, limit: int) -> bytes:
        length = self.header(b"content-length")
        if length is not None and length.isdigit() and int(length) > limit:
            raise BodyTooLarge(f"{length} bytes; at most {limit} are taken", where="body", limit=limit)
        message: Any = await self._receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body") or (length is not None and length == str(len(body))):
            if len(body) > limit:
                raise BodyTooLarge(f"at most {limit} bytes are taken", where="body", limit=limit)
            return body
        return b"".join([body, *[part async for part in self._more(len(body), limit)]])

    async def parts(self, *, limit: int) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises BodyTooLarge."""
        length = self.header(b"content-length")
        if length is not None and length.isdigit() and int(length) > limit:
            raise BodyTooLarge(f"{length} bytes; at most {limit} are taken", where="body", limit=limit)
        async for part in self._more(0, limit):
            yield part

    async def _more(self, size: int, limit: int) -> AsyncIterator[bytes]:
        more = True
        while more:
            message: Any = await self._receive()
            if message["type"] == "http.disconnect":
                raise InvalidJson("the connection ended before the body did", where="body")
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise BodyTooLarge(f"more than {limit} bytes", where="body", limit=limit)
            more = message.get("more_body", False)
            yield part
