# SPDX-License-Identifier: EUPL-1.2
"""Last wills: what a client wants stored when it vanishes without saying goodbye (MQTT 5, clause 3.1.2.5).

A will is a message like any other: an observation, stored with the rights that its client has then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from stadtkern.ingest.doors import arrivals, packets
from stadtkern.ingest.doors.leftovers import Leftovers
from stadtkern.ingest.doors.packets import Will
from stadtkern.ingest.doors.session import Session

# With the rest of CONNECT a will has at most 8 KB.
MOST_WAITING = 4_000
Store = Callable[[Session, Will, datetime], Awaitable[None]]


class Wills:
    """Keeps the wills of clients that vanished until they are due, and has them stored.

    Those that wait for their time may wait for days, so they take no room from what is about to be stored.
    """

    def __init__(self, *, store: Store, leftovers: Leftovers):
        self._store = store
        self._leftovers = leftovers
        self._due: dict[tuple[int, str], tuple[float, Session, Will, datetime]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.closed = False

    def lost(self, session: Session, *, comes_back: bool = False) -> None:
        """A client vanished; one that `comes_back` at this moment spares a will that was to wait."""
        will, session.will = session.will, None
        if will is None or self.closed or (comes_back and will.delay):
            return
        delay = min(will.delay, session.expiry)
        if not delay:
            self._begin(session, will, arrivals.stamp())
            return
        if session.key not in self._due and len(self._due) >= MOST_WAITING:
            self._leftovers.lost(1)
            return
        due = asyncio.get_running_loop().time() + delay
        self._due[session.key] = (due, session, will, arrivals.stamp())

    def back(self, session: Session) -> None:
        """The client is there again before its will was due."""
        self._due.pop(session.key, None)

    def sweep(self, *, now: float) -> None:
        """Have those stored that are due."""
        for key, (due, session, will, vanished) in list(self._due.items()):
            if due <= now:
                del self._due[key]
                self._begin(session, will, vanished)

    @property
    def storing(self) -> list[asyncio.Task[None]]:
        """What is on its way to the disk."""
        return list(self._tasks)

    def rest(self) -> None:
        """Take no more: it is we who end the connections."""
        self.closed = True
        self._due.clear()

    async def close(self) -> None:
        """Give up what is still being stored."""
        self.rest()
        self._leftovers.lost(sum(not task.done() for task in self._tasks))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, session: Session, will: Will, vanished: datetime) -> None:
        task = asyncio.create_task(self._run(session, will, vanished))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        if not self._leftovers.keep(task, messages=1, size=packets.size(will.topic, will.payload)):
            task.cancel()
            self._leftovers.lost(1)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._leftovers.release(task)

    async def _run(self, session: Session, will: Will, vanished: datetime) -> None:
        await self._store(session, will, vanished)
