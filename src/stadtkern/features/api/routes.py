# SPDX-License-Identifier: EUPL-1.2
"""The service behind `/ogc`: finds what answers an address, and makes every problem a document."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import psycopg_pool
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from stadtkern.core import datasets, problems
from stadtkern.features.api import (
    answers,
    documents,
    downloads,
    failures,
    html,
    items,
    openapi,
    parameters,
    provider,
    versions,
)  # fmt: skip
from stadtkern.features.api.call import Call
from stadtkern.features.api.dress import Ground, Outlines
from stadtkern.features.api.provider import Provider

log = structlog.get_logger(__name__)


class Service:
    """The ASGI application; `providers` bring collections beside our own, `outlines` the ground of maps."""

    def __init__(self, *providers: Provider, outlines: Outlines | None = None):
        self._providers: Sequence[Provider] = (provider.Tables(), *providers)
        self._ground = Ground(outlines)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        call = None
        try:
            call = Call(scope, receive, self._providers, self._ground)
            response = await _answer(call)
        except problems.Problem as problem:
            response = await _failure(call, problem)
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
            log.warning("the database does not answer", error=str(error))
            response = answers.failure(problems.Unavailable())
        await response(scope, receive, send)


async def _failure(call: Call | None, problem: problems.Problem) -> Response:
    """What was wrong; as a page for who wants pages."""
    try:
        if call is None or not call.wants_page:
            return answers.failure(problem)
        await call.dressed()
    except problems.Problem:  # who asks, or in which form, is what was wrong
        return answers.failure(problem)
    except (psycopg.OperationalError, psycopg_pool.PoolTimeout):  # its frame needs the database
        return answers.failure(problem)
    return answers.page(
        failures.page(call, problem), language=call.language, status=problem.status, headers=problem.headers
    )


async def _answer(call: Call) -> Response:
    if call.method == "OPTIONS":
        return answers.allowed()
    if call.method not in ("GET", "HEAD"):
        raise answers.NotPossibleHere(call.method)
    match call.parts:
        case []:
            return await _landing(call)
        case ["conformance"]:
            return await _document(call, documents.conformance(call), "conformance")
        case ["api"]:
            return await openapi.answer(call)
        case ["collections"]:
            return await _collections(call)
        case ["collections", key]:
            return await _collection(call, key)
        case ["collections", key, "queryables"]:
            return await _queryables(call, key)
        case ["collections", key, "items"]:
            return await items.many(call, key)
        case ["collections", key, "items", number]:
            return await items.one(call, key, number)
        case ["collections", key, name] if name.startswith("download."):
            return await downloads.answer(call, key, name.removeprefix("download."))
        case ["collections", key, "versions"]:
            return await versions.listing(call, key)
        case ["collections", key, "versions", number, name] if name.startswith("download."):
            find = versions.finder(call, key=key, number=number)
            return await downloads.answer(call, key, name.removeprefix("download."), find=find)
    raise problems.NotFound("/".join(call.parts)[:200])


async def _landing(call: Call) -> Response:
    async with call.reading() as seen:
        city = await datasets.city(seen.connection)
    return await _document(call, documents.landing(call, city=city.name), "landing")


async def _collections(call: Call) -> Response:
    async with call.reading() as seen:
        found = await provider.everything(call.providers, seen.connection, seen.scope)
    return await _document(call, documents.collections(call, found), "collections")


async def _collection(call: Call, key: str) -> Response:
    async with call.reading() as seen:
        found = await provider.find(call.providers, seen.connection, seen.scope, key=key)
    return await _document(call, documents.collection(call, found), "collection")


async def _queryables(call: Call, key: str) -> Response:
    async with call.reading() as seen:
        found = await provider.find(call.providers, seen.connection, seen.scope, key=key)
    return await _document(
        call, documents.queryables(call, found), "queryables", kind="application/schema+json"
    )


async def _document(call: Call, value: dict[str, object], name: str, *, kind: str = answers.JSON) -> Response:
    """A document, or the page that says the same."""
    parameters.known(call.parameters, ("f",))
    if call.wants_page:
        await call.dressed()
        return answers.page(html.PAGES[name](call, value), language=call.language)
    return answers.document(value, kind=kind)
