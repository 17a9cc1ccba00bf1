# SPDX-License-Identifier: EUPL-1.2
"""The one port: API paths stay here, files come from the assets folder, pages from the web process."""

from __future__ import annotations

import mimetypes
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from stadtkern.core import requests
from stadtkern.serve import health, own_pages
from stadtkern.serve.proxy import (
    MOST_BODY,
    BodyTooLarge,
    ClientIsAway,
    Message,
    Proxy,
    Receive,
    Scope,
    Send,
    WebIsAway,
)

log = structlog.get_logger(__name__)

DATA_PATHS = frozenset(("/sta", "/ogc", "/ingest", "/live", "/health"))
_ASSETS = "/assets/"
_MOST_COOKIES = 8_192
_HASHED = re.compile(r"[.-][0-9a-zA-Z]{8,}\.")


Uploads = Callable[[Scope], Awaitable[int]]
"""How many bytes somebody may send to an address that takes files; 0 elsewhere."""


class Front:
    """An ASGI application that sends each request where it belongs."""

    def __init__(
        self,
        *,
        data: object,
        web: Proxy | None,
        assets: Path,
        trusted: frozenset[str] = frozenset(),
        watch: health.Health | None = None,
        uploads: Uploads | None = None,
    ):
        self._data = data
        self._web = web
        self._assets = assets.resolve()
        self._own = own_pages.OwnPages(assets=assets)
        self._trusted = trusted
        self._watch = watch
        self._uploads = uploads
        self.draining = False

    def drain(self) -> None:
        """From now on ask every client to come back on a new connection, which another process will take."""
        self.draining = True
        if self._watch is not None:
            self._watch.stopping = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Dispatch by path."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        if self.draining:
            send = _closing(send)
        if _cookies(scope) > _MOST_COOKIES:
            # Whoever takes cookies apart behind us takes more than twice as long for twice as much.
            own = self._own.too_many_cookies(most=_MOST_COOKIES)
            await _answer(send, 431, own, own_pages.KIND, own_pages.POLICY, (b"connection", b"close"))
            return
        path: str = scope["path"]
        if "/" + path[1:].partition("/")[0] in DATA_PATHS:
            await self._data(scope, receive, send)  # type: ignore[operator]
            return
        began = time.perf_counter()
        status = 500

        def noting(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            return send(message)

        try:
            await self._elsewhere(scope, receive, noting, path)
        finally:
            surface = "assets" if path.startswith(_ASSETS) else path[1:] if path in health.PATHS else "pages"
            requests.note(surface, scope.get("method", ""), status, time.perf_counter() - began)

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        if self._watch is not None and path in health.PATHS and scope["type"] == "http":
            await self._watch(scope, send)
        elif path.startswith(_ASSETS) and scope["type"] == "http":
            await self._file(scope, send)
        elif scope["type"] == "http":
            await self._page(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watched() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown" and self._web is not None:
                await self._web.close()
            return message

        await self._data(scope, watched, send)  # type: ignore[operator]

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._web is None:
            await _answer(send, 404, b"not found", b"text/plain")
            return
        _believe_proxies(scope, self._trusted)
        started = False

        async def forward(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._web(scope, receive, forward, most=await self._most(scope))
        except ClientIsAway:
            pass  # nobody waits for an answer
        except BodyTooLarge as error:
            page = self._own.too_large(most=error.most)
            await _answer(send, 413, page, own_pages.KIND, own_pages.POLICY, (b"connection", b"close"))
        except WebIsAway as error:
            log.warning("web process does not answer", error=str(error))
            if started:
                raise  # only so does the server break off too, and a half answer is not taken for a whole
            page = self._own.away()
            await _answer(send, 503, page, own_pages.KIND, own_pages.POLICY, (b"retry-after", b"3"))

    async def _most(self, scope: Scope) -> int:
        """How large the body of this request may be: files are taken from people only."""
        if self._uploads is None:
            return MOST_BODY
        most = max(MOST_BODY, await self._uploads(scope))
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > most:
            raise BodyTooLarge(most)
        return most

    async def _file(self, scope: Scope, send: Send) -> None:
        path = self._found(scope["path"].removeprefix(_ASSETS))
        if scope["method"] not in ("GET", "HEAD") or path is None:
            await _answer(send, 404, b"not found", b"text/plain")
            return
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if kind.startswith("text/") or kind.endswith(("javascript", "json")):
            kind += "; charset=utf-8"
        extra = [(b"vary", b"accept-encoding")]
        compressed = path.with_name(path.name + ".gz")
        if b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"") and compressed.is_file():
            path, extra = compressed, [*extra, (b"content-encoding", b"gzip")]
        hashed = _HASHED.search(scope["path"]) is not None
        caching = b"public, max-age=31536000, immutable" if hashed else b"public, max-age=300"
        body = path.read_bytes() if scope["method"] == "GET" else b""
        await _answer(send, 200, body, kind.encode(), (b"cache-control", caching), *extra)

    def _found(self, name: str) -> Path | None:
        try:
            path = (self._assets / name).resolve()
            return path if path.is_relative_to(self._assets) and path.is_file() else None
        except (OSError, ValueError):  # a name that no file can have
            return None


def _cookies(scope: Scope) -> int:
    """How many bytes of cookies came along."""
    size = 0
    for name, value in scope.get("headers", ()):
        if name == b"cookie":
            size += len(value)
    return size


def _believe_proxies(scope: Scope, trusted: frozenset[str]) -> None:
    """Take client and scheme from the last hop's headers, but only from proxies named in the settings."""
    client = scope.get("client")
    if not client or client[0] not in trusted:
        return
    headers = dict(scope["headers"])
    forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1").rpartition(",")[2].strip()
    if forwarded:
        scope["client"] = (forwarded, 0)
    scheme = headers.get(b"x-forwarded-proto", b"").decode("latin-1").strip()
    if scheme in ("http", "https"):
        scope["scheme"] = scheme


def _closing(send: Send) -> Send:
    """Sends each answer as the last one on its connection."""

    async def last(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return last


async def _answer(send: Send, status: int, body: bytes, kind: bytes, *extra: tuple[bytes, bytes]) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
