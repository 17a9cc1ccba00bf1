# SPDX-License-Identifier: EUPL-1.2
"""Moves an imported dataset so that it ends now, and keeps the weeks that the feed will replay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np

from stadtkern.city.demo import sets, shift
from stadtkern.core import statements, times
from stadtkern.core.database import Connection
from stadtkern.things.store import batch

_EPOCH = datetime(1970, 1, 1)
Row = tuple[int, datetime, datetime, int, float, str | None]


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """How a dataset is replayed; `window_start` is the original's wall clock."""

    dataset_id: int
    weeks: int
    cycle_weeks: int
    window_start: datetime
    loaded_until: datetime
    fed_until: datetime
    complete: bool

    @property
    def start(self) -> int:
        """Begin of the window on the original's wall clock, in microseconds."""
        return wall_micros(self.window_start)

    @property
    def cycle(self) -> int:
        """Length of the window in microseconds."""
        return self.cycle_weeks * shift.WEEK


async def begin(connection: Connection, *, dataset_id: int, spec: sets.Replay, zone: str) -> Replay:
    """The replay of a dataset; its shift is fixed the first time."""
    now = times.now()
    here = int(shift.wall(np.array([batch.microseconds(now)], np.int64), zone=zone)[0])
    sql = statements.load("city")
    await connection.execute(
        sql["begin_replay"],
        {
            "dataset_id": dataset_id,
            "weeks": (here - wall_micros(spec.window_start)) // shift.WEEK,
            "cycle_weeks": spec.cycle_weeks,
            "window_start": spec.window_start,
            "now": now,
        },
    )
    row = await (await connection.execute(sql["find_replay"], {"dataset_id": dataset_id})).fetchone()
    if row is None:
        raise LookupError("a replay was not stored")
    return of_row(row)


def of_row(row: tuple[Any, ...]) -> Replay:
    """A row of `find_replay` or `list_replays`."""
    return Replay(**dict(zip(Replay.__struct_fields__, row, strict=True)))


class Mover:
    """Shifts batches by the replay's weeks, drops what lies in the future, and remembers the window."""

    def __init__(self, replay: Replay, *, zone: str):
        self._replay = replay
        self._zone = zone
        self._until = batch.microseconds(replay.loaded_until)
        self._window: list[batch.Batch] = []

    def __call__(self, rows: batch.Batch) -> batch.Batch:
        """What of these rows has already happened, at the time at which it is shown."""
        ends = rows.time if rows.end is None else rows.end
        walls = shift.wall(rows.time, zone=self._zone)
        due = walls + (ends - rows.time)
        first, last = self._replay.start, self._replay.start + self._replay.cycle
        inside = (due > first) & (due <= last)
        if inside.any():
            kept = rows.take(inside)
            self._window.append(msgspec.structs.replace(kept, time=walls[inside], end=due[inside]))
        shown = shift.instants(walls + self._replay.weeks * shift.WEEK, zone=self._zone)
        finished = shown + (ends - rows.time)
        past = rows.take((shown != batch.NONE) & (finished <= self._until))
        past.time = shown[(shown != batch.NONE) & (finished <= self._until)]
        if rows.end is not None:
            past.end = finished[(shown != batch.NONE) & (finished <= self._until)]
        return past

    async def keep(self, connection: Connection) -> None:
        """Store the window in place of what was stored before; the feed may begin."""
        sql = statements.load("city")
        keys = {"dataset_id": self._replay.dataset_id}
        async with connection.transaction():
            await connection.execute(sql["clear_replay_values"], keys)
            async with connection.cursor() as cursor, cursor.copy(sql["copy_replay_values"]) as copy:
                for row in self._rows():
                    await copy.write_row(row)
            await connection.execute(sql["complete_replay"], keys)

    def _rows(self) -> Iterator[Row]:
        for rows in self._window:
            ends = rows.time if rows.end is None else rows.end
            qualities = rows.result_quality if rows.result_quality is not None else [None] * len(rows)
            streams, results = rows.datastream_id.tolist(), rows.result.tolist()
            columns = (rows.time.tolist(), ends.tolist(), streams, results, qualities)
            for start, end, stream, result, quality in zip(*columns, strict=True):
                yield self._replay.dataset_id, wall_time(end), wall_time(start), stream, result, quality


def wall_micros(wall: datetime) -> int:
    """A wall-clock time as microseconds since 1970 on that clock."""
    return (wall - _EPOCH) // timedelta(microseconds=1)


def wall_time(micros: int) -> datetime:
    """The inverse."""
    return _EPOCH + timedelta(microseconds=micros)
