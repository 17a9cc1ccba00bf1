# SPDX-License-Identifier: EUPL-1.2
"""New values reach a browser within two seconds, and only those that it may see."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import numpy
import pytest
from starlette.applications import Starlette

from stadtkern.core import database, datasets, tokens
from stadtkern.things import readings

pytestmark = pytest.mark.anyio


async def _datastream(connection: database.Connection, dataset_id: int) -> int:
    cursor = await connection.execute(
        """
        WITH t AS (INSERT INTO things.thing (dataset_id, name, description)
              VALUES (%(d)s, 't', 't') RETURNING id),
        s AS (INSERT INTO things.sensor (dataset_id, name, description, encoding_type, metadata)
              VALUES (%(d)s, 's', 's', 'text/html', '"x"') RETURNING id),
        o AS (INSERT INTO things.observed_property (dataset_id, name, definition, description)
              VALUES (%(d)s, 'o', 'http://example.org/o', 'o') RETURNING id)
        INSERT INTO things.datastream
            (dataset_id, name, description, observation_type, unit, thing_id, sensor_id, observed_property_id)
        SELECT %(d)s, 'd', 'd', 'x', '{}', t.id, s.id, o.id FROM t, s, o RETURNING id
        """,
        {"d": dataset_id},
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


class Listener:
    """A browser that reads the stream straight from the ASGI application."""

    def __init__(self, app: Starlette, query: str, token: str | None = None):
        self.ended = asyncio.Event()
        self._headers = [] if token is None else [(b"authorization", b"Bearer " + token.encode())]
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.status = 0
        self._app, self._query = app, query
        self._gone = asyncio.Event()

    async def run(self) -> None:
        """Listen until `leave`."""
        scope = {"type": "http", "method": "GET", "path": "/live", "raw_path": b"/live",
                 "query_string": self._query.encode(), "headers": self._headers,
                 "scheme": "http", "server": ("t", 80),
                 "client": ("t", 1), "root_path": "", "http_version": "1.1",
                 "asgi": {"version": "3.0", "spec_version": "2.3"}}  # fmt: skip
        await self._app(scope, self._receive, self._send)
        self.ended.set()

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        for part in message.get("body", b"").decode().split("\n\n"):
            if "data: " in part:
                self.events.put_nowait(json.loads(part.partition("data: ")[2]))

    async def next(self) -> dict[str, Any]:
        """The next event, within two seconds as promised, and later on a busy machine."""
        return await asyncio.wait_for(self.events.get(), 60)

    def leave(self) -> None:
        """Close the page."""
        self._gone.set()


@contextlib.asynccontextmanager
async def listening(app: Starlette, query: str, token: str | None = None) -> AsyncIterator[Listener]:
    """A listener that leaves at the end."""
    listener = Listener(app, query, token)
    task = asyncio.create_task(listener.run())
    yield listener
    listener.leave()
    await asyncio.wait_for(task, 60)


def _reading(datastream_id: int, minute: int, result: float) -> readings.Reading:
    moment = datetime(2026, 2, 26, 14, minute, tzinfo=UTC)
    return readings.Reading(datastream_id=datastream_id, phenomenon_time=moment, result=result)


async def test_the_newest_value_comes_first_and_then_each_new_one(
    app: Starlette, connection: database.Connection, dataset: int
) -> None:
    """A page that opens late shows the present value at once."""
    stream = await _datastream(connection, dataset)
    await app.state.sink.put([_reading(stream, 1, 11.0)])
    async with listening(app, f"datastreams={stream}") as listener:
        assert await listener.next() == {"datastream": stream, "time": "2026-02-26T14:01:00Z", "result": 11.0}
        await app.state.sink.put([_reading(stream, 2, 12.0)])
        assert (await listener.next())["result"] == 12.0


async def test_a_closed_room_closes_the_stream_too(
    app: Starlette, connection: database.Connection, dataset: int
) -> None:
    """A dataset that moves to a restricted room is silent for those who listen already."""
    await datasets.save_room(connection, key="closed", kind="restricted", title={})
    moving = await datasets.save(connection, key="moving", about={})
    stays, moves = await _datastream(connection, dataset), await _datastream(connection, moving)
    await app.state.sink.put([_reading(stays, 1, 1.0), _reading(moves, 1, 1.0)])
    async with listening(app, f"datastreams={stays},{moves}") as listener:
        assert {(await listener.next())["datastream"] for _ in range(2)} == {stays, moves}
        epoch = app.state.gate.epoch
        await connection.execute(
            "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = 'closed') WHERE id = %s",
            [moving],
        )
        async with asyncio.timeout(60):
            while app.state.gate.epoch == epoch:
                await connection.execute("SELECT 1")
        await app.state.sink.put([_reading(moves, 2, 2.0)])
        await app.state.sink.put([_reading(stays, 2, 2.0)])
        assert (await listener.next())["datastream"] == stays
        assert listener.events.empty()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "datastreams=",
        "datastreams=a",
        "datastreams=1;2",
        "datastreams=" + "1," * 2001,
        "steps=1..2",
        "steps=-1",
        "steps=" + "z" * 13,
        "steps=zzzzzzzzzzzz.zzzzzzzzzzzz.1",
        "steps=" + "1." * 2001 + "1",
    ],
)
async def test_a_bad_subscription_is_refused(client: httpx.AsyncClient, query: str) -> None:
    """With a remedy, as problem+json."""
    answer = await client.get(f"/live?{query}")
    assert answer.status_code == 400
    assert "remedy" in answer.json()


async def test_steps_name_the_same(app: Starlette, connection: database.Connection, dataset: int) -> None:
    """The differences of sorted numbers in base 36."""
    ids = sorted([await _datastream(connection, dataset) for _ in range(3)])
    await app.state.sink.put([_reading(stream, 1, 1.0) for stream in ids])
    steps = [numpy.base_repr(step, 36).lower() for step in numpy.diff([0, *ids])]
    async with listening(app, f"steps={'.'.join(steps)}") as listener:
        assert sorted([(await listener.next())["datastream"] for _ in ids]) == ids


async def test_what_one_may_not_see_is_not_there(
    client: httpx.AsyncClient, connection: database.Connection
) -> None:
    """404, as for a number that was never given."""
    await datasets.save_room(connection, key="locked", kind="restricted", title={})
    hidden = await _datastream(
        connection, await datasets.save(connection, key="locked", room="locked", about={})
    )
    assert (await client.get(f"/live?datastreams={hidden}")).status_code == 404
    assert (await client.get("/live?datastreams=999999")).status_code == 404


async def test_a_revoked_token_ends_its_stream(app: Starlette, connection: database.Connection) -> None:
    """What was opened with it is not heard any longer than it holds."""
    await datasets.save_room(connection, key="inner", kind="restricted", title={})
    inner = await datasets.save(connection, key="inner", room="inner", about={})
    stream = await _datastream(connection, inner)
    made = await tokens.create(connection, name="reader", scopes={inner: ["read"]})
    await app.state.sink.put([_reading(stream, 1, 1.0)])
    async with listening(app, f"datastreams={stream}", token=made.secret) as listener:
        assert (await listener.next())["result"] == 1.0
        await tokens.revoke(connection, token_id=made.id)
        await app.state.sink.put([_reading(stream, 2, 2.0)])
        await asyncio.wait_for(listener.ended.wait(), 60)
        assert listener.events.empty()


async def test_nothing_is_missed_while_the_listener_was_away(
    app: Starlette, connection: database.Connection, dataset: int
) -> None:
    """A sensor that speaks once an hour must not look an hour old after a restart of the database."""
    stream = await _datastream(connection, dataset)
    await app.state.sink.put([_reading(stream, 1, 1.0)])
    async with listening(app, f"datastreams={stream}") as listener:
        await listener.next()
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query = 'LISTEN observations'"
        )
        await app.state.sink.put([_reading(stream, 2, 2.0)])
        assert (await listener.next())["result"] == 2.0


async def test_when_all_connections_are_taken_one_is_asked_to_come_back(
    app: Starlette, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with Retry-After, not 500."""
    monkeypatch.setattr(app.state.pool, "timeout", 0.05)
    async with contextlib.AsyncExitStack() as taken:
        for _ in range(app.state.pool.max_size):
            await taken.enter_async_context(app.state.pool.connection(timeout=60))
        answers = [await client.get(path) for path in ("/live?datastreams=1", "/sta/v1.1/Things")]
    assert [(each.status_code, "retry-after" in each.headers) for each in answers] == [(503, True)] * 2


async def test_streams_end_when_the_service_stops(
    app: Starlette, connection: database.Connection, dataset: int
) -> None:
    """A browser that stays open must not keep the server from stopping."""
    stream = await _datastream(connection, dataset)
    await app.state.sink.put([_reading(stream, 1, 1.0)])
    async with listening(app, f"datastreams={stream}") as listener:
        await listener.next()
        app.state.live.close()
        try:
            await asyncio.wait_for(listener.ended.wait(), 60)
        finally:
            app.state.live.closing = False
