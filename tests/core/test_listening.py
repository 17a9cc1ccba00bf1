# SPDX-License-Identifier: EUPL-1.2
"""A listener hears, says when it does not, and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from stadtkern.core import database as core_database
from stadtkern.core import listening
from stadtkern.core.database import Connection

pytestmark = pytest.mark.anyio


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  (any of several things may have happened)
            await asyncio.sleep(0.01)


async def test_what_was_missed_is_made_up_for(database: str, connection: Connection) -> None:
    """After its connection ended it listens again and says that anything may have happened."""
    heard: list[Sequence[str]] = []
    losses: list[bool] = []

    async def news(_: Connection, payloads: Sequence[str]) -> None:
        heard.append(payloads)

    async with core_database.pool(url=database) as pool:
        listener = listening.Listener(
            pool=pool, channel="drill", news=news, lost=lambda: losses.append(listener.hearing)
        )
        async with listener:
            await _until(lambda: listener.hearing)
            await connection.execute("SELECT pg_notify('drill', '7,8')")
            await _until(lambda: ["7,8"] in heard)
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
            )
            await _until(lambda: heard.count(()) == 2 and listener.hearing)
    assert losses == [False, False]


def test_numbers_are_taken_from_what_was_heard() -> None:
    """What is no number is not ours."""
    assert listening.numbers(["1,2", "", "x,3"]) == {1, 2, 3}
