# SPDX-License-Identifier: EUPL-1.2
"""Reads all readings of a dataset page by page, so that no connection waits for a slow line."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import msgspec

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.ui.visit import Visit

STEP = 5_000
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
Open = Callable[[], AbstractAsyncContextManager[Visit]]


class ReadingsAreArchived(problems.Problem):
    """Some of the readings lie in the archive.

    Ask for the CSV, or ask the interface for a shorter span.
    """

    status = 409


class AccessChangedMeanwhile(problems.Problem):
    """What may be seen changed while the file was being made.

    Ask again; the next answer holds what may be seen now.
    """

    status = 409


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A series to be read: `until` its newest reading, `since` which time (None: all)."""

    id: int
    name: str
    symbol: str
    n: int
    until: datetime
    state: str
    since: datetime | None = None


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One reading with its series."""

    series: Series
    time: datetime
    end: datetime | None
    result: float | None
    document: Any
    quality: Any


async def series(visit: Visit, *, dataset_id: int) -> list[Series]:
    """The series of a dataset that have readings, as far as one may see them."""
    text, params = (
        Fragment(statements.load("catalogue")["series_to_take_away"] + " ", (dataset_id,))
        + visit.scope.on("t.dataset_id")
        + Fragment(" ORDER BY t.id")
    )
    rows = await (await visit.connection.execute(text, params)).fetchall()
    return [
        Series(id=row[0], name=row[1], symbol=row[2], n=row[3], until=row[4], state=row[5]) for row in rows
    ]


def tag(found: Sequence[Series], *, form: str) -> str:
    """Stands for exactly these readings in this form."""
    told = [(each.id, each.name, each.symbol, each.state) for each in found]
    return hashlib.sha256(msgspec.json.encode([form, told])).hexdigest()[:32]


def share(numbers: Sequence[int], *, most: int) -> int:
    """How many readings each series may bring so that together there are at most so many."""
    left, waiting = most, sorted(numbers)
    for at, number in enumerate(waiting):
        fair = left // (len(waiting) - at)
        if number > fair:
            return max(fair, 1)
        left -= number
    return max(waiting, default=0)


async def newest(connection: Connection, found: Sequence[Series], *, most: int) -> list[Series]:
    """The same series, each only since so long ago that together they have no more readings than that."""
    each = share([one.n for one in found], most=most)
    sql = statements.load("catalogue")["nth_newest"]
    made = []
    for one in found:
        since = None
        if one.n > each:
            row = await (await connection.execute(sql, {"id": one.id, "newer": each - 1})).fetchone()
            since = row[0] if row else None
        made.append(msgspec.structs.replace(one, since=since))
    return made


async def here(connection: Connection, found: Sequence[Series]) -> bool:
    """Whether none of it lies in the archive only."""
    about = {"ids": [one.id for one in found], "since": [one.since for one in found]}
    row = await (await connection.execute(statements.load("catalogue")["away_to_take"], about)).fetchone()
    return not (row and row[0])


async def pages(opened: Open, found: Sequence[Series]) -> AsyncIterator[list[Reading]]:
    """All readings, series by series in the order of time; each page looks anew at who asks.

    Raises AccessChangedMeanwhile, ReadingsAreArchived.
    """
    for group in _groups(found):
        if len(group) > 1:
            about = {"ids": [one.id for one in group], "until": [one.until for one in group]}
            yield await _page(opened, group, "readings_of_some", about)
            continue
        since, slot = group[0].since or _FIRST, -1
        while True:
            about = {"id": group[0].id, "since": since, "slot": slot, "until": group[0].until, "limit": STEP}
            async with opened() as visit:
                rows = await _rows(visit, group, "readings_of_one", about)
            yield _readings(group, rows)
            if len(rows) < STEP:
                break
            since, slot = rows[-1][1], rows[-1][2]


async def _page(opened: Open, group: Sequence[Series], name: str, about: dict[str, Any]) -> list[Reading]:
    async with opened() as visit:
        return _readings(group, await _rows(visit, group, name, about))


async def _rows(visit: Visit, group: Sequence[Series], name: str, about: dict[str, Any]) -> list[Any]:
    """Some rows. Raises AccessChangedMeanwhile, ReadingsAreArchived."""
    sql = statements.load("catalogue")
    text, params = Fragment(sql["seen_to_take_away"] + " ", ([one.id for one in group],)) + visit.scope.on(
        "t.dataset_id"
    )
    seen = await (await visit.connection.execute(text, params)).fetchall()
    if len(seen) < len(group):
        raise AccessChangedMeanwhile
    rows = await (await visit.connection.execute(sql[name], about)).fetchall()
    if not await here(visit.connection, group):
        raise ReadingsAreArchived
    return rows


def _readings(group: Sequence[Series], rows: Sequence[Any]) -> list[Reading]:
    known = {one.id: one for one in group}
    return [Reading(known[row[0]], row[1], *row[3:]) for row in rows]


def _groups(found: Sequence[Series]) -> list[list[Series]]:
    """Small series together, as many as make a page; large ones, and parts of series, alone."""
    groups: list[list[Series]] = []
    room = 0
    for one in found:
        if one.since is not None or one.n > room:
            groups.append([])
            room = 0 if one.since is not None else STEP
        groups[-1].append(one)
        room -= one.n if one.since is None else 0
    return groups
