# SPDX-License-Identifier: EUPL-1.2
"""What is closed for writing: observations gone for good, and months that lie in files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.core.problems import NotFound
from stadtkern.things import readings
from stadtkern.things.store import binary
from stadtkern.things.store.batch import Batch, Flags, microseconds
from stadtkern.things.store.streams import Streams

_GROUP = 1_000


class PartIsAway(problems.Problem):
    """What is to be changed lies in the archive and has to be brought back first.

    Send it again after the number of seconds in Retry-After, or by itself.
    """

    status = 503

    def __init__(self, datastream_id: int, month: date):
        super().__init__(f"datastream {datastream_id}, {month:%Y-%m}", headers={"Retry-After": "5"})
        self.datastream_id = datastream_id
        self.month = month


async def closed(connection: Connection, *, rows: Batch, found: Streams) -> tuple[Flags, Flags] | None:
    """Which rows may not be stored, and which of these because their time is gone; None where all may.

    The datastreams are locked, so what is found holds until the caller's transaction ends.
    """
    at = np.flatnonzero(found.known[found.row] & (rows.time < found.sealed[found.row]))
    if not len(at):
        return None
    params = {
        "ord": binary.bigints(at),
        "datastream_id": binary.bigints(rows.datastream_id[at]),
        "time": binary.instants(rows.time[at]),
    }
    cursor = await connection.execute(statements.load("things")["closed_rows"], params)
    shut, gone = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
    for position, is_gone in await cursor.fetchall():
        shut[position] = True
        gone[position] = bool(is_gone)
    return (shut, gone) if shut.any() else None


def problem(*, gone: bool) -> readings.Sealed | readings.MonthIsArchived:
    """Why a row was not stored."""
    return (readings.Sealed if gone else readings.MonthIsArchived)(where="phenomenonTime")


async def admit(connection: Connection, found: Streams, *, places: Iterable[tuple[int, datetime]]) -> None:
    """See that locked datastreams can be changed at these times; a part in the table is opened.

    Raises NotFound for times that are gone, PartIsAway, MonthIsArchived while a part is being written.
    """
    sealed = dict(zip(found.id.tolist(), found.sealed.tolist(), strict=True))
    for datastream_id, time in places:
        if microseconds(time) < sealed[datastream_id]:
            await _admit(connection, datastream_id, time)


async def _admit(connection: Connection, datastream_id: int, time: datetime) -> None:
    gone = await _rows(connection, "gone_before", {"datastream_id": datastream_id})
    if gone and time < gone[0][0]:
        raise NotFound("it lies before what the dataset keeps")
    params = {"datastream_id": datastream_id, "time": time, "months": [month_of(time)]}
    await connection.execute(statements.load("things")["open_part"], params)
    for month, state in await _rows(connection, "parts_of", params):
        if state == "away":
            raise PartIsAway(datastream_id, month)
        raise readings.MonthIsArchived(f"{month:%Y-%m} is being written", where="phenomenonTime")


async def outdate(connection: Connection, *, datastream_id: int, times: Iterable[datetime]) -> None:
    """Have the files written anew in which observations of a locked datastream at these times may lie."""
    months = sorted({month_of(time) for time in times})
    params = {"datastream_id": datastream_id, "months": months}
    await connection.execute(statements.load("things")["open_parts"], params)


async def newest_is_here(connection: Connection, *, datastream_id: int) -> None:
    """See that the newest observation was not looked for where it is not. Raises PartIsAway."""
    found = await _rows(connection, "newest_away", {"datastream_id": datastream_id})
    if found:
        raise PartIsAway(datastream_id, found[0][0])


def month_of(time: datetime) -> date:
    """The first day of an instant's month in UTC."""
    return time.astimezone(UTC).date().replace(day=1)


async def seal(connection: Connection, *, dataset_id: int, until: datetime, gone: bool) -> None:
    """Have writers of a dataset look closer before an instant; returns when none is left who does not know.

    The connection autocommits. With `gone` what lies before is given up for good.
    """
    sql = statements.load("things")
    params: dict[str, Any] = {"dataset_id": dataset_id, "until": until, "gone": until if gone else None}
    await connection.execute(sql["seal_dataset"], params)
    params["limit"] = _GROUP
    while ids := [row[0] for row in await _rows(connection, "unsealed_states", params)]:
        async with connection.transaction():
            await connection.execute(sql["hold_states"], {"ids": ids})
            await connection.execute(sql["seal_states"], {"ids": ids, "until": until})


async def settled(connection: Connection, *, dataset_id: int, start: datetime, until: datetime) -> bool:
    """Whether the fold is done with a span of a dataset."""
    params = {"dataset_id": dataset_id, "from": start, "until": until}
    rows = await _rows(connection, "marks_within", params)
    return not rows[0][0]


async def _rows(connection: Connection, name: str, params: dict[str, Any]) -> list[Any]:
    statement = statements.load("things")[name]
    return await (await connection.execute(statement, params)).fetchall()


# Datastream, from, until, and what else is said of the span.
Mark = tuple[int, datetime, datetime, Any]


async def cut(connection: Connection, *, marks: Sequence[Any], sealed: dict[int, datetime]) -> list[Mark]:
    """The marks without what lies in closed spans, whose buckets can no longer be computed."""
    late = {mark[0] for mark in marks if mark[0] in sealed and mark[1] < sealed[mark[0]]}
    if not late:
        return list(marks)
    spans: defaultdict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for datastream_id, start, until in await _rows(connection, "closed_spans", {"ids": sorted(late)}):
        spans[datastream_id].append((start, until))
    return [piece for mark in marks for piece in _pieces(mark, spans.get(mark[0], ()))]


def _pieces(mark: Mark, spans: Iterable[tuple[datetime, datetime]]) -> list[Mark]:
    datastream_id, start, until, about = mark
    found: list[Mark] = []
    for begin, end in sorted(spans):
        if end <= start or begin >= until:
            continue
        if start < begin:
            found.append((datastream_id, start, begin, about))
        start = end
    if start < until:
        found.append((datastream_id, start, until, about))
    return found
