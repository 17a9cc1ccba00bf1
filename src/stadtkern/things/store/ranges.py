# SPDX-License-Identifier: EUPL-1.2
"""Finds the ranges of ids whose summing up was broken off, and sums them up anew.

PostgreSQL puts a placeholder where it is about to sum up a range. Where that is broken off – by a crash, a
kill, a cancelled statement – the placeholder stays, nothing that PostgreSQL does by itself replaces it, and a
look-up by id reads its range and all behind it. A range that is summed up stays so: only what has grown is
looked at again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg import errors

from stadtkern.core import database, statements, waiting
from stadtkern.core.database import Connection
from stadtkern.things.store import partitions

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 600.0
# How soon it comes back to a partition that somebody kept locked.
_SOON_SECONDS = 20.0
_BACKOFF_SECONDS = 5.0
# Ranges that are made anew before anybody else gets a turn: some 50,000 rows, some 30 ms.
_CHUNK = 16
# How long it rests after each chunk, as a share of what the chunk took.
_REST = 0.5
# For each page it names, a BRIN index says that it found so many rows.
_ROWS_PER_PAGE = 10


class Index(NamedTuple):
    """The index of ids of a partition: pages that one of its ranges covers, pages of the partition."""

    number: int
    name: str
    step: int
    pages: int


class Look(NamedTuple):
    """Pages of a partition, and how many of them everybody reads, whatever id is looked for.

    The index does not name ranges without rows: what it names for all ids is less than the partition has.
    """

    pages: int
    read: int


async def run(*, url: str, stop: asyncio.Event) -> None:
    """Look at everything once, and every ten minutes at what has grown, until told to stop.

    What was locked is tried again soon. A server that was lost may have left more: all is looked at again.
    """
    seen: dict[int, int] = {}
    while not stop.is_set():
        try:
            async with await database.connect(url=url, autocommit=True) as connection:
                left = await tend(connection, seen=seen, stop=stop)
            await waiting.pause(stop, seconds=_SOON_SECONDS if left else _EVERY_SECONDS)
        except psycopg.OperationalError as error:
            seen.clear()
            log.warning("the care for the ranges of ids lost the database", error=str(error).strip())
            await waiting.pause(stop, seconds=_BACKOFF_SECONDS)


async def tend(connection: Connection, *, seen: dict[int, int], stop: asyncio.Event) -> bool:
    """Mend the partitions that have another size than in `seen`, which then holds their pages.

    Whether one was left for another try: somebody keeps it locked, or the statement was given up. One that
    cannot be mended is named in the log and counts as seen. The connection autocommits.
    """
    left = False
    for key in await everywhere(connection):
        if stop.is_set():
            break
        found: Index | None = None
        try:
            found = await index_of(connection, key=key)
            if found is None or found.pages in (0, seen.get(key)):
                continue
            if await _mend(connection, key, found, stop):
                seen[key] = found.pages
        except errors.UndefinedTable:
            continue  # dropped meanwhile
        except errors.LockNotAvailable:
            left = True
        except psycopg.Error as error:
            if connection.closed:
                raise
            said, leaf = str(error).strip(), partitions.leaf(key)
            log.warning("the ranges of ids of a partition were not tended", partition=leaf, error=said)
            if isinstance(error, psycopg.OperationalError):
                left = True  # cancelled, or no room: another time it may go well
            elif found is not None:
                seen[key] = found.pages
    return left


async def everywhere(connection: Connection) -> list[int]:
    """The partitions, newest first."""
    rows = await (await connection.execute(statements.load("things")["partitions_to_tend"])).fetchall()
    return [partitions.key_of_leaf(name) for (name,) in rows]


async def index_of(connection: Connection, *, key: int) -> Index | None:
    """The index of ids of a partition; None where it has none. Raises LockNotAvailable."""
    async with connection.transaction():
        await connection.execute(statements.load("things")["wait_briefly"])
        row = await (await connection.execute(partitions.statement("index_of_ids", key))).fetchone()
    return Index(*row) if row else None


async def look(connection: Connection, *, key: int, index: Index) -> Look:
    """What a look-up by an id that nobody has would read; itself it reads the index and one row.

    Ranges that are not summed up yet count as well. Raises LockNotAvailable.
    """
    async with connection.transaction():
        await connection.execute(statements.load("things")["wait_briefly"])
        size = await (await connection.execute(partitions.statement("through_the_index", key))).fetchone()
        row = await (await connection.execute(partitions.statement("look_at_ranges", key))).fetchone()
    named = {
        node["Index Cond"]: int(node["Actual Rows"]) // _ROWS_PER_PAGE
        for node in _nodes(row[0][0]["Plan"] if row else {})
        if node.get("Index Name") == index.name
    }
    # What came in between the two statements is named, unless there are ranges without rows.
    pages = max(size[0] or 0 if size else 0, named.get("(id >= 0)", 0))
    return Look(pages=pages, read=named.get("(id < 0)", 0))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


async def _mend(connection: Connection, key: int, index: Index, stop: asyncio.Event) -> bool:
    """Sum up what is not, then anew what was broken off; whether it came to its end."""
    found = await look(connection, key=key, index=index)
    if found.read < index.step:
        return True  # no more than the range at the end that is not full yet
    async with connection.transaction():
        await connection.execute(statements.load("things")["to_the_end"])
        await connection.execute(partitions.statement("widen_id_ranges", key))
    found = await look(connection, key=key, index=index)
    if not _excess(index, found):
        return True
    leaf = partitions.leaf(key)
    log.warning("the summary of ids was broken off; it is made anew", partition=leaf, pages=found.read)
    if not await _make_anew(connection, key, index, found, stop):
        return False
    found = await look(connection, key=key, index=index)
    if _excess(index, found):
        log.error("the index of ids needs REINDEX INDEX CONCURRENTLY", index=index.name, pages=found.read)
    else:
        log.info("the summary of ids is whole again", partition=leaf)
    return True


def _excess(index: Index, found: Look) -> bool:
    """Whether more is read than what came in since the ranges were summed up."""
    return found.read >= index.step + max(0, found.pages - index.pages)


def _first(index: Index, found: Look) -> int:
    """The page where the first range begins that was broken off: everything behind it is read, too."""
    return max(0, found.pages - found.read) // index.step * index.step


async def _make_anew(
    connection: Connection, key: int, index: Index, found: Look, stop: asyncio.Event
) -> bool:
    """From one range that was broken off to the next; False where told to stop before the end.

    A server that only reads the ranges themselves does not say where they are: there all are made anew.
    """
    loop = asyncio.get_running_loop()
    page, everything = _first(index, found), False
    while _excess(index, found) and page < found.pages:
        began = loop.time()
        await _sum_up(connection, index, page, min(page + (_CHUNK - 1) * index.step, found.pages - 1))
        found = await look(connection, key=key, index=index)
        following = _first(index, found)
        if everything:
            page += _CHUNK * index.step
        elif following > page:
            page = following
        else:
            page, everything = 0, True
        if await waiting.pause(stop, seconds=_REST * (loop.time() - began)):
            return False
    return True


async def _sum_up(connection: Connection, index: Index, first: int, last: int) -> None:
    """Sum up the ranges that begin at these pages anew. Others write meanwhile; readers read them whole."""
    params = {"index": index.number, "first": first, "last": last, "step": index.step}
    async with connection.transaction():
        await connection.execute(statements.load("things")["to_the_end"])
        await connection.execute(statements.load("things")["forget_ranges"], params)
        await connection.execute(statements.load("things")["sum_up_ranges"], params)
