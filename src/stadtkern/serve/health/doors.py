# SPDX-License-Identifier: EUPL-1.2
"""The addresses for those who watch over the service, and who may see what."""

from __future__ import annotations

import hmac
import ipaddress
from pathlib import Path
from typing import Any

import msgspec

from stadtkern.core import metrics, migrations
from stadtkern.core.settings import Settings
from stadtkern.serve import meter
from stadtkern.serve.health import figures, ready
from stadtkern.serve.proxy import Scope, Send

PATHS = ("/healthz", "/readyz", "/metrics")
_OPENMETRICS = b"application/openmetrics-text; version=1.0.0; charset=utf-8"
_encode = msgspec.json.Encoder().encode


class Health:
    """An ASGI application for `/healthz`, `/readyz` and `/metrics`.

    `plane` is the data plane whose state is asked; `folder` holds the sockets of our processes.
    """

    def __init__(self, *, plane: Any, settings: Settings, folder: Path):
        self._plane = plane
        self._settings = settings
        self._folder = folder
        self._figures = figures.Figures()
        self._brought = migrations.available()
        self.stopping = False

    async def __call__(self, scope: Scope, send: Send) -> None:
        """Answer one request."""
        path = scope["path"]
        if scope["method"] not in ("GET", "HEAD"):
            await _answer(scope, send, 405, b"", b"text/plain", (b"allow", b"GET, HEAD"))
        elif path == "/healthz":
            await _answer(scope, send, 200, _encode({"status": "pass"}), b"application/json")
        elif path == "/readyz":
            await self._ready(scope, send)
        elif path == "/metrics" and self._trusts(scope):
            found = [*await meter.gathered(folder=self._folder), *await self._own()]
            await _answer(scope, send, 200, metrics.exposition(found).encode(), _OPENMETRICS)
        else:
            await _answer(scope, send, 404, b"not found\n", b"text/plain")

    async def _own(self) -> list[metrics.Family]:
        return await self._figures.of(self._plane.state) if hasattr(self._plane.state, "live") else []

    async def _ready(self, scope: Scope, send: Send) -> None:
        """Names of the checks for everybody; reasons only for those who may see the figures."""
        if hasattr(self._plane.state, "live"):
            found = await ready.checks(self._plane.state, brought=self._brought, stopping=self.stopping)
        else:
            found = [ready.Check("serving", "the process is still starting")]
        shown: dict[str, Any] = {}
        for check in found:
            shown[check.name] = {"status": "fail" if check.reason else "pass"}
            if check.reason and self._trusts(scope):
                shown[check.name]["reason"] = check.reason
        failed = any(check.reason for check in found)
        body = _encode({"status": "fail" if failed else "pass", "checks": shown})
        extra = [(b"retry-after", b"5")] if failed else []
        await _answer(scope, send, 503 if failed else 200, body, b"application/json", *extra)

    def _trusts(self, scope: Scope) -> bool:
        """Who knows the token; without one, callers on this machine, as long as no proxy brings in others."""
        token = self._settings.metrics_token
        if token:
            given = dict(scope["headers"]).get(b"authorization", b"")
            return hmac.compare_digest(given, b"Bearer " + token.encode())
        client = scope.get("client")
        behind = self._settings.public_url is not None or bool(self._settings.trusted_proxies)
        return not behind and client is not None and _is_here(client[0])


def _is_here(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


async def _answer(
    scope: Scope, send: Send, status: int, body: bytes, kind: bytes, *extra: tuple[bytes, bytes]
) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
