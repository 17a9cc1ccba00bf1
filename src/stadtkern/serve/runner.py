# SPDX-License-Identifier: EUPL-1.2
"""Runs one ASGI application or one set of loops in this process until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket as socketlib
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog
from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.server.embed import Server

log = structlog.get_logger(__name__)

Main = Callable[[asyncio.Event], Awaitable[None]]
DRAIN_SECONDS = 0.5


class _Server(Server):
    """Granian's server; where a listening socket was inherited, it is that one that is served."""

    inherited: int | None = None

    def _init_shared_socket(self) -> None:
        if self.inherited is None:
            super()._init_shared_socket()  # type: ignore[no-untyped-call]
            return
        self._ssp = None
        self._shd: Any = SocketHolder(self.inherited, False, self.backlog)  # type: ignore[call-arg]


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
) -> None:
    """Serve an ASGI application on a port, an inherited listening socket or a Unix socket until `stop`.

    `draining` is called first then: for a moment all is still answered, and clients are told to come back on
    a new connection. `closing` follows, to end what would not end by itself: the server waits for it.
    """
    if socket is not None:
        socket.unlink(missing_ok=True)
    server = _Server(
        application,
        address=host,
        port=port,
        uds=socket,
        interface=Interfaces.ASGI,
        backlog=1024,
        backpressure=4096,
        log_enabled=False,
        websockets=False,
    )
    server.inherited = inherited
    gc.collect()
    gc.freeze()  # what is there now stays: no collection need walk through it while requests wait
    task = asyncio.create_task(server.serve(), name="server")
    waiter = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait({task, waiter}, return_when=asyncio.FIRST_COMPLETED)
    if draining is not None and not task.done():
        if inherited is not None:
            _leave(inherited)
        draining()
        await asyncio.wait({task}, timeout=DRAIN_SECONDS)
    if closing is not None:
        closing()
    if not task.done():
        server.stop()  # type: ignore[no-untyped-call]
    waiter.cancel()
    await task


def _leave(listener: int) -> None:
    """Accept nobody any more; those who knock wait for the next process that has the same listening socket.

    The server cannot do that alone, so its descriptors are laid onto a socket at which nobody ever knocks.
    """
    name = os.readlink(f"/proc/self/fd/{listener}") if sys.platform == "linux" else ""
    with socketlib.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        for entry in os.listdir("/proc/self/fd") if name else ():
            with contextlib.suppress(OSError):  # the descriptor of the folder itself
                if os.readlink(f"/proc/self/fd/{entry}") == name:
                    os.dup2(silent.fileno(), int(entry))


async def _follow_parent(stop: asyncio.Event, parent: int) -> None:
    """A child whose supervisor was killed must not hold the port or the database."""
    while os.getppid() == parent:  # noqa: ASYNC110  (no event tells of a parent's death everywhere)
        await asyncio.sleep(1.0)
    log.warning("the supervisor is gone; stopping")
    stop.set()
