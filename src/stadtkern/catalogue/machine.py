# SPDX-License-Identifier: EUPL-1.2
"""What machines ask the catalogue for: who asks, by token or session, and errors as problem+json."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from stadtkern.core import times
from stadtkern.core.problems import Problem
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

View = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


class MethodIsNotAllowed(Problem):
    """Nothing can be sent to this address.

    Ask with GET.
    """

    status = 405


@asynccontextmanager
async def opened(request: HttpRequest, *, authorization: str | None = None) -> AsyncIterator[Visit]:
    """A window onto the data for whoever sends a token or has a session. Raises Unauthorised."""
    await visits.DOOR.open()
    cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    given = authorization or request.headers.get("authorization")
    principal = await visits.DOOR.gate.principal(authorization=given, cookie=cookie)
    async with visits.DOOR.pool.connection() as connection:
        await connection.execute("SET LOCAL statement_timeout = '10s'")  # until this transaction ends
        yield Visit(
            connection=connection,
            scope=await visits.DOOR.gate.scope(connection, principal),
            city=await visits.DOOR.city(connection),
            now=times.now(),
        )


def door(view: View) -> View:
    """A view for machines: only GET and HEAD, readable from other sites, errors as problem+json."""

    @wraps(view)
    async def answer(request: HttpRequest, *args: object, **named: object) -> HttpResponseBase:
        try:
            if request.method not in ("GET", "HEAD"):
                raise MethodIsNotAllowed(headers={"Allow": "GET, HEAD"})
            found = await view(request, *args, **named)
        except Problem as error:
            found = HttpResponse(
                msgspec.json.encode(error.document()),
                status=error.status,
                content_type="application/problem+json",
                headers=error.headers,
            )
        found["Access-Control-Allow-Origin"] = "*"
        return found

    return answer
