# SPDX-License-Identifier: EUPL-1.2
"""Loads a whole history through the way of many rows, batch after batch."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

import msgspec

from stadtkern.core.settings import Settings
from stadtkern.ingest.writer import bulk
from stadtkern.ingest.writer.sharing import MOST_ROWS
from stadtkern.things import readings
from stadtkern.things.store import batch
from stadtkern.things.store.batch import Batch
from stadtkern.things.store.streams import Policy


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


async def load(
    *, url: str, settings: Settings, batches: Iterable[Batch], policy: Policy | None = None
) -> Totals:
    """Store all batches; one commit is prepared while another runs, small batches share one."""
    totals = Totals()
    writer = bulk.Bulk(url=url, settings=settings)
    parts = _gathered(batches)
    under_way: asyncio.Task[readings.Columns] | None = None
    try:
        while (rows := await asyncio.to_thread(next, parts, None)) is not None:
            following = asyncio.create_task(writer.put(rows, policy=policy))
            if under_way is not None:
                totals.add(await under_way)
            under_way = following
        if under_way is not None:
            totals.add(await under_way)
    finally:
        if under_way is not None:
            await asyncio.gather(under_way, return_exceptions=True)
        await writer.close()
    return totals


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
