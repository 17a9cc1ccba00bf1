# SPDX-License-Identifier: EUPL-1.2
"""Messages of one connection on their way to the disk; each is answered in its turn, after its commit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, NamedTuple

import structlog

from stadtkern.core import problems
from stadtkern.ingest.doors import packets
from stadtkern.ingest.doors.packets import Publish

log = structlog.get_logger(__name__)

WINDOW = 500
MOST_UNSTORED_BYTES = 4_194_304
# So many are stored in one go; then others have their turn.
_TOGETHER = 200


class Outcome(NamedTuple):
    """What a message is answered: a reason as MQTT 5 numbers them, and a sentence."""

    reason: int
    text: str


_STORED = Outcome(packets.SUCCESS, "")


class _Taken:
    """A message that was taken in; `over` once there is an outcome, or there will never be one."""

    __slots__ = ("message", "outcome", "over")

    def __init__(self, message: Publish):
        self.message = message
        self.outcome: Outcome | None = None
        self.over = False


class Pending:
    """Keeps the order of arrival [MQTT-4.6.0-2].

    `together` stores plain messages in one go and tells the positions of those that are on disk; `alone`
    stores any one and raises its problem. `settled` hears of each message in its turn, with None where it
    cannot be stored and nobody is to believe so; `room` that others may come.
    """

    def __init__(
        self,
        *,
        together: Callable[[Sequence[Publish]], Awaitable[set[int]]],
        alone: Callable[[Publish], Awaitable[None]],
        settled: Callable[[Publish, Outcome | None], None],
        room: Callable[[], None],
    ):
        self._together = together
        self._alone = alone
        self._settled = settled
        self._room = room
        self._queue: deque[_Taken] = deque()
        self._new: list[_Taken] = []
        self._bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def full(self) -> bool:
        """Whether no more is to be taken in for now."""
        return len(self._queue) >= WINDOW or self._bytes > MOST_UNSTORED_BYTES

    @property
    def count(self) -> int:
        """Messages that were taken in and have no answer yet."""
        return len(self._queue)

    @property
    def size(self) -> int:
        """The bytes of these."""
        return self._bytes

    @property
    def storing(self) -> list[asyncio.Task[None]]:
        """What is on its way to the disk."""
        return list(self._tasks)

    def add(self, message: Publish) -> None:
        """Take a message in; `begin` stores it."""
        taken = _Taken(message)
        self._queue.append(taken)
        self._new.append(taken)
        self._bytes += packets.size(message.topic, message.payload)

    def begin(self) -> None:
        """Store what was taken in since the last time."""
        new, self._new = self._new, []
        for start in range(0, len(new), _TOGETHER):
            self._go(self._store(new[start : start + _TOGETHER]))

    def give_up(self) -> int:
        """Store nothing more of it, and answer nothing; how many are lost, as nobody sends them again."""
        for task in self._tasks:
            task.cancel()
        lost = sum(not each.over and not each.message.qos for each in self._queue)
        self._queue.clear()
        self._new.clear()
        self._bytes = 0
        return lost

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _store(self, those: Sequence[_Taken]) -> None:
        if len(those) == 1:
            await self._one(those[0])
            return
        done: set[int] = set()
        try:
            done = await self._together([each.message for each in those])
        except Exception:  # one message that nobody foresaw must not stand in the way of others
            log.exception("messages failed together; each is tried by itself", messages=len(those))
        for position in done:
            those[position].outcome, those[position].over = _STORED, True
        for position, each in enumerate(those):
            if position not in done:
                self._go(self._one(each))
        self._settle()

    async def _one(self, taken: _Taken) -> None:
        try:
            await self._alone(taken.message)
            taken.outcome = _STORED
        except problems.Unavailable:
            pass  # the connection is gone: nobody is to believe that it was stored
        except problems.Problem as problem:
            refused = problem.status in (401, 403)
            reason = packets.NOT_AUTHORISED if refused else packets.CONTENT_INVALID
            taken.outcome = Outcome(reason, str(problem))
        except Exception:
            log.exception("a message could not be stored", topic=taken.message.topic[:200])
        finally:
            taken.over = True
        self._settle()

    def _settle(self) -> None:
        while self._queue and self._queue[0].over:
            taken = self._queue.popleft()
            self._bytes -= packets.size(taken.message.topic, taken.message.payload)
            self._settled(taken.message, taken.outcome)
        self._room()
