# SPDX-License-Identifier: EUPL-1.2
"""Events are delivered once their transaction commits, also when a handler fails at first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from stadtkern.core import database, outbox

pytestmark = pytest.mark.anyio


async def test_a_rolled_back_event_never_happened(connection: database.Connection) -> None:
    """The event and what it tells of are one transaction."""
    with pytest.raises(ZeroDivisionError):
        async with connection.transaction():
            await outbox.emit(connection, topic="lost", payload={})
            raise ZeroDivisionError
    assert await outbox.relay_once(connection, subscriptions=outbox.Subscriptions()) == 0


async def test_a_late_commit_is_not_lost(connection: database.Connection, database: str) -> None:
    """An event with a lower number that commits later is still delivered ("id > last seen" would lose it)."""
    from stadtkern.core import database as core_database

    seen: list[Mapping[str, Any]] = []

    async def hear(_: core_database.Connection, payload: Mapping[str, Any]) -> None:
        seen.append(payload)

    subscriptions = outbox.Subscriptions()
    subscriptions.add("late", hear)
    async with await core_database.connect(url=database) as slow:
        await outbox.emit(slow, topic="late", payload={"n": 1})
        await outbox.emit(connection, topic="late", payload={"n": 2})
        await outbox.relay_once(connection, subscriptions=subscriptions)
        await slow.commit()
    await outbox.relay_once(connection, subscriptions=subscriptions)
    assert seen == [{"n": 2}, {"n": 1}]


async def test_a_failing_handler_holds_up_nobody(connection: database.Connection) -> None:
    """Its event is kept for later with the reason; the next one is delivered."""
    seen: list[int] = []

    async def fail(_: database.Connection, payload: Mapping[str, Any]) -> None:
        if payload["n"] == 1:
            raise ValueError("not today")
        seen.append(payload["n"])

    subscriptions = outbox.Subscriptions()
    subscriptions.add("mixed", fail)
    for number in (1, 2):
        await outbox.emit(connection, topic="mixed", payload={"n": number})
    await outbox.relay_once(connection, subscriptions=subscriptions)
    rows = await (
        await connection.execute("SELECT attempts, last_error FROM core.outbox WHERE topic = 'mixed'")
    ).fetchall()
    assert seen == [2]
    assert rows == [(1, "ValueError('not today')")]


async def test_the_relay_wakes_up_by_itself(connection: database.Connection, database: str) -> None:
    """Delivery follows the commit at once, not at the next round."""
    delivered = asyncio.Event()

    async def hear(_: Any, __: Mapping[str, Any]) -> None:
        delivered.set()

    subscriptions, stop = outbox.Subscriptions(), asyncio.Event()
    subscriptions.add("wake", hear)
    task = asyncio.create_task(outbox.relay(url=database, stop=stop, subscriptions=subscriptions))
    await outbox.emit(connection, topic="wake", payload={})
    await asyncio.wait_for(delivered.wait(), 60)
    stop.set()
    await outbox.emit(connection, topic="end", payload={})
    await asyncio.wait_for(task, 60)
