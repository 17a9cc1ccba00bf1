# SPDX-License-Identifier: EUPL-1.2
"""Writes of ratings: take an answer, note a remark as read, forget both."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

from stadtkern.core import access, database, problems, statements, times, waiting
from stadtkern.core.database import Connection

# How long a remark that was read can be brought back.
KEPT = timedelta(days=7)
# How long an answer lies there; owners see those of a year.
COUNTED = timedelta(days=730)
_EVERY_SECONDS = 3600.0
_MOST_WAITING, _MOST_A_DAY = 1_000, 300


class TooManyRatings(problems.Problem):
    """This page has been given enough answers for today, or too many remarks wait to be read.

    Nothing was stored. Please come back tomorrow.
    """

    status = 429


async def take(
    connection: Connection,
    *,
    path: str,
    dataset_id: int | None,
    helped: bool,
    ticket: str,
    day: date,
    remark: str = "",
    language: str = "de",
) -> None:
    """Keep an answer for a page; the same ticket keeps it once. Raises TooManyRatings."""
    about = {
        "path": path,
        "dataset_id": dataset_id,
        "helped": helped,
        "remark": remark,
        "language": language,
        "day": day,
        "ticket_hash": access.hash_secret(ticket),
    }
    async with connection.transaction():
        row = await (await connection.execute(_sql("rating_bounds"), about)).fetchone()
        if row is not None and (row[1] >= _MOST_A_DAY or (remark and row[0] >= _MOST_WAITING)):
            raise TooManyRatings()
        await connection.execute(_sql("take_rating"), about)
        await _forget(connection, day=day)


async def note(connection: Connection, *, id: int, read: bool, day: date) -> None:
    """Note that somebody has read a remark, or that nobody has after all; forget those read a week ago."""
    async with connection.transaction():
        await connection.execute(_sql("note_read"), {"id": id, "day": day if read else None})
        await _forget(connection, day=day)


async def remove(connection: Connection, *, id: int) -> None:
    """Forget an answer with its remark, such as an insult or advertising."""
    async with connection.transaction():
        await connection.execute(_sql("remove_rating"), {"id": id})


async def keep(*, url: str, stop: asyncio.Event) -> None:
    """Once an hour, until told to stop, forget what was read a week ago: also where nobody answers now."""
    while not stop.is_set():
        async with await database.connect(url=url, autocommit=True) as connection:
            await forget(connection, day=times.now().date())
        await waiting.pause(stop, seconds=_EVERY_SECONDS)


async def forget(connection: Connection, *, day: date) -> None:
    """Forget remarks that were read more than a week before a day, and answers older than two years."""
    await _forget(connection, day=day)
    await connection.execute(_sql("forget_ratings"), {"before": day - COUNTED})


async def _forget(connection: Connection, *, day: date) -> None:
    await connection.execute(_sql("forget_remarks"), {"before": day - KEPT})


def _sql(name: str) -> Any:
    return statements.load("city")[name]
