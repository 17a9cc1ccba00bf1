# SPDX-License-Identifier: EUPL-1.2
"""A read whose asker has hung up is stopped, and its connection is free for others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette

from stadtkern.core import reading
from stadtkern.things.queries import guard, reader
from tests.things.factories import STA

pytestmark = pytest.mark.anyio

SLOW = "select pg_sleep(60)"


async def until(connection: Any, number: int) -> None:
    """Wait until so many slow statements run."""
    running = "select count(*) from pg_stat_activity where query = %s and state = 'active'"
    while (await (await connection.execute(running, [SLOW])).fetchone())[0] != number:
        continue


async def test_a_statement_nobody_waits_for_is_stopped(
    app: Starlette, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(read: reader.Reader, **_: Any) -> Any:
        await read.connection.execute(SLOW)

    monkeypatch.setattr(reader, "follow", slow)
    monkeypatch.setattr(reading, "PATIENCE", 0.01)
    hung_up, sent = asyncio.Event(), list[Any]()
    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if messages:
            return messages.pop()
        await hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": f"{STA}/Things", "query_string": b"", "headers": []}
    async with asyncio.timeout(60):
        request = asyncio.create_task(app(scope, receive, send))
        await until(connection, 1)
        hung_up.set()
        await request
        await until(connection, 0)
    assert sent[0]["status"] == reading.AskerGone.status


async def test_the_signal_meets_nobody_else(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 0.0)

    async def gone() -> None:
        return

    async with app.state.pool.connection() as connection:
        with pytest.raises(reading.AskerGone):
            async with guard.reading(connection, timeout=60_000, gone=gone):
                await connection.execute(SLOW)
        assert connection.closed
    async with app.state.pool.connection() as connection:
        assert (await (await connection.execute("select 1")).fetchone()) == (1,)


async def test_who_waits_gets_an_answer(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 0.0)
    asked = asyncio.Event()

    async def gone() -> None:
        asked.set()
        await asyncio.Event().wait()

    async with app.state.pool.connection() as connection:
        async with guard.reading(connection, timeout=60_000, gone=gone):
            await asyncio.wait_for(asked.wait(), 60)
            assert (await (await connection.execute("select 1")).fetchone()) == (1,)
        assert not connection.closed
