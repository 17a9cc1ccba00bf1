# SPDX-License-Identifier: EUPL-1.2
"""Puts one month of one dataset into a file: close it, wait for the fold, write, prove, register."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString, NamedTuple

import pyarrow as pa
import structlog

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.things.archive import files
from stadtkern.things.store import fold, partitions, seals
from stadtkern.things.store.batch import microseconds

log = structlog.get_logger(__name__)

_FETCH = 8_192
_GROUP = 1_000


class Archive(NamedTuple):
    """Where files lie, and the worker's autocommitting connection."""

    root: Path
    connection: Connection


class Part(NamedTuple):
    """What one datastream has in a month; `away` where only the old file has it."""

    datastream_id: int
    away: bool
    rows: int = 0
    first_time: datetime | None = None
    last_time: datetime | None = None
    result_time_first: datetime | None = None
    result_time_last: datetime | None = None
    end_time: datetime | None = None
    last_result: float | None = None
    features: str | None = None


class File(NamedTuple):
    """A file as it is registered."""

    dataset_id: int
    dataset: str
    month: date
    generation: int
    path: str
    rows: int
    bytes: int
    sha256: str
    stale: bool
    written_at: datetime


async def registered(connection: Connection) -> list[File]:
    """All files, by dataset and month."""
    return [File(*row) for row in await ask(connection, "files")]


async def ask(connection: Connection, name: LiteralString, **values: Any) -> list[Any]:
    """The rows of a named statement."""
    cursor = await connection.execute(statements.load("things")[name], values)
    return await cursor.fetchall() if cursor.description else []


def key_of(month: date) -> int:
    """The partition in which a month lies."""
    return partitions.key(microseconds(start_of(month)))


def start_of(month: date) -> datetime:
    """The first instant of a month."""
    return datetime.fromisoformat(f"{month:%Y-%m-%d}T00:00:00+00:00")


def end_of(month: date) -> datetime:
    """The first instant behind a month."""
    return start_of((month + timedelta(days=32)).replace(day=1))


async def put_away(archive: Archive, *, dataset_id: int, dataset: str, month: date) -> files.Manifest | None:
    """Write a month, new or anew; None where the fold has to come first, then it is only closed.

    May be begun again after a crash at any point. Raises ArchiveDamaged; then nothing is registered.
    """
    connection = archive.connection
    await _close(connection, dataset_id=dataset_id, month=month)
    await fold.fold_all(connection)
    if not await seals.settled(connection, dataset_id=dataset_id, start=start_of(month), until=end_of(month)):
        return None
    known = {(file.dataset_id, file.month): file for file in await registered(connection)}
    old = known.get((dataset_id, month))
    async with connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        parts = await _parts(connection, dataset_id=dataset_id, month=month)
        source = _Source(archive, month, parts, None if old is None else archive.root / old.path)
        manifest = await files.write(
            archive.root,
            dataset=dataset,
            month=month,
            generation=1 if old is None else old.generation + 1,
            pieces=source.pieces,
        )
    await _register(archive, dataset_id, month, manifest, parts, sorted(source.moved))
    if old is not None:
        (archive.root / old.path).unlink(missing_ok=True)
    if not parts:
        await ask(connection, "drop_file", dataset_id=dataset_id, month=month)
    log.info("archived", dataset=dataset, month=f"{month:%Y-%m}", rows=manifest.rows, bytes=manifest.bytes)
    return manifest


async def _close(connection: Connection, *, dataset_id: int, month: date) -> None:
    """From now on nobody writes into the month; those who began before are waited for."""
    ids = [row[0] for row in await _contents(connection, dataset_id, month)]
    parts = await ask(connection, "parts_of_month", dataset_id=dataset_id, month=month)
    ids = sorted({*ids, *(row[0] for row in parts if row[1] == "open")})
    await connection.execute(statements.load("things")["close_parts"], {"ids": ids, "month": month})
    await seals.seal(connection, dataset_id=dataset_id, until=end_of(month), gone=False)
    for begin in range(0, len(ids), _GROUP):
        async with connection.transaction():
            await ask(connection, "hold_states", ids=ids[begin : begin + _GROUP])


async def _contents(connection: Connection, dataset_id: int, month: date) -> list[Any]:
    key = key_of(month)
    if not await partitions.existing(connection, keys=[key]):
        return []
    statement = partitions.statement("month_contents", key)
    return await (await connection.execute(statement, {"dataset_id": dataset_id, "month": month})).fetchall()


async def _parts(connection: Connection, *, dataset_id: int, month: date) -> list[Part]:
    rows = await ask(connection, "parts_of_month", dataset_id=dataset_id, month=month)
    states = {row[0]: row[1] for row in rows}
    found = [Part(number, True) for number, state in states.items() if state == "away"]
    for number, *facts in await _contents(connection, dataset_id, month):
        if states.get(number) in ("closing", "here"):
            found.append(Part(number, False, *facts))
    return sorted(found)


class _Source:
    """The rows of a month in the file's order, from the table and from the file that is to be replaced."""

    def __init__(self, archive: Archive, month: date, parts: Sequence[Part], old: Path | None):
        self._connection = archive.connection
        self._month = month
        self._parts = parts
        self._old = old
        self.moved: set[int] = set()

    async def pieces(self) -> AsyncIterator[pa.Table]:
        """Tables of as many rows as a row group takes."""
        waiting: list[pa.Table] = []
        size = 0
        async for found in self._tables():
            self._note_moved(found)
            waiting.append(found)
            size += len(found)
            while size >= files.ROWS_PER_GROUP:
                whole = pa.concat_tables(waiting)
                yield whole.slice(0, files.ROWS_PER_GROUP).combine_chunks()
                waiting = [whole.slice(files.ROWS_PER_GROUP)]
                size -= files.ROWS_PER_GROUP
        if size:
            yield pa.concat_tables(waiting).combine_chunks()

    async def _tables(self) -> AsyncIterator[pa.Table]:
        for part in self._parts:
            if part.away:
                if self._old is None:
                    raise files.ArchiveDamaged(f"no file for {self._month:%Y-%m}")
                for found in files.groups(self._old, column="datastream_id", value=part.datastream_id):
                    yield found
                continue
            statement = partitions.statement("read_part", key_of(self._month))
            async with self._connection.cursor(name="archive", binary=True) as cursor:
                await cursor.execute(statement, {"datastream_id": part.datastream_id, "month": self._month})
                while rows := await cursor.fetchmany(_FETCH):
                    yield files.table(rows)

    def _note_moved(self, found: pa.Table) -> None:
        months = (self._month.year - 1900) * 12 + self._month.month - 1
        ids = found["id"].to_numpy()
        self.moved.update(ids[(ids >> 40) != months].tolist())


async def _register(
    archive: Archive,
    dataset_id: int,
    month: date,
    manifest: files.Manifest,
    parts: Sequence[Part],
    moved: list[int],
) -> None:
    sql = statements.load("things")
    connection = archive.connection
    path = files.folder(dataset=manifest.dataset, month=month) / manifest.file
    here = [part for part in parts if not part.away]
    file = {
        "dataset_id": dataset_id, "month": month, "generation": int(manifest.file[13:17]), "path": str(path),
        "rows": manifest.rows, "bytes": manifest.bytes, "sha256": manifest.sha256, "moved": moved,
        "first_time": manifest.first_time, "last_time": manifest.last_time,
    }  # fmt: skip
    columns: dict[str, Any] = {"month": month, "ids": [part.datastream_id for part in here]}
    for name in Part._fields[2:]:
        columns[name] = [getattr(part, name) for part in here]
    async with connection.transaction():
        held = await ask(connection, "hold_parts", ids=[part.datastream_id for part in parts], month=month)
        file["stale"] = len(held) < len(parts)  # what was deleted meanwhile is in the file
        await connection.execute(sql["keep_file"], file)
        await connection.execute(sql["keep_parts"], columns)
        await connection.execute(sql["drop_empty_parts"], {"dataset_id": dataset_id, "month": month})
        await connection.execute(sql["note_archive"], {"dataset_id": dataset_id, "month": month})
