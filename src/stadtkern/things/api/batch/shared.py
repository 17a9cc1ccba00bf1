# SPDX-License-Identifier: EUPL-1.2
"""What the routes find in place of pool, writer and cache while a change set is one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from starlette.datastructures import State

from stadtkern.core import problems
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.things import news, readings
from stadtkern.things.operations import observations, streams
from stadtkern.things.store import batch, merge


class _Pool:
    """Gives everybody the one connection, on which a transaction runs already."""

    shared = True

    def __init__(self, connection: Connection, conninfo: str):
        self._connection = connection
        self.conninfo = conninfo

    @asynccontextmanager
    async def connection(self, timeout: float | None = None) -> AsyncIterator[Connection]:  # noqa: ARG002
        yield self._connection


class _Sink:
    """Stores single observations within the transaction; committed they are with all the rest."""

    def __init__(self, connection: Connection, settings: Settings):
        self._connection = connection
        self._settings = settings

    async def put(self, items: Sequence[readings.Reading]) -> list[readings.Stored | problems.Problem]:
        items = [observations.admitted(item, settings=self._settings) for item in items]
        async with self._connection.transaction():
            result = await merge.merge(self._connection, batch=batch.of_readings(items))
            await news.of_observations(self._connection, result=result, wake=True)
        if not bool(result.known.all()):
            raise readings.UnknownDatastream(where="Datastream")
        if result.refused:
            raise next(iter(result.refused.values()))
        found = zip(result.id.tolist(), result.new.tolist(), strict=True)
        return [readings.Stored(number, new) for number, new in found]


def application(state: State, connection: Connection) -> Any:
    """An application whose state leads to this connection."""
    pool: Any = _Pool(connection, str(state.pool.conninfo))
    own = State(dict(state._state))
    own.pool, own.sink = pool, _Sink(connection, state.settings)
    own.streams = streams.Streams(pool=pool)
    return SimpleNamespace(state=own)
