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
        await _pages(scope, receive, _noting(scope, send))


def _noting(scope: dict[str, Any], send: audit.Send) -> audit.Send:
    asking = audit.begin(
        surface="page", method=scope["method"], path=scope["path"], query=scope["query_string"]
    )
    return audit.noting(send, asking=asking, pool=lambda: visit.DOOR.pool)


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
