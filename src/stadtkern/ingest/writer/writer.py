# SPDX-License-Identifier: EUPL-1.2
"""The writer of a process: takes readings from its doors and answers when they are on disk."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import psycopg
import structlog

from stadtkern.core import database, disk, metrics, problems
from stadtkern.core.settings import Settings
from stadtkern.ingest.writer import bulk
from stadtkern.ingest.writer.announcer import Announcer
from stadtkern.ingest.writer.commit import Answer, commit
from stadtkern.ingest.writer.sharing import MOST_ROWS
from stadtkern.ingest.writer.waiting import Call, Offer, Queue, Telling
from stadtkern.things import admission, readings
from stadtkern.things.store.batch import Batch

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 20.0
_READINGS = metrics.REGISTRY.counter(
    "stadtkern_readings", "Readings by the way they came in and what became of them.", "way", "outcome"
)
_COMMITS = metrics.REGISTRY.histogram(
    "stadtkern_commit_seconds", "Duration of commits of single readings, which wait for each other."
).at()
_FAILED = metrics.REGISTRY.counter("stadtkern_commits_failed", "Commits that were tried again.").at()
# For how long a refusal counts while nobody tries again.
_REMEMBERED_SECONDS = 15.0
_FAREWELL_SECONDS = 5.0
_OURS = 500  # problems from here on are no fault of a reading
_BACKOFF_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)


class Writer:
    """Implements `readings.Sink`; use it with `async with`. `way` names its doors in the figures."""

    def __init__(
        self,
        *,
        url: str,
        settings: Settings,
        patience: float = PATIENCE_SECONDS,
        room: disk.Room | None = None,
        way: str = "http",
    ):
        self._url = url
        self._admission = admission.Admission(settings)
        self._patience = patience
        self._queue = Queue(limit=settings.queue_limit)
        self._announcer = Announcer(url=url)
        self._bulk = bulk.Bulk(url=url, settings=settings, patience=patience, announce=self._announcer.add)
        self._runner: asyncio.Task[None] | None = None
        self._announcing: asyncio.Task[None] | None = None
        self._telling: Telling | None = None
        self._room = room or disk.room(settings, url=url)
        self._way = way
        self._closing = False
        self._refused, self._refused_at = "", float("-inf")
        self._connection: database.Connection | None = None

    async def __aenter__(self) -> Self:
        self._telling = Telling(loop=asyncio.get_running_loop(), count=self._note)
        self._runner = asyncio.create_task(self._run(), name="writer")
        self._announcing = asyncio.create_task(self._announcer.run(), name="writer-announcer")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what was taken in and tell of it, then stop."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                await self._queue.idle()
        await _ended(self._runner)
        self._refuse(self._queue.take(most=2**62))
        await self._disconnect()
        await self._bulk.close()
        self._announcer.end()
        await _ended(self._announcing, within=_FAREWELL_SECONDS)

    @property
    def waiting(self) -> int:
        """Readings that wait for their commit."""
        return self._queue.size

    def hindrance(self) -> str:
        """Why readings would not be stored at the moment; empty where they would."""
        if self._closing:
            return "it stops"
        if self._queue.size >= self._queue.limit:
            return f"{self._queue.size} readings wait"
        lately = time.monotonic() - self._refused_at < _REMEMBERED_SECONDS
        return f"the database refuses: {self._refused}" if lately else ""

    async def put(self, items: Sequence[readings.Reading]) -> list[Answer]:
        """One answer per reading, in order, after the commit. Raises Busy, StoreUnavailable or DiskFull."""
        if self._closing:
            raise readings.StoreUnavailable("the service stops")
        self._room.require()
        answers = [await self._one(items[0])] if len(items) == 1 else await self._several(items)
        self._note(answers)
        return answers

    def offer(self, item: readings.Reading, *, done: Callable[[Answer], None]) -> bool:
        """Take one reading, if nothing speaks against it, and call `done` from the loop after the commit.

        False, and nothing is done, where `put` would have something else to say or to wait for.
        """
        if self._telling is None or self._closing or self._room.short or self._queue.full:
            return False
        outcome = self._admission.one(item)
        if not isinstance(outcome, readings.Reading):
            return False

        self._queue.add((Offer(outcome, done=done, telling=self._telling),))
        return True

    async def _one(self, item: readings.Reading) -> Answer:
        outcome = self._admission.one(item)
        if not isinstance(outcome, readings.Reading):
            return outcome
        call = Call((outcome,), loop=asyncio.get_running_loop())
        self._queue.add((call,))
        return (await call.answers)[0]

    async def _several(self, items: Sequence[readings.Reading]) -> list[Answer]:
        answers: list[Answer | None] = [None] * len(items)
        usable, positions = self._judge(items, answers)
        if usable:
            loop = asyncio.get_running_loop()
            calls = [Call(usable[i : i + MOST_ROWS], loop=loop) for i in range(0, len(usable), MOST_ROWS)]
            self._queue.add(calls)
            stored = [answer for call in calls for answer in await call.answers]
            for position, answer in zip(positions, stored, strict=True):
                answers[position] = answer
        return [answer for answer in answers if answer is not None]

    async def put_columns(self, rows: Batch) -> readings.Columns:
        """Many rows at once, on a connection of their own, so that single readings need not wait for them."""
        if self._closing:
            raise readings.StoreUnavailable("the service stops")
        self._room.require()
        outcome = await self._bulk.put(rows)
        new, refused = int(outcome.new.sum()), len(outcome.problems)
        _count("array", new=new, known=len(outcome.new) - new - refused, refused=refused)
        return outcome

    def _judge(
        self, items: Sequence[readings.Reading], answers: list[Answer | None]
    ) -> tuple[Sequence[readings.Reading], Sequence[int]]:
        """Answer what cannot be stored; return the rest and where it stood."""
        outcomes = self._admission.many(items)
        if outcomes is items:
            return items, range(len(items))
        usable, positions = [], []
        for position, outcome in enumerate(outcomes):
            if isinstance(outcome, readings.Reading):
                usable.append(outcome)
                positions.append(position)
            else:
                answers[position] = outcome
        return usable, positions

    async def _run(self) -> None:
        while True:
            await self._queue.wait()
            # Whoever is ready joins; the rest gathers while this commit runs.
            await asyncio.sleep(0)
            calls = self._queue.take(most=MOST_ROWS)
            try:
                await self._store(calls)
            except Exception:
                # The loop serves everyone: an error nobody foresaw must not silence the writer.
                log.exception("a group of readings could not be stored", calls=len(calls))
                self._refuse(calls)
            except BaseException:
                self._refuse(calls)
                raise
            finally:
                self._queue.done(calls)

    async def _store(self, calls: list[Call | Offer]) -> None:
        """Store the calls' readings in one commit; after a lost connection again, until patience ends."""
        loop = asyncio.get_running_loop()
        attempt = 0
        while calls:
            items = [item for call in calls for item in call.readings]
            try:
                connection = await self._connected()
                began = loop.time()
                answers, changed = await self._committed(connection, items)
                _COMMITS.observe(loop.time() - began)
                self._refused_at = float("-inf")
            except psycopg.errors.DiskFull as error:
                log.error("the database's disk is full", error=str(error).strip())
                self._note_refusal(error)
                await self._disconnect()  # what the pipeline left behind is of no use
                self._refuse(calls, disk.DiskFull("the database says so"))
                return
            except (psycopg.Error, OSError) as error:
                log.warning("the writer tries again", error=str(error).strip(), attempt=attempt)
                self._note_refusal(error)
                await self._disconnect()
                await asyncio.sleep(_BACKOFF_SECONDS[min(attempt, len(_BACKOFF_SECONDS) - 1)])
                attempt += 1
                late = [call for call in calls if loop.time() - call.arrived > self._patience]
                self._refuse(late)
                calls = [call for call in calls if not call.settled]
                continue
            self._announcer.add(changed)
            self._resolve(calls, answers)
            return

    async def _committed(
        self, connection: database.Connection, items: Sequence[readings.Reading]
    ) -> tuple[list[Answer], list[int]]:
        """Commit; a connection that says nothing for longer than callers wait is given up."""
        timer = asyncio.get_running_loop().call_later(self._patience, database.sever, connection)
        try:
            return await commit(connection, items=items)
        finally:
            timer.cancel()

    def _note(self, answers: Sequence[Answer]) -> None:
        stored = [answer.new for answer in answers if isinstance(answer, readings.Stored)]
        ours = sum(isinstance(answer, problems.Problem) and answer.status >= _OURS for answer in answers)
        new = sum(stored)
        _count(self._way, new=new, known=len(stored) - new, refused=len(answers) - len(stored) - ours)

    def _resolve(self, calls: Sequence[Call | Offer], answers: Sequence[Answer]) -> None:
        begin = 0
        for call in calls:
            end = begin + len(call.readings)
            call.resolve(answers[begin:end])
            begin = end

    def _refuse(self, calls: Sequence[Call | Offer], problem: problems.Problem | None = None) -> None:
        for call in calls:
            call.refuse(problem or readings.StoreUnavailable("the database was away for too long"))

    def _note_refusal(self, error: Exception) -> None:
        _FAILED.add()
        self._refused, self._refused_at = type(error).__name__, time.monotonic()

    async def _connected(self) -> database.Connection:
        if self._connection is None or self._connection.closed or self._connection.broken:
            await self._disconnect()
            self._connection = await database.connect(url=self._url, autocommit=True)
        return self._connection

    async def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                await self._connection.close()
            self._connection = None


async def _ended(task: asyncio.Task[None] | None, *, within: float = 0.0) -> None:
    """End a task of ours, unless it comes to its end by itself."""
    if task is not None:
        if within:
            await asyncio.wait({task}, timeout=within)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _count(way: str, *, new: int, known: int, refused: int) -> None:
    for outcome, number in (("stored", new), ("duplicate", known), ("refused", refused)):
        if number:
            _READINGS.at(way, outcome).add(number)
