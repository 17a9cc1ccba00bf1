# SPDX-License-Identifier: EUPL-1.2
"""Imports a file into the store part by part, each with its checkpoint: it can stop and go on anywhere."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
from psycopg.types.json import Jsonb

from stadtkern.core import database, datasets, statements, tokens
from stadtkern.core.database import Connection
from stadtkern.ingest.imports import entities, mapping, reader, recipe, report, shape, stream, times
from stadtkern.ingest.imports import lanes as lanes_
from stadtkern.things import admission, news
from stadtkern.things.store import batch, merge, partitions, prepared, streams

ACCEPTED = times.Span(631_152_000_000_000, 4_102_444_800_000_000)
"""1990 … 2100; the settings narrow it."""


class Progress(Protocol):
    """Hears how far the import has come."""

    def __call__(self, *, done: int, total: int, values: int) -> None:
        """`done` of `total` bytes are behind us with so many values."""


Adapt = Callable[[batch.Batch], batch.Batch]
"""Changes the observations of a series before they are stored; called for every part, in the file's order."""


class _Run(msgspec.Struct):
    """What tells this import from others, and how far it had come."""

    keys: dict[str, str | int]
    rows: int = 0
    stored: int = 0
    finished: report.Report | None = None


async def import_file(
    *,
    url: str,
    path: Path,
    recipe_: mapping.Mapping,
    folders: list[Path] | None = None,
    accepted: times.Span = ACCEPTED,
    progress: Progress | None = None,
    again: bool = False,
    since: datetime | None = None,
    adapt: Adapt | None = None,
    place: entities.Place | None = None,
) -> report.Report:
    """Import one file. What was imported before with this mapping is left alone unless `again`.

    `since`: an import that began before is another one, as other values may have been stored over it.
    Raises UnusableFile, InvalidMapping or UnknownDataset; what was stored until then stays.
    """
    begun = time.monotonic()
    story = report.Report(file=path.name, mapping=recipe_.title)
    source = stream.Source(
        path=path, recipe=recipe_, folders=[path.parent, *(folders or [])], report=story, accepted=accepted
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(contextlib.closing(source.table))
        parts = source.parts()
        first = asyncio.create_task(asyncio.to_thread(_next, parts))  # read while the database is asked
        stack.push_async_callback(asyncio.wait, {first})
        connection, beside = [
            await stack.enter_async_context(await database.connect(url=url, autocommit=True)) for _ in "12"
        ]
        run = await _begin(connection, path=path, recipe_=recipe_, again=again, since=since)
        if run.finished is not None:
            return msgspec.structs.replace(
                run.finished, state="unchanged", stored=0, resumed_at=0, seconds=0.0
            )
        story.resumed_at, story.stored = run.rows, run.stored
        await connection.execute("SET synchronous_commit = off")  # what a crash takes is read again
        importer = _Importer(
            connection, beside=beside, run=run, story=story, progress=progress, adapt=adapt, place=place,
            accepted=accepted,
        )  # fmt: skip
        await importer.take(parts, first=first, size=source.table.size)
        story.state = "done"
        story.seconds = round(time.monotonic() - begun, 3)
        document = Jsonb(msgspec.to_builtins(story))
        await connection.execute("SET synchronous_commit = on")  # puts all parts on disk with it
        await connection.execute(statements.load("ingest")["finish_import"], {**run.keys, "report": document})
    return story


async def _begin(
    connection: Connection, *, path: Path, recipe_: mapping.Mapping, again: bool, since: datetime | None
) -> _Run:
    sql = statements.load("ingest")
    keys: dict[str, str | int] = {
        "file_hash": await asyncio.to_thread(reader.fingerprint, path),
        "mapping_hash": recipe.digest(recipe_),
        "dataset_id": await _dataset(connection, recipe_),
    }
    await connection.execute(sql["lock_import"], {"key": f"{keys['file_hash']} {keys['mapping_hash']}"})
    row = await (await connection.execute(sql["find_import"], keys)).fetchone()
    if row is not None and not again:
        state, rows, stored, told, began = row
        if since is None or began >= since:
            if state == "done":
                return _Run(keys, finished=msgspec.convert(told, report.Report))
            return _Run(keys, rows=rows, stored=stored)
    await connection.execute(sql["begin_import"], {**keys, "file_name": path.name})
    return _Run(keys)


async def _dataset(connection: Connection, recipe_: mapping.Mapping) -> int:
    """The dataset of the mapping; made where the mapping says in which room."""
    try:
        return (await datasets.find(connection, key=recipe_.dataset)).id
    except tokens.UnknownDataset:
        if recipe_.room is None:
            raise
    return await datasets.save(connection, key=recipe_.dataset, room=recipe_.room, about=recipe_.about)


class _Importer:
    """Parses ahead in a thread while the database stores what was parsed before."""

    def __init__(
        self,
        connection: Connection,
        *,
        beside: Connection,
        run: _Run,
        story: report.Report,
        progress: Progress | None,
        adapt: Adapt | None,
        place: entities.Place | None,
        accepted: times.Span,
    ):
        self._connection = connection
        self._beside = beside
        self._run = run
        self._story = story
        self._progress = progress
        self._adapt = adapt
        self._admission = admission.Admission.between(
            batch.instant(accepted.start), batch.instant(accepted.end)
        )
        self._entities = entities.Entities(connection, dataset_id=int(run.keys["dataset_id"]), place=place)
        self._values = 0

    async def take(
        self, parts: Iterator[stream.Part], *, first: asyncio.Task[stream.Part | None], size: int
    ) -> None:
        """Store all parts that are not stored yet; the first is being read, `size` is that of the file."""
        ahead = first
        storing: asyncio.Task[None] | None = None
        number = 0
        try:
            while (part := await ahead) is not None:
                ahead = asyncio.create_task(asyncio.to_thread(_next, parts))
                number += 1
                self._values += sum(len(rows) for _, rows in part.pieces)
                if storing is not None and _has_new(part):
                    await storing  # what is missing is made on the same connection
                await self._prepare(part)
                ready = [] if self._behind(part) else await self._ready(part)
                if storing is not None:
                    await storing
                storing = asyncio.create_task(self._store(part, number, ready))
                if self._progress is not None:
                    self._progress(done=part.done, total=size, values=self._values)
            if storing is not None:
                await storing
        finally:
            await asyncio.gather(ahead, *([storing] if storing else []), return_exceptions=True)

    async def _prepare(self, part: stream.Part) -> None:
        """See that the datastreams exist, and let the caller adapt the rows."""
        for lanes, rows in part.pieces:
            present = np.unique(rows.datastream_id).tolist() if len(lanes) > 1 else [0]
            for lane in (lanes[place] for place in present):
                if lane.stream.datastream_id is None:
                    found = await self._entities.datastream(series=lane.series, values=lane.values)
                    lane.feature_id = await self._entities.feature(datastream_id=found)
                    lane.stream.datastream_id = found
            _address(lanes, rows)
        if self._adapt is not None:
            adapt = self._adapt
            part.pieces = [shape.Piece(lanes, adapt(rows)) for lanes, rows in part.pieces]

    def _behind(self, part: stream.Part) -> bool:
        """Whether it is stored for sure; the last one is met again, as parts may have had another size."""
        return part.rows < self._run.rows

    async def _ready(self, part: stream.Part) -> list[prepared.Prepared]:
        """All that can be done while the part before is stored: order, and partitions that are missing."""
        batches = [self._admitted(rows) for rows in await asyncio.to_thread(_batches, part.pieces)]
        ready = await asyncio.to_thread(lambda: [prepared.prepare(rows) for rows in batches])
        few = set().union(*(rows.leaf_keys for rows in ready)).difference(*(rows.bulky for rows in ready))
        await partitions.ensure(self._beside, keys=few)
        return ready

    def _admitted(self, rows: batch.Batch) -> batch.Batch:
        """The rows that may be stored; what a policy refuses is counted."""
        rows, faults = self._admission.columns(rows)
        if not faults:
            return rows
        for fault in faults.values():
            self._story.refuse(line=0, code="policy", reason=str(fault))
        return rows.take(np.setdiff1d(np.arange(len(rows)), list(faults)))

    async def _store(self, part: stream.Part, number: int, ready: list[prepared.Prepared]) -> None:
        """One transaction: the rows and the checkpoint. A part that is stored already has only been read."""
        if self._behind(part):
            return
        stored, closed, results = 0, Counter[str](), list[merge.MergeResult]()
        async with self._connection.transaction():
            if len(ready) > 1:  # all at once and in order, as other writers do
                ids = np.unique(np.concatenate([rows.ids for rows in ready]))
                await streams.lock(self._connection, ids=ids, row=np.arange(len(ids)), policy="replace")
            for rows in ready:
                result = await merge.merge(self._connection, batch=rows, policy="replace")
                stored += int(result.changed.sum())
                closed.update(problem.title for problem in result.refused.values())
                results.append(result)
            async with self._connection.pipeline():
                for result in results:
                    await news.of_observations(self._connection, result=result, wake=True)
                await self._connection.execute(
                    statements.load("ingest")["advance_import"],
                    {**self._run.keys, "parts": number, "rows": part.rows, "stored": stored},
                )
        self._story.stored += stored
        for reason, count in closed.items():
            self._story.refuse(line=0, code="closed", reason=reason, count=count)


def _address(lanes: Sequence[lanes_.Lane], rows: batch.Batch) -> None:
    """Replace the places of lanes by the datastreams, and add the features they are about."""
    ids = np.array([lane.stream.datastream_id or 0 for lane in lanes], np.int64)
    features = np.array([lane.feature_id or batch.NONE for lane in lanes], np.int64)
    if (features != batch.NONE).any():
        rows.feature_id = features[rows.datastream_id]
    rows.datastream_id = ids[rows.datastream_id]


def _has_new(part: stream.Part) -> bool:
    """Whether rows belong to datastreams that are not known yet."""
    return any(lane.stream.datastream_id is None for lanes, _ in part.pieces for lane in lanes)


def _next(parts: Iterator[stream.Part]) -> stream.Part | None:
    return next(parts, None)


def _batches(pieces: list[shape.Piece]) -> Iterator[batch.Batch]:
    """All pieces in at most two batches: the many rows without documents take the store's quickest way."""
    simple: list[batch.Batch] = []
    rich: list[batch.Batch] = []
    for _, rows in pieces:
        if not len(rows):
            continue
        documented = np.zeros(len(rows), bool)
        for column in (rows.result_quality, rows.result_json):
            if column is not None:
                documented |= np.array([document is not None for document in column], bool)
        if not documented.any():
            simple.append(rows)
            continue
        rich.append(rows.take(documented))
        if not documented.all():
            plain = rows.take(~documented)
            plain.result_quality = plain.result_json = None
            simple.append(plain)
    for group in (simple, rich):
        if group:
            yield batch.joined(group)
