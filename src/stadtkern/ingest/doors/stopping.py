# SPDX-License-Identifier: EUPL-1.2
"""A planned stop: what was taken is stored and acknowledged before connections end, if that is soon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

import structlog

from stadtkern.ingest.doors import packets

if TYPE_CHECKING:
    from stadtkern.ingest.doors.connection import Connection
    from stadtkern.ingest.doors.leftovers import Leftovers
    from stadtkern.ingest.doors.wills import Wills

log = structlog.get_logger(__name__)

SECONDS = 3.0


async def settled(storing: Callable[[], Iterable[asyncio.Task[None]]]) -> bool:
    """Wait for what is being stored, also for what comes of it; whether all of it ended in time.

    The store may be away: then it is left to those who send it again.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + SECONDS
    while under_way := {task for task in storing() if not task.done()}:
        left = until - loop.time()
        if left <= 0:
            log.warning("MQTT stops before everything that came is stored", tasks=len(under_way))
            return False
        await asyncio.wait(under_way, timeout=left)
    return True


async def end(*, lines: Callable[[], Collection[Connection]], wills: Wills, leftovers: Leftovers) -> None:
    """End our own door: take nothing new, acknowledge what was taken, say goodbye."""

    def storing() -> list[asyncio.Task[None]]:
        return [*wills.storing, *(task for line in lines() for task in line.storing)]

    wills.rest()
    for line in lines():
        line.rest()
    try:
        await settled(storing)
    finally:
        for line in lines():
            line.give_up()
            line.close(packets.SHUTTING_DOWN)
        try:
            await wills.close()
        finally:
            leftovers.say()
