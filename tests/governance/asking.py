# SPDX-License-Identifier: EUPL-1.2
"""Somebody who asks and sends to both planes of a running city, as anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from django.test import AsyncClient
from starlette.applications import Starlette

from tests.governance import policy
from tests.governance.world import Somebody


class Answer(NamedTuple):
    """What came back."""

    status: int
    text: str


class Asker:
    """Sends questions to both planes as anybody."""

    def __init__(self, pages: AsyncClient, plane: Starlette):
        self._pages, self._plane = pages, plane
        self.wrong: set[tuple[str, str]] = set()
        self.pages: set[str] = set()

    async def page(self, who: Somebody, address: str) -> Answer:
        """A page or document of the web process."""
        self._pages.cookies.clear()
        if who.cookie:
            self._pages.cookies["sessionid"] = who.cookie
        answer = await self._pages.get(address)
        if answer.streaming:
            body = b"".join([part async for part in answer.streaming_content])  # type: ignore[union-attr]
        else:
            body = answer.content
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        text = body.decode("utf-8", "replace")
        self._look(address, dict(answer.headers), text, cookies=set(answer.cookies))
        return Answer(answer.status_code, head + "\n\n" + text)

    def _look(self, address: str, headers: Mapping[str, str], text: str, *, cookies: set[str]) -> None:
        """Every answer is looked at, so that no page needs to be asked for once more."""
        known = {name.lower(): value for name, value in headers.items()}
        path = address.partition("?")[0]
        if known.get("content-type", "").startswith("text/html"):
            self.pages.add(path)
        self.wrong |= {(path, each) for each in policy.wrong(known, text, cookies=cookies)}

    async def form(self, who: Somebody, address: str, fields: Mapping[str, str]) -> Answer:
        """What comes back where a form is sent."""
        self._pages.cookies.clear()
        if who.cookie:
            self._pages.cookies["sessionid"] = who.cookie
        answer = await self._pages.post(address, dict(fields))
        body = answer.content.decode("utf-8", "replace")
        return Answer(answer.status_code, answer.headers.get("Location", "") + "\n\n" + body)

    async def plane(
        self, who: Somebody, address: str, *, method: str = "GET", content: bytes = b""
    ) -> Answer:
        """A document of the data plane; of a stream of events the beginning."""
        path, _, query = address.partition("?")
        headers = [(name.encode(), value.encode()) for name, value in who.headers.items()]
        if content:
            headers.append((b"content-type", b"application/json"))
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": unquote(path), "root_path": "",
            "raw_path": path.encode(), "query_string": query.encode(), "headers": headers, "scheme": "http",
            "server": ("testserver", 80), "client": ("127.0.0.1", 1), "state": {},
        }  # fmt: skip
        told: list[Any] = []
        enough = asyncio.Event()

        async def receive() -> Any:
            await enough.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            told.append(message)
            ended = message["type"] == "http.response.body" and not message.get("more_body")
            if ended or (path == "/live" and b"\n\n" in message.get("body", b"")):
                enough.set()

        sent = iter([{"type": "http.request", "body": content, "more_body": False}])

        async def once() -> Any:
            return next(sent, None) or await receive()

        answering = asyncio.ensure_future(self._plane(scope, once, send))
        await asyncio.wait({answering, asyncio.ensure_future(enough.wait())}, return_when="FIRST_COMPLETED")
        if not answering.done() and path == "/live":
            answering.cancel()
        await asyncio.gather(answering, return_exceptions=path == "/live")
        text = b"".join(message.get("body", b"") for message in told).decode("utf-8", "replace")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in told[0]["headers"]}
        self._look(address, headers, text, cookies={"set-cookie"} & {name.lower() for name in headers})
        return Answer(told[0]["status"], text)
