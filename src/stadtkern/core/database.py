# SPDX-License-Identifier: EUPL-1.2
"""Connections to the one PostgreSQL, the same way for every process."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Any

import msgspec
import psycopg
from psycopg.abc import AdaptContext, Buffer
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool

Connection = psycopg.AsyncConnection[Any]

_json = msgspec.json.Encoder()


def _dumps(value: Any) -> bytes:
    return _json.encode(value)


set_json_dumps(_dumps)
set_json_loads(msgspec.json.decode)


class _Forgiving(psycopg.adapt.Loader):
    """Instants; one that no calendar of ours holds, such as of the year 10000, counts as not known."""

    def __init__(self, oid: int, context: AdaptContext | None = None):
        super().__init__(oid, context)
        loader = psycopg.adapters.get_loader(oid, self.format)
        if loader is None:
            raise LookupError(oid)
        self._exact = loader(oid, context)

    def load(self, data: Buffer) -> Any:
        """None where Python has no such instant."""
        try:
            return self._exact.load(data)
        except psycopg.DataError:
            return None


class _ForgivingBinary(_Forgiving):
    format = psycopg.pq.Format.BINARY


async def _configure(connection: Connection) -> None:
    connection.prepare_threshold = 2
    connection.prepared_max = 200


async def _configure_for_pages(connection: Connection) -> None:
    await _configure(connection)
    for loader in (_Forgiving, _ForgivingBinary):
        connection.adapters.register_loader("timestamptz", loader)


# A statement with ten thousand rows and what it needs to know of a thousand datastreams has about 0.8 MB.
_LARGE_STATEMENT = 1_048_576
_OPTIONS = "-c timezone=UTC -c jit=off"


async def connect(*, url: str, autocommit: bool = False) -> Connection:
    """Open one connection; the caller closes it (`async with`)."""
    connection = await psycopg.AsyncConnection.connect(
        url, autocommit=autocommit, options=_OPTIONS, application_name="stadtkern"
    )
    await _configure(connection)
    return connection


def widen(connection: Connection) -> None:
    """Let large statements go out at once, where the database is at hand by a socket of this machine.

    The database would wait for the rest of them otherwise, until the loop that writes comes by again. The
    system may allow less (`net.core.wmem_max`), or nothing more, and there may be as much room already;
    between machines it sees to that by itself.
    """
    with _line(connection) as line:
        if line.family in (socket.AF_INET, socket.AF_INET6):
            return
        if line.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) < _LARGE_STATEMENT:
            with contextlib.suppress(OSError):  # then they go out piece by piece
                line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LARGE_STATEMENT)


def sever(connection: Connection) -> None:
    """End a connection that does not answer: whoever waits on it gets an OperationalError."""
    if not connection.closed:
        with _line(connection) as line, contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


def _line(connection: Connection) -> socket.socket:
    """Another hold on the connection's socket; to close it does not end the connection."""
    return socket.socket(fileno=os.dup(connection.pgconn.socket))


def pool(
    *,
    url: str,
    minimum: int = 1,
    maximum: int = 8,
    timeout: float = 10.0,
    patience: float = 0.0,
    forgiving: bool = False,
) -> AsyncConnectionPool[Connection]:
    """A pool of connections, not yet open; use it with `async with`.

    `patience`: after so many seconds PostgreSQL gives a statement up (QueryCanceled); 0 is without end.
    `forgiving`: instants outside the years 1 to 9999, which nothing but a foreign hand stores, are None.
    """
    return AsyncConnectionPool(
        url,
        min_size=minimum,
        max_size=maximum,
        open=False,
        timeout=timeout,
        configure=_configure_for_pages if forgiving else _configure,
        kwargs={
            "options": f"{_OPTIONS} -c statement_timeout={round(patience * 1000)}",
            "application_name": "stadtkern",
        },
        check=AsyncConnectionPool.check_connection,
    )
