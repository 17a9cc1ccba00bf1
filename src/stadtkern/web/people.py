# SPDX-License-Identifier: EUPL-1.2
"""Tells every page who is signed in, and pages without a visit of their own whose city this is."""

from __future__ import annotations

from functools import partial
from inspect import iscoroutinefunction
from typing import Any

import psycopg
import psycopg_pool
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import async_only_middleware

from stadtkern.identity import permissions
from stadtkern.ui import visit
from stadtkern.web.headers import Answer

log = structlog.get_logger(__name__)


@async_only_middleware
def recognised(get_response: Answer) -> Answer:
    """Set `request.person`; nobody's session costs a question, and a database that is away makes nobody."""

    async def answer(request: HttpRequest) -> HttpResponseBase:
        request.open_visit = partial(visit.open_visit, request)  # type: ignore[attr-defined]
        secret = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if secret:
            await _look_up(request, secret=secret)
        else:
            request.person = None  # type: ignore[attr-defined]
        return await get_response(request)

    async def process_view(request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:  # noqa: ARG001
        if not iscoroutinefunction(view) and not hasattr(request, "city"):
            await _look_up(request, secret=None)

    answer.process_view = process_view  # type: ignore[attr-defined]
    return answer


async def _look_up(request: HttpRequest, *, secret: str | None) -> None:
    person = None
    try:
        await visit.DOOR.open()
        async with visit.DOOR.pool.connection() as connection:
            person = await permissions.find(connection, secret=secret) if secret else None
            request.city = await visit.DOOR.city(connection)  # type: ignore[attr-defined]
    except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
        log.warning("nobody could be recognised: the database is away", error=str(error))
    request.person = person  # type: ignore[attr-defined]
