# SPDX-License-Identifier: EUPL-1.2
"""The routes: one for everything, since the entity types say what there is."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence

import structlog
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from stadtkern.core.problems import Problem
from stadtkern.core.turns import Turns
from stadtkern.things.api import answers, arrays, batch, conformance, door, methods, openapi, read, write
from stadtkern.things.api.call import Call
from stadtkern.things.language import paths
from stadtkern.things.operations import streams
from stadtkern.things.operations.problems import NotPossibleHere
from stadtkern.things.queries import patience

log = structlog.get_logger(__name__)


class Service:
    """The ASGI application behind every address of the API."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every problem becomes the standard's error document."""
        call = Call(scope, receive)
        try:
            response = await _dispatch(call)
        except Problem as problem:
            response = answers.failure(problem)
        await response(scope, receive, send)


async def _dispatch(call: Call) -> Response:
    method, path = call.method, call.path
    if method == "POST":
        if path == "Observations":
            return await door.take(call, datastream_id=None)
        if path == "CreateObservations":
            return await arrays.take(call)
        if path == batch.PATH:
            return await batch.take(call, dispatch=_dispatch)
    elif method in ("GET", "HEAD") and _FIXED.get(path) is not _POSTING:
        if path == openapi.PATH:
            return answers.document(openapi.document(settings=call.state.settings, service=call.service))
        if not path:
            return await conformance.landing(call)
        return await patience.patiently(call.state.pool, lambda: read.answer(call))
    if path in _FIXED:
        return _fixed(call, _FIXED[path])
    resource = paths.parse(path)
    if method == "OPTIONS":
        return answers.options(methods.allowed(resource))
    if method == "POST":
        return await write.create(call, resource)
    if method in ("PATCH", "PUT"):
        whole = method == "PUT"
        return await patience.patiently(call.state.pool, lambda: write.update(call, resource, whole=whole))
    if method == "DELETE":
        return await patience.patiently(call.state.pool, lambda: write.delete(call, resource))
    raise NotPossibleHere(f"{method} is not known here", where="method", allow=methods.allowed(resource))


_POSTING = ("POST", "OPTIONS")
# Addresses that are no entities, and what they take.
_FIXED = {
    "": methods.READING,
    openapi.PATH: methods.READING,
    "CreateObservations": _POSTING,
    batch.PATH: _POSTING,
}


def _fixed(call: Call, allowed: Sequence[str]) -> Response:
    if call.method == "OPTIONS":
        return answers.options(allowed)
    raise NotPossibleHere(f"{call.method} does not fit", where="address", allow=allowed)


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Keep what the routes share while the application runs. Needs `app.state.pool`."""
    async with streams.Streams(pool=app.state.pool) as known:
        app.state.streams, app.state.turns = known, Turns()
        yield
