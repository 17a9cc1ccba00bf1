# SPDX-License-Identifier: EUPL-1.2
"""Composes the lean data plane: SensorThings and live values; it never loads Django."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import psycopg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from stadtkern.core import access, database
from stadtkern.core.settings import Settings
from stadtkern.ingest import writer
from stadtkern.things import api, live

STA = "/sta/v1.1"


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
        Mount(STA, routes=api.routes()),
        Route("/health", _health, methods=["GET"]),
        *live.routes(),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def _health(request: Request) -> Response:
    """Whether this process and the database answer."""
    try:
        async with request.app.state.pool.connection(timeout=2.0) as connection:
            await connection.execute("SELECT 1")
    except (psycopg.Error, TimeoutError):
        return JSONResponse({"status": "fail", "database": "away"}, 503)
    return JSONResponse({"status": "pass"}, headers={"Cache-Control": "no-store"})
