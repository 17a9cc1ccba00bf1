# SPDX-License-Identifier: EUPL-1.2
"""Brings parts of months back into the table for those who read or change them, and takes them out again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import structlog

from stadtkern.things.archive import files
from stadtkern.things.archive.month import Archive, ask, key_of
from stadtkern.things.store import binary, partitions, streams
from stadtkern.things.store.batch import NONE

log = structlog.get_logger(__name__)

_TIMES = ("phenomenon_time", "phenomenon_end", "result_time", "valid_from", "valid_until")
_NUMBERS = ("datastream_id", "slot", "id", "feature_id")
_TEXTS = ("result_json", "result_quality", "parameters")


async def bring_back(archive: Archive, *, datastream_id: int, month: date) -> int:
    """Put a part into the table in one transaction; returns its rows. Raises ArchiveDamaged."""
    connection = archive.connection
    found = await ask(connection, "file_of_part", datastream_id=datastream_id, month=month)
    if not found:
        return 0
    key = key_of(month)
    await partitions.ensure(connection, keys=[key])
    statement = partitions.statement("restore_rows", key)
    async with connection.transaction():
        await _hold(archive, datastream_id)
        held = await ask(connection, "hold_part", datastream_id=datastream_id, month=month)
        if not held or held[0][0] != "away":
            return 0
        rows = 0
        pieces = files.groups(archive.root / found[0][0], column="datastream_id", value=datastream_id)
        for piece in pieces:
            await connection.execute(statement, _params(piece))
            rows += len(piece)
        if rows != held[0][1]:
            raise files.ArchiveDamaged(f"{found[0][0]}: datastream {datastream_id}: {rows}, not {held[0][1]}")
        await ask(connection, "set_part", datastream_id=datastream_id, month=month, state="here")
    return rows


async def take_out(archive: Archive, *, datastream_id: int, month: date) -> int:
    """Remove a part that is in a file from the table; returns its rows. The newest value always stays.

    A fold that has looked whether the part is here computes to its end first.
    """
    connection = archive.connection
    key = key_of(month)
    async with connection.transaction():
        await ask(connection, "wait_for_fold")
        await _hold(archive, datastream_id)
        held = await ask(connection, "hold_part", datastream_id=datastream_id, month=month)
        if not held or held[0][0] != "here" or held[0][3] is None or held[0][3] <= held[0][2]:
            return 0
        statement = partitions.statement("clear_part", key)
        cursor = await connection.execute(statement, {"datastream_id": datastream_id, "month": month})
        if cursor.rowcount != held[0][1]:
            raise files.ArchiveDamaged(
                f"datastream {datastream_id}, {month:%Y-%m}: {cursor.rowcount} in the table, not {held[0][1]}"
            )
        await ask(connection, "set_part", datastream_id=datastream_id, month=month, state="away")
    return cursor.rowcount


async def make_room(archive: Archive, *, rows: int, age: timedelta) -> int:
    """Take out parts that nobody used for so long until at most so many rows are left; returns how many.

    What was just archived counts like what was brought back. A part that is not as in its file stays.
    """
    (left,) = (await ask(archive.connection, "cached_rows"))[0]
    removed = 0
    for datastream_id, month, _ in await ask(archive.connection, "evictable", age=age):
        if left - removed <= rows:
            break
        try:
            removed += await take_out(archive, datastream_id=datastream_id, month=month)
        except files.ArchiveDamaged as error:
            log.error("a part stays in the table", detail=str(error))
    return removed


async def reopen(archive: Archive, *, dataset_id: int, month: date) -> None:
    """Let a month be written to again: all of it comes back into the table. Raises ArchiveDamaged."""
    for number, state, _ in await ask(
        archive.connection, "parts_of_month", dataset_id=dataset_id, month=month
    ):
        if state == "away":
            await bring_back(archive, datastream_id=number, month=month)
    await ask(archive.connection, "open_month", dataset_id=dataset_id, month=month)


async def locate(
    archive: Archive, *, observation_id: int, month: date, datasets: list[int]
) -> list[tuple[int, date]]:
    """The part in which an observation lies; empty where there is none. Raises ArchiveDamaged."""
    paths = await ask(
        archive.connection,
        "files_with_observation",
        observation_id=observation_id,
        month=month,
        datasets=datasets,
    )
    for path, at in paths:
        for found in files.groups(archive.root / path, column="id", value=observation_id):
            return [(found["datastream_id"][0].as_py(), at)]
    return []


async def _hold(archive: Archive, datastream_id: int) -> None:
    """Keep writers of a datastream away until the transaction ends."""
    held = np.array([datastream_id], np.int64)
    await streams.lock(archive.connection, ids=held, row=np.zeros(1, np.int64), policy=None)


def _params(piece: pa.Table) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for name in _TIMES:
        params[name] = binary.instants(_integers(piece[name]))
    for name in _NUMBERS:
        params[name] = binary.bigints(_integers(piece[name]))
    for name in _TEXTS:
        params[name] = binary.texts(_objects(piece[name].to_pylist()))
    params["result"] = binary.floats(piece["result"].fill_null(float("nan")).to_numpy())
    return params


def _integers(column: pa.ChunkedArray) -> Any:
    return column.cast(pa.int64()).fill_null(int(NONE)).to_numpy()


def _objects(values: Iterable[str | None]) -> Any:
    listed = list(values)
    column = np.empty(len(listed), object)
    column[:] = listed
    return column
