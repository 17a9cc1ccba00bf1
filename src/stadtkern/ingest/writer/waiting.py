# SPDX-License-Identifier: EUPL-1.2
"""Callers that wait for their readings to be stored, first come, first served, and never too many."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import structlog

from stadtkern.core import problems
from stadtkern.things import readings

log = structlog.get_logger(__name__)

Answer = readings.Stored | problems.Problem


class Call:
    """One caller: the readings that may be stored, and the answers it waits for."""

    __slots__ = ("answers", "arrived", "readings")

    def __init__(self, items: Sequence[readings.Reading], *, loop: asyncio.AbstractEventLoop):
        self.readings = items
        self.arrived = loop.time()
        self.answers: asyncio.Future[Sequence[Answer]] = loop.create_future()

    @property
    def settled(self) -> bool:
        """Whether the caller has its answer, or went away."""
        return self.answers.done()

    def resolve(self, answers: Sequence[Answer]) -> None:
        """Let the caller go on, unless it went away meanwhile."""
        if not self.answers.done():
            self.answers.set_result(answers)

    def refuse(self, problem: problems.Problem) -> None:
        """The same with a problem."""
        if not self.answers.done():
            self.answers.set_exception(problem)


Done = Callable[[Answer], None]


class Telling:
    """Tells callers from the loop what became of their readings, those of one commit together.

    Not from within the commit, and each for itself: what goes wrong with one concerns nobody else.
    `count` is told first of all answers; callers hear theirs even where it fails.
    """

    def __init__(self, *, loop: asyncio.AbstractEventLoop, count: Callable[[Sequence[Answer]], None]):
        self.time = loop.time
        self._loop = loop
        self._count = count
        self._waiting: list[tuple[Done, Answer]] = []

    def add(self, done: Done, answer: Answer) -> None:
        """This one is told soon."""
        if not self._waiting:
            self._loop.call_soon(self._tell)
        self._waiting.append((done, answer))

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            self._count([answer for _, answer in waiting])
        except Exception:  # what is stored is stored
            log.exception("readings could not be counted", calls=len(waiting))
        for done, answer in waiting:
            try:
                done(answer)
            except Exception:  # it is theirs
                log.exception("somebody could not be told of a reading")


class Offer:
    """One reading of a caller that does not wait but is told: `done` is called from the loop, once."""

    __slots__ = ("_done", "_telling", "arrived", "readings", "settled")

    def __init__(self, item: readings.Reading, *, done: Done, telling: Telling):
        self.readings = (item,)
        self.arrived = telling.time()
        self.settled = False
        self._telling = telling
        self._done = done

    def resolve(self, answers: Sequence[Answer]) -> None:
        """Tell what became of it."""
        if not self.settled:
            self.settled = True
            self._telling.add(self._done, answers[0])

    def refuse(self, problem: problems.Problem) -> None:
        """Tell that nothing became of it."""
        self.resolve((problem,))


class Queue:
    """Calls in the order of their arrival, limited by the number of their readings."""

    def __init__(self, *, limit: int):
        self._calls: deque[Call | Offer] = deque()
        self.limit = limit
        self._some = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.size = 0

    @property
    def full(self) -> bool:
        """Whether not even one reading more is taken."""
        return self.size >= self.limit

    def add(self, calls: Sequence[Call | Offer]) -> None:
        """Take calls in, all or none. Raises Busy when too many readings wait; an empty queue takes any."""
        rows = len(calls[0].readings) if len(calls) == 1 else sum(len(call.readings) for call in calls)
        if self.size and self.size + rows > self.limit:
            raise readings.Busy(f"{self.size} readings are waiting")
        self._calls.extend(calls)
        self.size += rows
        self._some.set()
        self._idle.clear()

    async def wait(self) -> None:
        """Wait until there is something to take."""
        await self._some.wait()

    def take(self, *, most: int) -> list[Call | Offer]:
        """The oldest calls, together at most so many readings, but at least one call."""
        taken: list[Call | Offer] = []
        rows = 0
        while self._calls and (not taken or rows + len(self._calls[0].readings) <= most):
            taken.append(self._calls.popleft())
            rows += len(taken[-1].readings)
        if not self._calls:
            self._some.clear()
        return taken

    def done(self, calls: Sequence[Call | Offer]) -> None:
        """Make room again: these calls got their answers."""
        self.size -= sum(len(call.readings) for call in calls)
        if not self.size:
            self._idle.set()

    async def idle(self) -> None:
        """Wait until every call got its answers."""
        await self._idle.wait()
