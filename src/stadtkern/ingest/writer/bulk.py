# SPDX-License-Identifier: EUPL-1.2
"""The way of many rows at once into the store: as columns, in commits of at most 50,000 rows."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

import msgspec
import numpy as np
import psycopg
import structlog

from stadtkern.core import disk, problems
from stadtkern.core.settings import Settings
from stadtkern.ingest.writer import commit, sharing
from stadtkern.ingest.writer.pace import Pace
from stadtkern.ingest.writer.sessions import Sessions
from stadtkern.ingest.writer.sharing import Caller, Group
from stadtkern.things import admission, readings
from stadtkern.things.store import aftermath, append, prepared
from stadtkern.things.store.batch import Batch, Integers
from stadtkern.things.store.merge import MergeResult
from stadtkern.things.store.prepared import Prepared
from stadtkern.things.store.streams import Policy

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 20.0
_MOST_WAITING = 2_000_000
_BACKOFF_SECONDS = 0.2
_SETTLE_SECONDS = 5.0
# Somebody else wrote the same streams in another order: nothing is wrong with the session.
_CROSSED = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
)

_T = TypeVar("_T")
# A commit, and its rows in order where these are made ready beforehand.
_Next = tuple[Group, asyncio.Task[Prepared] | None]


class _Behind(msgspec.Struct, eq=False):
    """Rows that are committed and on their way to the disk."""

    group: Group
    settling: asyncio.Task[None]


class Bulk:
    """Stores batches one after the other; single readings go past them on the writer's own connection.

    A commit is made ready while the one before is written, and written while that is brought to the disk.
    Nobody is told of rows before they are there. `announce` takes the datastreams that have news; without it
    they are named at once, which the next commit waits for.
    """

    def __init__(
        self,
        *,
        url: str,
        settings: Settings,
        patience: float = PATIENCE_SECONDS,
        announce: Callable[[Iterable[int]], None] | None = None,
    ):
        self._url = url
        self._announce = announce
        self._admission = admission.Admission(settings)
        self._patience = patience
        self._queue: deque[Caller] = deque()
        self._waiting = 0
        self._runner: asyncio.Task[None] | None = None
        self._sessions: Sessions | None = None
        self._settling: asyncio.Task[None] | None = None
        self._ahead: _Next | None = None
        self._writing = 0  # rows of the commit that is being written
        self._pace = Pace(then=self._look_ahead)

    async def put(self, rows: Batch, *, policy: Policy | None = None) -> readings.Columns:
        """Store rows and commit. Raises Busy, or StoreUnavailable when some rows may be stored."""
        if self._waiting and self._waiting + len(rows) > _MOST_WAITING:
            raise readings.Busy(f"{self._waiting} rows are waiting")
        rows, faults = self._admission.columns(rows)
        outcome = readings.Columns(
            id=np.zeros(len(rows), np.int64), new=np.zeros(len(rows), bool), problems=faults
        )
        usable = np.ones(len(rows), bool)
        usable[list(faults)] = False
        if not usable.any():
            return outcome
        done: asyncio.Future[readings.Columns] = asyncio.get_running_loop().create_future()
        left = np.flatnonzero(usable)
        self._queue.append(Caller(rows=rows, left=left, policy=policy, outcome=outcome, done=done))
        self._waiting += len(rows)
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run(), name="bulk")
        self._look_ahead()
        try:
            return await done
        finally:
            self._waiting -= len(rows)

    async def close(self) -> None:
        """Store what waits, then give the connection back."""
        if self._runner is not None:
            await asyncio.gather(self._runner, return_exceptions=True)
        await self._disconnect()

    async def _run(self) -> None:
        """Work until nobody waits."""
        behind: _Behind | None = None
        while True:
            following, self._ahead = self._ahead or self._ready(), None
            if following is None:
                if behind is None:
                    return
                await self._catch_up(behind, None)
                behind = None
                continue
            group, preparing = following
            with self._answering(group):
                ready = group.prepared() if preparing is None else await preparing
                await self._write(group, ready)
                behind = await self._catch_up(behind, group)

    async def _write(self, group: Group, ready: Prepared) -> None:
        self._writing = len(group)
        try:
            with self._pace.of_one(few=len(group) <= append.MOST_ROWS):
                await self._store(group, None, ready)
        finally:
            self._writing = 0

    def _look_ahead(self) -> None:
        """Make the next commit ready while this one is written, once enough rows wait for it.

        The database would wait for that otherwise. With fewer, each row would cost more than is gained:
        those who were told of the rows before have time to come again. What is soon made ready has time until
        half of the writing is over.
        """
        if self._ahead is not None or not self._writing or not self._pace.halfway:
            return
        if sharing.worthwhile(self._queue, waiting=self._waiting):
            self._ahead = self._ready()

    async def _catch_up(self, behind: _Behind | None, group: Group | None) -> _Behind | None:
        """Wait until the rows before are on disk, and have the disk take the next ones.

        Where the server was lost meanwhile, both may be gone: they are stored again in their order.
        """
        if behind is not None:
            try:
                await behind.settling
            except Exception:  # whatever it is: those who wait must hear of their rows
                log.exception("rows are stored again", rows=len(behind.group))
                await self._store_again(behind.group)
                if group is not None:
                    await self._store_again(group)
                return None
        if group is None or self._sessions is None:
            return None
        settling = asyncio.create_task(self._settle(group, self._sessions), name="bulk-sync")
        self._settling = settling
        return _Behind(group, settling)

    async def _store_again(self, group: Group) -> None:
        with self._answering(group):
            ready = await asyncio.to_thread(group.prepared)
            await self._store(group, None, ready, durable=True)
            if self._sessions is not None:
                await self._settle(group, self._sessions)

    @contextlib.contextmanager
    def _answering(self, group: Group) -> Iterator[None]:
        """Whatever happens, those who wait for these rows hear of it."""
        try:
            yield
        except problems.Problem as problem:
            group.refuse(problem)
        except Exception:
            # The loop serves everyone: an error nobody foresaw must not silence it.
            log.exception("rows could not be stored", rows=len(group))
            group.refuse(readings.StoreUnavailable("the rows could not be stored"))
        except BaseException:
            group.refuse(readings.StoreUnavailable("the service stops"))
            raise

    async def _settle(self, group: Group, sessions: Sessions) -> None:
        """Wait for the disk; then those who wait go on, and others hear of it. Raises psycopg.Error."""
        connection = await sessions.sync()
        group.resolve()
        if self._announce is not None:
            self._announce(group.changed)
            return
        try:
            await aftermath.tell(connection, datastream_ids=sorted(group.changed))
        except (psycopg.Error, OSError) as error:
            log.warning("news of stored rows was lost", error=str(error).strip())

    def _ready(self) -> _Next | None:
        """The next commit, made ready meanwhile if there is something to wait for; many rows in a thread."""
        group = sharing.next_group(self._queue, waiting=self._waiting)
        if group is None:
            return None
        if len(group) > append.MOST_ROWS:
            return group, asyncio.create_task(asyncio.to_thread(group.prepared), name="bulk-ahead")
        return group, asyncio.create_task(group.laid_out(), name="bulk-ahead") if self._writing else None

    async def _store(
        self, group: Group, at: Integers | None, ready: Prepared, *, durable: bool = False
    ) -> None:
        """Store the rows at these positions in one commit; halve where the database refuses one of them."""
        whole = np.arange(len(group)) if at is None else at
        if append.suits(ready):
            left = await self._append(group, whole, ready, durable=durable)
            if not len(left):
                return
            if len(left) < len(whole):
                whole, rows = left, group.rows().take(left)
                ready = await asyncio.to_thread(prepared.prepare, rows)
        try:
            group.note(whole, await self._commit(ready, group.policy, durable=durable))
        except commit.POISON as error:
            if len(whole) == 1:
                reason = error.diag.message_primary or str(error)
                group.blame(int(whole[0]), readings.UnusableReading(f"the database refuses it: {reason}"))
                return
            rows, middle = group.rows(), len(whole) // 2
            for half in (whole[:middle], whole[middle:]):
                part = await asyncio.to_thread(prepared.prepare, rows.take(half))
                await self._store(group, half, part, durable=True)

    async def _append(self, group: Group, at: Integers, ready: Prepared, *, durable: bool) -> Integers:
        """Store what only goes on; returns the positions of the rest."""

        async def work(sessions: Sessions) -> append.Appended:
            done = await commit.shortly(sessions.rows, ready=ready)
            if durable or done.left.any():  # the session may be another one when the rest is stored
                await sessions.sync()
            return done

        try:
            done = await self._persistently(work)
        except commit.POISON:
            return at
        kept = ~done.left
        group.keep(at[kept], ids=done.id[kept], changed=done.changed_datastreams)
        return at[done.left]

    async def _commit(self, ready: Prepared, policy: Policy | None, *, durable: bool) -> MergeResult:
        async def work(sessions: Sessions) -> MergeResult:
            result = await commit.store(sessions.rows, ready=ready, policy=policy)
            if durable:
                await sessions.sync()
            return result

        return await self._persistently(work)

    async def _persistently(self, work: Callable[[Sessions], Awaitable[_T]]) -> _T:
        """Until it is done, or those who wait have waited long enough; what was done may be done again."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while True:
            try:
                if self._sessions is None or not self._sessions.usable:
                    await self._disconnect()
                    self._sessions = await Sessions.open(url=self._url)
                return await work(self._sessions)
            except commit.POISON:
                raise
            except psycopg.errors.DiskFull as error:
                raise disk.DiskFull("the database says so") from error
            except (psycopg.Error, OSError) as error:
                log.warning("a bulk load tries again", error=str(error).strip())
                if not isinstance(error, _CROSSED):
                    await self._disconnect()
                if loop.time() > until:
                    raise readings.StoreUnavailable("the database was away for too long") from error
                await asyncio.sleep(_BACKOFF_SECONDS)

    async def _disconnect(self) -> None:
        sessions, self._sessions = self._sessions, None
        if self._settling is not None:  # it may wait on the session for the disk
            await asyncio.wait({self._settling}, timeout=_SETTLE_SECONDS)
        if sessions is not None:
            await sessions.close()
