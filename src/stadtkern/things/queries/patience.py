# SPDX-License-Identifier: EUPL-1.2
"""Tries a reading or a change again once the archive has brought back what it lacks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, LiteralString, TypeVar

from psycopg_pool import AsyncConnectionPool

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.things.queries import away
from stadtkern.things.store import seals

Result = TypeVar("Result")
LACKING = (away.Away, away.AwayObservation, seals.PartIsAway)
Pool = AsyncConnectionPool[Connection]

# How long one request waits for the archive at most, and how many wishes may wait for the worker.
PATIENCE_SECONDS = 20.0
MOST_WISHES = 1_000
_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.25


class ArchiveIsBusy(problems.Problem):
    """The archive is still bringing back what this needs.

    Ask again after the number of seconds in Retry-After; what was brought back by then stays for a while.
    """

    status = 503

    def __init__(self, detail: str = "", **extra: Any):
        super().__init__(detail, headers={"Retry-After": "5"}, **extra)


async def patiently(pool: Pool, work: Callable[[], Awaitable[Result]]) -> Result:
    """The outcome of `work`, begun anew as often as it lacks something. Raises ArchiveIsBusy.

    Inside a change set, whose pool is `shared`, it is not tried again: all of the change set is.
    """
    if getattr(pool, "shared", False):
        return await work()
    until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    token = away.sought.set(frozenset())
    try:
        while True:
            try:
                return await work()
            except away.Away as need:
                parts = [(part.datastream_id, part.month) for part in need.parts]
                await _bring(
                    pool, until, "wish_parts", ids=[p[0] for p in parts], months=[p[1] for p in parts]
                )
            except seals.PartIsAway as need:
                await _bring(pool, until, "wish_parts", ids=[need.datastream_id], months=[need.month])
            except away.AwayObservation as need:
                number = need.observation_id
                await _bring(
                    pool,
                    until,
                    "wish_observation",
                    month=need.month,
                    observation_id=number,
                    datasets=need.datasets,
                )
                away.sought.set(away.sought.get() | {number})
    finally:
        away.sought.reset(token)


async def _bring(pool: Pool, until: float, name: LiteralString, **values: Any) -> None:
    """Leave a wish and wait until it is fulfilled."""
    sql = statements.load("things")
    loop = asyncio.get_running_loop()
    async with pool.connection() as connection:
        waiting = await (await connection.execute(sql["wishes_waiting"])).fetchone()
        if waiting and waiting[0] > MOST_WISHES:
            raise ArchiveIsBusy("too many wait for it")
        ids = [row[0] for row in await (await connection.execute(sql[name], values)).fetchall()]
        await connection.execute(sql["wake_archive"])
        await connection.commit()
    pause = _PAUSE_SECONDS
    while True:
        await asyncio.sleep(pause)
        pause = min(_LONGEST_PAUSE_SECONDS, pause * 1.5)
        async with pool.connection() as connection:
            row = await (await connection.execute(sql["wishes_left"], {"ids": ids})).fetchone()
        if row and not row[0]:
            return
        if loop.time() > until:
            raise ArchiveIsBusy(f"{row[0] if row else 'some'} months are still to come")
