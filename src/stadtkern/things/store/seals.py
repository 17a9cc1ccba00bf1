# SPDX-License-Identifier: EUPL-1.2
"""What is closed for writing: observations gone for good, and months that lie in files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.core.problems import NotFound
from stadtkern.things import readings
from stadtkern.things.store import binary
from stadtkern.things.store.batch import Batch, Flags, microseconds
from stadtkern.things.store.streams import Streams

_GROUP = 1_000


class PartIsAway(Exception):
    """What is to be changed lies only in a file; it must be brought back first."""

    def __init__(self, datastream_id: int, month: date):
        super().__init__(f"datastream {datastream_id}, {month:%Y-%m}")
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


async def admit(connection: Connection, found: Streams, *, times: Sequence[datetime]) -> None:
    """See that one locked datastream can be changed at these times; a part in the table is opened.

    Raises NotFound for times that are gone, PartIsAway, MonthIsArchived while a part is being written.
    """
    late = [time for time in times if microseconds(time) < found.sealed[0]]
    if not late:
        return
    sql = statements.load("things")
    datastream_id = int(found.id[0])
    for time in late:
        params = {"datastream_id": datastream_id, "time": time}
        await connection.execute(sql["open_part"], params)
    gone = await _rows(connection, "gone_before", {"datastream_id": datastream_id})
    if gone and min(late) < gone[0][0]:
        raise NotFound("it lies before what the dataset keeps")
    months = sorted({month_of(time) for time in late})
    params = {"datastream_id": datastream_id, "months": months}
    for month, state in await (await connection.execute(sql["parts_of"], params)).fetchall():
        if state == "away":
            raise PartIsAway(datastream_id, month)
        raise readings.MonthIsArchived(f"{month:%Y-%m} is being written", where="phenomenonTime")


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


Mark = tuple[int, datetime, datetime, bool]


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
    datastream_id, start, until, appended = mark
    found: list[Mark] = []
    for begin, end in sorted(spans):
        if end <= start or begin >= until:
            continue
        if start < begin:
            found.append((datastream_id, start, begin, appended))
        start = end
    if start < until:
        found.append((datastream_id, start, until, appended))
    return found
