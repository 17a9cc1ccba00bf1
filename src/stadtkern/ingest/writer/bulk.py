# SPDX-License-Identifier: EUPL-1.2
"""The way of many rows at once into the store: as columns, in commits of at most 50,000 rows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from itertools import zip_longest

import msgspec
import numpy as np
import psycopg
import structlog

from stadtkern.core import database
from stadtkern.core.settings import Settings
from stadtkern.ingest.writer import checks, commit
from stadtkern.things import readings
from stadtkern.things.store import aftermath, batch, prepared
from stadtkern.things.store.batch import Batch, Integers
from stadtkern.things.store.merge import MergeResult
from stadtkern.things.store.prepared import Prepared
from stadtkern.things.store.streams import Policy

log = structlog.get_logger(__name__)

MOST_ROWS = 50_000
PATIENCE_SECONDS = 20.0
_MOST_WAITING = 2_000_000
_BACKOFF_SECONDS = 0.2


class Totals(msgspec.Struct, kw_only=True):
    """What a load came to."""

    rows: int = 0
    new: int = 0
    refused: int = 0

    def add(self, outcome: readings.Columns) -> None:
        """Count one batch."""
        self.rows += len(outcome.id)
        self.new += int(outcome.new.sum())
        self.refused += len(outcome.problems)


class Bulk:
    """Stores batches one after the other; single readings go past them on the writer's own connection."""

    def __init__(self, *, url: str, settings: Settings, patience: float = PATIENCE_SECONDS):
        self._url = url
        self._checks = checks.Checks(settings)
        self._patience = patience
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._connection: database.Connection | None = None

    async def put(self, rows: Batch, *, policy: Policy | None = None) -> readings.Columns:
        """Store rows and commit. Raises Busy, or StoreUnavailable when some rows may be stored."""
        if self._waiting and self._waiting + len(rows) > _MOST_WAITING:
            raise readings.Busy(f"{self._waiting} rows are waiting")
        self._waiting += len(rows)
        try:
            return await self._put(rows, policy)
        finally:
            self._waiting -= len(rows)

    async def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                await self._connection.close()
            self._connection = None

    async def _put(self, rows: Batch, policy: Policy | None) -> readings.Columns:
        faults = self._checks.column_faults(rows)
        outcome = readings.Columns(
            id=np.zeros(len(rows), np.int64), new=np.zeros(len(rows), bool), problems=faults
        )
        usable = np.ones(len(rows), bool)
        usable[list(faults)] = False
        at = np.flatnonzero(usable)
        parts = [at[begin : begin + MOST_ROWS] for begin in range(0, len(at), MOST_ROWS)]
        ahead = _prepare(rows, parts[0]) if parts else None
        try:
            async with self._turn:
                for part, following in zip_longest(parts, parts[1:]):
                    ready = await ahead if ahead else None
                    ahead = None if following is None else _prepare(rows, following)
                    await self._store(rows, part, ready, policy, outcome)
        finally:
            if ahead is not None:
                await asyncio.gather(ahead, return_exceptions=True)
        return outcome

    async def _store(
        self,
        rows: Batch,
        at: Integers,
        ready: Prepared | None,
        policy: Policy | None,
        outcome: readings.Columns,
    ) -> None:
        """Store the rows at these positions in one commit; halve where the database refuses one of them."""
        try:
            result = await self._commit(ready or await _prepare(rows, at), policy)
        except commit.POISON as error:
            if len(at) == 1:
                reason = error.diag.message_primary or str(error)
                outcome.problems[int(at[0])] = readings.UnusableReading(f"the database refuses it: {reason}")
                return
            middle = len(at) // 2
            await self._store(rows, at[:middle], None, policy, outcome)
            await self._store(rows, at[middle:], None, policy, outcome)
            return
        outcome.id[at], outcome.new[at] = result.id, result.new
        for position, problem in result.refused.items():
            outcome.problems[int(at[position])] = problem
        for row in at[~result.known].tolist():
            detail = f"no datastream {rows.datastream_id[row]}"
            outcome.problems[row] = readings.UnknownDatastream(detail, where="Datastream")

    async def _commit(self, ready: Prepared, policy: Policy | None) -> MergeResult:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while True:
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = await database.connect(url=self._url, autocommit=True)
                result = await commit.store(self._connection, ready=ready, policy=policy)
                await aftermath.tell(self._connection, datastream_ids=result.changed_datastreams.tolist())
                return result
            except commit.POISON:
                raise
            except (psycopg.Error, OSError) as error:
                log.warning("a bulk load tries again", error=str(error).strip())
                await self.close()
                if loop.time() > until:
                    raise readings.StoreUnavailable("the database was away for too long") from error
                await asyncio.sleep(_BACKOFF_SECONDS)


async def load(
    *, url: str, settings: Settings, batches: Iterable[Batch], policy: Policy | None = None
) -> Totals:
    """Store all batches; one commit is prepared while another runs, small batches share one."""
    totals = Totals()
    bulk = Bulk(url=url, settings=settings)
    parts = _gathered(batches)
    under_way: asyncio.Task[readings.Columns] | None = None
    try:
        while (rows := await asyncio.to_thread(next, parts, None)) is not None:
            following = asyncio.create_task(bulk.put(rows, policy=policy))
            if under_way is not None:
                totals.add(await under_way)
            under_way = following
        if under_way is not None:
            totals.add(await under_way)
    finally:
        if under_way is not None:
            await asyncio.gather(under_way, return_exceptions=True)
        await bulk.close()
    return totals


def _prepare(rows: Batch, at: Integers) -> asyncio.Task[Prepared]:
    """Sort these rows in a thread, while another commit runs."""
    part = rows if len(at) == len(rows) else rows.take(at)
    return asyncio.create_task(asyncio.to_thread(prepared.prepare, part))


def _gathered(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Batches of up to 50,000 rows."""
    parts: list[Batch] = []
    size = 0
    for rows in batches:
        for begin in range(0, len(rows), MOST_ROWS):
            piece = rows.take(slice(begin, begin + MOST_ROWS)) if len(rows) > MOST_ROWS else rows
            if size + len(piece) > MOST_ROWS:
                yield batch.joined(parts)
                parts, size = [], 0
            parts.append(piece)
            size += len(piece)
    if parts:
        yield batch.joined(parts)
