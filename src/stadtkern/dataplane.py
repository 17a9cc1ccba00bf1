# SPDX-License-Identifier: EUPL-1.2
"""Composes the lean data plane: SensorThings and live values; it never loads Django."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import psycopg
import psycopg_pool
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from stadtkern.core import access, database, problems
from stadtkern.core.settings import Settings
from stadtkern.ingest import writer
from stadtkern.things import api, live

log = structlog.get_logger(__name__)

STA = "/sta/v1.1"


class Broken(problems.Problem):
    """Something went wrong on our side.

    Please try again; the operators find the cause in their log.
    """

    status = 500


class DataPlane(Starlette):
    """Sends SensorThings requests straight to their service; routes, middleware and lifespan for the rest."""

    sensorthings = api.Service()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what falls through becomes an error document, never a stack trace."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == STA or path.startswith(STA + "/")):
            await super().__call__(scope, receive, send)
            return
        scope["app"], scope["root_path"] = self, scope.get("root_path", "") + STA
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.sensorthings(scope, receive, watched)
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
            log.warning("the database does not answer", error=str(error))
            if not started:
                await api.failure(problems.Unavailable())(scope, receive, send)
        except Exception:  # a server loop: one request must not take the others along
            log.exception("request failed", method=scope["method"], path=path)
            if not started:
                await api.failure(Broken())(scope, receive, send)


def create_app(*, settings: Settings, url: str) -> Starlette:
    """The ASGI application for `/sta`, `/live` and `/health`."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        pool = database.pool(url=url, minimum=2, maximum=12)
        async with (
            pool,
            access.Gate(pool=pool) as gate,
            writer.Writer(url=url, settings=settings) as sink,
            live.Hub(pool=pool) as hub,
        ):
            app.state.settings, app.state.pool, app.state.gate = settings, pool, gate
            app.state.sink, app.state.live = sink, hub
            async with api.lifespan(app):
                yield

    routes = [
        Route("/health", _health, methods=["GET"]),
        *live.routes(),
    ]
    return DataPlane(routes=routes, lifespan=lifespan)


async def _health(request: Request) -> Response:
    """Whether this process and the database answer."""
    try:
        async with request.app.state.pool.connection(timeout=2.0) as connection:
            await connection.execute("SELECT 1")
    except (psycopg.Error, TimeoutError):
        return JSONResponse({"status": "fail", "database": "away"}, 503)
    return JSONResponse({"status": "pass"}, headers={"Cache-Control": "no-store"})
