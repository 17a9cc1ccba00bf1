# SPDX-License-Identifier: EUPL-1.2
"""The ASGI application of the pages; opens and closes the pages' database pool with the server."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.web.settings")

import django
from django.core.handlers.asgi import ASGIHandler

from stadtkern.catalogue.usage import counting
from stadtkern.core import audit
from stadtkern.ui import visit

django.setup(set_prefix=False)
_pages = ASGIHandler()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve pages; answer the server's lifespan questions."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    else:
        await _pages(_with_length(scope), receive, _noting(scope, send))


def _noting(scope: dict[str, Any], send: audit.Send) -> audit.Send:
    asking = audit.begin(
        surface="page", method=scope["method"], path=scope["path"], query=scope["query_string"]
    )
    return audit.Noting(send, asking=asking, pool=lambda: visit.DOOR.pool)


def _with_length(scope: dict[str, Any]) -> dict[str, Any]:
    """A request whose body comes in chunks from the front, with the length that the client has announced.

    Django takes a form with files for empty when it does not know its length.
    """
    headers = dict(scope.get("headers", ()))
    told = headers.get(b"x-body-length", b"")
    if b"content-length" in headers or not told.isdigit():
        return scope
    return {**scope, "headers": [*scope["headers"], (b"content-length", told)]}


async def _live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await visit.DOOR.open()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await counting.close()
            await visit.DOOR.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
