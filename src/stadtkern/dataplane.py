# SPDX-License-Identifier: EUPL-1.2
"""Composes the lean data plane: SensorThings, features and live values; it never loads Django."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import psycopg
import psycopg_pool
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from stadtkern.city import districts
from stadtkern.core import access, audit, database, disk, problems, requests, uses
from stadtkern.core.settings import Settings
from stadtkern.features import api as features
from stadtkern.features.api import used as ogc_used
from stadtkern.ingest import writer
from stadtkern.things import api, collections, live
from stadtkern.things.api import used as sta_used

log = structlog.get_logger(__name__)

STA = "/sta/v1.1"
OGC = "/ogc"
_USED = frozenset(("sta", "ogc"))
_OK = 200
_GUARDED = "Observations"  # the writer looks itself
_WRITING = frozenset(("POST", "PATCH", "PUT"))  # a deletion makes room


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
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        path: str = scope["path"]
        ours = path == STA or path.startswith(STA + "/")
        began = time.perf_counter()
        method: str = scope["method"]
        surface = "sta" if ours else "live" if path == "/live" else "ogc" if path.startswith(OGC) else "other"
        asking = audit.begin(surface=surface, method=method, path=path, query=scope["query_string"])
        answer = audit.Noting(send, asking=asking, pool=self._pool)
        try:
            if not ours:
                await super().__call__(scope, receive, answer)
            elif method in _WRITING and not path.endswith(_GUARDED) and self.state.room.short:
                full = disk.DiskFull("writing begins again when there is room")
                await api.failure(full)(scope, receive, answer.plainly)
            else:
                scope["app"], scope["root_path"] = self, scope.get("root_path", "") + STA
                await self.sensorthings(scope, receive, answer)
        except psycopg.errors.DiskFull as error:
            log.error("the database's disk is full", error=str(error).strip())
            if not answer.status:
                await api.failure(disk.DiskFull("the database says so"))(scope, receive, answer.plainly)
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
            log.warning("the database does not answer", error=str(error))
            if not answer.status:
                await api.failure(problems.Unavailable())(scope, receive, answer.plainly)
        except problems.Problem as problem:  # in the midst of an answer: it breaks off
            log.warning("an answer broke off", method=method, path=path, problem=str(problem))
            if not answer.status:
                await api.failure(problem)(scope, receive, answer.plainly)
        except Exception:  # a server loop: one request must not take the others along
            log.exception("request failed", method=method, path=path)
            if not answer.status:
                await api.failure(Broken())(scope, receive, answer.plainly)
        if answer.status == _OK and method == "GET" and surface in _USED:
            self.state.uses.note(path)
        requests.note(surface, method, answer.status, time.perf_counter() - began)

    def _pool(self) -> psycopg_pool.AsyncConnectionPool[database.Connection]:
        pool: psycopg_pool.AsyncConnectionPool[database.Connection] = self.state.pool
        return pool


def create_app(*, settings: Settings, url: str) -> Starlette:
    """The ASGI application for `/sta`, `/ogc`, `/live` and `/health`."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        pool = database.pool(url=url, minimum=2, maximum=12)
        room = disk.room(settings, url=url)
        app.state.uses = uses.Uses(sta_used.read, ogc_used.read)
        async with (
            pool,
            access.Gate(pool=pool) as gate,
            writer.Writer(url=url, settings=settings, room=room) as sink,
            live.Hub(pool=pool) as hub,
            app.state.uses.telling(pool),
        ):
            app.state.settings, app.state.pool, app.state.gate = settings, pool, gate
            app.state.sink, app.state.live, app.state.room = sink, hub, room
            async with api.lifespan(app):
                yield

    given = features.Given(collections.Things(), collections.Locations())
    ogc = features.Service(given, outlines=_outlines)
    routes = [
        Route("/health", _health, methods=["GET"]),
        *(Route(path, _versions, methods=["GET"]) for path in ("/sta", "/sta/")),
        *live.routes(),
        Route(OGC, ogc),
        Mount(OGC, ogc),
    ]
    return DataPlane(routes=routes, lifespan=lifespan)


async def _outlines(connection: database.Connection) -> list[Mapping[str, Any]]:
    """The ground of maps: the city, and above it its districts."""
    levels = ("city", "district")
    return [each.geometry for level in levels for each in await districts.outlines(connection, level=level)]


async def _versions(request: Request) -> Response:
    """Whoever leaves the version out means the one there is; another day there may be a second one."""
    return RedirectResponse(request.app.state.settings.base_url + STA, 307)


async def _health(request: Request) -> Response:
    """Whether this process and the database answer."""
    try:
        async with request.app.state.pool.connection(timeout=2.0) as connection:
            await connection.execute("SELECT 1")
    except (psycopg.Error, TimeoutError):
        return JSONResponse({"status": "fail", "database": "away"}, 503)
    return JSONResponse({"status": "pass"}, headers={"Cache-Control": "no-store"})
