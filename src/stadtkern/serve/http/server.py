# SPDX-License-Identifier: EUPL-1.2
"""Uvicorn's server on a listening socket, a port or a Unix socket, told by us when to end."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import math
import socket as socketlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

from stadtkern.serve.http.answering import Straight
from stadtkern.serve.http.connection import Connection

BACKLOG = 1024
IDLE_SECONDS = 75.0
"""How long a connection stays open without a request; longer than proxies in front keep theirs (60 s)."""
_SWEEP_SECONDS = 5.0
_FAREWELL_SECONDS = 8  # for those who do not go on; the supervisor waits for 20


class Server(uvicorn.Server):
    """Serves an ASGI application; signals are somebody else's matter."""

    def __init__(
        self,
        application: Any,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        socket: Path | None = None,
        straight: Straight | None = None,
    ):
        logging.getLogger("uvicorn").setLevel(logging.ERROR)  # what strangers send wrong is no news
        idle = math.inf if socket is not None else IDLE_SECONDS
        super().__init__(
            uvicorn.Config(
                application,
                host=host,
                port=port,
                uds=str(socket) if socket is not None else None,
                backlog=BACKLOG,
                loop="none",
                http=functools.partial(Connection, straight=straight, idle_seconds=idle),  # type: ignore[arg-type]
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=socket is None,  # behind the front it is the front that says when
                timeout_graceful_shutdown=_FAREWELL_SECONDS,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield

    async def run_on(self, inherited: int | None = None) -> None:
        """Serve until `end`, on a listening socket that was inherited or on that of the configuration."""
        sockets = None if inherited is None else [socketlib.socket(fileno=inherited)]
        sweeper = asyncio.create_task(self._sweep(), name="idle-connections")
        try:
            await self.serve(sockets)
        finally:
            sweeper.cancel()
            for each in self._connections():
                each.transport.abort()

    def accept_no_more(self) -> None:
        """Those who knock wait for the next process that has the same listening socket."""
        for each in self.servers if self.started else ():
            each.close()

    def end(self) -> None:
        """Close what is idle, wait for what is not, and stop."""
        self.should_exit = True

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = loop.time()
            for each in self._connections():
                each.look(now)

    def _connections(self) -> list[Connection]:
        return [each for each in self.server_state.connections if isinstance(each, Connection)]
