# SPDX-License-Identifier: EUPL-1.2
"""The archive's worker: months that are old enough go into files, wishes of readers are fulfilled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import LiteralString

import msgspec
import psycopg
import structlog

import stadtkern.things.store.binary  # noqa: F401  (a connection knows what was registered before it was opened)
from stadtkern.core import database, datasets, statements, times, waiting
from stadtkern.core.datasets import Dataset
from stadtkern.core.settings import Settings

log = structlog.get_logger(__name__)

CHANNEL = "things_archive"
_EVERY_SECONDS = 1800.0
_BACKOFF_SECONDS = 2.0
IDLE_SECONDS = 60.0
_AT_ONCE = 100
# What was brought back stays for a while, and longer where there is room.
_STAYS = timedelta(minutes=2)
_OPEN = timedelta(days=1)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A month that was looked at; `rows` is None where it has to wait for the fold or has a fault."""

    dataset: str
    month: str
    rows: int | None = None
    fault: str = ""


def folder(settings: Settings) -> Path:
    """Where the files lie."""
    return settings.data / "archive"


async def watch(*, url: str, stop: asyncio.Event, begin: Callable[[], Awaitable[None]]) -> None:
    """Call `begin`, which returns when it is done, whenever there is something to do; until told to stop."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while not stop.is_set():
        try:
            async with await database.connect(url=url, autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                while not stop.is_set():
                    late = loop.time() >= due
                    if late:
                        due = loop.time() + _EVERY_SECONDS
                    if await _waiting(connection) or (late and await _anything(connection)):
                        await begin()
                        if await _waiting(connection):
                            await waiting.pause(
                                stop, seconds=_BACKOFF_SECONDS
                            )  # it fell, or somebody else works on the archive
                    else:
                        async for _ in connection.notifies(timeout=1.0, stop_after=1):
                            pass
        except psycopg.OperationalError as error:
            log.warning("the archive lost the database", error=str(error).strip())
            await waiting.pause(stop, seconds=_BACKOFF_SECONDS)


async def run(*, url: str, settings: Settings, stop: asyncio.Event, idle: float = IDLE_SECONDS) -> None:
    """Do what there is to do, then fulfil wishes until none has come for so many seconds."""
    loop = asyncio.get_running_loop()
    async with await database.connect(url=url, autocommit=True) as connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        rounded, quiet = False, loop.time()
        while not stop.is_set() and loop.time() - quiet < idle:
            if await _waiting(connection) and await fulfil(connection, settings):
                quiet = loop.time()
            elif not rounded:
                await round_once(connection, settings)
                rounded, quiet = True, loop.time()
            else:
                async for _ in connection.notifies(timeout=0.5, stop_after=1):
                    pass


async def _anything(connection: database.Connection) -> bool:
    return bool(await _due(connection, times.now()) or await _files(connection))


async def _waiting(connection: database.Connection) -> bool:
    row = await (await connection.execute(statements.load("things")["wishes_waiting"])).fetchone()
    return bool(row and row[0])


@asynccontextmanager
async def alone(connection: database.Connection, *, files: bool = True) -> AsyncIterator[bool]:
    """Whether nobody else works on the archive and, for changes of `files`, no backup copies them."""
    sql = statements.load("things")
    held: list[LiteralString] = []
    wanted: list[tuple[LiteralString, LiteralString]] = [("archive_round", "end_archive_round")]
    wanted += [("change_files", "end_change_files")] if files else []
    try:
        for begin, end in wanted:
            row = await (await connection.execute(sql[begin])).fetchone()
            if row and row[0]:
                held.append(end)
        yield len(held) == len(wanted)
    finally:
        for end in held:
            if not connection.broken:
                await connection.execute(sql[end])


async def round_once(
    connection: database.Connection, settings: Settings, *, now: datetime | None = None
) -> list[Done]:
    """Archive all months that are due, drop what is no longer kept, make room. Can be repeated."""
    moment = now or times.now()
    done: list[Done] = []
    async with alone(connection) as mine:
        if not mine:
            return done
        due = await _due(connection, moment)
        if not due and not await _files(connection):
            return done
        from stadtkern.things.archive import cache, files, month, upkeep

        archive = month.Archive(folder(settings), connection)
        await upkeep.expire(archive)
        for dataset, each in due:
            one = Done(dataset=dataset.key, month=f"{each:%Y-%m}")
            try:
                made = await month.put_away(archive, dataset_id=dataset.id, dataset=dataset.key, month=each)
                one = msgspec.structs.replace(one, rows=None if made is None else made.rows)
            except files.ArchiveDamaged as error:
                log.error("a month could not be archived", dataset=dataset.key, detail=str(error))
                one = msgspec.structs.replace(one, fault=error.detail)
            done.append(one)
            await _wishes(connection, settings)  # readers do not wait for the other months
        await upkeep.sweep(archive)
        await cache.make_room(archive, rows=settings.archive_cache_rows, age=_STAYS)
    return done


async def _files(connection: database.Connection) -> bool:
    return bool(await (await connection.execute(statements.load("things")["files"])).fetchone())


async def _due(connection: database.Connection, now: datetime) -> list[tuple[Dataset, date]]:
    """Months to write, new ones and those that changed."""
    sql = statements.load("things")
    found: list[tuple[Dataset, date]] = []
    # Most of a large catalogue has no readings here.
    rows = await (await connection.execute(sql["datasets_with_months"])).fetchall()
    some = {row[0] for row in rows}
    for dataset in await datasets.everything(connection) if some else ():
        if dataset.id not in some:
            continue
        until = _NEVER if dataset.archive_after is None else now - dataset.archive_after
        params = {"dataset_id": dataset.id, "until": until, "open": now - _OPEN}
        rows = await (await connection.execute(sql["months_due"], params)).fetchall()
        found += [(dataset, row[0]) for row in rows]
    return found


async def fulfil(connection: database.Connection, settings: Settings) -> int:
    """Bring back what readers wish; returns how many are done. A damaged file costs only its own wish."""
    async with alone(connection, files=False) as mine:
        return await _wishes(connection, settings) if mine else 0


async def _wishes(connection: database.Connection, settings: Settings) -> int:
    from stadtkern.things.archive import cache, files, month

    sql = statements.load("things")
    archive = month.Archive(folder(settings), connection)
    await connection.execute(sql["forget_old_wishes"])
    rows = await (await connection.execute(sql["take_wishes"], {"limit": _AT_ONCE})).fetchall()
    for number, datastream_id, at, observation_id, owners in rows:
        try:
            parts = [(datastream_id, at)]
            if datastream_id is None:
                parts = await cache.locate(archive, observation_id=observation_id, month=at, datasets=owners)
            for stream, each in parts:
                if await cache.bring_back(archive, datastream_id=stream, month=each):
                    await connection.execute(sql["wake_disposal"])
        except files.ArchiveDamaged as error:
            log.error("the archive is damaged", detail=str(error))
        await connection.execute(sql["end_wishes"], {"ids": [number]})
    if rows:
        await cache.make_room(archive, rows=settings.archive_cache_rows, age=_STAYS)
    return len(rows)


def month_of(text: str) -> date:
    """The first day of a month such as `2025-03`. Raises ValueError."""
    return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
