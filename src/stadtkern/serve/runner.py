# SPDX-License-Identifier: EUPL-1.2
"""Runs one ASGI application or one set of loops in this process until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog

from stadtkern.serve.http.answering import Straight
from stadtkern.serve.http.server import Server

log = structlog.get_logger(__name__)

Main = Callable[[asyncio.Event], Awaitable[None]]
DRAIN_SECONDS = 0.5


def run(main: Main, *, parent: int | None = None) -> None:
    """Run `main(stop)` on the fastest loop there is; SIGTERM, SIGINT and the parent's death set `stop`."""

    async def supervised() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        watcher = asyncio.create_task(_follow_parent(stop, parent or os.getppid()), name="parent")
        try:
            await main(stop)
        finally:
            watcher.cancel()

    if sys.platform == "win32":
        asyncio.run(supervised())
    else:
        import uvloop

        uvloop.run(supervised())


async def serve(
    application: Any,
    *,
    stop: asyncio.Event,
    host: str = "127.0.0.1",
    port: int = 0,
    socket: Path | None = None,
    inherited: int | None = None,
    draining: Callable[[], None] | None = None,
    closing: Callable[[], None] | None = None,
    straight: Straight | None = None,
) -> None:
    """Serve an ASGI application on a port, an inherited listening socket or a Unix socket until `stop`.

    `draining` is called first then: for a moment all is still answered, and clients are told to come back on
    a new connection. `closing` follows, to end what would not end by itself: the server waits for it.
    `straight` takes small requests past the application.
    """
    if socket is not None:
        socket.unlink(missing_ok=True)
    server = Server(application, host=host, port=port, socket=socket, straight=straight)
    gc.collect()
    gc.freeze()  # what is there now stays: no collection need walk through it while requests wait
    task = asyncio.create_task(server.run_on(inherited), name="server")
    waiter = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait({task, waiter}, return_when=asyncio.FIRST_COMPLETED)
    if draining is not None and not task.done():
        server.accept_no_more()
        draining()
        await asyncio.wait({task}, timeout=DRAIN_SECONDS)
    if closing is not None:
        closing()
    server.end()
    waiter.cancel()
    await task


async def _follow_parent(stop: asyncio.Event, parent: int) -> None:
    """A child whose supervisor was killed must not hold the port or the database."""
    while os.getppid() == parent:  # noqa: ASYNC110  (no event tells of a parent's death everywhere)
        await asyncio.sleep(1.0)
    log.warning("the supervisor is gone; stopping")
    stop.set()
